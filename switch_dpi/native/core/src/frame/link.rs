//! Link layers and what stands between them and IP, or what stands there in IP's place: VLAN tags, MPLS labels, PPPoE, LLC.

use super::layers::{Layer, Layers};
use super::{Refused, wlan};
use crate::bytes::Reader;
use crate::probing::inner_packets::{FrameFit, ethernet_frame, is_ip_packet};
use crate::protocol::Transport;

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
    /// PPP as [`PPP`], from serial lines.
    pub const PPP_SERIAL: u32 = 50;
    /// Cisco HDLC (RFC 1547 §4.3.1).
    pub const CISCO_HDLC: u32 = 104;
    /// IEEE 802.11.
    pub const WLAN: u32 = 105;
    /// IEEE 802.11 behind a radiotap header.
    pub const WLAN_RADIOTAP: u32 = 127;
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
    /// Not of capture files, as is all past 16 bits: [`WLAN`] with the two bytes of its frame control swapped, as Cisco's access
    /// points have it in CAPWAP.
    pub const WLAN_SWAPPED: u32 = 0x2_0000;

    /// Not of capture files: what stands behind this EtherType, without addresses. Tunnels that name their payload so are read so.
    #[must_use]
    pub const fn of_ethertype(kind: u16) -> u32 {
        OF_ETHERTYPE | kind as u32
    }

    pub(super) const OF_ETHERTYPE: u32 = 0x1_0000;
}

mod ethertype {
    pub const IPV4: u16 = 0x0800;
    pub const IPV6: u16 = 0x86dd;
    pub const VLAN: u16 = 0x8100; // IEEE 802.1Q
    pub const SERVICE_VLAN: u16 = 0x88a8; // IEEE 802.1ad
    pub const OLD_SERVICE_VLAN: u16 = 0x9100;
    pub const OLDER_SERVICE_VLAN: u16 = 0x9200;
    pub const BACKBONE: u16 = 0x88e7; // IEEE 802.1ah, the I-TAG
    pub const EXTENDER_TAG: u16 = 0x893f; // IEEE 802.1BR
    pub const HSR: u16 = 0x892f; // IEC 62439-3
    pub const MPLS: u16 = 0x8847; // RFC 3032 §5
    pub const MPLS_UPSTREAM: u16 = 0x8848; // RFC 5332 §3
    pub const PPPOE_SESSION: u16 = 0x8864; // RFC 2516 §5
}

const COOKED_BEFORE_PROTOCOL: usize = 14;
const COOKED_V2_AFTER_PROTOCOL: usize = 18;
const PPPOE_HEADER_SIZE: usize = 6;
const BACKBONE_TAG_SIZE: usize = 4; // priority, and the service's 24 bits (IEEE 802.1Q §9.7)
const EXTENDER_TAG_SIZE: usize = 6; // priority, ingress, and egress port (IEEE 802.1BR §7.5)
const MIN_HSR_SIZE: u16 = 6; // the tag counts itself, without its EtherType
const HSR_SIZE_MASK: u16 = 0x0fff;
const MAX_LLC_SIZE: u16 = 1500; // below this the EtherType is a length (IEEE 802.3 §3.2.6)
const LLC_SNAP: u8 = 0xaa; // IEEE 802 §9.5
const LLC_RAW_IPX: u8 = 0xff; // Novell's frames without LLC begin with a checksum of 0xffff
const UNNUMBERED: u8 = 0x03; // IEEE 802.2 §5.2: the control field of other formats has two bytes
const PPP_IPV4: u16 = 0x0021; // RFC 1332 §2
const PPP_IPV6: u16 = 0x0057; // RFC 5072 §2
const PPP_MPLS: u16 = 0x0281; // RFC 3032 §4.2
const PPP_MPLS_MULTICAST: u16 = 0x0283;
const PPP_ADDRESS_AND_CONTROL: u16 = 0xff03; // RFC 1662 §3.1
const MAX_TAGS: usize = 8; // real stacks have two or three; more is an attack on the loop
const VLAN_ID_MASK: u16 = 0x0fff;
const MPLS_BOTTOM: u32 = 0x100; // RFC 3032 §2.1

