//! CAPWAP, between access points and their controller: control messages, data, and the DTLS around either (RFC 5415 §4).

use crate::bytes::Reader;
use crate::frame::link_type;
use crate::probing::answers::matched;
use crate::probing::inner_packets::{FrameFit, ethernet_frame};
use crate::probing::numbers::{u16_at, u32_at};
use crate::protocol::attributes::Attribute;
use crate::protocol::{
    Carried, Descriptor, Direction, Example, Findings, FirstBytes, Inspector, Probe, Progress, Sample, Transport,
};

/// Preambles: version 0, clear or DTLS (RFC 5415 §4.1).
const CLEAR: u8 = 0;
const DTLS: u8 = 1;
/// The header without its optional parts (RFC 5415 §4.3).
const MIN_HEADER_SIZE: usize = 8;
/// Bits of the fourth byte: fragment, radio address, keep-alive.
const FRAGMENT_BIT: u8 = 0x80;
const RADIO_BIT: u8 = 0x10;
const KEEP_ALIVE_BIT: u8 = 0x08;
const RESERVED_BITS: u8 = 0x07;
/// Message types of RFC 5415 §4.5.1.1; those of 802.11 stand below IANA's enterprise number (RFC 5416 §3).
const MAX_TYPE: u32 = 26;
const WLAN_TYPES: u32 = 13277 << 8;

/// CAPWAP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "capwap",
    name: "CAPWAP",
    selector: 1253,
    category: "network",
    transports: &[Transport::Udp],
    ports: &[5246, 5247],
    first_bytes: FirstBytes::Of(&[CLEAR, DTLS]),
    max_probe_size: 64,
    probe,
    inspector: Some(|| Box::<Capwap>::default()),
    tunnel: Some(carried),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    let data = sample.data;
    match data.first() {
        Some(&DTLS) if is_dtls(data) => matched(92, "DTLS behind a preamble", 8),
        Some(&CLEAR) => probe_clear(sample),
        _ => Probe::No,
    }
}

/// Three reserved bytes and a record of DTLS 1.0 or 1.2 that fits; Cisco writes the version's bytes in either order.
fn is_dtls(data: &[u8]) -> bool {
    let record = data.get(4..).unwrap_or_default();
    let version_fits = matches!(record.get(1..3), Some(b"\xfe\xff" | b"\xfe\xfd" | b"\xff\xfe" | b"\x01\0"));
    let size_fits = u16_at(record, 11).is_some_and(|size| usize::from(size) + 13 <= record.len());
    data.get(1..4) == Some(&[0; 3]) && matches!(record.first(), Some(20..=23)) && version_fits && size_fits
}

/// The header in clear, as far as it is told apart.
struct Header<'a> {
    binding: u8,
    flags: u8,
    rest: &'a [u8],
}

impl<'a> Header<'a> {
    /// Five bits each: size in words, radio, binding; then flags, fragment id and offset (RFC 5415 §4.3).
    fn read(data: &'a [u8]) -> Option<Self> {
        let [CLEAR, high, low, flags, ..] = *data.first_chunk::<MIN_HEADER_SIZE>()? else { return None };
        let bits = u16::from_be_bytes([high, low]);
        let size = usize::from(bits >> 11) * 4;
        let binding = low >> 1 & 0x1f;
        let offset_fits = u16_at(data, 6)? & 7 == 0;
        let is_whole = flags & FRAGMENT_BIT != 0 || u32_at(data, 4)? == 0;
        let fits = size >= MIN_HEADER_SIZE && binding <= 3 && flags & RESERVED_BITS == 0 && offset_fits && is_whole;
        let radio_fits = flags & RADIO_BIT == 0 || matches!(data.get(MIN_HEADER_SIZE), Some(6 | 8));
        (fits && radio_fits).then_some(())?;
        Some(Self { binding, flags, rest: data.get(size..)? })
    }
}

fn probe_clear(sample: &Sample<'_>) -> Probe {
    let Some(header) = Header::read(sample.data) else { return Probe::No };
    if is_control(&header) {
        return matched(92, "control message", MIN_HEADER_SIZE);
    }
    if header.flags & KEEP_ALIVE_BIT != 0 {
        return if is_keep_alive(header.rest) {
            matched(90, "keep-alive of the data channel", MIN_HEADER_SIZE)
        } else {
            Probe::No
        };
    }
    let same_head = sample.other.get(..4) == sample.data.get(..4);
    match (header.binding, ethernet_frame(header.rest) == Some(FrameFit::Checked)) {
        (_, true) => matched(70, "data header and its frame", MIN_HEADER_SIZE),
        (1, _) if is_wlan_frame(header.rest) && same_head => {
            matched(65, "data headers and frames of 802.11", MIN_HEADER_SIZE)
        }
        (1, _) if is_wlan_frame(header.rest) => matched(55, "data header and a frame of 802.11", MIN_HEADER_SIZE),
        (0..=3, _) => Probe::NeedMore,
        _ => Probe::No,
    }
}

/// Type, sequence number, length, flags; the length is that of what follows the sequence number, or, as some read it, of the
/// elements (RFC 5415 §4.5.1).
fn is_control(header: &Header<'_>) -> bool {
    let (Some(kind), Some(size)) = (u32_at(header.rest, 0), u16_at(header.rest, 5).map(usize::from)) else {
        return false;
    };
    let kind_fits = (1..=MAX_TYPE).contains(&kind) || (WLAN_TYPES + 1..=WLAN_TYPES + 8).contains(&kind);
    let after = header.rest.len().saturating_sub(5);
    let size_fits = after == size || after == size + 3 || (header.flags & FRAGMENT_BIT != 0 && size > after);
    kind_fits && header.rest.get(7) == Some(&0) && size_fits && has_elements(header.rest.get(8..).unwrap_or_default())
}

