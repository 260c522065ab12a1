//! What probes of tunnels share: the shape of an inner packet, numbers that count up, and what a cipher leaves.

use crate::frame::link_type;
use crate::probing::numbers::u16_at;

/// Whether the numbers of two packets of one direction follow each other: up by one to `most`.
#[must_use]
pub const fn counts_up(before: u32, now: u32, most: u32) -> bool {
    let step = now.wrapping_sub(before);
    step >= 1 && step <= most
}

/// Whether bytes could be the output of a cipher: of 16 and more, not many are zero and not all are text.
#[must_use]
pub fn looks_encrypted(data: &[u8]) -> bool {
    let start = data.get(..64).unwrap_or(data);
    let zeros = start.iter().filter(|byte| **byte == 0).count();
    let is_text = start.iter().all(|byte| matches!(byte, b'\t' | b'\r' | b'\n' | b' '..=b'~'));
    start.len() >= 16 && zeros * 8 <= start.len() && !is_text
}

/// Whether `data` is an IPv4 or IPv6 packet: about 40 bits of its header must agree with each other and with its size.
#[must_use]
pub fn is_ip_packet(data: &[u8]) -> bool {
    match data.first().map(|byte| byte >> 4) {
        Some(4) => is_ipv4_packet(data),
        Some(6) => is_ipv6_packet(data),
        _ => false,
    }
}

/// What is met above IPv4, in tunnels too (IANA "Assigned Internet Protocol Numbers").
const ABOVE_IPV4: [u8; 18] = [1, 2, 4, 6, 17, 41, 46, 47, 50, 51, 58, 88, 89, 103, 112, 115, 132, 137];
/// Jumbo frames are not larger.
const MAX_TOTAL: u16 = 9216;

/// Header size, total length, TTL and checksum (RFC 791 §3.1). A checksum of zero is left to the network card, and believed where
/// the length is exactly that of the data. A capture may have cut the packet: then its protocol must be known and its length usual.
#[must_use]
pub fn is_ipv4_packet(data: &[u8]) -> bool {
    let (Some([first, ..]), Some(total), Some(ttl)) = (data.first_chunk::<20>(), u16_at(data, 2), data.get(8)) else {
        return false;
    };
    let size = usize::from(first & 0x0f) * 4;
    let Some(header) = data.get(..size) else { return false };
    let is_exact = usize::from(total) == data.len();
    let sum_fits = checksum(header) == 0xffff || (is_exact && u16_at(data, 10) == Some(0));
    let is_usual = total <= MAX_TOTAL && header.get(9).is_some_and(|protocol| ABOVE_IPV4.contains(protocol));
    first >> 4 == 4 && size >= 20 && usize::from(total) >= size && *ttl > 0 && sum_fits && (is_exact || is_usual)
}

/// Payload length, next header, hop limit, and two addresses of ranges that are in use (RFC 8200 §3, RFC 4291 §2.4).
#[must_use]
pub fn is_ipv6_packet(data: &[u8]) -> bool {
    const NEXT_HEADERS: [u8; 17] = [0, 4, 6, 17, 41, 43, 44, 47, 50, 51, 58, 59, 60, 89, 103, 132, 135];
    let Some(header) = data.first_chunk::<40>() else { return false };
    let [first, _, _, _, high, low, next, hops, ..] = *header;
    let payload = usize::from(u16::from_be_bytes([high, low]));
    first >> 4 == 6
        && payload + 40 == data.len()
        && NEXT_HEADERS.contains(&next)
        && hops > 0
        && has_ipv6_addresses(header)
}

/// Whether the source is global, local or unspecified, and the destination one of those or a group.
fn has_ipv6_addresses(header: &[u8; 40]) -> bool {
    let is_station = |first: u8| matches!(first, 0x20..=0x3f | 0xfc..=0xfe);
    let (source, destination) = (header.get(8..24).unwrap_or_default(), header.get(24..).unwrap_or_default());
    let source_fits = source.first().is_some_and(|first| is_station(*first)) || source.iter().all(|byte| *byte == 0);
    source_fits && destination.first().is_some_and(|first| is_station(*first) || *first == 0xff)
}

