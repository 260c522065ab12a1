//! LISP, the Locator/ID Separation Protocol: data packets (RFC 9300 §5) and control messages (RFC 9301 §5).

use crate::frame::link_type;
use crate::probing::answers::matched;
use crate::probing::inner_packets::is_ip_packet;
use crate::probing::numbers::{u16_at, u32_at};
use crate::protocol::{Carried, Descriptor, Direction, Example, Probe, Sample, Transport};

/// Flags and nonce, locator bits or instance (RFC 9300 §5.3).
const DATA_HEADER_SIZE: usize = 8;
/// Messages of the reliable transport: errors, registrations, refreshes, notifications.
const STREAM_TYPES: std::ops::RangeInclusive<u8> = 16..=24;
/// Header and mark, and what the probe may ask for.
const STREAM_SIZES: std::ops::RangeInclusive<usize> = 12..=MAX_STREAM_SIZE;
const MAX_STREAM_SIZE: usize = 1024;
const STREAM_END: u32 = 0x9fac_ade9;
/// The three reserved flags.
const RESERVED_FLAGS: u8 = 0x07;

/// LISP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "lisp",
    name: "LISP",
    selector: 1220,
    category: "vpn",
    risk: Some(20),
    transports: &[Transport::Udp, Transport::Tcp],
    ports: &[4341, 4342],
    max_probe_size: MAX_STREAM_SIZE,
    probe,
    tunnel: Some(carried),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    let data = sample.data;
    if sample.transport.is_stream() {
        return probe_stream(data);
    }
    if data_packet(data).is_some() {
        return matched(70, "data header and its packet", DATA_HEADER_SIZE);
    }
    let fits = match data.first().map(|first| first >> 4) {
        Some(1) => is_map_request(data),
        Some(2) => is_map_reply(data),
        Some(3 | 4) => is_map_register(data),
        Some(8) => is_encapsulated(data),
        _ => false,
    };
    if fits { matched(75, "control message", 12) } else { Probe::No }
}

/// A message of the reliable transport (draft-kouvelas-lisp-map-server-reliable-transport §5.1): type, length, id, and a
/// mark at its end.
fn probe_stream(data: &[u8]) -> Probe {
    if data.first().is_some_and(|high| *high != 0) || data.get(1).is_some_and(|kind| !STREAM_TYPES.contains(kind)) {
        return Probe::No;
    }
    let Some(size) = u16_at(data, 2).map(usize::from) else { return Probe::NeedMore };
    if !STREAM_SIZES.contains(&size) {
        return Probe::No;
    }
    match u32_at(data, size - 4) {
        Some(STREAM_END) => matched(95, "message with its end mark", size),
        Some(_) => Probe::No,
        None => Probe::NeedMore,
    }
}

/// The packet behind a data header.
fn data_packet(data: &[u8]) -> Option<&[u8]> {
    let flags = *data.first()?;
    let packet = data.get(DATA_HEADER_SIZE..)?;
    // a nonce and a map version share the same bits (RFC 9300 §5.3)
    let flags_fit = flags & RESERVED_FLAGS == 0 && flags & 0x90 != 0x90 && flags & 0x60 != 0x20;
    (flags_fit && is_ip_packet(packet)).then_some(packet)
}

/// Address family of an EID: none, IPv4, IPv6, LISP's own, MAC.
const fn is_family(family: Option<u16>) -> bool {
    matches!(family, Some(0 | 1 | 2 | 16387 | 16389))
}

/// Flags, number of ITR locators and of records, nonce, then the source's address (RFC 9301 §5.2).
fn is_map_request(data: &[u8]) -> bool {
    let Some(head) = u32_at(data, 0) else { return false };
    let source_size = match u16_at(data, 12) {
        Some(0) => 0,
        Some(1) => 4,
        Some(2) => 16,
        _ => return false,
    };
    let locators = usize::try_from(head >> 8 & 0x1f).unwrap_or(0) + 1;
    let mut at = 14 + source_size;
    for _ in 0..locators {
        at += match u16_at(data, at) {
            Some(1) => 6,
            Some(2) => 18,
            _ => return false,
        };
    }
    let mask_fits = data.get(at) == Some(&0) && data.get(at + 1).is_some_and(|mask| *mask <= 128);
    let family = u16_at(data, at + 2);
    head & 0xff == 1 && mask_fits && is_family(family) && family != Some(0)
}

