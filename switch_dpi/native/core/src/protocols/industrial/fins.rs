//! Omron FINS over UDP and, with its own header, over TCP (Omron W342, W421 §7): commands to controllers.

use crate::probing::answers::{Verdict, answer};
use crate::probing::cursor::{Cursor, require};
use crate::probing::examples::{client, query, reply, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Sample, Transport};

const MAGIC: &[u8] = b"FINS";
/// Command and error code follow the size; then a FINS frame of at most 2,012 bytes.
const LENGTHS: std::ops::RangeInclusive<u32> = 8..=2_100;
/// Gateways on the way: two, or seven with newer units (W342 §3-3).
const GATEWAY_COUNTS: [u8; 2] = [2, 7];
/// Networks have numbers up to 127.
const MAX_NETWORK: u8 = 0x7f;

/// FINS.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "fins",
    name: "FINS",
    selector: 315,
    category: "industrial",
    risk: Some(60),
    transports: &[Transport::Udp, Transport::Tcp],
    ports: &[9600],
    first_bytes: FirstBytes::Of(&[b'F', 0x80, 0x81, 0xc0, 0xc1]),
    probe: |sample| answer(if sample.transport.is_stream() { stream(sample) } else { datagram(sample) }),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn stream(sample: &Sample<'_>) -> Verdict {
    let mut cursor = Cursor::of(sample);
    cursor.literal(MAGIC)?;
    let length = cursor.u32()?;
    require(LENGTHS.contains(&length))?;
    let command = cursor.u32()?;
    require(command <= 6)?;
    cursor.matched(100, "FINS/TCP header")
}

fn datagram(sample: &Sample<'_>) -> Verdict {
    let mut cursor = Cursor::of(sample);
    let control = cursor.byte(|control| control & 0x3e == 0 && control & 0x80 != 0)?;
    cursor.literal(&[0])?;
    cursor.byte(|count| GATEWAY_COUNTS.contains(&count))?;
    let [to_network, _, to_unit, from_network, _, from_unit, _] = cursor.array::<7>()?;
    require(to_network <= MAX_NETWORK && from_network <= MAX_NETWORK && is_unit(to_unit) && is_unit(from_unit))?;
    let command = cursor.u16()?;
    require(is_command(command))?;
    let is_response = control & 0x40 != 0;
    if is_response {
        cursor.byte(|code| code & 0x7f <= 0x40)?; // main response code, top bit: relay error
        cursor.u8()?;
    }
    cursor.matched(75, "FINS header and command")
}

/// The CPU, bus units, inner boards and the network unit itself (W342 §3-3).
const fn is_unit(unit: u8) -> bool {
    matches!(unit, 0 | 0x10..=0x1f | 0x80..=0x8f | 0xe1 | 0xfe)
}

/// Commands of the manuals (W342 §5-1).
const fn is_command(command: u16) -> bool {
    matches!(
        command,
        0x0101..=0x0105 | 0x0201..=0x0203 | 0x0220..=0x0223 | 0x0304..=0x0308 | 0x0401..=0x0403 | 0x0501..=0x0503
            | 0x0601 | 0x0620..=0x0621 | 0x0701..=0x0702 | 0x0801 | 0x0920 | 0x0a01 | 0x0c01..=0x0c03
            | 0x2101..=0x2103 | 0x2140..=0x2142 | 0x2201..=0x2208 | 0x220a..=0x220c | 0x220f | 0x2215 | 0x2220
            | 0x2301..=0x2302 | 0x2601 | 0x280a | 0x2803 | 0x3001
    )
}

const EXAMPLES: &[Example] = &[
    query("controller data read", b"\x80\x00\x02\x00\x0a\x00\x00\x14\x00\x7a\x05\x01\x00"),
    query("memory area read", b"\x80\x00\x02\x00\x00\x00\x00\x00\x00\x7a\x01\x01\x82\x00\x64\x00\x00\x01"),
    reply("memory area read, done", b"\xc0\x00\x02\x00\x14\x00\x00\x0a\x00\x7a\x01\x01\x00\x00\x12\x34"),
    client("node address, client to server", b"FINS\x00\x00\x00\x0c\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"),
    server(
        "node address, server to client",
        b"FINS\x00\x00\x00\x10\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\xad\x00\x00\x00\xa4",
    ),
];
