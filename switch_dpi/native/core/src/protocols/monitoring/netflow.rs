//! NetFlow versions 1, 5, 7, 8 and 9 (Cisco; RFC 3954) and its standard, IPFIX, which is version 10 (RFC 7011).

use crate::bytes::Reader;
use crate::probing::answers::{of_datagram, of_stream};
use crate::probing::examples::client;
use crate::probing::readers::StreamReader;
use crate::protocol::attributes::Attribute;
use crate::protocol::{Descriptor, Direction, Example, Findings, FirstBytes, Probe, Sample, Transport};

/// Sets with a smaller number are templates or reserved (RFC 7011 §3.3.2).
const FIRST_DATA_SET: u16 = 256;
/// A set's number and size (RFC 7011 §3.3.2).
const SET_HEADER_SIZE: u16 = 4;
/// Headers of version 1, 5 and 7, 8, 9 and 10.
const HEADER_1_SIZE: usize = 16;
const HEADER_5_SIZE: usize = 24;
const HEADER_8_SIZE: usize = 28;
const HEADER_9_SIZE: usize = 20;
const HEADER_10_SIZE: usize = 16;
/// Sizes of version 8's records by aggregation method, 1 to 14.
const RECORD_8_SIZES: [usize; 14] = [28, 28, 32, 32, 40, 24, 32, 40, 32, 32, 40, 40, 40, 40];
/// Records of version 9 in one datagram: more would not fit.
const MAX_COUNT: u16 = 2000;

/// NetFlow.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "netflow",
    name: "NetFlow",
    selector: 1566,
    risk: Some(20),
    transports: &[Transport::Udp, Transport::Tcp, Transport::Sctp(0)],
    ports: &[2055, 4739, 9995, 9996, 6343],
    first_bytes: FirstBytes::Of(&[0]),
    probe,
    inspector: Some(|| StreamReader::boxed(|sample, found| read(sample.data, found).unwrap_or_default(), 2)),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    if sample.transport.is_stream() {
        return of_stream(is_stream_of_messages(sample.data), 80, "IPFIX message and set", HEADER_10_SIZE);
    }
    let Some([0, version]) = sample.data.first_chunk() else { return Probe::No };
    let (fits, confidence, what) = match version {
        1 | 5 | 7 | 8 => (has_whole_records(sample.data), 90, "header and records"),
        9 => (is_version_9(sample.data), 85, "header and flow sets"),
        10 => (is_ipfix(sample.data), 95, "IPFIX message and sets"),
        _ => return Probe::No,
    };
    of_datagram(fits, confidence, what, HEADER_5_SIZE)
}

/// Versions of fixed records: the count gives the size.
fn has_whole_records(data: &[u8]) -> Option<bool> {
    let mut reader = Reader::new(data);
    let (version, count) = (reader.u16()?, usize::from(reader.u16()?));
    let (header, record, most) = match version {
        1 => (HEADER_1_SIZE, 52, 24),
        5 => (HEADER_5_SIZE, 48, 30),
        7 => (HEADER_5_SIZE, 52, 28),
        _ => {
            let [method, aggregation_version] = data.get(22..)?.first_chunk().copied()?;
            let size = RECORD_8_SIZES.get(usize::from(method.checked_sub(1)?))?;
            if aggregation_version != 2 {
                return Some(false);
            }
            (HEADER_8_SIZE, *size, 51)
        }
    };
    let has_time = reader.u32()? != 0 && reader.u32()? != 0; // up time and clock
    Some(has_time && (1..=most).contains(&count) && data.len() == header + record * count)
}

fn is_version_9(data: &[u8]) -> Option<bool> {
    let mut reader = Reader::new(data);
    let (_, count) = (reader.u16()?, reader.u16()?);
    reader.take(HEADER_9_SIZE - 4)?;
    Some((1..=MAX_COUNT).contains(&count) && are_sets(reader, [0, 1])?)
}

fn is_ipfix(data: &[u8]) -> Option<bool> {
    let mut reader = Reader::new(data);
    let (_, size) = (reader.u16()?, reader.u16()?);
    reader.take(HEADER_10_SIZE - 4)?;
    Some(usize::from(size) == data.len() && are_sets(reader, [2, 3])?)
}

/// Whether whole sets fill the rest; templates have one of two numbers.
fn are_sets(mut reader: Reader<'_>, templates: [u16; 2]) -> Option<bool> {
    let mut count = 0;
    while reader.rest().len() >= usize::from(SET_HEADER_SIZE) {
        let (set, size) = (reader.u16()?, reader.u16()?);
        if set < FIRST_DATA_SET && !templates.contains(&set) {
            return Some(false);
        }
        reader.take(usize::from(size.checked_sub(SET_HEADER_SIZE)?))?;
        count += 1;
    }
    Some(count > 0 && reader.is_empty())
}

/// The first message of a stream: IPFIX, and a set that fits in.
fn is_stream_of_messages(data: &[u8]) -> Option<bool> {
    let mut reader = Reader::new(data);
    if reader.u8()? != 0 || reader.u8()? != 10 {
        return Some(false);
    }
    let room = reader.u16()?.checked_sub(20);
    reader.take(HEADER_10_SIZE - 4)?;
    let (set, size) = (reader.u16()?, reader.u16()?);
    let fits = room.is_some_and(|room| size >= SET_HEADER_SIZE + 4 && size - SET_HEADER_SIZE <= room);
    // a collector needs the templates first, which begin with a number and a count of fields
    Some(matches!(set, 2 | 3) && fits && reader.u16()? >= FIRST_DATA_SET && (1..=512).contains(&reader.u16()?))
}

fn read(data: &[u8], found: &mut Findings) -> Option<()> {
    found.uint(Attribute::NetflowVersion, Reader::new(data).u16()?.into());
    Some(())
}

/// A version 5 datagram of one record.
const VERSION_5: [u8; 72] = {
    let head = *b"\x00\x05\x00\x01\x00\x0b\xc4\x58\x69\xa4\x5f\x00\x00\x00\x00\x00\x00\x00\x00\x07\x00\x00\x00\x00";
    let mut data = [0; 72];
    data.split_at_mut(24).0.copy_from_slice(&head);
    data
};

const EXAMPLES: &[Example] = &[
    Example {
        title: "version 5 with one record",
        transport: Transport::Udp,
        direction: Direction::Originator,
        data: &VERSION_5,
        expect: &[(Attribute::NetflowVersion, "5")],
    },
    Example {
        title: "version 9 template",
        transport: Transport::Udp,
        direction: Direction::Originator,
        data: b"\x00\x09\x00\x01\x00\x0b\xc4\x58\x69\xa4\x5f\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x10\x01\x00\x00\x02\x00\x08\x00\x04\x00\x0c\x00\x04",
        expect: &[(Attribute::NetflowVersion, "9")],
    },
    Example {
        title: "IPFIX data set",
        transport: Transport::Udp,
        direction: Direction::Originator,
        data: b"\x00\x0a\x00\x1c\x69\xa4\x5f\x00\x00\x00\x00\x01\x00\x00\x00\x01\x01\x00\x00\x0c\xc0\x00\x02\x01\xc0\x00\x02\x02",
        expect: &[(Attribute::NetflowVersion, "10")],
    },
    client("IPFIX templates over TCP", b"\x00\x0a\x00\x20\x69\xa4\x5f\x00\x00\x00\x00\x01\x00\x00\x00\x01\x00\x02\x00\x10\x01\x00\x00\x02\x00\x08\x00\x04\x00\x0c\x00\x04"),
];
