//! Photon, the game servers of Exit Games ("Binary Protocol" of the Photon documentation): a header of 12 bytes and commands with
//! 12 bytes each, big-endian, over UDP.

use crate::bytes::Reader;
use crate::probing::answers::matched_if;
use crate::probing::examples::{query, reply};
use crate::protocol::{Descriptor, Example, Probe, Sample, Transport};

/// Flag byte: nothing, encrypted (of which only the header can be read), with a checksum.
const PLAIN: u8 = 0;
const WITH_CHECKSUM: u8 = 0xcc;
/// A command's header: type, channel, flags, reserved, size, number.
const COMMAND_SIZE: u32 = 12;
/// Types: acknowledge, connect, verify, disconnect, ping, reliable, unreliable, fragment, unsequenced, and later ones.
const KINDS: std::ops::RangeInclusive<u8> = 1..=16;

/// Photon.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "photon-realtime",
    name: "Photon",
    selector: 942,
    category: "games",
    transports: &[Transport::Udp],
    ports: &[5055, 5056, 5058, 27000, 27001, 27002],
    probe,
    app: "photon",
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    if !matches!(sample.data.get(2), Some(&(PLAIN | WITH_CHECKSUM))) {
        return Probe::No;
    }
    matched_if(are_commands(sample.data).is_some(), 85, "commands", 24)
}

/// As many commands as are announced fill the datagram.
fn are_commands(data: &[u8]) -> Option<()> {
    let mut reader = Reader::new(data);
    let _peer = reader.u16()?;
    let [flag, count] = reader.array()?;
    let (_time, _challenge) = (reader.u32()?, reader.u32()?);
    if flag == WITH_CHECKSUM {
        reader.u32()?;
    }
    if count == 0 {
        return None;
    }
    for _ in 0..count {
        let [kind, _channel, flags, _reserved] = reader.array()?;
        let (size, _number) = (reader.u32()?, reader.u32()?);
        if !KINDS.contains(&kind) || flags > 3 {
            return None;
        }
        reader.take(usize::try_from(size.checked_sub(COMMAND_SIZE)?).ok()?)?;
    }
    reader.is_empty().then_some(())
}

const EXAMPLES: &[Example] = &[
    query("connect", b"\xff\xff\x00\x01\x00\x00\x5a\x11\x90\x02\x33\x0e\x02\xff\x01\x04\x00\x00\x00\x2c\x00\x00\x00\x01\x00\x00\x04\xb0\x00\x00\x80\x00\x00\x00\x00\x02\0\0\0\0\0\0\0\0\x00\x00\x13\x88\x00\x00\x00\x02\x00\x00\x00\x02"),
    reply("acknowledgement and ping, with a checksum", b"\x00\x00\xcc\x02\x0a\x11\x90\x02\x5a\x11\x90\x02\x77\x01\x9e\x30\x01\xff\x00\x00\x00\x00\x00\x14\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x5a\x11\x05\xff\x01\x00\x00\x00\x00\x0c\x00\x00\x00\x02"),
];
