//! WireGuard (Donenfeld, "WireGuard: Next Generation Kernel Network Tunnel", §5.4). Cloudflare WARP writes an id of the client
//! into the three reserved bytes; then messages are told by how they answer and follow each other.

use crate::probing::answers::matched;
use crate::probing::inner_packets::looks_encrypted;
use crate::probing::numbers::u32_le_at;
use crate::protocol::attributes::Attribute;
use crate::protocol::{
    Descriptor, Direction, Example, Findings, FirstBytes, Inspector, Probe, Progress, Sample, Transport,
};

const INITIATION: u8 = 1;
const RESPONSE: u8 = 2;
const COOKIE: u8 = 3;
const DATA: u8 = 4;

/// Sizes of the first three messages (§5.4.2, §5.4.3, §5.4.7).
const INITIATION_SIZE: usize = 148;
const RESPONSE_SIZE: usize = 92;
const COOKIE_SIZE: usize = 64;
/// Type, receiver, counter, and the tag of an empty packet (§5.4.6).
const MIN_DATA_SIZE: usize = 32;
/// Content is padded to this (§5.4.6).
const DATA_BLOCK: usize = 16;
/// Packets that may be missing between two that are compared.
const MAX_GAP: u32 = 1024;

/// WireGuard.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "wireguard",
    name: "WireGuard",
    selector: 1201,
    category: "vpn",
    tags: &["encrypted"],
    transports: &[Transport::Udp],
    ports: &[51820],
    first_bytes: FirstBytes::Of(&[INITIATION, RESPONSE, COOKIE, DATA]),
    max_probe_size: INITIATION_SIZE,
    probe,
    inspector: Some(|| Box::<WireGuard>::default()),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    let Some((kind, reserved)) = head(sample.data) else { return Probe::No };
    let size = sample.data.len();
    let size_fits = match kind {
        INITIATION => size == INITIATION_SIZE,
        RESPONSE => size == RESPONSE_SIZE,
        COOKIE => size == COOKIE_SIZE,
        _ => size >= MIN_DATA_SIZE && size.is_multiple_of(DATA_BLOCK),
    };
    let secret = if kind == DATA { 16 } else { 12 };
    let encrypted = sample.data.get(secret..secret + 16).unwrap_or_default();
    if !size_fits || !looks_encrypted(encrypted) {
        return Probe::No;
    }
    let is_linked = match kind {
        RESPONSE => answers(sample),
        DATA => continues(sample),
        _ => false,
    };
    match (kind, reserved == [0; 3]) {
        (_, true) if is_linked => matched(98, "message that follows another", 16),
        (INITIATION, true) => matched(90, "handshake initiation", 8),
        (RESPONSE, true) => matched(90, "handshake response", 12),
        (COOKIE, true) => matched(75, "cookie reply", 8),
        (_, true) if u32_le_at(sample.data, 12) == Some(0) => matched(75, "transport data", 16),
        (_, false) if is_linked => matched(85, "message that follows another, with an id in the reserved bytes", 16),
        _ => Probe::NeedMore,
    }
}

/// Type and reserved bytes.
fn head(data: &[u8]) -> Option<(u8, [u8; 3])> {
    let [kind, a, b, c] = *data.first_chunk()?;
    (INITIATION..=DATA).contains(&kind).then_some((kind, [a, b, c]))
}

/// Whether a response's receiver is the sender of the other end's initiation.
fn answers(sample: &Sample<'_>) -> bool {
    let asked = head(sample.reverse).is_some_and(|(kind, _)| kind == INITIATION);
    asked && sample.data.get(8..12) == sample.reverse.get(4..8)
}

/// Whether type, reserved bytes and receiver are those of the packet before and its counter follows.
fn continues(sample: &Sample<'_>) -> bool {
    let (data, other) = (sample.data, sample.other);
    let numbers = u32_le_at(data, 8).zip(u32_le_at(other, 8));
    let follows = numbers.is_some_and(|(now, before)| (1..=MAX_GAP).contains(&now.wrapping_sub(before)));
    data.get(..8) == other.get(..8) && data.get(12..16) == other.get(12..16) && follows
}

/// Names the first message, and who writes into the reserved bytes.
#[derive(Debug, Default)]
struct WireGuard;

