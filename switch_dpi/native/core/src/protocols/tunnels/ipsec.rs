//! IKE versions 1 and 2 (RFC 2408, RFC 7296), on port 4500 with its marker and with ESP in UDP (RFC 3948), and in a TCP stream
//! (RFC 9329).

use crate::probing::answers::matched;
use crate::probing::beginnings::{Beginning, begins};
use crate::probing::inner_packets::{counts_up, looks_encrypted};
use crate::probing::numbers::{u16_at, u32_at};
use crate::protocol::attributes::Attribute;
use crate::protocol::{Descriptor, Direction, Example, Findings, Inspector, Probe, Progress, Sample, Transport};

/// Where ESP in UDP runs; alone it has too few fixed bits to be believed elsewhere. 4501 is GlobalProtect's.
const NAT_PORTS: [u16; 2] = [4500, 4501];
/// The header of IKE (RFC 7296 §3.1).
const HEADER_SIZE: usize = 28;
/// Four zero bytes where ESP has its SPI (RFC 3948 §2.2).
const NON_ESP: &[u8] = &[0; 4];
/// A stream begins with this (RFC 9329 §4).
const STREAM_PREFIX: &[u8] = b"IKETCP";
/// SPIs below are reserved (RFC 4303 §2.1).
const MIN_SPI: u32 = 256;
/// ESP packets that may be missing between two that are compared.
const MAX_GAP: u32 = 64;
/// Sequence numbers that a new flow's first packet has.
const MAX_FIRST_SEQUENCE: u32 = 1 << 20;

/// IPsec: key exchange, and ESP in UDP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "ipsec",
    name: "IPSec",
    selector: 1202,
    category: "vpn",
    risk: Some(40),
    tags: &["encrypted"],
    transports: &[Transport::Udp, Transport::Tcp],
    ports: &[500, 4500, 4501],
    max_probe_size: 64,
    probe,
    inspector: Some(|| Box::<Ike>::default()),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    if sample.transport.is_stream() {
        return probe_stream(sample.data);
    }
    let data = sample.data;
    if data.len() == 1 {
        return probe_keep_alive(sample);
    }
    match message(data) {
        Some(message) if Header::read(message).is_some_and(|header| header.is_valid(message.len())) => {
            matched(95, "IKE header", HEADER_SIZE)
        }
        _ => probe_esp(sample),
    }
}

/// The IKE message of a datagram, without the marker.
fn message(data: &[u8]) -> Option<&[u8]> {
    if data.starts_with(NON_ESP) { data.get(NON_ESP.len()..) } else { Some(data) }
}

/// The prefix, then a size and the marker and an IKE message, which the initiator sends first.
fn probe_stream(data: &[u8]) -> Probe {
    match begins(data, STREAM_PREFIX) {
        Beginning::Whole => matched(95, "IKETCP", STREAM_PREFIX.len()),
        Beginning::Partial => Probe::NeedMore,
        Beginning::Other => Probe::No,
    }
}

/// The byte of RFC 3948 §2.3.
fn probe_keep_alive(sample: &Sample<'_>) -> Probe {
    match sample.data {
        [0xff] if is_nat_port(sample) => matched(55, "NAT keep-alive", 1),
        [0xff] => Probe::NeedMore,
        _ => Probe::No,
    }
}

fn is_nat_port(sample: &Sample<'_>) -> bool {
    NAT_PORTS.contains(&sample.responder_port) || NAT_PORTS.contains(&sample.originator_port)
}

/// SPI and sequence number (RFC 4303 §2): alone a guess, and firm when the next one follows.
fn probe_esp(sample: &Sample<'_>) -> Probe {
    let (Some(spi), Some(sequence)) = (u32_at(sample.data, 0), u32_at(sample.data, 4)) else { return Probe::No };
    if !is_nat_port(sample) || spi < MIN_SPI || !sample.data.get(8..).is_some_and(looks_encrypted) {
        return Probe::No;
    }
    let before = (u32_at(sample.other, 0), u32_at(sample.other, 4));
    match before {
        (Some(same), Some(number)) if same == spi && counts_up(number, sequence, MAX_GAP) => {
            matched(80, "ESP in UDP", 8)
        }
        _ if sequence <= MAX_FIRST_SEQUENCE && sample.data.len().is_multiple_of(4) => matched(50, "ESP in UDP", 8),
        _ => Probe::NeedMore,
    }
}

/// The fields of an IKE header that tell.
struct Header {
    initiator_spi: u32,
    next_payload: u8,
    version: u8,
    exchange: u8,
    flags: u8,
    size: u32,
}

impl Header {
    fn read(data: &[u8]) -> Option<Self> {
        let [next_payload, version, exchange, flags] = *data.get(16..)?.first_chunk()?;
        let (initiator_spi, size) = (u32_at(data, 0)? | u32_at(data, 4)?, u32_at(data, 24)?);
        Some(Self { initiator_spi, next_payload, version, exchange, flags, size })
    }

    /// Whether the small fields have values that are defined and the size is that of the datagram.
    fn is_valid(&self, size: usize) -> bool {
        let fields_fit = match self.version {
            0x10 => {
                let payload_fits = matches!(self.next_payload, 0..=21 | 128..=138);
                let exchange_fits = matches!(self.exchange, 1..=6 | 32..=34 | 240..=250);
                payload_fits && exchange_fits && self.flags & !0x07 == 0
            }
            0x20 => {
                let payload_fits = matches!(self.next_payload, 0 | 33..=54);
                payload_fits && matches!(self.exchange, 34..=46) && self.flags & !0x38 == 0
            }
            _ => false,
        };
        fields_fit && self.initiator_spi != 0 && usize::try_from(self.size).is_ok_and(|told| told == size)
    }

