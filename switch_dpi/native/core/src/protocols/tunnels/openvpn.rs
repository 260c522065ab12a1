//! OpenVPN over UDP and TCP (OpenVPN protocol description, `ssl_pkt.h` of OpenVPN 2.6; draft-openvpn-wire-protocol). The control
//! channel is told by its session ids and counters, plain, with tls-auth or with tls-crypt; the data channel by its packet ids.

use crate::probing::answers::matched;
use crate::probing::inner_packets::{counts_up, looks_encrypted};
use crate::probing::numbers::{u16_at, u32_at};
use crate::protocol::attributes::Attribute;
use crate::protocol::{
    Descriptor, Direction, Example, Findings, FirstBytes, Inspector, Probe, Progress, Sample, Transport,
};

const RESET_CLIENT_V1: u8 = 1;
const SOFT_RESET: u8 = 3;
const ACK: u8 = 5;
const DATA_V1: u8 = 6;
const RESET_CLIENT_V2: u8 = 7;
const RESET_SERVER_V2: u8 = 8;
const DATA_V2: u8 = 9;
const RESET_CLIENT_V3: u8 = 10;
const CONTROL_WKC: u8 = 11;

/// Opcode and session id.
const SESSION_SIZE: usize = 9;
/// Sizes of the HMAC of tls-auth: none, MD5, SHA-1, SHA-224, SHA-256, SHA-384, SHA-512.
const HMAC_SIZES: [usize; 7] = [0, 16, 20, 28, 32, 48, 64];
/// A reset with tls-crypt: opcode, session id, packet id, time, 32 bytes of tag, then five encrypted ones: no acks, a packet id.
const CRYPT_RESET_SIZE: usize = SESSION_SIZE + 8 + 32 + 5;
/// With one ack: its packet id and the other end's session id.
const CRYPT_ACKED_RESET_SIZE: usize = CRYPT_RESET_SIZE + 12;
/// Acks in one packet (RELIABLE_ACK_SIZE).
const MAX_ACKS: u8 = 8;
/// Packet ids of a control channel stay small: it is renegotiated with new ones.
const MAX_CONTROL_ID: u32 = 1 << 16;
/// First packet id of a reset whose sender can do the stateless handshake of 2.6.
const EARLY_NEGOTIATION_ID: u32 = 0x0f00_0001;
/// Packets that may be missing between two that are compared.
const MAX_GAP: u32 = 64;
/// 1 January 2002, when OpenVPN began, in Unix time.
const EARLIEST_S: u32 = 1_009_843_200;
/// The year 2058.
const LATEST_S: u32 = 2_777_000_000;
/// Size prefix over TCP, opcode, session id, the largest HMAC, packet id, time, acks, packet id.
const MAX_PROBE_SIZE: usize = 2 + SESSION_SIZE + 64 + 8 + 1 + 4 + 8 + 4;

/// OpenVPN.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "openvpn",
    name: "OpenVPN",
    selector: 1200,
    category: "vpn",
    tags: &["encrypted"],
    transports: &[Transport::Udp, Transport::Tcp],
    ports: &[1194],
    // over TCP the size comes first: up to 1,500 bytes
    first_bytes: FirstBytes::Where(|byte| byte <= 0x5f),
    max_probe_size: MAX_PROBE_SIZE,
    probe,
    inspector: Some(|| Box::<OpenVpn>::default()),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    if sample.transport.is_stream() { probe_stream(sample.data) } else { probe_datagram(sample) }
}

/// How the control channel is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Keying {
    Plain,
    Auth,
    Crypt,
    CryptV2,
}

fn probe_stream(data: &[u8]) -> Probe {
    let (Some(size), Some(first)) = (u16_at(data, 0).map(usize::from), data.get(2)) else {
        return if data.first().is_none_or(|high| *high <= 5) { Probe::NeedMore } else { Probe::No };
    };
    let size_fits = match first >> 3 {
        RESET_CLIENT_V1..=2 | RESET_CLIENT_V2 | RESET_SERVER_V2 => (14..=120).contains(&size),
        RESET_CLIENT_V3 => (CRYPT_RESET_SIZE + 100..=1500).contains(&size),
        _ => false,
    };
    if !size_fits || first & 7 != 0 {
        return Probe::No;
    }
    let Some(rest) = data.get(2..) else { return Probe::NeedMore };
    let packet = rest.get(..size).unwrap_or(rest);
    let needed = size.min(MAX_PROBE_SIZE - 2);
    match reset_keying(packet, size) {
        Some(_) => matched(95, "hard reset", packet.len().min(needed) + 2),
        None if packet.len() < needed => Probe::NeedMore,
        None => Probe::No,
    }
}