/// Record count, nonce, then a record: TTL, locators, mask, action, map version, family (RFC 9301 §5.4).
fn is_map_reply(data: &[u8]) -> bool {
    let head = u32_at(data, 0);
    head.is_some_and(|head| head & 0x01ff_ff00 == 0 && (1..=32).contains(&(head & 0xff))) && is_record(data, 12)
}

/// The same with a key and authentication data before the records (RFC 9301 §5.6).
fn is_map_register(data: &[u8]) -> bool {
    let head_fits = u32_at(data, 0).is_some_and(|head| (1..=32).contains(&(head & 0xff)));
    let key_fits = u16_at(data, 12).is_some_and(|key| key & 0xff <= 3);
    match u16_at(data, 14) {
        Some(size @ (20 | 32)) if head_fits && key_fits => is_record(data, 16 + usize::from(size)),
        _ => false,
    }
}

fn is_record(data: &[u8], at: usize) -> bool {
    let Some(record) = data.get(at..) else { return false };
    let mask_fits = record.get(5).is_some_and(|mask| *mask <= 128);
    let locators_fit = record.get(4).is_some_and(|locators| *locators <= 32);
    let reserved_fits = record.get(6).is_some_and(|flags| flags & 0x0f == 0) && record.get(7) == Some(&0);
    let version_fits = u16_at(record, 8).is_some_and(|version| version >> 12 == 0);
    let family = u16_at(record, 10);
    mask_fits && locators_fit && reserved_fits && version_fits && is_family(family) && family != Some(0)
}

/// An encapsulated control message: a whole packet whose UDP destination is the control port (RFC 9301 §5.8).
fn is_encapsulated(data: &[u8]) -> bool {
    data.get(1..4) == Some(&[0; 3]) && data.get(4..).is_some_and(is_ip_packet)
}

fn carried(data: &[u8]) -> Option<Carried<'_>> {
    let packet = data_packet(data)?;
    let has_instance = data.first()? & 0x08 != 0;
    let scope = if has_instance { u32_at(data, 4)? >> 8 } else { 0 };
    Some(Carried { link_type: link_type::RAW, data: packet, scope })
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "data with nonce and locator bits",
        transport: Transport::Udp,
        direction: Direction::Originator,
        data: b"\xc0\x8b\x15\xc4\0\0\0\x01\x45\0\0\x1c\0\x01\0\0\x40\x01\x66\xdb\x0a\0\0\x01\x0a\0\0\x05\x08\0\xf7\xff\0\0\0\0",
        expect: &[],
    },
    Example {
        title: "Map-Request",
        transport: Transport::Udp,
        direction: Direction::Originator,
        data: b"\x10\0\0\x01\x8b\x15\xc4\x9a\x3e\xd7\x60\xf2\0\x01\x0a\0\0\x01\0\x01\xc0\0\x02\x01\0\x20\0\x01\x0a\0\0\x05",
        expect: &[],
    },
    Example {
        title: "Map-Reply",
        transport: Transport::Udp,
        direction: Direction::Responder,
        data: b"\x20\0\0\x01\x8b\x15\xc4\x9a\x3e\xd7\x60\xf2\0\0\x05\xa0\x01\x18\x10\0\0\0\0\x01\x0a\0\0\0\x01\x64\xff\0\0\x05\0\x01\xc0\0\x02\x02",
        expect: &[],
    },
    Example {
        title: "Map-Register",
        transport: Transport::Udp,
        direction: Direction::Originator,
        data: b"\x38\0\x01\x01\0\0\0\0\0\0\0\0\0\x01\0\x14\x8b\x15\xc4\x9a\x3e\xd7\x60\xf2\x51\x0c\xb8\xe3\x94\x27\x6d\xaf\x18\xca\x73\x05\
            \0\0\x05\xa0\x01\x18\x10\0\0\0\0\x01\x0a\0\0\0\x01\x64\xff\0\0\x05\0\x01\xc0\0\x02\x02",
        expect: &[],
    },
    Example {
        title: "refresh over TCP",
        transport: Transport::Tcp,
        direction: Direction::Responder,
        data: b"\0\x14\0\x18\0\0\0\x07\0\0\0\0\0\0\0\x01\x8b\x15\xc4\x9a\x9f\xac\xad\xe9",
        expect: &[],
    },
];
