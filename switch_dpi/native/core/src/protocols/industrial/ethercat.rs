//! EtherCAT (IEC 61158-4-12; ETG.1000.4 §5) in Ethernet frames and in UDP: datagrams whose sizes must add up. Little-endian.

use crate::probing::answers::{Verdict, answer};
use crate::probing::cursor::{Cursor, require};
use crate::probing::examples::{query, sent};
use crate::protocol::{Descriptor, Example, Sample, Transport};

const ETHERTYPE: u16 = 0x88a4;
/// Frame types: commands, network variables, mailbox (§5.3.2).
const COMMANDS: u16 = 1;
const LAST_COMMAND: u8 = 14;
/// Command, index, address, size and flags, interrupt: before the data; a working counter of 2 bytes follows it (§5.4.1).
const BEFORE_DATA: usize = 10;
const COUNTER_SIZE: usize = 2;
const MAX_DATAGRAMS: usize = 15;

/// EtherCAT.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "ethercat",
    name: "EtherCAT",
    selector: 338,
    category: "industrial",
    transports: &[Transport::EtherType(ETHERTYPE), Transport::Udp],
    ports: &[34_980],
    probe: |sample| answer(judge(sample)),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn judge(sample: &Sample<'_>) -> Verdict {
    let mut cursor = Cursor::of(sample);
    let header = cursor.u16_le()?;
    let (size, kind) = (usize::from(header & 0x07ff), header >> 12);
    require(matches!(kind, 1 | 4 | 5) && header & 0x0800 == 0)?;
    if sample.transport != Transport::Udp {
        return cursor.matched(95, "EtherCAT frame");
    }
    require(kind == COMMANDS && size + 2 == sample.data.len())?;
    for _ in 0..MAX_DATAGRAMS {
        cursor.byte(|command| command <= LAST_COMMAND)?;
        cursor.array::<{ BEFORE_DATA - 5 }>()?; // index and address
        let size_and_flags = cursor.u16_le()?;
        cursor.u16_le()?;
        require(size_and_flags & 0x3800 == 0)?;
        cursor.take(usize::from(size_and_flags & 0x07ff) + COUNTER_SIZE)?;
        if size_and_flags & 0x8000 == 0 {
            require(cursor.rest().is_empty())?;
            return cursor.matched(75, "EtherCAT datagrams");
        }
    }
    Err(crate::protocol::Probe::No)
}

const EXAMPLES: &[Example] = &[
    sent(Transport::EtherType(ETHERTYPE), "broadcast read of the state", b"\x0e\x10\x07\x00\x00\x00\x30\x01\x02\x00\x00\x00\x00\x00\x00\x00"),
    query("two datagrams in UDP", b"\x1c\x10\x07\x00\x00\x00\x30\x01\x02\x80\x00\x00\x00\x00\x00\x00\x0c\x01\x00\x00\x00\x01\x02\x00\x00\x00\x12\x34\x01\x00"),
];