fn probe_datagram(sample: &Sample<'_>) -> Probe {
    let Some(first) = sample.data.first() else { return Probe::No };
    match first >> 3 {
        opcode @ (RESET_CLIENT_V1..=2 | RESET_CLIENT_V2 | RESET_SERVER_V2 | RESET_CLIENT_V3) => {
            if first & 7 == 0 && reset_keying(sample.data, sample.data.len()).is_some() {
                return matched(95, "hard reset", sample.data.len().min(MAX_PROBE_SIZE));
            }
            if matches!(opcode, RESET_CLIENT_V2 | RESET_SERVER_V2) { probe_control(sample) } else { Probe::No }
        }
        SOFT_RESET..=ACK | CONTROL_WKC => probe_control(sample),
        DATA_V1 => probe_data(sample, 1),
        DATA_V2 => probe_data(sample, 4),
        _ => Probe::No,
    }
}

/// A first packet of either end, of which the whole would take `size` bytes: no acks or one, packet id zero.
fn reset_keying(data: &[u8], size: usize) -> Option<Keying> {
    let opcode = data.first()? >> 3;
    let is_client = matches!(opcode, RESET_CLIENT_V1 | RESET_CLIENT_V2);
    if !has_session(data) {
        return None;
    }
    for hmac_size in HMAC_SIZES.into_iter().filter(|_| opcode != RESET_CLIENT_V3) {
        let replay = if hmac_size == 0 { 0 } else { hmac_size + 8 };
        let at = SESSION_SIZE + replay;
        let is_dated = replay == 0 || has_replay_id(data, SESSION_SIZE + hmac_size);
        let acks = if size == at + 5 { 0 } else { 1 };
        let acked = acks == 0 || (!is_client && size == at + 17 && u32_at(data, at + 1) == Some(0));
        if is_dated && acked && data.get(at) == Some(&acks) && u32_at(data, size.checked_sub(4)?) == Some(0) {
            return Some(if replay == 0 { Keying::Plain } else { Keying::Auth });
        }
    }
    let is_crypt_size = match opcode {
        RESET_CLIENT_V3 => size >= CRYPT_RESET_SIZE + 100,
        RESET_SERVER_V2 => size == CRYPT_RESET_SIZE || size == CRYPT_ACKED_RESET_SIZE,
        _ => size == CRYPT_RESET_SIZE,
    };
    let id = u32_at(data, SESSION_SIZE)?;
    let is_first = (1..=8).contains(&id) || id.wrapping_sub(EARLY_NEGOTIATION_ID) < 8;
    let is_encrypted = looks_encrypted(data.get(SESSION_SIZE + 8..)?);
    let keying = if opcode == RESET_CLIENT_V3 { Keying::CryptV2 } else { Keying::Crypt };
    (is_crypt_size && is_first && is_time(u32_at(data, SESSION_SIZE + 4)?) && is_encrypted).then_some(keying)
}

/// A small packet id and a time.
fn has_replay_id(data: &[u8], at: usize) -> bool {
    let id_fits = u32_at(data, at).is_some_and(|id| (1..MAX_CONTROL_ID).contains(&id));
    id_fits && u32_at(data, at + 4).is_some_and(is_time)
}

const fn is_time(seconds: u32) -> bool {
    seconds > EARLIEST_S && seconds < LATEST_S
}

/// A later packet of the control channel: one of its layouts fits, and its session id is that of the packet before, or the other
/// end's stands in it.
fn probe_control(sample: &Sample<'_>) -> Probe {
    let data = sample.data;
    if !has_session(data) || (!HMAC_SIZES.iter().any(|size| control_fits(data, *size)) && !crypt_fits(data)) {
        return Probe::No;
    }
    let session = data.get(1..SESSION_SIZE);
    let continues = is_control(sample.other) && sample.other.get(1..SESSION_SIZE) == session;
    let peer = sample.reverse.get(1..SESSION_SIZE).filter(|_| is_control(sample.reverse));
    let answers = peer.is_some_and(|peer| data.get(SESSION_SIZE..).is_some_and(|rest| holds(rest, peer)));
    if continues || answers { matched(90, "control channel", SESSION_SIZE) } else { Probe::NeedMore }
}