/// Nothing, or an element with its type and a length that fits (RFC 5415 §4.6; those of 802.11 begin at 1024).
fn has_elements(data: &[u8]) -> bool {
    let (Some(kind), Some(size)) = (u16_at(data, 0), u16_at(data, 2)) else { return data.is_empty() };
    matches!(kind, 1..=60 | 1024..=1060) && usize::from(size) + 4 <= data.len()
}

/// A session id element of 16 bytes (RFC 5415 §4.4.1, §4.6.37), its own length before it.
fn is_keep_alive(rest: &[u8]) -> bool {
    let mut reader = Reader::new(rest);
    let size_fits = reader.u16().is_some_and(|size| (20..=24).contains(&size));
    size_fits && reader.u16() == Some(35) && matches!(reader.u16(), Some(4 | 16))
}

/// Version 0, a management or data frame, and its first address not that of a group's sender. Cisco swaps the two bytes of
/// the frame control.
fn is_wlan_frame(rest: &[u8]) -> bool {
    let Some([a, b]) = rest.first_chunk() else { return false };
    let kinds = [*a, *b].map(|control| control & 3 == 0 && control & 0x0c != 0x0c && control & 0x0c != 0x04);
    let flags_fit = (kinds[0] && b & 0x80 == 0) || (kinds[1] && a & 0x80 == 0);
    rest.len() >= 24 && flags_fit
}

/// Data: frames of 802.3, or of 802.11 (RFC 5416 §2.2) whose control field says that they are data and not encrypted.
fn carried(data: &[u8]) -> Option<Carried<'_>> {
    let header = Header::read(data).filter(|header| header.flags & (KEEP_ALIVE_BIT | FRAGMENT_BIT) == 0)?;
    let is_data = |kind: u8, flags: u8| kind & 0x4f == 0x08 && flags & 0x40 == 0;
    let link_type = match (header.binding, header.rest) {
        (_, frame) if ethernet_frame(frame).is_some() => link_type::ETHERNET,
        (1, [kind, flags, ..]) if is_data(*kind, *flags) => link_type::WLAN,
        (1, [flags, kind, ..]) if is_data(*kind, *flags) => link_type::WLAN_SWAPPED,
        _ => return None,
    };
    Some(Carried { link_type, data: header.rest, scope: 0 })
}

/// Tells the type of the first control message.
#[derive(Debug, Default)]
struct Capwap;

impl Inspector for Capwap {
    fn feed(&mut self, sample: &Sample<'_>, found: &mut Findings) -> Progress {
        if let Some(header) = Header::read(sample.data).filter(is_control)
            && let Some(kind) = u32_at(header.rest, 0)
        {
            found.uint(Attribute::CapwapMessage, kind.into());
        }
        Progress::Done
    }
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "Discovery Request with a radio's address",
        transport: Transport::Udp,
        direction: Direction::Originator,
        data: b"\0\x20\x02\x10\0\0\0\0\x06\x02\0\x5e\x10\0\x01\0\0\0\0\x01\0\0\x0c\0\0\x14\0\x01\0\0\x29\0\0",
        expect: &[(Attribute::CapwapMessage, "1")],
    },
    Example {
        title: "Discovery Response, the elements' length alone",
        transport: Transport::Udp,
        direction: Direction::Responder,
        data: b"\0\x10\x02\0\0\0\0\0\0\0\0\x02\x07\0\x07\0\0\x04\0\x03ac1",
        expect: &[(Attribute::CapwapMessage, "2")],
    },
    Example {
        title: "ClientHello",
        transport: Transport::Udp,
        direction: Direction::Originator,
        data: b"\x01\0\0\0\x16\xfe\xff\0\0\0\0\0\0\0\0\0\x10\x01\0\0\x04\0\0\0\0\0\0\0\x04\x8b\x15\xc4\x9a",
        expect: &[],
    },
    Example {
        title: "a frame of 802.11 with IPv4",
        transport: Transport::Udp,
        direction: Direction::Originator,
        data: b"\0\x10\x02\0\0\0\0\0\x08\x01\0\0\x02\0\x5e\x10\0\x03\x02\0\x5e\x10\0\x01\x02\0\x5e\x10\0\x02\x10\0\
            \xaa\xaa\x03\0\0\0\x08\0\x45\0\0\x1c\0\x01\0\0\x40\x01\x66\xdb\x0a\0\0\x01\x0a\0\0\x05\x08\0\xf7\xff\0\0\0\0",
        expect: &[],
    },
    Example {
        title: "keep-alive of the data channel",
        transport: Transport::Udp,
        direction: Direction::Originator,
        data: b"\0\x10\x02\x08\0\0\0\0\0\x16\0\x23\0\x10\x8b\x15\xc4\x9a\x3e\xd7\x60\xf2\x51\x0c\xb8\xe3\x94\x27\x6d\xaf",
        expect: &[],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_of_802_11_are_opened_in_either_order_of_their_control_field() {
        let Some(example) = EXAMPLES.iter().find(|example| example.title.contains("802.11")) else { unreachable!() };
        assert_eq!(carried(example.data).map(|inner| inner.link_type), Some(link_type::WLAN));
        let mut swapped = example.data.to_vec();
        swapped.swap(8, 9);
        assert_eq!(carried(&swapped).map(|inner| inner.link_type), Some(link_type::WLAN_SWAPPED));
        swapped[8] |= 0x40;
        assert_eq!(carried(&swapped), None, "encrypted");
        assert_eq!(carried(EXAMPLES[0].data), None, "control");
    }
}
