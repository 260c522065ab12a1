//! BGP Monitoring Protocol (RFC 7854): a router tells a collector what its peers say.

use crate::bytes::Reader;
use crate::probing::answers::of_stream;
use crate::probing::examples::client;
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

const CARRIER: Transport = Transport::Tcp;
const VERSION: u8 = 3;
/// Version, size and type (§4.1).
const HEADER_SIZE: usize = 6;
/// Type, flags, distinguisher, address, AS, identifier, time (§4.2).
const PEER_HEADER_SIZE: usize = 42;
/// No message is longer than a BGP message of the extended size and its headers (RFC 8654).
const MAX_SIZE: u32 = 70_000;
const TYPE_ROUTE_MONITORING: u8 = 0;
const TYPE_INITIATION: u8 = 4;
/// String, sysDescr, sysName, VRF name, admin label (IANA BMP Initiation).
const MAX_INFORMATION_TYPE: u16 = 4;

/// BMP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "bmp",
    name: "BMP",
    selector: 1551,
    transports: &[CARRIER],
    ports: &[1790, 11019],
    first_bytes: FirstBytes::Of(&[VERSION]),
    max_probe_size: 96,
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    of_stream(is_message(sample.data), 90, "message header", HEADER_SIZE)
}

/// A session begins with Initiation (§3.3); a capture that begins later shows Route Monitoring.
fn is_message(data: &[u8]) -> Option<bool> {
    let mut reader = Reader::new(data);
    if reader.u8()? != VERSION || reader.array()? != [0] {
        return Some(false);
    }
    let size = reader.u24()?;
    match reader.u8()? {
        TYPE_INITIATION => {
            let (kind, value) = (reader.u16()?, reader.u16()?);
            let room = size.saturating_sub(10);
            Some(size < MAX_SIZE && kind <= MAX_INFORMATION_TYPE && u32::from(value) <= room && is_text_next(&reader)?)
        }
        TYPE_ROUTE_MONITORING if size < MAX_SIZE => {
            let peer_type = *reader.rest().first()?;
            if peer_type > 3 {
                return Some(false);
            }
            reader.take(PEER_HEADER_SIZE)?;
            Some(reader.array::<16>()?.iter().all(|byte| *byte == 0xff))
        }
        _ => Some(false),
    }
}

fn is_text_next(reader: &Reader<'_>) -> Option<bool> {
    reader.rest().first_chunk::<2>().map(|text| text.iter().all(|byte| matches!(byte, b' '..=b'~')))
}

const EXAMPLES: &[Example] = &[
    client("initiation", b"\x03\x00\x00\x00\x18\x04\x00\x02\x00\x02r1\x00\x01\x00\x08FRR 10.0"),
    client("route monitoring", b"\x03\x00\x00\x00\x47\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\xc0\x00\x02\x02\x00\x00\xfd\xe8\xc0\x00\x02\x02\x5f\x0a\x1b\x2c\x00\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x00\x17\x02\x00\x00\x00\x00"),
];
