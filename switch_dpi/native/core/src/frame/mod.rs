//! From a captured frame to the addresses, ports and payload of its transport segment.
//!
//! Every header is read through a checked view; a header that is cut short or contradicts itself is refused with the
//! reason. Of a payload that the capture cut, what is there counts. What stands below IP is opened here; tunnels above IP are
//! flows of their own, and their protocols say what they carry ([`crate::protocol::Descriptor::tunnel`]).

mod address_text;
pub(crate) mod fragments;
mod ip;
mod layers;
mod link;
pub(crate) mod plain;
mod share;
#[cfg(test)]
mod tests;
mod transport;
mod wlan;

pub use address_text::AddressBuffer;
pub use ip::{Address, AddressText, Fragment};
pub use layers::{Layer, Layers};
pub use link::link_type;
pub use share::share_of;
pub use transport::{DataChunks, Segment, TcpFlags};

use crate::protocol::Transport;

/// Protocol numbers above IP that the engine tells apart (IANA "Assigned Internet Protocol Numbers").
pub mod ip_protocol {
    /// RFC 792.
    pub const ICMP: u8 = 1;
    /// RFC 9293.
    pub const TCP: u8 = 6;
    /// RFC 768.
    pub const UDP: u8 = 17;
    /// RFC 4443.
    pub const ICMPV6: u8 = 58;
    /// RFC 9260.
    pub const SCTP: u8 = 132;
}

/// A frame's packet, down to its transport payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packet<'a> {
    /// What stands before it.
    pub layers: Layers,
    /// VLAN id of the innermost tag; 0 when untagged.
    pub vlan: u16,
    /// 4 or 6; 0 when the frame carries no IP, and the addresses are those of the link.
    pub ip_version: u8,
    /// Protocol number above IP, after the extension headers of IPv6; 0 without IP.
    pub protocol: u8,
    /// Who sent it.
    pub source: Address,
    /// Whom it is for.
    pub destination: Address,
    /// Ports where the protocol has them, else 0.
    pub source_port: u16,
    /// See `source_port`.
    pub destination_port: u16,
    /// What the transport header says, and the payload.
    pub segment: Segment<'a>,
}

/// A piece of an IP packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece<'a> {
    /// Which piece of which packet.
    pub fragment: Fragment,
    /// What is known of the packet.
    pub envelope: Envelope,
    /// The piece.
    pub payload: &'a [u8],
}

/// What the pieces of an IP packet have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// See [`Packet::layers`].
    pub layers: Layers,
    /// See [`Packet::vlan`].
    pub vlan: u16,
    /// See [`Packet::ip_version`].
    pub ip_version: u8,
    /// See [`Packet::protocol`].
    pub protocol: u8,
    /// See [`Packet::source`].
    pub source: Address,
    /// See [`Packet::destination`].
    pub destination: Address,
}

/// What a frame turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decoded<'a> {
    /// A whole packet.
    Whole(Packet<'a>),
    /// A piece of one.
    Piece(Piece<'a>),
}

/// Why a frame gives no packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// The link type is not one of those that [`link_type`] names.
    LinkType(u32),
    /// Neither IP nor another protocol that has a number: wireless management, an unknown version of IP.
    NotIp,
    /// A header reaches beyond the captured bytes, or a field contradicts another one.
    Malformed(&'static str),
}

/// Reads one frame.
///
/// # Errors
/// [`Refused`] says why the frame belongs to no flow.
pub fn decode(link: u32, frame: &[u8]) -> Result<Decoded<'_>, Refused> {
    let network = link::decode(link, frame)?;
    if let Some(carried) = network.carried {
        return Ok(Decoded::Whole(without_ip(&network, carried)));
    }
    let header = ip::decode(network.payload)?;
    let envelope = Envelope {
        layers: network.layers,
        vlan: network.vlan,
        ip_version: header.version,
        protocol: header.protocol,
        source: header.source,
        destination: header.destination,
    };
    match header.fragment {
        None => envelope.open(header.payload).map(Decoded::Whole),
        Some(fragment) => Ok(Decoded::Piece(Piece { fragment, envelope, payload: header.payload })),
    }
}

impl Envelope {
    /// Reads the transport header of a packet's payload.
    ///
    /// # Errors
    /// [`Refused::Malformed`]: the header is cut short or contradicts itself.
    #[inline]
    pub fn open<'a>(&self, payload: &'a [u8]) -> Result<Packet<'a>, Refused> {
        let (ports, segment) = transport::decode(self.protocol, payload)?;
        Ok(Packet {
            layers: self.layers,
            vlan: self.vlan,
            ip_version: self.ip_version,
            protocol: self.protocol,
            source: self.source,
            destination: self.destination,
            source_port: ports.0,
            destination_port: ports.1,
            segment,
        })
    }
}

fn without_ip<'a>(network: &link::Network<'a>, carried: Transport) -> Packet<'a> {
    Packet {
        layers: network.layers,
        vlan: network.vlan,
        ip_version: 0,
        protocol: 0,
        source: Address::mac(network.source),
        destination: Address::mac(network.destination),
        source_port: 0,
        destination_port: 0,
        segment: Segment::Numbered(carried, network.payload),
    }
}
