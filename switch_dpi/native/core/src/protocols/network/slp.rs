//! Service Location Protocol, versions 1 and 2 (RFC 2165, RFC 2608), over UDP and TCP.

use crate::bytes::Reader;
use crate::probing::answers::{of_datagram, of_stream};
use crate::probing::examples::{query, server};
use crate::probing::readers::StreamReader;
use crate::protocol::attributes::Attribute;
use crate::protocol::{Descriptor, Direction, Example, Findings, FirstBytes, Probe, Sample, Transport};

const SERVICE_REQUEST: u8 = 1;
const SERVICE_REPLY: u8 = 2;
/// Up to the service agent advertisement of version 2; version 1 has ten.
const MAX_FUNCTION: u8 = 11;
/// Longest language tag (RFC 2608 §8).
const MAX_LANGUAGE_SIZE: usize = 16;
/// Names stand near the start.
const MAX_HEAD_SIZE: usize = 512;

/// SLP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "slp",
    name: "Service Location Protocol",
    selector: 1586,
    transports: &[Transport::Udp, Transport::Tcp],
    ports: &[427],
    first_bytes: FirstBytes::Of(&[1, 2]),
    probe,
    inspector: Some(|| {
        StreamReader::boxed(|sample, found| read(sample.data, found).unwrap_or_default(), MAX_HEAD_SIZE)
    }),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    let is_stream = sample.transport.is_stream();
    let fits = header(&mut Reader::new(sample.data)).map(|header| {
        header
            .is_some_and(|header| is_stream || header.size == sample.data.len() || header.size == sample.data.len() + 1)
    });
    if is_stream { of_stream(fits, 85, "header", 16) } else { of_datagram(fits, 90, "header", 16) }
}

struct Header {
    version: u8,
    function: u8,
    size: usize,
}

/// The header with its language tag; the inner `None` where a field cannot be.
fn header(reader: &mut Reader<'_>) -> Option<Option<Header>> {
    let (version, function) = (reader.u8()?, reader.u8()?);
    if !matches!(version, 1 | 2) || !(SERVICE_REQUEST..=MAX_FUNCTION).contains(&function) {
        return Some(None);
    }
    let (size, language) = if version == 1 {
        let size = usize::from(reader.u16()?);
        let [flags, dialect] = reader.array()?;
        if flags & 0x07 != 0 || dialect != 0 {
            return Some(None);
        }
        let language = reader.take(2)?;
        reader.u32()?; // character set and transaction
        (size, language)
    } else {
        let size = reader.u24()? as usize;
        if reader.u16()? & 0x1fff != 0 {
            return Some(None);
        }
        reader.u24()?; // first extension
        reader.u16()?; // transaction
        let language_size = usize::from(reader.u16()?);
        if !(1..=MAX_LANGUAGE_SIZE).contains(&language_size) {
            return Some(None);
        }
        (size, reader.take(language_size)?)
    };
    let is_language = language.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-');
    Some((is_language && size >= 12).then_some(Header { version, function, size }))
}

/// The service type of a request, the first URL of a reply.
fn read(data: &[u8], found: &mut Findings) -> Option<()> {
    let mut reader = Reader::new(data);
    let header = header(&mut reader)??;
    match header.function {
        SERVICE_REQUEST => {
            reader.vector16()?; // previous responders
            let service = reader.vector16()?;
            found.text(Attribute::SlpServiceType, service);
        }
        SERVICE_REPLY if header.version == 2 => {
            let (error, count) = (reader.u16()?, reader.u16()?);
            if error == 0 && count > 0 {
                reader.take(3)?; // reserved, lifetime
                found.text(Attribute::SlpServiceType, reader.vector16()?);
            }
        }
        _ => {}
    }
    Some(())
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "version 2 request",
        transport: Transport::Udp,
        direction: Direction::Originator,
        data: b"\x02\x01\x00\x00\x35\x20\x00\x00\x00\x00\x1a\x2b\x00\x02en\x00\x00\x00\x14service:printer:http\x00\x07default\x00\x00\x00\x00",
        expect: &[(Attribute::SlpServiceType, "service:printer:http")],
    },
    query("version 1 service type request", b"\x01\x09\x00\x14\x00\x00en\x00\x03\x1a\x2b\x00\x00\xff\xff\x00\x00\x00\x00"),
    server("version 2 reply over TCP", b"\x02\x02\x00\x00\x2b\x00\x00\x00\x00\x00\x1a\x2b\x00\x02en\x00\x00\x00\x01\x00\xff\xff\x00\x11service:x://192.0\x00"),
];
