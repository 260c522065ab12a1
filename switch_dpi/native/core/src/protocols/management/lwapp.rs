//! LWAPP, the forerunner of CAPWAP (RFC 5412 §4), between Cisco's access points and their controller: control messages.

use crate::probing::answers::matched;
use crate::probing::numbers::{u16_at, u32_at};
use crate::protocol::{Descriptor, Direction, Example, FirstBytes, Probe, Sample, Transport};

/// Version, radio and flags; fragment; length; signal (RFC 5412 §4.3), then type, sequence number, length, session (§4.4).
const HEADER_SIZE: usize = 6;
const CONTROL_HEADER_SIZE: usize = 8;
/// Over UDP a hardware address may stand first (RFC 5412 §3.2).
const ADDRESS_SIZE: usize = 6;
/// The bit that says control; the radio stands above it.
const CONTROL_BIT: u8 = 0x04;
/// Message types go up to 42 (RFC 5412 §4.4.1).
const MAX_TYPE: u8 = 42;

/// LWAPP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "lwapp",
    name: "LWAPP",
    selector: 1265,
    category: "network",
    transports: &[Transport::Udp],
    ports: &[12222, 12223],
    first_bytes: FirstBytes::Where(|byte| byte & 1 == 0),
    max_probe_size: ADDRESS_SIZE + HEADER_SIZE + CONTROL_HEADER_SIZE,
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    let data = sample.data;
    if data.first().is_none_or(|first| first & 1 == 1) {
        return Probe::No; // of a group, or a fragment
    }
    let behind_address = data.get(ADDRESS_SIZE..).unwrap_or_default();
    if is_control(data) || is_control(behind_address) {
        return matched(80, "control message", HEADER_SIZE + CONTROL_HEADER_SIZE);
    }
    Probe::No
}

/// Both lengths agree with the datagram's size, and the first element with the second of them.
fn is_control(data: &[u8]) -> bool {
    let (Some([flags, 0, ..]), Some(size), Some(control)) =
        (data.first_chunk::<HEADER_SIZE>(), u16_at(data, 2).map(usize::from), data.get(HEADER_SIZE..))
    else {
        return false;
    };
    let flags_fit = flags & !0x38 == CONTROL_BIT;
    let type_fits = control.first().is_some_and(|kind| (1..=MAX_TYPE).contains(kind));
    let Some(elements) = control.get(CONTROL_HEADER_SIZE..) else { return false };
    let sizes_fit = size == control.len() && u16_at(control, 2).map(usize::from) == Some(elements.len());
    let element_fits =
        elements.is_empty() || u16_at(elements, 1).is_some_and(|size| usize::from(size) + 3 <= elements.len());
    flags_fit && type_fits && sizes_fit && element_fits && u32_at(control, 4).is_some()
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "Discovery Request behind an address",
        transport: Transport::Udp,
        direction: Direction::Originator,
        data: b"\x02\0\x5e\x10\0\x01\x04\0\0\x0c\0\0\x01\0\0\x04\x8b\x15\xc4\x9a\x3a\0\x01\0",
        expect: &[],
    },
    Example {
        title: "Echo Response",
        transport: Transport::Udp,
        direction: Direction::Responder,
        data: b"\x04\0\0\x08\0\0\x17\x07\0\0\x8b\x15\xc4\x9a",
        expect: &[],
    },
];