/// The sum of RFC 1071, not inverted.
fn checksum(header: &[u8]) -> u32 {
    let sum: u32 = header.chunks_exact(2).filter_map(|pair| u16_at(pair, 0)).map(u32::from).sum();
    (sum & 0xffff) + (sum >> 16)
}

/// Whether `data` is an Ethernet frame of a known type, and whether its packet fits it: `None` when it is no frame.
#[must_use]
pub fn ethernet_frame(data: &[u8]) -> Option<FrameFit> {
    let source = data.get(6..12)?;
    if source.iter().all(|byte| *byte == 0) || source.first()? & 1 == 1 {
        return None; // a group does not send (IEEE 802.3 §3.2.3)
    }
    let payload = data.get(14..)?;
    match u16_at(data, 12)? {
        0x0800 => is_ipv4_packet(payload).then_some(FrameFit::Checked),
        0x86dd if is_ipv6_packet(payload) => Some(FrameFit::Checked),
        0x86dd => matches!(payload.first(), Some(0x60..=0x6f)).then_some(FrameFit::Likely),
        0x0806 => payload.starts_with(&[0, 1, 8, 0, 6, 4, 0]).then_some(FrameFit::Checked),
        0x8100 | 0x88a8 => (u16_at(data, 16)? >= 0x0600).then_some(FrameFit::Likely),
        0x8035 | 0x8847 | 0x8848 | 0x8863 | 0x8864 | 0x888e | 0x88cc | 0x894f => Some(FrameFit::Likely),
        0..=0x05dc => payload.starts_with(&[0x42, 0x42, 3]).then_some(FrameFit::Checked), // spanning tree
        _ => None,
    }
}

/// Whether `data` can be what the link type of an EtherType says ([`link_type::of_ethertype`]): labels down to a packet, or a
/// service path's header before a known protocol.
#[must_use]
pub fn fits_ethertype(link: u32, data: &[u8]) -> Option<FrameFit> {
    const MAX_LABELS: usize = 8;
    const MPLS: u32 = link_type::of_ethertype(0x8847);
    const NSH: u32 = link_type::of_ethertype(0x894f);
    match link {
        MPLS => {
            let bottom = (0..MAX_LABELS).find(|place| data.get(place * 4 + 2).is_some_and(|byte| byte & 1 == 1))?;
            let inner = data.get((bottom + 1) * 4..)?;
            (is_ip_packet(inner) || ethernet_frame(inner) == Some(FrameFit::Checked)).then_some(FrameFit::Checked)
        }
        NSH => {
            let [first, words, kind, next, ..] = *data.first_chunk::<8>()?;
            let words = words & 0x3f;
            let fits = first & 0xc0 == 0 && matches!((kind & 0x0f, words), (1, 6) | (2, 2..)) && matches!(next, 1..=5);
            let inner = data.get(usize::from(words) * 4..).filter(|_| fits)?;
            (is_ip_packet(inner) || ethernet_frame(inner).is_some()).then_some(FrameFit::Checked)
        }
        _ => None,
    }
}

/// How sure an Ethernet frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameFit {
    /// 40 bits and more: its packet agrees with itself.
    Checked,
    /// About 16 bits: the type is one of few.
    Likely,
}

#[cfg(test)]
mod tests {
    use super::*;

    const IPV4: &[u8] = b"\x45\0\0\x1c\0\x01\0\0\x40\x01\x66\xdb\x0a\0\0\x01\x0a\0\0\x05\x08\0\xf7\xff\0\0\0\0";

    #[test]
    fn an_ipv4_packet_agrees_with_its_checksum() {
        assert!(is_ip_packet(IPV4) && is_ip_packet(&IPV4[..20]));
        let mut changed = IPV4.to_vec();
        changed[9] = 17;
        assert!(!is_ip_packet(&changed) && !is_ip_packet(&IPV4[..19]) && !is_ip_packet(b""));
        changed[10..12].fill(0);
        assert!(is_ip_packet(&changed) && !is_ip_packet(&changed[..27]));
    }

    #[test]
    fn numbers_count_up_by_a_few() {
        assert!(counts_up(u32::MAX, 0, 1) && !counts_up(5, 5, 9) && !counts_up(5, 4, 9));
    }
}