impl Inspector for WireGuard {
    fn feed(&mut self, sample: &Sample<'_>, found: &mut Findings) -> Progress {
        let Some((kind, reserved)) = head(sample.data) else { return Progress::Done };
        let name: &[u8] = match kind {
            INITIATION => b"initiation",
            RESPONSE => b"response",
            COOKIE => b"cookie",
            _ => b"data",
        };
        found.text(Attribute::WireguardMessage, name);
        if reserved != [0; 3] {
            found.set_service("cloudflare-warp");
        }
        Progress::Done
    }
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "handshake initiation",
        transport: Transport::Udp,
        direction: Direction::Originator,
        data: b"\x01\0\0\0\x9d\xa1\x77\x02\
            \x8b\x15\xc4\x9a\x3e\xd7\x60\xf2\x51\x0c\xb8\xe3\x94\x27\x6d\xaf\x18\xca\x73\x05\xde\x42\x99\x6b\xf1\x30\x8e\x57\
            \xc9\x11\x64\xfa\x2d\x87\xb0\x3b\xe5\x7e\x09\xd3\x46\xac\x5f\x92\x1b\xf8\x74\xcd\x20\x83\xe6\x3a\x9d\x58\x01\xb7\x6e\xc2\x15\xda\x4f\xa3\x7c\x90\x2b\xee\x61\xd5\x38\x8c\
            \x13\xf7\x6a\xce\x25\x89\xdc\x40\xa4\x7b\x1f\x93\xe8\x5c\x02\xb6\x69\xcd\x30\x97\xfb\x4e\xa2\x16\x7a\xdd\x81\x35\x9c\x20\xe4\x58\xb1\x0f\x73\xc6\x2a\x8d\
            \x5a\xc1\x0e\x94\x6b\xf3\x28\xd7\x4c\xb0\x39\x8e\xe5\x12\x7f\xa6\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
        expect: &[(Attribute::WireguardMessage, "initiation")],
    },
    Example {
        title: "handshake response",
        transport: Transport::Udp,
        direction: Direction::Responder,
        data: b"\x02\0\0\0\x91\x0e\x5c\x4f\x9d\xa1\x77\x02\
            \x8b\x15\xc4\x9a\x3e\xd7\x60\xf2\x51\x0c\xb8\xe3\x94\x27\x6d\xaf\x18\xca\x73\x05\xde\x42\x99\x6b\xf1\x30\x8e\x57\
            \xc9\x11\x64\xfa\x2d\x87\xb0\x3b\xe5\x7e\x09\xd3\x46\xac\x5f\x92\x67\xd4\x19\xb3\
            \x5a\xc1\x0e\x94\x6b\xf3\x28\xd7\x4c\xb0\x39\x8e\xe5\x12\x7f\xa6\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
        expect: &[(Attribute::WireguardMessage, "response")],
    },
    Example {
        title: "keep-alive",
        transport: Transport::Udp,
        direction: Direction::Originator,
        data: b"\x04\0\0\0\x91\x0e\x5c\x4f\x07\0\0\0\0\0\0\0\x8b\x15\xc4\x9a\x3e\xd7\x60\xf2\x51\x0c\xb8\xe3\x94\x27\x6d\xaf",
        expect: &[(Attribute::WireguardMessage, "data")],
    },
    Example {
        title: "cookie reply",
        transport: Transport::Udp,
        direction: Direction::Responder,
        data: b"\x03\0\0\0\x9d\xa1\x77\x02\
            \x8b\x15\xc4\x9a\x3e\xd7\x60\xf2\x51\x0c\xb8\xe3\x94\x27\x6d\xaf\x18\xca\x73\x05\xde\x42\x99\x6b\
            \xc9\x11\x64\xfa\x2d\x87\xb0\x3b\xe5\x7e\x09\xd3\x46\xac\x5f\x92\x1b\xf8\x74\xcd\x20\x83\xe6\x3a\x9d\x58\x01\xb7\x6e\xc2\x15\xda",
        expect: &[(Attribute::WireguardMessage, "cookie")],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_in_the_reserved_bytes_needs_an_answer() {
        let mut initiation = EXAMPLES[0].data.to_vec();
        let mut response = EXAMPLES[1].data.to_vec();
        initiation[1..4].copy_from_slice(&[7, 8, 9]);
        response[1..4].copy_from_slice(&[7, 8, 9]);
        let sample = Sample { transport: Transport::Udp, data: &initiation, ..Sample::EMPTY };
        assert_eq!(probe(&sample), Probe::NeedMore);
        let sample = Sample { data: &response, reverse: &initiation[..64], ..sample };
        assert!(matches!(probe(&sample), Probe::Match(e) if e.confidence == 85));
        let mut found = Findings::default();
        WireGuard.feed(&sample, &mut found);
        assert_eq!(found.service(), Some("cloudflare-warp"));
    }

    #[test]
    fn other_messages_of_that_size_are_refused() {
        let sample = Sample { transport: Transport::Udp, data: &[1; 148], ..Sample::EMPTY };
        assert_eq!(probe(&sample), Probe::NeedMore); // reserved bytes that are not zero: who knows
        let mut zeros = [0; 148];
        zeros[0] = 1;
        assert_eq!(probe(&Sample { data: &zeros, ..sample }), Probe::No);
    }
}
