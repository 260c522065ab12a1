//! TeamViewer's own protocol, as seen on the wire: packets that begin with 17 24 (older) or 11 30, a command and a size, little-endian.
//! Over UDP a packet of the first kind stands behind eleven bytes.

use crate::probing::answers::matched;
use crate::probing::numbers::u32_le_at;
use crate::protocol::{Descriptor, Direction, Example, FirstBytes, Probe, Sample, Transport};

const OLD: [u8; 2] = [0x17, 0x24];
const NEW: [u8; 2] = [0x11, 0x30];
/// Two bytes of mark, command, 16 bits of size.
const OLD_HEADER_SIZE: usize = 5;
/// Mark, command, zero, size, two counters, then the constants 0x1b and the header's own size.
const NEW_HEADER_SIZE: usize = 24;
const COMMANDS: std::ops::RangeInclusive<u8> = 0x01..=0x7f;
/// Where the mark stands in a datagram.
const DATAGRAM_MARK: usize = 11;

/// TeamViewer.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "teamviewer-session",
    name: "TeamViewer",
    selector: 1242,
    category: "remote-access",
    tags: &["encrypted"],
    transports: &[Transport::Tcp, Transport::Udp],
    ports: &[5938],
    first_bytes: FirstBytes::Of(&[0, 0x11, 0x17]),
    max_probe_size: NEW_HEADER_SIZE,
    probe,
    app: "teamviewer",
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    if sample.transport == Transport::Udp {
        return probe_datagram(sample);
    }
    let data = sample.data;
    match data.first_chunk() {
        Some(&OLD) => probe_old(data),
        Some(&NEW) => probe_new(data),
        Some(_) => Probe::No,
        None if matches!(data, [] | [0x11 | 0x17]) => Probe::NeedMore,
        None => Probe::No,
    }
}

/// The mark is short: the packet behind the first, or the ten bytes of zeros and small numbers of a first one, make it firm.
fn probe_old(data: &[u8]) -> Probe {
    if data.get(2).is_some_and(|command| !COMMANDS.contains(command)) {
        return Probe::No;
    }
    let Some([low, high]) = data.get(3..OLD_HEADER_SIZE) else { return Probe::NeedMore };
    let size = usize::from(u16::from_le_bytes([*low, *high]));
    if size < 4 {
        return Probe::No;
    }
    match data.get(OLD_HEADER_SIZE..NEW_HEADER_SIZE) {
        None => Probe::NeedMore,
        Some(body) if body.iter().filter(|byte| **byte == 0).count() >= 6 => {
            matched(70, "17 24 packet", OLD_HEADER_SIZE)
        }
        Some(_) => matched(55, "17 24 packet", OLD_HEADER_SIZE),
    }
}

fn probe_new(data: &[u8]) -> Probe {
    let fixed = [(3, 0), (16, 0x1b), (17, 0), (18, 0), (19, 0), (20, 0x18), (21, 0), (22, 0), (23, 0)];
    if fixed.iter().any(|(at, wanted)| data.get(*at).is_some_and(|byte| byte != wanted)) {
        return Probe::No;
    }
    match u32_le_at(data, 4) {
        Some(size) if size > 1 << 24 => Probe::No,
        _ if data.len() < NEW_HEADER_SIZE => Probe::NeedMore,
        _ => matched(98, "11 30 packet", NEW_HEADER_SIZE),
    }
}

/// Zero, then the mark and a command at their place, in two datagrams.
fn probe_datagram(sample: &Sample<'_>) -> Probe {
    let fits = |data: &[u8]| {
        let command = data.get(DATAGRAM_MARK + 2);
        let mark = data.get(DATAGRAM_MARK..DATAGRAM_MARK + 2);
        data.first() == Some(&0) && mark == Some(&OLD) && command.is_some_and(|command| COMMANDS.contains(command))
    };
    match fits(sample.data) {
        false => Probe::No,
        true if fits(sample.other) || fits(sample.reverse) => matched(80, "17 24 packets", DATAGRAM_MARK + 3),
        true => matched(50, "17 24 packet", DATAGRAM_MARK + 3),
    }
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "first packet of a client",
        transport: Transport::Tcp,
        direction: Direction::Originator,
        data: b"\x17\x24\x0a\x20\0\0\0\0\0\0\0\0\0\0\x48\0\x80\x01\0\0\0\x14\x80\0\0\x5a\xc7\x8c\x48\x04\x55\x32\x21\x61\x42\0\x04",
        expect: &[],
    },
    Example {
        title: "packet of a server",
        transport: Transport::Tcp,
        direction: Direction::Responder,
        data: b"\x11\x30\x36\0\x18\0\0\0\x01\0\0\0\0\0\0\0\x1b\0\0\0\x18\0\0\0\x8c\0\x57\xfc\x71\xb0\x98\x80\xd9\x59\x38\xc5\x89\xa6\xc1\x8c\xc7\x91\x9e\xea\x28\x3d\x28\xcd",
        expect: &[],
    },
    Example {
        title: "datagram",
        transport: Transport::Udp,
        direction: Direction::Originator,
        data: b"\0\x02\0\0\0\x9a\x31\x07\xc2\0\0\x17\x24\x47\x50\0\x61\x8b\x15\xc4",
        expect: &[],
    },
];
