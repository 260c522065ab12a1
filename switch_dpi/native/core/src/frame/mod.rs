//! From a captured frame to the addresses, ports and payload of its transport segment.
//!
//! Every header is read through a checked view; a header that is cut short or contradicts itself is refused with the
//! reason. Of a payload that the capture cut, what is there counts. IP in IP is opened; other tunnels (GRE, VXLAN, GTP) are what they look like from outside.

mod ip;
mod link;
mod transport;

pub use ip::Address;
pub use link::link_type;
pub use transport::{Segment, TcpFlags};

/// Protocol numbers above IP that the engine tells apart (IANA "Assigned Internet Protocol Numbers").
pub mod ip_protocol {
    /// RFC 792.
    pub const ICMP: u8 = 1;
    /// IPv4 in IP (RFC 2003).
    pub const IPV4: u8 = 4;
    /// RFC 9293.
    pub const TCP: u8 = 6;
    /// RFC 768.
    pub const UDP: u8 = 17;
    /// IPv6 in IP (RFC 4213).
    pub const IPV6: u8 = 41;
    /// RFC 4443.
    pub const ICMPV6: u8 = 58;
}

/// A frame's packet, down to its transport payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packet<'a> {
    /// VLAN id of the innermost tag; 0 when untagged.
    pub vlan: u16,
    /// 4 or 6.
    pub ip_version: u8,
    /// Protocol number above IP, after the extension headers of IPv6.
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

/// Why a frame gives no packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// The link type is not one of those that [`link_type`] names.
    LinkType(u32),
    /// It carries something other than IP: ARP, LLDP, spanning tree.
    NotIp,
    /// A header reaches beyond the captured bytes, or a field contradicts another one.
    Malformed(&'static str),
    /// A fragment other than the first one, which has no ports (RFC 791 §3.2, RFC 8200 §4.5).
    LaterFragment,
}

/// IP inside IP is opened this deep: tunnels in tunnels are rare, and a peer must not choose the work.
const MAX_IP_IN_IP: usize = 3;

/// Reads one frame.
///
/// # Errors
/// [`Refused`] says why the frame belongs to no flow.
#[inline]
pub fn decode(link: u32, frame: &[u8]) -> Result<Packet<'_>, Refused> {
    let network = link::decode(link, frame)?;
    let mut header = ip::decode(network.payload)?;
    for _ in 0..MAX_IP_IN_IP {
        if !matches!(header.protocol, ip_protocol::IPV4 | ip_protocol::IPV6) {
            break;
        }
        header = ip::decode(header.payload)?;
    }
    let (ports, segment) = transport::decode(header.protocol, header.payload)?;
    Ok(Packet {
        vlan: network.vlan,
        ip_version: header.version,
        protocol: header.protocol,
        source: header.source,
        destination: header.destination,
        source_port: ports.0,
        destination_port: ports.1,
        segment,
    })
}
