//! ADS/AMS of Beckhoff TwinCAT (Beckhoff Information System, "ADS Specification"): over TCP, and discovery over UDP.
//! Little-endian.

use crate::probing::answers::{Verdict, answer};
use crate::probing::cursor::{Cursor, require};
use crate::probing::examples::{client, query, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Sample, Transport};

/// Target, source, command, state, length, error, invoke id.
const AMS_HEADER_SIZE: u32 = 32;
/// No transfer is larger.
const MAX_LENGTH: u32 = 0x0100_0000;
/// Bit 2 of the state: it is an ADS command; bit 0: a response.
const ADS_COMMAND: u8 = 0x04;
/// First bytes of discovery.
const DISCOVERY: &[u8] = &[0x03, 0x66, 0x14, 0x71];

/// Beckhoff ADS.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "beckhoff-ads",
    name: "BeckhoffADS",
    selector: 322,
    category: "industrial",
    risk: Some(60),
    transports: &[Transport::Tcp, Transport::Udp],
    ports: &[48_898, 48_899],
    first_bytes: FirstBytes::Of(&[0, 0x03]),
    probe: |sample| answer(if sample.transport.is_stream() { stream(sample) } else { datagram(sample) }),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn stream(sample: &Sample<'_>) -> Verdict {
    let mut cursor = Cursor::of(sample);
    cursor.literal(&[0, 0])?;
    let outer = cursor.u32_le()?;
    require((AMS_HEADER_SIZE..MAX_LENGTH).contains(&outer))?;
    cursor.array::<16>()?; // net ids and ports
    let command = cursor.u16_le()?;
    require((1..=9).contains(&command))?;
    cursor.byte(|state| state & ADS_COMMAND != 0)?;
    cursor.byte(|state| state == 0)?;
    require(cursor.u32_le()? == outer - AMS_HEADER_SIZE)?;
    cursor.matched(97, "AMS/TCP and AMS header")
}

fn datagram(sample: &Sample<'_>) -> Verdict {
    let mut cursor = Cursor::of(sample);
    cursor.literal(DISCOVERY)?;
    cursor.u32_le()?; // invoke id
    let service = cursor.u32_le()?;
    require(service & 0x7fff_ffff <= 0x20)?;
    cursor.matched(97, "ADS discovery")
}

const EXAMPLES: &[Example] = &[
    client("read of the device's state", b"\x00\x00\x20\x00\x00\x00\x05\x12\x34\x56\x01\x01\x53\x03\xc0\xa8\x01\x0a\x01\x01\x98\x80\x04\x00\x04\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00"),
    server("state: running", b"\x00\x00\x28\x00\x00\x00\xc0\xa8\x01\x0a\x01\x01\x98\x80\x05\x12\x34\x56\x01\x01\x53\x03\x04\x00\x05\x00\x08\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x05\x00\x00\x00"),
    query("discovery", b"\x03\x66\x14\x71\x00\x00\x00\x00\x01\x00\x00\x00\xc0\xa8\x01\x0a\x01\x01\x10\x27\x00\x00\x00\x00"),
];
