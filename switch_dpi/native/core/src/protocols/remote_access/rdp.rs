//! RDP: connection request and confirm over TCP (MS-RDPBCGR §2.2.1.1, §2.2.1.2, over X.224 and TPKT), and the start of its UDP
//! transport (MS-RDPEUDP §2.2.2, §3.1.5.1).

use crate::probing::answers::matched;
use crate::probing::beginnings::{Beginning, begins};
use crate::probing::lines::Lines;
use crate::probing::numbers::{u16_at, u32_at};
use crate::protocol::attributes::Attribute;
use crate::protocol::{
    Descriptor, Direction, Example, Findings, FirstBytes, Inspector, Probe, Progress, Sample, Transport,
};

/// TPKT (RFC 1006 §6) and the fixed part of a connection TPDU (X.224 §13.3).
const FIXED_SIZE: usize = 11;
const REQUEST: u8 = 0xe0;
const CONFIRM: u8 = 0xd0;
/// A request has a cookie of a name, or a token of a load balancer.
const MAX_REQUEST_SIZE: usize = 512;
/// Names at the start of the cookie or token (MS-RDPBCGR §2.2.1.1).
const COOKIES: [&[u8]; 2] = [b"Cookie: mstshash=", b"Cookie: msts="];
/// Negotiation structures: type, flags, length 8, protocols (MS-RDPBCGR §2.2.1.1.1).
const NEGOTIATION_SIZE: usize = 8;
/// Standard RDP security, TLS, CredSSP, RDSTLS, early authorisation, AAD.
const KNOWN_PROTOCOLS: u32 = 0x1f;

/// RDP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "rdp",
    name: "RDP",
    selector: 1240,
    category: "remote-access",
    transports: &[Transport::Tcp, Transport::Udp],
    ports: &[3389],
    first_bytes: FirstBytes::Any,
    max_probe_size: MAX_REQUEST_SIZE,
    probe,
    inspector: Some(|| Box::<Rdp>::default()),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    if sample.transport.is_stream() { probe_stream(sample) } else { probe_datagram(sample) }
}

/// TPKT with its length, X.224 with its own, no references, class 0; then what only RDP writes there.
fn probe_stream(sample: &Sample<'_>) -> Probe {
    let data = sample.data;
    if begins(data, &[3, 0]) == Beginning::Other {
        return Probe::No;
    }
    let Some(size) = u16_at(data, 2).map(usize::from) else { return Probe::NeedMore };
    if !(FIXED_SIZE..=MAX_REQUEST_SIZE).contains(&size) {
        return Probe::No;
    }
    let (Some(indicator), Some(kind)) = (data.get(4), data.get(5)) else { return Probe::NeedMore };
    let is_long = size > 260; // the length indicator has one byte
    let indicator_fits = usize::from(*indicator) + 5 == size || is_long;
    if !indicator_fits || !matches!(*kind, REQUEST | CONFIRM) {
        return Probe::No;
    }
    let destination_fits = *kind == CONFIRM || data.iter().skip(6).take(2).all(|byte| *byte == 0);
    if !destination_fits || data.get(10).is_some_and(|class| *class != 0) {
        return Probe::No;
    }
    let Some(body) = data.get(FIXED_SIZE..) else { return Probe::NeedMore };
    let body = body.get(..size - FIXED_SIZE).unwrap_or(body);
    match *kind {
        REQUEST => probe_request(body, size - FIXED_SIZE),
        _ => probe_confirm(body, size - FIXED_SIZE, data),
    }
}

fn probe_request(body: &[u8], size: usize) -> Probe {
    if size == 0 {
        return matched(50, "X.224 connection request without parameters", FIXED_SIZE);
    }
    let cookies = COOKIES.map(|cookie| begins(body, cookie));
    if cookies.contains(&Beginning::Whole) {
        return matched(100, "cookie of a connection request", FIXED_SIZE + 13);
    }
    match negotiation_fit(body, size, 1) {
        Beginning::Whole => matched(95, "negotiation request", FIXED_SIZE + NEGOTIATION_SIZE),
        Beginning::Partial => Probe::NeedMore,
        Beginning::Other if cookies.contains(&Beginning::Partial) => Probe::NeedMore,
        Beginning::Other => Probe::No,
    }
}

/// A response is type 2, a failure type 3; servers of before have no parameters, and the source reference 0x1234.
fn probe_confirm(body: &[u8], size: usize, data: &[u8]) -> Probe {
    if size == 0 {
        let is_windows = data.get(6..10) == Some(b"\0\0\x12\x34");
        return if is_windows { matched(70, "connection confirm", FIXED_SIZE) } else { Probe::No };
    }
    match (negotiation_fit(body, size, 2), negotiation_fit(body, size, 3)) {
        (Beginning::Whole, _) | (_, Beginning::Whole) => {
            matched(95, "negotiation response", FIXED_SIZE + NEGOTIATION_SIZE)
        }
        (Beginning::Partial, _) | (_, Beginning::Partial) => Probe::NeedMore,
        _ => Probe::No,
    }
}

