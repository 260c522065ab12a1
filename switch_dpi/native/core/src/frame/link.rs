//! Link layers and what stands between them and IP: VLAN tags, MPLS labels, PPPoE.

use super::Refused;
use crate::bytes::Reader;

/// Link types by their number in capture files (<https://www.tcpdump.org/linktypes.html>).
pub mod link_type {
    /// BSD loopback: a four-byte address family in the byte order of the machine that captured.
    pub const NULL: u32 = 0;
    /// IEEE 802.3.
    pub const ETHERNET: u32 = 1;
    /// PPP in HDLC-like framing, address and control bytes present or not (RFC 1662).
    pub const PPP: u32 = 9;
    /// Raw IP, by BSD's number.
    pub const RAW_BSD: u32 = 12;
    /// Raw IP, by OpenBSD's number.
    pub const RAW_OPENBSD: u32 = 14;
    /// Raw IP of either version.
    pub const RAW: u32 = 101;
    /// Cisco HDLC (RFC 1547 §4.3.1).
    pub const CISCO_HDLC: u32 = 104;
    /// OpenBSD loopback: as `NULL`, in network byte order.
    pub const LOOP: u32 = 108;
    /// Linux cooked capture.
    pub const LINUX_COOKED: u32 = 113;
    /// Per-packet information before a frame of another link type.
    pub const PPI: u32 = 192;
    /// Raw IPv4.
    pub const RAW_IPV4: u32 = 228;
    /// Raw IPv6.
    pub const RAW_IPV6: u32 = 229;
    /// Linux cooked capture, version 2.
    pub const LINUX_COOKED_V2: u32 = 276;
}

mod ethertype {
    pub const IPV4: u16 = 0x0800;
    pub const IPV6: u16 = 0x86dd;
    pub const VLAN: u16 = 0x8100; // IEEE 802.1Q
    pub const SERVICE_VLAN: u16 = 0x88a8; // IEEE 802.1ad
    pub const OLD_SERVICE_VLAN: u16 = 0x9100;
    pub const MPLS: u16 = 0x8847; // RFC 3032 §5
    pub const PPPOE_SESSION: u16 = 0x8864; // RFC 2516 §5
}

const MAC_ADDRESSES_SIZE: usize = 12;
const COOKED_BEFORE_PROTOCOL: usize = 14;
const COOKED_V2_AFTER_PROTOCOL: usize = 18;
const PPPOE_HEADER_SIZE: usize = 6;
const PPP_IPV4: u16 = 0x0021; // RFC 1332 §2
const PPP_IPV6: u16 = 0x0057; // RFC 5072 §2
const PPP_ADDRESS_AND_CONTROL: u16 = 0xff03; // RFC 1662 §3.1
const MAX_TAGS: usize = 8; // real stacks have two or three; more is an attack on the loop
const VLAN_ID_MASK: u16 = 0x0fff;
const MPLS_BOTTOM: u32 = 0x100; // RFC 3032 §2.1

/// Where IP begins.
pub(super) struct Network<'a> {
    pub vlan: u16,
    pub payload: &'a [u8],
}