/// What the link layer carries, and between whom.
pub(super) struct Network<'a> {
    pub layers: Layers,
    pub vlan: u16,
    /// What is in IP's place, if it is not IP.
    pub carried: Option<Transport>,
    pub source: [u8; 6],
    pub destination: [u8; 6],
    pub payload: &'a [u8],
}

impl<'a> Network<'a> {
    fn new(layer: Option<Layer>) -> Self {
        let mut layers = Layers::default();
        if let Some(layer) = layer {
            layers.push(layer);
        }
        Self { layers, vlan: 0, carried: None, source: [0; 6], destination: [0; 6], payload: &[] }
    }

    fn ip(mut self, payload: &'a [u8]) -> Self {
        self.payload = payload;
        self
    }

    fn other(mut self, carried: Transport, payload: &'a [u8]) -> Self {
        self.carried = Some(carried);
        self.payload = payload;
        self
    }
}

const CUT: Refused = Refused::Malformed("link header is cut short");

#[inline]
pub(super) fn decode(link: u32, frame: &[u8]) -> Result<Network<'_>, Refused> {
    let mut reader = Reader::new(frame);
    match link {
        link_type::ETHERNET => ethernet(Network::new(Some(Layer::Ethernet)), reader),
        link_type::RAW | link_type::RAW_IPV4 | link_type::RAW_IPV6 | link_type::RAW_BSD | link_type::RAW_OPENBSD => {
            Ok(Network::new(None).ip(frame))
        }
        link_type::NULL | link_type::LOOP => {
            reader.u32().ok_or(CUT)?;
            Ok(Network::new(Some(Layer::Loopback)).ip(reader.rest()))
        }
        link_type::LINUX_COOKED => {
            reader.take(COOKED_BEFORE_PROTOCOL).ok_or(CUT)?;
            let kind = reader.u16().ok_or(CUT)?;
            after_ethertype(Network::new(Some(Layer::LinuxCooked)), kind, reader)
        }
        link_type::LINUX_COOKED_V2 => {
            let kind = reader.u16().ok_or(CUT)?;
            reader.take(COOKED_V2_AFTER_PROTOCOL).ok_or(CUT)?;
            after_ethertype(Network::new(Some(Layer::LinuxCooked)), kind, reader)
        }
        link_type::PPP | link_type::PPP_SERIAL => ppp(Network::new(Some(Layer::Ppp)), reader),
        link_type::CISCO_HDLC => {
            reader.u16().ok_or(CUT)?;
            let kind = reader.u16().ok_or(CUT)?;
            after_ethertype(Network::new(Some(Layer::CiscoHdlc)), kind, reader)
        }
        link_type::WLAN => wireless(frame, false),
        link_type::WLAN_SWAPPED => wireless(frame, true),
        link_type::WLAN_RADIOTAP => wireless(wlan::after_radiotap(frame)?, false),
        link_type::PPI => {
            let (inner, rest) = per_packet_information(frame).ok_or(CUT)?;
            if inner == link_type::PPI { Err(Refused::LinkType(inner)) } else { decode(inner, rest) }
        }
        bare if bare >> 16 == link_type::OF_ETHERTYPE >> 16 => {
            after_ethertype(Network::new(None), u16::try_from(bare & 0xffff).unwrap_or_default(), reader)
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

fn wireless(frame: &[u8], is_swapped: bool) -> Result<Network<'_>, Refused> {
    let data = wlan::decode(frame, is_swapped)?;
    let mut network = Network::new(Some(Layer::Wlan));
    (network.source, network.destination) = (data.source, data.destination);
    llc(network, Reader::new(data.payload))
}

#[inline]
fn ethernet<'a>(mut network: Network<'a>, mut reader: Reader<'a>) -> Result<Network<'a>, Refused> {
    network.destination = reader.array().ok_or(CUT)?;
    network.source = reader.array().ok_or(CUT)?;
    let kind = reader.u16().ok_or(Refused::Malformed("EtherType is cut short"))?;
    after_ethertype(network, kind, reader)
}

#[inline]
fn after_ethertype<'a>(
    mut network: Network<'a>,
    mut kind: u16,
    mut reader: Reader<'a>,
) -> Result<Network<'a>, Refused> {
    for _ in 0..=MAX_TAGS {
        match kind {
            ethertype::IPV4 | ethertype::IPV6 => return Ok(network.ip(reader.rest())),
            ethertype::VLAN | ethertype::SERVICE_VLAN | ethertype::OLD_SERVICE_VLAN | ethertype::OLDER_SERVICE_VLAN => {
                let (Some(tag), Some(next)) = (reader.u16(), reader.u16()) else {
                    return Err(Refused::Malformed("VLAN tag is cut short"));
                };
                network.layers.push(Layer::Vlan);
                network.vlan = tag & VLAN_ID_MASK;
                kind = next;
            }
            ethertype::HSR | ethertype::EXTENDER_TAG => kind = after_tag(&mut network, kind, &mut reader)?,
            ethertype::BACKBONE => {
                reader.take(BACKBONE_TAG_SIZE).ok_or(CUT)?;
                network.layers.push(Layer::Backbone);
                network.destination = reader.array().ok_or(CUT)?;
                network.source = reader.array().ok_or(CUT)?;
                kind = reader.u16().ok_or(CUT)?;
            }
            ethertype::MPLS | ethertype::MPLS_UPSTREAM => return mpls(network, reader),
            ethertype::PPPOE_SESSION => {
                reader.take(PPPOE_HEADER_SIZE).ok_or(Refused::Malformed("PPPoE header is cut short"))?;
                network.layers.push(Layer::Pppoe);
                network.layers.push(Layer::Ppp);
                return ppp(network, reader);
            }
            size if size <= MAX_LLC_SIZE => {
                let there = reader.rest();
                return llc(network, Reader::new(there.get(..usize::from(size)).unwrap_or(there)));
            }
            other => return Ok(network.other(Transport::EtherType(other), reader.rest())),
        }
    }
    Err(Refused::Malformed("too many VLAN tags"))
}

