//! STUN messages (RFC 8489 §5, and RFC 3489 without the cookie) with the attributes of TURN (RFC 8656), ICE (RFC 8445) and
//! of those who made their own; as datagrams, in streams, and with the size that ICE over TCP puts before them (RFC 4571).

use std::net::{IpAddr, SocketAddr};

use crate::bytes::Reader;

/// Bytes 4 to 7 of every message since RFC 5389.
pub const COOKIE: u32 = 0x2112_a442;
/// Type, length, cookie, transaction.
pub const HEADER_SIZE: usize = 20;

/// USERNAME.
pub const USERNAME: u16 = 0x0006;
/// MESSAGE-INTEGRITY.
pub const MESSAGE_INTEGRITY: u16 = 0x0008;
/// REALM.
pub const REALM: u16 = 0x0014;
/// SOFTWARE.
pub const SOFTWARE: u16 = 0x8022;
const MAPPED_ADDRESS: u16 = 0x0001;
const XOR_PEER_ADDRESS: u16 = 0x0012;
const XOR_RELAYED_ADDRESS: u16 = 0x0016;
const XOR_MAPPED_ADDRESS: u16 = 0x0020;
/// DATA of TURN: what is relayed (RFC 8656 §18.4).
pub const DATA: u16 = 0x0013;
/// Channel number and size before the data of a channel (RFC 8656 §12.4).
const CHANNEL_HEADER_SIZE: usize = 4;

/// Attributes looked at of one message; a message of ICE has about ten.
const MAX_ATTRIBUTES: usize = 32;

/// A message's header, and its attributes as far as they are there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message<'a> {
    /// Class and method, as they stand on the wire.
    pub kind: u16,
    /// Whether it has the cookie.
    pub has_cookie: bool,
    /// Bytes 4 to 19.
    pub transaction: [u8; 16],
    /// Size of the attributes as the header says.
    pub size: usize,
    /// The attributes that are there.
    pub attributes: &'a [u8],
}

impl<'a> Message<'a> {
    /// Reads a header; `None` where the bytes are too few or the first two bits are set.
    #[must_use]
    pub fn read(data: &'a [u8]) -> Option<Self> {
        let mut reader = Reader::new(data);
        let kind = reader.u16()?;
        let size = usize::from(reader.u16()?);
        let transaction = reader.array::<16>()?;
        if kind >> 14 != 0 {
            return None;
        }
        let attributes = reader.rest();
        let has_cookie = transaction.starts_with(&COOKIE.to_be_bytes());
        Some(Self { kind, has_cookie, transaction, size, attributes: attributes.get(..size).unwrap_or(attributes) })
    }

    /// Whether all attributes that the header announces are there.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.attributes.len() == self.size
    }

    /// Type and value of each attribute, the padding to four bytes skipped (some leave it out at the end).
    pub fn attributes(&self) -> impl Iterator<Item = (u16, &'a [u8])> + use<'a> {
        let mut reader = Reader::new(self.attributes);
        std::iter::from_fn(move || {
            let kind = reader.u16()?;
            let value = reader.vector16()?;
            let padding = (4 - value.len() % 4) % 4;
            reader.take(padding.min(reader.rest().len()))?;
            Some((kind, value))
        })
        .take(MAX_ATTRIBUTES)
    }

    /// Whether the attributes fill the message to its end.
    #[must_use]
    pub fn has_whole_attributes(&self) -> bool {
        let used: usize = self.attributes().map(|(_, value)| 4 + value.len().div_ceil(4) * 4).sum();
        self.is_whole() && used >= self.size && used < self.size + 4
    }

    /// The address that the server saw, with its port.
    #[must_use]
    pub fn mapped_address(&self) -> Option<SocketAddr> {
        self.attributes().find_map(|(kind, value)| match kind {
            XOR_MAPPED_ADDRESS => address(value, &self.transaction),
            MAPPED_ADDRESS => address(value, &[0; 16]),
            _ => None,
        })
    }

    /// Between whom a relay passes on: its own end for the client, and the peers (RFC 8656 §18.3, §18.5).
    pub fn relayed_ends(&self) -> impl Iterator<Item = SocketAddr> + use<'a> {
        let transaction = self.transaction;
        let is_end = |kind| matches!(kind, XOR_PEER_ADDRESS | XOR_RELAYED_ADDRESS);
        self.attributes().filter_map(move |(kind, value)| address(value, &transaction).filter(|_| is_end(kind)))
    }
}

