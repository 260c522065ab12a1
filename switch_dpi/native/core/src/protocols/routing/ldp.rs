//! Label Distribution Protocol (RFC 5036): hellos over UDP, sessions over TCP.

use crate::bytes::Reader;
use crate::probing::answers::{of_datagram, of_stream};
use crate::probing::examples::server;
use crate::probing::readers::StreamReader;
use crate::protocol::attributes::Attribute;
use crate::protocol::{Descriptor, Direction, Example, Findings, FirstBytes, Probe, Sample, Transport};

/// Version, size, LSR identifier and label space (§3.1).
const HEADER_SIZE: usize = 10;
const VERSION: u16 = 1;
/// The size of a PDU unless another was agreed (§3.5.3).
const MAX_PDU_SIZE: u16 = 4096;
const HELLO: u16 = 0x0100;
const INITIALIZATION: u16 = 0x0200;

/// LDP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "ldp",
    name: "LDP",
    selector: 1557,
    transports: &[Transport::Udp, Transport::Tcp],
    ports: &[646],
    first_bytes: FirstBytes::Of(&[0]),
    probe,
    inspector: Some(|| StreamReader::boxed(|sample, found| read(sample.data, found).unwrap_or_default(), HEADER_SIZE)),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    let fits = is_pdu(sample.data, sample.transport);
    if sample.transport.is_stream() {
        of_stream(fits, 90, "PDU header and message", HEADER_SIZE)
    } else {
        of_datagram(fits, 95, "hello", HEADER_SIZE)
    }
}

/// A hello fills its datagram; a stream begins with an initialisation, or in the middle with any message.
fn is_pdu(data: &[u8], transport: Transport) -> Option<bool> {
    let mut reader = Reader::new(data);
    if reader.u8()? != 0 || u16::from(reader.u8()?) != VERSION {
        return Some(false);
    }
    let size = reader.u16()?;
    let room = reader.rest().len();
    if !(14..=MAX_PDU_SIZE).contains(&size) || (!transport.is_stream() && usize::from(size) != room) {
        return Some(false);
    }
    let (identifier, space) = (reader.u32()?, reader.u16()?);
    let (kind, message_size) = (reader.u16()?, reader.u16()?);
    if identifier == 0 || message_size < 4 || message_size > size - 10 {
        return Some(false);
    }
    reader.u32()?; // message identifier
    match (kind, transport.is_stream()) {
        (HELLO, false) => Some(space == 0 && reader.array()? == [0x04, 0x00, 0x00, 0x04]),
        (INITIALIZATION, true) => Some(reader.array()? == [0x05, 0x00, 0x00, 0x0e]),
        (0x0001 | 0x0201 | 0x0300 | 0x0301 | 0x0400..=0x0404, true) => Some(space == 0 && message_size <= size - 10),
        _ => Some(false),
    }
}

fn read(data: &[u8], found: &mut Findings) -> Option<()> {
    let mut reader = Reader::new(data);
    reader.u32()?;
    found.uint(Attribute::LdpIdentifier, reader.u32()?.into());
    Some(())
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "link hello",
        transport: Transport::Udp,
        direction: Direction::Originator,
        data: b"\x00\x01\x00\x1e\xc0\x00\x02\x01\x00\x00\x01\x00\x00\x14\x00\x00\x00\x00\x04\x00\x00\x04\x00\x0f\x00\x00\x04\x01\x00\x04\xc0\x00\x02\x01",
        expect: &[(Attribute::LdpIdentifier, "3221225985")],
    },
    Example {
        title: "initialisation",
        transport: Transport::Tcp,
        direction: Direction::Originator,
        data: b"\x00\x01\x00\x20\xc0\x00\x02\x02\x00\x00\x02\x00\x00\x16\x00\x00\x00\x01\x05\x00\x00\x0e\x00\x01\x00\x0f\x00\x00\x10\x00\xc0\x00\x02\x01\x00\x00",
        expect: &[],
    },
    server("keep alive", b"\x00\x01\x00\x0e\xc0\x00\x02\x01\x00\x00\x02\x01\x00\x04\x00\x00\x00\x02"),
];