/// Passes over the tag of a ring or of a port extender; the EtherType behind it.
fn after_tag(network: &mut Network<'_>, kind: u16, reader: &mut Reader<'_>) -> Result<u16, Refused> {
    let cut = Refused::Malformed("tag is cut short");
    if kind == ethertype::EXTENDER_TAG {
        network.layers.push(Layer::ExtenderTag);
        reader.take(EXTENDER_TAG_SIZE).ok_or(cut)?;
    } else {
        network.layers.push(Layer::Hsr);
        if reader.u16().ok_or(cut)? & HSR_SIZE_MASK < MIN_HSR_SIZE {
            return Err(Refused::Malformed("HSR tag says less than its own size"));
        }
        reader.u16().ok_or(cut)?; // sequence number
    }
    reader.u16().ok_or(cut)
}

/// Destination and source service access point, control; SNAP's organisation and protocol (IEEE 802.2 §3.2, IEEE 802 §9.5).
fn llc<'a>(mut network: Network<'a>, mut reader: Reader<'a>) -> Result<Network<'a>, Refused> {
    let cut = Refused::Malformed("LLC header is cut short");
    let whole = reader.rest();
    let [destination, source, control] = reader.array().ok_or(cut)?;
    if destination == LLC_RAW_IPX && source == LLC_RAW_IPX {
        return Ok(network.other(Transport::Llc(LLC_RAW_IPX), whole));
    }
    if destination == LLC_SNAP && source == LLC_SNAP && control == UNNUMBERED {
        let (Some(organisation), Some(protocol)) = (reader.u24(), reader.u16()) else { return Err(cut) };
        network.layers.push(Layer::Snap);
        return match (organisation, protocol) {
            (0, ethertype::IPV4 | ethertype::IPV6) => Ok(network.ip(reader.rest())),
            (0, kind) => Ok(network.other(Transport::EtherType(kind), reader.rest())),
            (organisation, protocol) => Ok(network.other(Transport::Snap(organisation, protocol), reader.rest())),
        };
    }
    network.layers.push(Layer::Llc);
    if control & UNNUMBERED != UNNUMBERED {
        reader.u8().ok_or(cut)?;
    }
    Ok(network.other(Transport::Llc(destination), reader.rest()))
}