    const fn exchange_name(&self) -> &'static [u8] {
        match (self.version, self.exchange) {
            (0x10, 1) => b"base",
            (0x10, 2) => b"main mode",
            (0x10, 4) => b"aggressive mode",
            (0x10, 6) => b"transaction",
            (0x10, 32) => b"quick mode",
            (0x20, 34) => b"IKE_SA_INIT",
            (0x20, 35) => b"IKE_AUTH",
            (0x20, 36) => b"CREATE_CHILD_SA",
            (0x20, 38) => b"IKE_SESSION_RESUME",
            (0x10, 5) | (0x20, 37) => b"informational",
            _ => b"other",
        }
    }
}

/// Tells version and exchange of the first message.
#[derive(Debug, Default)]
struct Ike;

impl Inspector for Ike {
    fn feed(&mut self, sample: &Sample<'_>, found: &mut Findings) -> Progress {
        let data = if sample.transport.is_stream() {
            let Some(size) = u16_at(sample.data, 6) else { return Progress::Settled };
            let Some(rest) = sample.data.get(8..) else { return Progress::Settled };
            if rest.len() < HEADER_SIZE + NON_ESP.len() {
                return Progress::Settled;
            }
            rest.get(..usize::from(size).saturating_sub(2)).unwrap_or(rest)
        } else {
            sample.data
        };
        let Some(header) = message(data).and_then(Header::read) else { return Progress::Done };
        if matches!(header.version, 0x10 | 0x20) {
            found.text(Attribute::IkeVersion, if header.version == 0x10 { b"1.0" } else { b"2.0" });
            found.text(Attribute::IkeExchange, header.exchange_name());
        }
        Progress::Done
    }
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "IKE_SA_INIT with a nonce",
        transport: Transport::Udp,
        direction: Direction::Originator,
        data: b"\x1c\x18\x69\xf6\xd2\x9b\xa0\xcd\0\0\0\0\0\0\0\0\x28\x20\x22\x08\0\0\0\0\0\0\0\x30\0\0\0\x14\xa1\xb2\xc3\xd4\xe5\xf6\x07\x18\x29\x3a\x4b\x5c\x6d\x7e\x8f\x90",
        expect: &[(Attribute::IkeVersion, "2.0"), (Attribute::IkeExchange, "IKE_SA_INIT")],
    },
    Example {
        title: "main mode's answer with a vendor id",
        transport: Transport::Udp,
        direction: Direction::Responder,
        data: b"\x9f\x18\x69\xf6\xd2\x9b\xa0\xcd\x41\x52\x63\x74\x85\x96\xa7\xb8\x0d\x10\x02\0\0\0\0\0\0\0\0\x30\0\0\0\x14\xaf\xca\xd7\x13\x68\xa1\xf1\xc9\x6b\x86\x96\xfc\x77\x57\x01\0",
        expect: &[(Attribute::IkeVersion, "1.0"), (Attribute::IkeExchange, "main mode")],
    },
    Example {
        title: "IKE_AUTH behind the marker",
        transport: Transport::Udp,
        direction: Direction::Originator,
        data: b"\0\0\0\0\x1c\x18\x69\xf6\xd2\x9b\xa0\xcd\x41\x52\x63\x74\x85\x96\xa7\xb8\x2e\x20\x23\x08\0\0\0\x01\0\0\0\x28\x23\0\0\x0c\x8a\x9b\xac\xbd\xce\xdf\xe0\xf1",
        expect: &[(Attribute::IkeExchange, "IKE_AUTH")],
    },
    Example {
        title: "IKE_SA_INIT in a stream",
        transport: Transport::Tcp,
        direction: Direction::Originator,
        data: b"IKETCP\x00\x36\0\0\0\0\x1c\x18\x69\xf6\xd2\x9b\xa0\xcd\0\0\0\0\0\0\0\0\x28\x20\x22\x08\0\0\0\0\0\0\0\x30\0\0\0\x14\xa1\xb2\xc3\xd4\xe5\xf6\x07\x18\x29\x3a\x4b\x5c\x6d\x7e\x8f\x90",
        expect: &[(Attribute::IkeExchange, "IKE_SA_INIT")],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    const ESP: &[u8] = b"\xc1\x02\x03\x04\0\0\0\x05\x8b\x15\xc4\x9a\x3e\xd7\x60\xf2\x51\x0c\xb8\xe3\x94\x27\x6d\xaf";

    #[test]
    fn esp_in_udp_is_a_guess_and_then_firm_at_its_port_only() {
        let mut next = ESP.to_vec();
        next[7] = 6;
        let at_port = Sample { transport: Transport::Udp, responder_port: 4500, data: ESP, ..Sample::EMPTY };
        assert!(matches!(probe(&at_port), Probe::Match(e) if e.confidence == 50));
        assert!(matches!(probe(&Sample { data: &next, other: ESP, ..at_port }), Probe::Match(e) if e.confidence == 80));
        assert_eq!(probe(&Sample { responder_port: 4600, ..at_port }), Probe::No);
    }

    #[test]
    fn the_size_of_the_header_is_that_of_the_datagram() {
        let data = EXAMPLES[0].data;
        let sample = Sample { transport: Transport::Udp, data: &data[..47], ..Sample::EMPTY };
        assert_eq!(probe(&sample), Probe::No);
    }
}
