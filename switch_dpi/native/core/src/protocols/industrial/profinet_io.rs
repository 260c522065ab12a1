//! PROFINET IO (IEC 61158-6-10): real-time data, alarms and station discovery (DCP) in Ethernet frames. Its context manager
//! speaks DCE/RPC, which names it by interface.

use crate::bytes::Reader;
use crate::probing::answers::{Verdict, answer};
use crate::probing::cursor::{Cursor, require};
use crate::probing::readers::Reading;
use crate::protocol::attributes::Attribute;
use crate::protocol::{Descriptor, Direction, Example, Findings, Progress, Sample, Transport};

const ETHERTYPE: u16 = 0x8892;
/// Frame ids of DCP: hello, get and set, identify request and response.
const DCP: std::ops::RangeInclusive<u16> = 0xfefc..=0xfeff;
/// DCP block of a device's properties that holds its name.
const NAME_OF_STATION: [u8; 2] = [2, 2];
/// Blocks of one DCP frame that are read.
const MAX_BLOCKS: usize = 16;

/// PROFINET IO.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "profinet-io",
    name: "PROFINET_IO",
    selector: 337,
    category: "industrial",
    risk: Some(60),
    transports: &[Transport::EtherType(ETHERTYPE)],
    probe: |sample| answer(judge(sample)),
    inspector: Some(|| Box::new(Reading(read))),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn judge(sample: &Sample<'_>) -> Verdict {
    let mut cursor = Cursor::of(sample);
    let id = cursor.u16()?;
    // 0xFC01 and 0xFE01 are alarms; the ranges are clocks, cyclic data of classes 1 to 3, DCP, line delays and fragments
    require(matches!(id, 0x0000..=0x00ff | 0x0100..=0xf7ff | 0xf800..=0xfbff | 0xfc01 | 0xfe01 | 0xfefc..=0xffdf))?;
    if DCP.contains(&id) {
        cursor.byte(|service| (3..=6).contains(&service))?;
        cursor.byte(|kind| matches!(kind, 0 | 1 | 5))?;
        return cursor.matched(95, "DCP frame");
    }
    cursor.matched(85, "PROFINET real-time frame")
}

/// Names in a DCP frame.
fn read(sample: &Sample<'_>, found: &mut Findings) -> Progress {
    let mut reader = Reader::new(sample.data);
    if reader.u16().is_some_and(|id| DCP.contains(&id)) {
        read_names(&mut reader, found);
    }
    Progress::Settled
}

/// Service, type, transaction, delay, size, then blocks: option, suboption, size, value padded to two bytes. Blocks of an
/// answer begin with two bytes of information.
fn read_names(reader: &mut Reader<'_>, found: &mut Findings) -> Option<()> {
    let [_service, kind, ..] = reader.array::<8>()?;
    let mut blocks = Reader::new(reader.vector16()?);
    for _ in 0..MAX_BLOCKS {
        let option = blocks.array::<2>()?;
        let value = blocks.vector16()?;
        if value.len() % 2 == 1 {
            blocks.u8()?;
        }
        let name = if kind == 0 { value } else { value.get(2..)? };
        if option == NAME_OF_STATION {
            found.text(Attribute::ProfinetStation, name);
        }
    }
    Some(())
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "identify: who is motor-1",
        transport: Transport::EtherType(ETHERTYPE),
        direction: Direction::Originator,
        data: b"\xfe\xfe\x05\x00\x00\x00\x00\x01\x00\x01\x00\x0c\x02\x02\x00\x07motor-1\x00",
        expect: &[(Attribute::ProfinetStation, "motor-1")],
    },
    Example {
        title: "the answer",
        transport: Transport::EtherType(ETHERTYPE),
        direction: Direction::Responder,
        data: b"\xfe\xff\x05\x01\x00\x00\x00\x01\x00\x00\x00\x0e\x02\x02\x00\x09\x00\x00motor-1\x00",
        expect: &[(Attribute::ProfinetStation, "motor-1")],
    },
    Example {
        title: "cyclic data",
        transport: Transport::EtherType(ETHERTYPE),
        direction: Direction::Originator,
        data: b"\x80\x02\x00\x00\x80\x80\x80\x00\x00\x00\x00\x00\x00\x00\x12\x34\x35\x00",
        expect: &[],
    },
];