/// Behind the last label there is no type. The first nibble tells IP's version or a control word (RFC 4385 §3) before Ethernet;
/// but it may be the first of a MAC address too, where there is no control word (RFC 4448 §4.6): then the frame must speak for itself.
fn mpls<'a>(mut network: Network<'a>, mut reader: Reader<'a>) -> Result<Network<'a>, Refused> {
    for _ in 0..MAX_TAGS {
        let label = reader.u32().ok_or(Refused::Malformed("MPLS label is cut short"))?;
        network.layers.push(Layer::Mpls);
        if label & MPLS_BOTTOM == 0 {
            continue;
        }
        let inner = reader.rest();
        let is_frame = || ethernet_frame(inner) == Some(FrameFit::Checked);
        return match inner.first().map(|byte| byte >> 4) {
            Some(4 | 6) if is_ip_packet(inner) || !is_frame() => Ok(network.ip(inner)),
            Some(0) if inner.get(4..).and_then(ethernet_frame).is_some() || !is_frame() => {
                reader.u32().ok_or(Refused::Malformed("pseudowire's control word is cut short"))?;
                pseudowire(network, reader)
            }
            Some(_) if is_frame() => pseudowire(network, reader),
            _ => Ok(network.other(Transport::EtherType(ethertype::MPLS), inner)),
        };
    }
    Err(Refused::Malformed("too many MPLS labels"))
}

/// An Ethernet frame inside (RFC 4448 §4.1); its own labels are not opened, so the depth is bounded.
fn pseudowire<'a>(mut network: Network<'a>, mut reader: Reader<'a>) -> Result<Network<'a>, Refused> {
    network.layers.push(Layer::Pseudowire);
    network.destination = reader.array().ok_or(CUT)?;
    network.source = reader.array().ok_or(CUT)?;
    match reader.u16().ok_or(CUT)? {
        ethertype::MPLS | ethertype::MPLS_UPSTREAM => {
            Ok(network.other(Transport::EtherType(ethertype::MPLS), reader.rest()))
        }
        kind => after_ethertype(network, kind, reader),
    }
}

/// Address and control may be left out (RFC 1661 §6.6), and of a protocol number below 256 the first byte (§6.5): the last one is
/// odd, the first is not.
fn ppp<'a>(network: Network<'a>, mut reader: Reader<'a>) -> Result<Network<'a>, Refused> {
    let cut = Refused::Malformed("PPP header is cut short");
    if reader.rest().starts_with(&PPP_ADDRESS_AND_CONTROL.to_be_bytes()) {
        reader.u16().ok_or(cut)?;
    }
    let is_compressed = reader.rest().first().is_some_and(|byte| byte & 1 == 1);
    let protocol = if is_compressed { reader.u8().map(u16::from) } else { reader.u16() }.ok_or(cut)?;
    match protocol {
        PPP_IPV4 | PPP_IPV6 => Ok(network.ip(reader.rest())),
        PPP_MPLS | PPP_MPLS_MULTICAST => mpls(network, reader),
        other => Ok(network.other(Transport::Ppp(other), reader.rest())),
    }
}
