//! GOOSE (IEC 61850-8-1): events of substations in Ethernet frames, and routed over UDP (IEC 61850-8-1 annex G, 90-5); which
//! control block sends.

use crate::bytes::Reader;
use crate::probing::answers::{Verdict, answer};
use crate::probing::cursor::{Cursor, require};
use crate::probing::readers::Reading;
use crate::protocol::attributes::Attribute;
use crate::protocol::{Descriptor, Direction, Example, Findings, Progress, Sample, Transport};

const ETHERTYPE: u16 = 0x88b8;
/// APPID, length, two reserved words (annex C).
const HEADER_SIZE: u16 = 8;
/// [APPLICATION 1] goosePdu.
const PDU: u8 = 0x61;
/// Connectionless transport unit, then the session identifier of GOOSE, sampled values or management, 24 bytes with a common
/// header of 22 (90-5 §8).
const ROUTED: &[u8] = &[0x01, 0x40];
const ROUTED_HEADER: &[u8] = &[0x80, 0x16];

/// GOOSE.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "goose",
    name: "GOOSE",
    selector: 331,
    category: "industrial",
    risk: Some(60),
    transports: &[Transport::EtherType(ETHERTYPE), Transport::Udp],
    ports: &[102],
    probe: |sample| answer(judge(sample)),
    inspector: Some(|| Box::new(Reading(read))),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn judge(sample: &Sample<'_>) -> Verdict {
    let mut cursor = Cursor::of(sample);
    if sample.transport == Transport::Udp {
        cursor.literal(ROUTED)?;
        cursor.byte(|identifier| matches!(identifier, 0xa1..=0xa3))?;
        let size = cursor.u8()?;
        cursor.literal(ROUTED_HEADER)?;
        require(size >= 24)?;
        return cursor.matched(80, "session header of routable GOOSE");
    }
    cursor.u16()?;
    let length = cursor.u16()?;
    require(length > HEADER_SIZE)?;
    cursor.u32()?;
    cursor.literal(&[PDU])?;
    cursor.matched(95, "GOOSE PDU")
}

/// Definite length (X.690 §8.1.3), of at most two bytes.
fn ber<'a>(reader: &mut Reader<'a>) -> Option<(u8, &'a [u8])> {
    let tag = reader.u8()?;
    let size = match reader.u8()? {
        0x81 => usize::from(reader.u8()?),
        0x82 => usize::from(reader.u16()?),
        size if size < 0x80 => usize::from(size),
        _ => return None,
    };
    Some((tag, reader.take(size)?))
}

/// gocbRef is [0], goID is [3].
fn read(sample: &Sample<'_>, found: &mut Findings) -> Progress {
    if sample.transport == Transport::Udp {
        return Progress::Done;
    }
    let mut reader = Reader::new(sample.data.get(usize::from(HEADER_SIZE)..).unwrap_or_default());
    if let Some((PDU, body)) = ber(&mut reader) {
        let mut reader = Reader::new(body);
        while let Some((tag, value)) = ber(&mut reader) {
            match tag {
                0x80 => found.text(Attribute::GooseControl, value),
                0x83 => found.text(Attribute::GooseId, value),
                _ => {}
            }
        }
    }
    Progress::Done
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "state of a breaker",
        transport: Transport::EtherType(ETHERTYPE),
        direction: Direction::Originator,
        data: b"\x00\x01\x00\x3c\x00\x00\x00\x00\x61\x32\x80\x08LD/gcb01\x81\x02\x07\xd0\x82\x03dsA\x83\x05trip1\x84\x08\x50\x00\x00\x00\x00\x00\x00\x00\x85\x01\x01\x86\x01\x00\x88\x01\x01\x89\x01\x00\x8a\x01\x01",
        expect: &[(Attribute::GooseControl, "LD/gcb01"), (Attribute::GooseId, "trip1")],
    },
    Example {
        title: "routed over UDP",
        transport: Transport::Udp,
        direction: Direction::Originator,
        data: b"\x01\x40\xa1\x18\x80\x16\x00\x00\x00\x60\x00\x00\x00\x01\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00",
        expect: &[],
    },
];
