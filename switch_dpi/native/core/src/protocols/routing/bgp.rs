//! BGP-4 (RFC 4271): who speaks with which autonomous system.

use crate::bytes::Reader;
use crate::probing::answers::of_stream;
use crate::probing::beginnings::begins;
use crate::probing::examples::{client, server};
use crate::probing::readers::StreamReader;
use crate::protocol::attributes::Attribute;
use crate::protocol::{Descriptor, Direction, Example, Findings, FirstBytes, Probe, Sample, Transport, Transport::Tcp};

/// Sixteen bytes of ones begin every message (§4.1).
const MARKER: [u8; 16] = [0xff; 16];
/// Marker, size and type (§4.1).
const HEADER_SIZE: usize = 19;
/// The least size of OPEN, UPDATE, NOTIFICATION, KEEPALIVE (§4.2 to §4.5) and ROUTE-REFRESH (RFC 2918 §3), by type.
const LEAST_SIZES: [u16; 5] = [29, 23, 21, 19, 23];
/// An OPEN with all of its capabilities is no longer (§4.1).
const MAX_OPEN_SIZE: usize = 4096;
const TYPE_OPEN: u8 = 1;
const PARAMETER_CAPABILITY: u8 = 2;
/// Four-octet autonomous system (RFC 6793 §3).
const CAPABILITY_AS4: u8 = 65;

/// BGP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "bgp",
    name: "BGP",
    selector: 1550,
    transports: &[Transport::Tcp],
    ports: &[179],
    first_bytes: FirstBytes::Of(&[0xff]),
    probe,
    inspector: Some(|| {
        StreamReader::boxed(|sample, found| read_open(sample.data, found).unwrap_or_default(), MAX_OPEN_SIZE)
    }),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    of_stream(is_message(sample.data), 100, "marker, size and type", HEADER_SIZE)
}

fn is_message(data: &[u8]) -> Option<bool> {
    if !begins(data, &MARKER).holds()? {
        return Some(false);
    }
    let mut reader = Reader::new(data.get(MARKER.len()..)?);
    let (size, kind) = (reader.u16()?, reader.u8()?);
    let least = LEAST_SIZES.get(usize::from(kind.wrapping_sub(1)));
    Some(least.is_some_and(|least| size >= *least))
}

/// Version, autonomous system, hold time, identifier, optional parameters (§4.2).
fn read_open(data: &[u8], found: &mut Findings) -> Option<()> {
    let mut reader = Reader::new(data.get(MARKER.len()..)?);
    let size = reader.u16()?;
    let body = reader.take(usize::from(size).checked_sub(MARKER.len() + 2)?)?;
    let mut reader = Reader::new(body);
    let [kind, _version] = reader.array()?;
    if kind != TYPE_OPEN {
        return None;
    }
    let short = u32::from(reader.u16()?);
    reader.u16()?;
    found.uint(Attribute::BgpIdentifier, reader.u32()?.into());
    let long = reader.vector8().and_then(find_as4);
    found.uint(Attribute::BgpAs, long.unwrap_or(short).into());
    Some(())
}

/// The four-octet number among the capabilities (RFC 5492 §4).
fn find_as4(parameters: &[u8]) -> Option<u32> {
    let mut reader = Reader::new(parameters);
    while let Some(kind) = reader.u8() {
        let mut capabilities = Reader::new(reader.vector8()?);
        while let (PARAMETER_CAPABILITY, Some(code)) = (kind, capabilities.u8()) {
            let value = capabilities.vector8()?;
            if code == CAPABILITY_AS4 {
                return Reader::new(value).u32();
            }
        }
    }
    None
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "OPEN with a four-octet autonomous system",
        transport: Tcp,
        direction: Direction::Originator,
        data: b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x00\x2d\x01\x04\x5b\xa0\x00\xb4\xc0\x00\x02\x01\x10\x02\x06\x01\x04\x00\x01\x00\x01\x02\x06\x41\x04\x00\x03\x10\x00",
        expect: &[(Attribute::BgpIdentifier, "3221225985"), (Attribute::BgpAs, "200704")],
    },
    Example {
        title: "OPEN of version 4 without parameters",
        transport: Tcp,
        direction: Direction::Responder,
        data: b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x00\x1d\x01\x04\xfd\xe8\x00\xb4\xc0\x00\x02\x02\x00",
        expect: &[(Attribute::BgpAs, "65000")],
    },
    client("KEEPALIVE", b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x00\x13\x04"),
    server("UPDATE that is an end-of-RIB marker", b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x00\x17\x02\x00\x00\x00\x00"),
];
