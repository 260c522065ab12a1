//! IPv4 (RFC 791) and IPv6 with its extension headers (RFC 8200).

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

use super::{AddressBuffer, Refused};
use crate::bytes::Reader;

/// An IP address of either version, IPv4 as the IPv4-mapped address of RFC 4291 §2.5.5.2; or a MAC address as a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Address(pub u128);

const MAPPED_PREFIX: u128 = 0xffff << 32;

impl Address {
    fn v4(bytes: [u8; 4]) -> Self {
        u32::from_be_bytes(bytes).into()
    }

    fn v6(bytes: [u8; 16]) -> Self {
        Self(u128::from_be_bytes(bytes))
    }

    pub(super) fn mac([a, b, c, d, e, f]: [u8; 6]) -> Self {
        Self(u128::from(u64::from_be_bytes([0, 0, a, b, c, d, e, f])))
    }

    /// From the IPv4 address that these four bytes are.
    #[must_use]
    pub fn from_v4(bytes: [u8; 4]) -> Self {
        Self::v4(bytes)
    }

    /// From the IPv6 address that these sixteen bytes are.
    #[must_use]
    pub fn from_v6(bytes: [u8; 16]) -> Self {
        Self::v6(bytes)
    }

    /// As the standard library has it; None when the version (0: none) has no IP address.
    #[must_use]
    pub fn ip(self, ip_version: u8) -> Option<IpAddr> {
        let [.., a, b, c, d] = self.0.to_be_bytes();
        match ip_version {
            4 => Some(IpAddr::from([a, b, c, d])),
            6 => Some(Ipv6Addr::from(self.0).into()),
            _ => None,
        }
    }

    /// Writes it as its version does (0: a MAC address); a mapped address inside an IPv6 packet stays in IPv6's notation.
    #[must_use]
    pub fn text(self, ip_version: u8) -> AddressText {
        AddressText { address: self, ip_version }
    }
}

impl From<u32> for Address {
    /// From an IPv4 address as a number.
    #[inline(always)]
    fn from(number: u32) -> Self {
        Self(MAPPED_PREFIX | u128::from(number))
    }
}

/// An address and how to write it.
#[derive(Clone, Copy, Debug)]
pub struct AddressText {
    address: Address,
    ip_version: u8,
}

impl fmt::Display for AddressText {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [.., a, b, c, d, e, f] = self.address.0.to_be_bytes();
        match self.ip_version {
            0 => write!(out, "{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{f:02x}"),
            4 => out.write_str(AddressBuffer::default().write(IpAddr::from([c, d, e, f]))),
            _ => out.write_str(AddressBuffer::default().write(Ipv6Addr::from(self.address.0).into())),
        }
    }
}

/// What IP says about a packet.
pub(super) struct Header<'a> {
    pub version: u8,
    pub protocol: u8,
    pub source: Address,
    pub destination: Address,
    pub payload: &'a [u8],
    /// Set when this is a piece of a packet.
    pub fragment: Option<Fragment>,
}

/// Which piece of which packet (RFC 791 §3.2, RFC 8200 §4.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fragment {
    /// The packet's number; unique with addresses and protocol.
    pub identification: u32,
    /// Where the piece stands in the packet's payload, in bytes.
    pub offset: u16,
    /// Whether others come behind it.
    pub has_more: bool,
}

const V4_MIN_HEADER_SIZE: usize = 20;
const V4_FRAGMENT_OFFSET_MASK: u16 = 0x1fff;
const V4_MORE_FRAGMENTS: u16 = 0x2000;
const V6_MORE_FRAGMENTS: u16 = 1;
const V6_FRAGMENT_OFFSET_MASK: u16 = 0xfff8;
const MAX_EXTENSION_HEADERS: usize = 8; // RFC 8200 §4.1 lists seven occurrences at most

mod extension {
    pub const HOP_BY_HOP: u8 = 0;
    pub const ROUTING: u8 = 43;
    pub const FRAGMENT: u8 = 44;
    pub const DESTINATION: u8 = 60;
    pub const MOBILITY: u8 = 135;
    pub const HIP: u8 = 139;
    pub const SHIM6: u8 = 140;
}