/// Session ids are random: one that is mostly zeros is none.
fn has_session(data: &[u8]) -> bool {
    data.get(1..SESSION_SIZE).is_some_and(|session| session.iter().filter(|byte| **byte == 0).count() <= 2)
}

fn is_control(data: &[u8]) -> bool {
    has_session(data) && data.first().is_some_and(|first| matches!(first >> 3, 1..=5 | 7 | 8 | 10 | 11))
}

/// Whether the session id of the other end stands among the acks: within the layouts' first bytes.
fn holds(rest: &[u8], session: &[u8]) -> bool {
    let start = rest.get(..MAX_PROBE_SIZE).unwrap_or(rest);
    start.windows(session.len()).any(|window| window == session)
}

/// Acks and packet id after an HMAC of this size.
fn control_fits(data: &[u8], hmac_size: usize) -> bool {
    let at = SESSION_SIZE + if hmac_size == 0 { 0 } else { hmac_size + 8 };
    if hmac_size > 0 && !has_replay_id(data, SESSION_SIZE + hmac_size) {
        return false;
    }
    let Some(acks) = data.get(at).copied().filter(|acks| *acks <= MAX_ACKS) else { return false };
    let is_ack = data.first().is_some_and(|first| first >> 3 == ACK);
    let ids_end = at + 1 + 4 * usize::from(acks);
    let ids_fit = (0..usize::from(acks)).all(|n| u32_at(data, at + 1 + 4 * n).is_some_and(|id| id < MAX_CONTROL_ID));
    let end = ids_end + if acks > 0 { 8 } else { 0 };
    let id_fits =
        if is_ack { acks > 0 && data.len() == end } else { u32_at(data, end).is_some_and(|id| id < MAX_CONTROL_ID) };
    ids_fit && id_fits
}

/// Packet id and time in front of what tls-crypt encrypts.
fn crypt_fits(data: &[u8]) -> bool {
    has_replay_id(data, SESSION_SIZE) && data.get(SESSION_SIZE + 8..).is_some_and(looks_encrypted)
}

/// Data of an AEAD cipher: opcode, peer id (version 2), then a packet id that counts up; `at` is where it stands.
fn probe_data(sample: &Sample<'_>, at: usize) -> Probe {
    let (data, other) = (sample.data, sample.other);
    let peer_fits = at == 1 || data.get(1) == Some(&0); // a peer id counts clients
    if !peer_fits || !data.get(at + 4..).is_some_and(looks_encrypted) {
        return Probe::No;
    }
    let (Some(now), Some(before)) = (u32_at(data, at), u32_at(other, at)) else { return Probe::NeedMore };
    if data.get(..at) == other.get(..at) && counts_up(before, now, MAX_GAP) && now < 1 << 28 {
        let same_end = sample.reverse.first() == data.first();
        return matched(if at > 1 || same_end { 75 } else { 55 }, "data channel", at + 4);
    }
    Probe::NeedMore
}

/// Tells how the control channel is protected, from the first reset.
#[derive(Debug, Default)]
struct OpenVpn;