#[inline]
pub(super) fn decode(link: u32, frame: &[u8]) -> Result<Network<'_>, Refused> {
    let mut reader = Reader::new(frame);
    let cut = || Refused::Malformed("link header is cut short");
    match link {
        link_type::ETHERNET => {
            reader.take(MAC_ADDRESSES_SIZE).ok_or_else(cut)?;
            by_ethertype(reader)
        }
        link_type::RAW | link_type::RAW_IPV4 | link_type::RAW_IPV6 | link_type::RAW_BSD | link_type::RAW_OPENBSD => {
            Ok(Network { vlan: 0, payload: frame })
        }
        link_type::NULL | link_type::LOOP => {
            reader.u32().ok_or_else(cut)?;
            Ok(Network { vlan: 0, payload: reader.rest() })
        }
        link_type::LINUX_COOKED => {
            reader.take(COOKED_BEFORE_PROTOCOL).ok_or_else(cut)?;
            by_ethertype(reader)
        }
        link_type::LINUX_COOKED_V2 => {
            let protocol = reader.u16().ok_or_else(cut)?;
            reader.take(COOKED_V2_AFTER_PROTOCOL).ok_or_else(cut)?;
            after_ethertype(protocol, reader)
        }
        link_type::PPP => ppp(reader),
        link_type::CISCO_HDLC => {
            reader.u16().ok_or_else(cut)?;
            by_ethertype(reader)
        }
        link_type::PPI => {
            let (inner, rest) = per_packet_information(frame).ok_or_else(cut)?;
            if inner == link_type::PPI { Err(Refused::LinkType(inner)) } else { decode(inner, rest) }
        }
        other => Err(Refused::LinkType(other)),
    }
}

/// Version, flags, size of the whole header and inner link type, little-endian (CACE Technologies, "PPI Header Format" §3.1).
fn per_packet_information(frame: &[u8]) -> Option<(u32, &[u8])> {
    let mut reader = Reader::new(frame);
    reader.u16()?;
    let size = u16::from_le_bytes(reader.array()?);
    let inner = u32::from_le_bytes(reader.array()?);
    Some((inner, frame.get(usize::from(size)..)?))
}

fn by_ethertype(mut reader: Reader<'_>) -> Result<Network<'_>, Refused> {
    let kind = reader.u16().ok_or(Refused::Malformed("EtherType is cut short"))?;
    after_ethertype(kind, reader)
}

#[inline]
fn after_ethertype(mut kind: u16, mut reader: Reader<'_>) -> Result<Network<'_>, Refused> {
    let mut vlan = 0;
    for _ in 0..=MAX_TAGS {
        match kind {
            ethertype::IPV4 | ethertype::IPV6 => return Ok(Network { vlan, payload: reader.rest() }),
            ethertype::VLAN | ethertype::SERVICE_VLAN | ethertype::OLD_SERVICE_VLAN => {
                let (Some(tag), Some(next)) = (reader.u16(), reader.u16()) else {
                    return Err(Refused::Malformed("VLAN tag is cut short"));
                };
                vlan = tag & VLAN_ID_MASK;
                kind = next;
            }
            ethertype::MPLS => return Ok(Network { vlan, payload: mpls(reader)? }),
            ethertype::PPPOE_SESSION => {
                reader.take(PPPOE_HEADER_SIZE).ok_or(Refused::Malformed("PPPoE header is cut short"))?;
                return ppp(reader).map(|network| Network { vlan, ..network });
            }
            _ => return Err(Refused::NotIp),
        }
    }
    Err(Refused::Malformed("too many VLAN tags"))
}

/// Behind the last label there is no type: the IP version nibble tells, or it is a pseudowire.
fn mpls(mut reader: Reader<'_>) -> Result<&[u8], Refused> {
    for _ in 0..MAX_TAGS {
        let label = reader.u32().ok_or(Refused::Malformed("MPLS label is cut short"))?;
        if label & MPLS_BOTTOM != 0 {
            return match reader.rest().first().map(|byte| byte >> 4) {
                Some(4 | 6) => Ok(reader.rest()),
                _ => Err(Refused::NotIp),
            };
        }
    }
    Err(Refused::Malformed("too many MPLS labels"))
}

fn ppp(mut reader: Reader<'_>) -> Result<Network<'_>, Refused> {
    let cut = Refused::Malformed("PPP header is cut short");
    let mut protocol = reader.u16().ok_or(cut)?;
    if protocol == PPP_ADDRESS_AND_CONTROL {
        protocol = reader.u16().ok_or(cut)?;
    }
    match protocol {
        PPP_IPV4 | PPP_IPV6 => Ok(Network { vlan: 0, payload: reader.rest() }),
        _ => Err(Refused::NotIp),
    }
}
