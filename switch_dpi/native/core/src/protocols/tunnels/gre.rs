//! GRE (RFC 2784, RFC 2890), PPTP's enhanced GRE (RFC 2637 §4.1), NVGRE (RFC 7637), ERSPAN types I to III, MikroTik's EoIP and
//! WCCP's redirection, MPLS (RFC 4023) and NSH, over IP protocol 47; and GRE in UDP (RFC 8086).

use crate::bytes::Reader;
use crate::frame::link_type;
use crate::probing::answers::matched;
use crate::probing::inner_packets::{FrameFit, ethernet_frame, is_ip_packet};
use crate::probing::numbers::u16_at;
use crate::protocol::{Carried, Descriptor, Direction, Example, Probe, Sample, Transport};

/// Checksum, routing, key and sequence number present (RFC 1701, RFC 2890 §2).
const CHECKSUM_BIT: u16 = 0x8000;
const ROUTING_BIT: u16 = 0x4000;
const KEY_BIT: u16 = 0x2000;
const SEQUENCE_BIT: u16 = 0x1000;
/// Acknowledgement number present, in version 1 (RFC 2637 §4.1).
const ACK_BIT: u16 = 0x0080;
/// ERSPAN type III has a platform header of eight bytes when this bit of its last byte is set.
const PLATFORM_BIT: u8 = 0x01;
/// Its frame type for IP packets without Ethernet.
const IP_FRAME: u8 = 2;

/// GRE.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "gre",
    name: "GRE",
    selector: 1207,
    category: "vpn",
    risk: Some(40),
    transports: &[Transport::Ip(47), Transport::Udp],
    ports: &[4754],
    max_probe_size: 64,
    probe,
    tunnel: Some(carried),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    let Some(flags) = u16_at(sample.data, 0) else { return Probe::No };
    if sample.transport == Transport::Ip(47) {
        return if flags & 7 <= 1 { matched(100, "IP protocol 47", 4) } else { Probe::No };
    }
    // in UDP: version 0, no routing, nothing reserved, and a packet that agrees with itself
    if flags & !(CHECKSUM_BIT | KEY_BIT | SEQUENCE_BIT) != 0 {
        return Probe::No;
    }
    let Some(inner) = carried(sample.data) else { return Probe::No };
    match inner.link_type {
        link_type::RAW if is_ip_packet(inner.data) => matched(80, "GRE with IP", 4),
        link_type::ETHERNET if ethernet_frame(inner.data) == Some(FrameFit::Checked) => {
            matched(80, "GRE with Ethernet", 4)
        }
        _ => Probe::No,
    }
}

/// The header and where its payload begins.
struct Header {
    flags: u16,
    kind: u16,
    key: u32,
}

fn read_header(reader: &mut Reader<'_>) -> Option<Header> {
    let (flags, kind) = (reader.u16()?, reader.u16()?);
    if flags & (CHECKSUM_BIT | ROUTING_BIT) != 0 {
        reader.u32()?; // checksum and offset
    }
    let key = if flags & KEY_BIT != 0 { reader.u32()? } else { 0 };
    if flags & 7 == 1 && kind == 0x6400 {
        return Some(Header { flags, kind, key }); // EoIP has neither number
    }
    if flags & SEQUENCE_BIT != 0 {
        reader.u32()?;
    }
    if flags & 7 == 1 && flags & ACK_BIT != 0 {
        reader.u32()?;
    }
    Some(Header { flags, kind, key })
}