impl Inspector for OpenVpn {
    fn feed(&mut self, sample: &Sample<'_>, found: &mut Findings) -> Progress {
        let is_stream = sample.transport.is_stream();
        let size = if is_stream { u16_at(sample.data, 0).map_or(0, usize::from) } else { sample.data.len() };
        if is_stream && sample.data.len() < 2 {
            return Progress::Settled;
        }
        let packet = sample.data.get(if is_stream { 2 } else { 0 }..).unwrap_or_default();
        let packet = packet.get(..size).unwrap_or(packet);
        match reset_keying(packet, size) {
            Some(Keying::Plain) => found.text(Attribute::OpenvpnKeying, b"none"),
            Some(Keying::Auth) => found.text(Attribute::OpenvpnKeying, b"tls-auth"),
            Some(Keying::Crypt) => found.text(Attribute::OpenvpnKeying, b"tls-crypt"),
            Some(Keying::CryptV2) => found.text(Attribute::OpenvpnKeying, b"tls-crypt-v2"),
            None if is_stream && packet.len() < size.min(MAX_PROBE_SIZE) => return Progress::Settled,
            None => {}
        }
        Progress::Done
    }
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "client's reset without a key",
        transport: Transport::Udp,
        direction: Direction::Originator,
        data: b"\x38\x81\x3b\x60\xd1\x3e\x25\x9c\x44\x00\x00\x00\x00\x00",
        expect: &[(Attribute::OpenvpnKeying, "none")],
    },
    Example {
        title: "server's reset without a key",
        transport: Transport::Udp,
        direction: Direction::Responder,
        data: b"\x40\x55\x01\x9a\x77\xc2\xe4\x10\x8f\x01\x00\x00\x00\x00\x81\x3b\x60\xd1\x3e\x25\x9c\x44\x00\x00\x00\x00",
        expect: &[(Attribute::OpenvpnKeying, "none")],
    },
    Example {
        title: "client's reset with tls-auth and SHA-1, over TCP",
        transport: Transport::Tcp,
        direction: Direction::Originator,
        data: b"\x00\x2a\x38\x81\x3b\x60\xd1\x3e\x25\x9c\x44\xa1\x02\xb3\xc4\xd5\xe6\xf7\x08\x19\x2a\x3b\x4c\x5d\x6e\x7f\x80\x91\xa2\xb3\xc4\x00\x00\x00\x01\x65\x10\x20\x30\x00\x00\x00\x00\x00",
        expect: &[(Attribute::OpenvpnKeying, "tls-auth")],
    },
    Example {
        title: "client's reset with tls-crypt",
        transport: Transport::Udp,
        direction: Direction::Originator,
        data: b"\x38\x81\x3b\x60\xd1\x3e\x25\x9c\x44\x00\x00\x00\x01\x65\x10\x20\x30\x9e\x11\x52\x7a\xb3\xc8\x04\xdf\x60\x37\x81\xea\x4d\x95\x1c\xf2\x28\xb6\x73\x0f\xa9\x5e\xc1\x84\x3d\xd7\x6a\x12\xfb\x90\x45\xee\x33\xa8\x71\xc6\x1d",
        expect: &[(Attribute::OpenvpnKeying, "tls-crypt")],
    },
    Example {
        title: "server's reset without a key, over TCP",
        transport: Transport::Tcp,
        direction: Direction::Responder,
        data: b"\x00\x1a\x40\x55\x01\x9a\x77\xc2\xe4\x10\x8f\x01\x00\x00\x00\x00\x81\x3b\x60\xd1\x3e\x25\x9c\x44\x00\x00\x00\x00",
        expect: &[(Attribute::OpenvpnKeying, "none")],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    fn datagram<'a>(data: &'a [u8], other: &'a [u8], reverse: &'a [u8]) -> Sample<'a> {
        Sample { transport: Transport::Udp, data, other, reverse, ..Sample::EMPTY }
    }

    #[test]
    fn data_is_told_by_its_packet_ids() {
        let mut first = b"\x48\x00\x00\x01\x00\x00\x00\x05".to_vec();
        first.extend((0..60_u8).map(|n| n.wrapping_mul(73) | 1));
        let mut second = first.clone();
        second[7] = 6;
        assert_eq!(probe(&datagram(&first, b"", b"")), Probe::NeedMore);
        assert!(matches!(probe(&datagram(&second, &first, b"")), Probe::Match(e) if e.confidence == 75));
        assert_eq!(probe(&datagram(&first, &second, b"")), Probe::NeedMore);
    }

    #[test]
    fn a_control_packet_alone_is_too_weak_and_an_answer_is_enough() {
        let ack = b"\x28\x55\x01\x9a\x77\xc2\xe4\x10\x8f\x01\x00\x00\x00\x00\x81\x3b\x60\xd1\x3e\x25\x9c\x44";
        let hello = b"\x20\x81\x3b\x60\xd1\x3e\x25\x9c\x44\x00\x00\x00\x00\x01\x16\x03\x01\x00\x05";
        assert_eq!(probe(&datagram(ack, b"", b"")), Probe::NeedMore);
        assert!(matches!(probe(&datagram(ack, b"", hello)), Probe::Match(_)));
        assert!(matches!(probe(&datagram(hello, hello, b"")), Probe::Match(_)));
    }

    #[test]
    fn resets_must_be_consistent() {
        for data in [
            &b"\x38\x81\x3b\x60\xd1\x3e\x25\x9c\x44\x00\x00\x00\x00\x01"[..],
            b"\x39\x81\x3b\x60\xd1\x3e\x25\x9c\x44\x00\x00\x00\x00\x00",
            b"\x38\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00",
        ] {
            assert!(!matches!(probe(&datagram(data, b"", b"")), Probe::Match(_)), "{data:02x?}");
        }
    }
}