/// Zero, family, port, address (RFC 8489 §14.1, §14.2), masked with cookie and transaction.
fn address(value: &[u8], mask: &[u8; 16]) -> Option<SocketAddr> {
    let mut reader = Reader::new(value);
    let (_zero, family, port) = (reader.u8()?, reader.u8()?, reader.u16()?);
    let port = port ^ mask.first_chunk().map_or(0, |high: &[u8; 2]| u16::from_be_bytes(*high));
    let masked: Vec<u8> = reader.rest().iter().zip(mask).map(|(byte, mask)| byte ^ mask).collect();
    let address = match family {
        1 => IpAddr::from(*masked.first_chunk::<4>()?),
        2 => IpAddr::from(*masked.first_chunk::<16>()?),
        _ => return None,
    };
    Some(SocketAddr::new(address, port))
}

/// What a relay carries in a datagram: the data of a channel, or of an indication.
#[must_use]
pub fn relayed(datagram: &[u8]) -> Option<&[u8]> {
    let mut reader = Reader::new(datagram);
    if let Some(0x4000..=0x4fff) = reader.u16() {
        let data = reader.vector16()?;
        let padding = datagram.len().checked_sub(CHANNEL_HEADER_SIZE + data.len())?;
        return (padding < 4 && !data.is_empty()).then_some(data);
    }
    let message =
        Message::read(datagram).filter(|message| message.has_cookie && matches!(message.kind, 0x16 | 0x17))?;
    message.attributes().find_map(|(kind, value)| (kind == DATA).then_some(value))
}

/// Where in a stream the first message begins: behind the size of RFC 4571, or at once.
#[must_use]
pub fn stream_offset(stream: &[u8]) -> usize {
    let framed = stream.get(6..10).is_some_and(|cookie| *cookie == COOKIE.to_be_bytes());
    if framed { 2 } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RESPONSE: &[u8] =
        b"\x01\x01\x00\x0c\x21\x12\xa4\x42SHkhF8odwgyV\x00\x20\x00\x08\x00\x01\x7d\x52\x7c\x3d\x45\xa3";

    #[test]
    fn a_masked_address_is_read() {
        let message = Message::read(RESPONSE).unwrap();
        assert!(message.has_cookie && message.is_whole() && message.has_whole_attributes());
        assert_eq!(message.mapped_address(), Some("93.47.225.225:23616".parse().unwrap()));
        let mut relayed = RESPONSE.to_vec();
        relayed[21] = 0x16;
        let ends: Vec<_> = Message::read(&relayed).unwrap().relayed_ends().collect();
        assert_eq!((ends, message.relayed_ends().count()), (vec!["93.47.225.225:23616".parse().unwrap()], 0));
    }

    #[test]
    fn attributes_end_with_the_message() {
        let mut broken = RESPONSE.to_vec();
        broken[23] = 40;
        let message = Message::read(&broken).unwrap();
        assert_eq!(message.attributes().count(), 0);
        assert!(!message.has_whole_attributes());
    }

    #[test]
    fn relayed_data_stand_in_channels_and_indications() {
        assert_eq!(relayed(b"\x40\x01\0\x03abc\0"), Some(&b"abc"[..]));
        assert_eq!(relayed(b"\0\x17\0\x08\x21\x12\xa4\x42abcdefghijkl\0\x13\0\x03abc\0"), Some(&b"abc"[..]));
        for other in [&b"\x40\x01\0\x03abc\0\0\0\0"[..], b"\x40\x01\0\x09abc", b"\x50\x01\0\x01a", RESPONSE, b"\x40"] {
            assert_eq!(relayed(other), None, "{other:?}");
        }
    }

    #[test]
    fn unpadded_ends_are_taken() {
        let data = b"\x00\x03\x00\x06\x21\x12\xa4\x42abcdefghijkl\x40\x00\x00\x02ab";
        assert!(Message::read(data).unwrap().has_whole_attributes());
    }
}