/// What the protocol type says (IEEE 802 numbers). Keys of enhanced GRE differ by direction, so they are no scope.
fn carried(data: &[u8]) -> Option<Carried<'_>> {
    let mut reader = Reader::new(data);
    let header = read_header(&mut reader)?;
    let inner = |link_type, data, scope| Some(Carried { link_type, data, scope }).filter(|_| !data.is_empty());
    let rest = reader.rest();
    if header.flags & ROUTING_BIT != 0 {
        return None; // source routes are deprecated (RFC 2784 §5.3)
    }
    match (header.flags & 7, header.kind) {
        (0, 0x0800 | 0x86dd) => inner(link_type::RAW, rest, header.key),
        (0, 0x6558) => inner(link_type::ETHERNET, rest, header.key),
        (0, 0x883e) => inner(link_type::RAW, rest.get(4..).filter(|ip| is_ip_packet(ip)).unwrap_or(rest), 0),
        (0, 0x88be) if header.flags & SEQUENCE_BIT == 0 => inner(link_type::ETHERNET, rest, 0),
        (0, 0x88be) => inner(link_type::ETHERNET, rest.get(8..)?, 0),
        (0, 0x22eb) => {
            let platform = if rest.get(11)? & PLATFORM_BIT != 0 { 8 } else { 0 };
            let is_packet = rest.get(10)? >> 2 & 0x1f == IP_FRAME;
            inner(if is_packet { link_type::RAW } else { link_type::ETHERNET }, rest.get(12 + platform..)?, 0)
        }
        (0, 0x8847 | 0x8848 | 0x894f) => inner(link_type::of_ethertype(header.kind), rest, header.key),
        (0 | 1, 0x880b) => inner(link_type::PPP, rest, 0),
        (1, 0x6400) => inner(link_type::ETHERNET, rest, 0),
        _ => None,
    }
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "IPv4 with a key",
        transport: Transport::Ip(47),
        direction: Direction::Originator,
        data: b"\x20\0\x08\0\0\0\0\x2a\x45\0\0\x1c\0\x01\0\0\x40\x01\x66\xdb\x0a\0\0\x01\x0a\0\0\x05\x08\0\xf7\xff\0\0\0\0",
        expect: &[],
    },
    Example {
        title: "enhanced GRE with PPP",
        transport: Transport::Ip(47),
        direction: Direction::Responder,
        data: b"\x30\x81\x88\x0b\0\x0c\x12\x34\0\0\0\x01\0\0\0\0\xff\x03\xc0\x21\x01\x01\0\x08\x07\x02\x08\x02",
        expect: &[],
    },
    Example {
        title: "IPv4 in UDP",
        transport: Transport::Udp,
        direction: Direction::Originator,
        data: b"\0\0\x08\0\x45\0\0\x1c\0\x01\0\0\x40\x01\x66\xdb\x0a\0\0\x01\x0a\0\0\x05\x08\0\xf7\xff\0\0\0\0",
        expect: &[],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_type_finds_its_payload() {
        let starts = |data: &[u8], link, first: u8| {
            carried(data).is_some_and(|inner| inner.link_type == link && inner.data.first() == Some(&first))
        };
        assert!(starts(EXAMPLES[0].data, link_type::RAW, 0x45));
        assert!(starts(EXAMPLES[1].data, link_type::PPP, 0xff));
        assert!(starts(b"\x20\x00\x65\x58\0\0\x2a\x01\x02", link_type::ETHERNET, 0x02));
        assert!(starts(b"\x10\0\x88\xbe\0\0\0\x01\x10\0\0\0\0\0\0\0\x02", link_type::ETHERNET, 0x02));
        assert!(starts(b"\0\0\x88\xbe\x02", link_type::ETHERNET, 0x02));
        assert!(starts(b"\x10\0\x22\xeb\0\0\0\x01\x20\0\0\0\0\0\0\0\0\0\0\0\x02", link_type::ETHERNET, 0x02));
        assert!(starts(b"\x10\0\x22\xeb\0\0\0\x01\x20\0\0\0\0\0\0\0\0\0\x08\0\x45", link_type::RAW, 0x45));
        assert!(starts(b"\xb0\0\x08\0\x12\x34\0\0\0\0\0\x2a\0\0\0\x01\x45", link_type::RAW, 0x45), "all options");
        assert!(starts(b"\0\0\x88\x47\0\0\x11\x40\x45", link_type::of_ethertype(0x8847), 0));
        assert!(starts(b"\x20\x01\x64\0\0\x1c\x2a\0\x02", link_type::ETHERNET, 0x02));
        assert_eq!(carried(b"\x40\0\x08\0"), None);
    }
}