/// Type, any flags, a length of 8, protocols of which the upper bytes are zero; a request may have 36 bytes of correlation
/// behind it (MS-RDPBCGR §2.2.1.1.2).
fn negotiation_fit(body: &[u8], size: usize, kind: u8) -> Beginning {
    let expected = [Some(kind), None, Some(8), Some(0), None, Some(0), Some(0), Some(0)];
    let fits = body.iter().zip(expected).all(|(byte, wanted)| wanted.is_none_or(|wanted| wanted == *byte));
    let flags_fit = body.get(1).is_none_or(|flags| flags & !0x1f == 0);
    let protocols_fit = body.get(4).is_none_or(|protocols| u32::from(*protocols) & !KNOWN_PROTOCOLS == 0);
    let size_fits = size == NEGOTIATION_SIZE || (kind == 1 && size == NEGOTIATION_SIZE + 36);
    match fits && flags_fit && protocols_fit && size_fits {
        false => Beginning::Other,
        true if body.len() >= NEGOTIATION_SIZE => Beginning::Whole,
        true => Beginning::Partial,
    }
}

/// Bits of the flags of a UDP packet (MS-RDPEUDP §2.2.2.1).
const SYN: u16 = 0x0001;
const ACK_DATA: u16 = 0x000c;
const SYN_FLAGS: u16 = SYN | 0x0004 | 0x0200 | 0x0800 | 0x1000; // with ACK, SYNLOSSY, CORRELATION_ID, SYNEX
/// Largest packet of either way (MS-RDPEUDP §2.2.2.4).
const MTUS: std::ops::RangeInclusive<u16> = 1132..=1232;

fn probe_datagram(sample: &Sample<'_>) -> Probe {
    let data = sample.data;
    let (Some(acked), Some(window), Some(flags)) = (u32_at(data, 0), u16_at(data, 4), u16_at(data, 6)) else {
        return Probe::No;
    };
    if flags & SYN != 0 && flags & !SYN_FLAGS == 0 {
        let mtus = [u16_at(data, 12), u16_at(data, 14)];
        let mtus_fit = mtus.iter().all(|mtu| mtu.is_some_and(|mtu| MTUS.contains(&mtu)));
        let start_fits = if flags & 4 == 0 { acked == u32::MAX } else { window > 0 && answers_syn(sample, acked) };
        return if mtus_fit && start_fits { matched(95, "SYN over UDP", 16) } else { Probe::No };
    }
    if flags == ACK_DATA && is_first_data(data) {
        return matched(85, "data with TLS over UDP", 20);
    }
    Probe::No
}

/// Whether a SYN with an acknowledgement has the number of the other end's SYN; where that was not seen, a padded size speaks
/// for it.
fn answers_syn(sample: &Sample<'_>, acked: u32) -> bool {
    if sample.reverse.is_empty() {
        let rest = sample.data.get(64..).unwrap_or_default();
        return sample.data.len() >= usize::from(*MTUS.start()) && rest.iter().all(|byte| *byte == 0);
    }
    u32_at(sample.reverse, 8) == Some(acked)
}

/// A vector of acknowledgements, padded to words, then the same number twice, then a record of TLS or DTLS.
fn is_first_data(data: &[u8]) -> bool {
    let Some(elements) = u16_at(data, 8).map(usize::from).filter(|count| *count <= 64) else { return false };
    let at = (10 + elements).next_multiple_of(4);
    let is_record = match data.get(at + 8..) {
        Some([0x14..=0x17, 0x03, minor, ..]) => (1..=4).contains(minor),
        Some([0x14..=0x17, 0xfe, minor, ..]) => matches!(minor, 0xfd | 0xff),
        _ => false,
    };
    u32_at(data, at).is_some() && u32_at(data, at) == u32_at(data, at + 4) && is_record
}

/// Reads cookie and security protocols.
#[derive(Debug, Default)]
struct Rdp {
    done: [bool; 2],
}

impl Inspector for Rdp {
    fn feed(&mut self, sample: &Sample<'_>, found: &mut Findings) -> Progress {
        if !sample.transport.is_stream() {
            return Progress::Done;
        }
        let done = sample.direction.of(&mut self.done);
        let size = u16_at(sample.data, 2).map_or(FIXED_SIZE, usize::from).min(MAX_REQUEST_SIZE);
        if let Some(packet) = sample.data.get(..size).filter(|_| !*done) {
            *done = true;
            read_packet(packet, found);
        }
        if self.done == [true; 2] { Progress::Done } else { Progress::Settled }
    }
}

