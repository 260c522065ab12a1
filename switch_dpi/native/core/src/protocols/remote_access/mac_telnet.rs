//! MAC-Telnet, the terminal of MikroTik's RouterOS that needs no IP address (`protocol.h` of haakonnessjoen/MAC-Telnet): broadcasts
//! over UDP with the addresses inside.

use crate::probing::answers::matched;
use crate::probing::numbers::{u16_at, u32_at};
use crate::protocol::{Descriptor, Direction, Example, FirstBytes, Probe, Sample, Transport};

/// Version, type, two addresses, session, client type, counter; where session and client type change places by direction.
const HEADER_SIZE: usize = 22;
const VERSION: u8 = 1;
const CLIENT_TYPE: u16 = 0x0015;
/// Start, data, acknowledgement, ping, pong, end.
const START: u8 = 0;
const DATA: u8 = 1;
const ACKNOWLEDGEMENT: u8 = 2;
/// Before every control packet inside data.
const CONTROL_MAGIC: &[u8] = b"\x56\x34\x12\xff";

/// MAC-Telnet.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "mac-telnet",
    name: "MAC-Telnet",
    selector: 1259,
    category: "remote-access",
    risk: Some(80),
    transports: &[Transport::Udp],
    ports: &[20561],
    first_bytes: FirstBytes::Of(&[VERSION]),
    max_probe_size: HEADER_SIZE + 4,
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    let data = sample.data;
    let (Some([VERSION, kind]), Some(addresses)) = (data.first_chunk::<2>(), data.get(2..14)) else { return Probe::No };
    let (source, destination) = addresses.split_at(6);
    let is_station =
        |address: &[u8]| address.first().is_some_and(|first| first & 1 == 0) && address.iter().any(|byte| *byte != 0);
    let has_type = u16_at(data, 14) == Some(CLIENT_TYPE) || u16_at(data, 16) == Some(CLIENT_TYPE);
    if data.len() < HEADER_SIZE || !is_station(source) || !is_station(destination) || !has_type {
        return Probe::No;
    }
    let is_first = u32_at(data, 18) == Some(0);
    match *kind {
        START if is_first && data.len() == HEADER_SIZE => matched(90, "start of a session", HEADER_SIZE),
        ACKNOWLEDGEMENT if data.len() == HEADER_SIZE => matched(70, "acknowledgement", HEADER_SIZE),
        DATA if data.get(HEADER_SIZE..).is_some_and(|rest| rest.starts_with(CONTROL_MAGIC)) => {
            matched(98, "control packet", HEADER_SIZE + CONTROL_MAGIC.len())
        }
        DATA => Probe::NeedMore,
        _ => Probe::No,
    }
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "start of a session",
        transport: Transport::Udp,
        direction: Direction::Originator,
        data: b"\x01\0\x02\0\x5e\x10\0\x01\x02\0\x5e\x10\0\x02\x3a\x91\0\x15\0\0\0\0",
        expect: &[],
    },
    Example {
        title: "begin of the authentication",
        transport: Transport::Udp,
        direction: Direction::Originator,
        data: b"\x01\x01\x02\0\x5e\x10\0\x01\x02\0\x5e\x10\0\x02\x3a\x91\0\x15\0\0\0\0\x56\x34\x12\xff\0\0\0\0\0",
        expect: &[],
    },
    Example {
        title: "acknowledgement of a server",
        transport: Transport::Udp,
        direction: Direction::Responder,
        data: b"\x01\x02\x02\0\x5e\x10\0\x02\x02\0\x5e\x10\0\x01\0\x15\x3a\x91\0\0\0\x09",
        expect: &[],
    },
];