#[inline]
pub(super) fn decode(packet: &[u8]) -> Result<Header<'_>, Refused> {
    match packet.first().map(|byte| byte >> 4) {
        Some(4) => decode_v4(packet),
        Some(6) => decode_v6(packet),
        _ => Err(Refused::NotIp),
    }
}

#[inline]
fn decode_v4(packet: &[u8]) -> Result<Header<'_>, Refused> {
    let cut = Refused::Malformed("IPv4 header is cut short");
    let mut reader = Reader::new(packet);
    let [version_and_size, _service] = reader.array().ok_or(cut)?;
    let header_size = usize::from(version_and_size & 0x0f) * 4;
    if header_size < V4_MIN_HEADER_SIZE {
        return Err(Refused::Malformed("IPv4 header is smaller than 20 bytes"));
    }
    let total_size = usize::from(reader.u16().ok_or(cut)?);
    let identification = u32::from(reader.u16().ok_or(cut)?);
    let flags_and_offset = reader.u16().ok_or(cut)?;
    let [_ttl, protocol] = reader.array().ok_or(cut)?;
    reader.u16().ok_or(cut)?; // checksum: offloaded frames do not have it yet
    let source = Address::v4(reader.array().ok_or(cut)?);
    let destination = Address::v4(reader.array().ok_or(cut)?);
    // 0 stands for a segment that the network card will cut; a cut capture has less than the header says.
    let end = if total_size < header_size { packet.len() } else { total_size.min(packet.len()) };
    let payload = packet.get(header_size..end).ok_or(cut)?;
    let (offset, has_more) =
        ((flags_and_offset & V4_FRAGMENT_OFFSET_MASK) << 3, flags_and_offset & V4_MORE_FRAGMENTS != 0);
    let fragment = (offset != 0 || has_more).then_some(Fragment { identification, offset, has_more });
    Ok(Header { version: 4, protocol, source, destination, payload, fragment })
}

fn decode_v6(packet: &[u8]) -> Result<Header<'_>, Refused> {
    let cut = Refused::Malformed("IPv6 header is cut short");
    let mut reader = Reader::new(packet);
    reader.u32().ok_or(cut)?; // version, class, flow label
    let payload_size = usize::from(reader.u16().ok_or(cut)?);
    let [next, _hops] = reader.array().ok_or(cut)?;
    let source = Address::v6(reader.array().ok_or(cut)?);
    let destination = Address::v6(reader.array().ok_or(cut)?);
    let there = reader.rest();
    let body = if payload_size == 0 { there } else { there.get(..payload_size).unwrap_or(there) };
    let (protocol, payload, fragment) = skip_extensions(next, body)?;
    Ok(Header { version: 6, protocol, source, destination, payload, fragment })
}

/// The protocol behind the extension headers, its payload, and whether that is a piece only.
fn skip_extensions(mut next: u8, body: &[u8]) -> Result<(u8, &[u8], Option<Fragment>), Refused> {
    let cut = Refused::Malformed("IPv6 extension header is cut short");
    let mut reader = Reader::new(body);
    let mut fragment = None;
    for _ in 0..MAX_EXTENSION_HEADERS {
        match next {
            extension::FRAGMENT => {
                let [following, _reserved] = reader.array().ok_or(cut)?;
                let field = reader.u16().ok_or(cut)?;
                let identification = reader.u32().ok_or(cut)?;
                let (offset, has_more) = (field & V6_FRAGMENT_OFFSET_MASK, field & V6_MORE_FRAGMENTS != 0);
                if offset != 0 || has_more {
                    fragment = Some(Fragment { identification, offset, has_more });
                }
                if offset != 0 {
                    return Ok((following, reader.rest(), fragment)); // what follows is the middle of something
                }
                next = following;
            }
            extension::HOP_BY_HOP
            | extension::ROUTING
            | extension::DESTINATION
            | extension::MOBILITY
            | extension::HIP
            | extension::SHIM6 => {
                let [following, size] = reader.array().ok_or(cut)?;
                reader.take(usize::from(size) * 8 + 6).ok_or(cut)?; // in units of 8 bytes, not counting the first
                next = following;
            }
            _ => return Ok((next, reader.rest(), fragment)),
        }
    }
    Err(Refused::Malformed("too many IPv6 extension headers"))
}