fn read_packet(packet: &[u8], found: &mut Findings) {
    let body = packet.get(FIXED_SIZE..).unwrap_or_default();
    let is_request = packet.get(5) == Some(&REQUEST);
    let mut rest = body;
    if body.starts_with(b"Cookie: ") {
        let mut lines = Lines::new(body, 0);
        let line = lines.next().unwrap_or(body);
        let value = line.iter().position(|byte| *byte == b'=').and_then(|at| line.get(at + 1..)).unwrap_or_default();
        found.text(Attribute::RdpCookie, value);
        rest = lines.rest();
    }
    let protocols = rest.get(4..8).and_then(|bytes| bytes.first_chunk()).copied().map(u32::from_le_bytes);
    match (rest.first(), protocols) {
        (Some(1), Some(bits)) if is_request => found.uint(Attribute::RdpProtocols, bits.into()),
        (Some(2), Some(bits)) if !is_request => found.uint(Attribute::RdpSelected, bits.into()),
        _ => {}
    }
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "request with a cookie, TLS or CredSSP",
        transport: Transport::Tcp,
        direction: Direction::Originator,
        data: b"\x03\0\0\x2a\x25\xe0\0\0\0\0\0Cookie: mstshash=anna\r\n\x01\0\x08\0\x03\0\0\0",
        expect: &[(Attribute::RdpCookie, "anna"), (Attribute::RdpProtocols, "3")],
    },
    Example {
        title: "request without a cookie",
        transport: Transport::Tcp,
        direction: Direction::Originator,
        data: b"\x03\0\0\x13\x0e\xe0\0\0\0\0\0\x01\0\x08\0\x0b\0\0\0",
        expect: &[(Attribute::RdpProtocols, "11")],
    },
    Example {
        title: "confirm, CredSSP chosen",
        transport: Transport::Tcp,
        direction: Direction::Responder,
        data: b"\x03\0\0\x13\x0e\xd0\0\0\x12\x34\0\x02\x1f\x08\0\x02\0\0\0",
        expect: &[(Attribute::RdpSelected, "2")],
    },
    Example {
        title: "SYN over UDP",
        transport: Transport::Udp,
        direction: Direction::Originator,
        data: b"\xff\xff\xff\xff\0\x40\x10\x01\xbb\xff\x56\x87\x04\xd0\x04\xd0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
        expect: &[],
    },
    Example {
        title: "SYN over UDP that allows losses, with a correlation id",
        transport: Transport::Udp,
        direction: Direction::Originator,
        data: b"\xff\xff\xff\xff\0\x40\x1a\x01\xbb\xff\x56\x87\x04\xd0\x04\xd0\x8b\x15\xc4\x9a\x3e\xd7\x60\xf2\x51\x0c\xb8\xe3\x94\x27\x6d\xaf\0\0\0\0",
        expect: &[],
    },
    Example {
        title: "data over UDP with a ClientHello",
        transport: Transport::Udp,
        direction: Direction::Originator,
        data: b"\x10\x97\x60\x33\x04\0\0\x0c\0\x01\0\0\xe6\x5f\x84\x6d\xe6\x5f\x84\x6d\x16\x03\x03\0\x05\x01\0\0\x01\0",
        expect: &[],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_users_of_x224_are_refused() {
        for data in [
            &b"\x03\0\0\x16\x11\xe0\0\0\0\x01\0\xc0\x01\x0a\xc1\x02\x01\0\xc2\x02\x01\x02"[..], // S7
            b"\x03\0\0\x04",
            b"\x03\x01",
            b"\x03\0\0\x13\x0d\xe0",
            b"\x03\0\0\x13\x0e\xe0\0\0\0\0\0\x01\0\x09",
        ] {
            assert_eq!(probe(&Sample { data, ..Sample::EMPTY }), Probe::No, "{data:02x?}");
        }
    }

    #[test]
    fn an_answer_to_a_syn_has_its_number() {
        let answer = b"\xbb\xff\x56\x87\0\x40\x10\x05\x4d\x67\x79\x66\x04\xd0\x04\xd0\0\x01\x01\x01";
        let sample = Sample { transport: Transport::Udp, data: answer, reverse: EXAMPLES[3].data, ..Sample::EMPTY };
        assert!(matches!(probe(&sample), Probe::Match(_)));
        assert_eq!(probe(&Sample { reverse: b"\xff\xff\xff\xff\0\x40\x10\x01\0\0\0\0", ..sample }), Probe::No);
    }
}
