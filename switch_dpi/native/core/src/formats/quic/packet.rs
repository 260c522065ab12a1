//! Cuts a datagram into QUIC packets with long headers (RFC 9000 §12.2, §17.2).

use super::version::{Protection, protection};
use crate::bytes::Reader;

/// Connection ids of the known versions have at most this many bytes (RFC 9000 §17.2).
pub const MAX_CONNECTION_ID_SIZE: usize = 20;

pub(super) const LONG_FORM: u8 = 0x80;
pub(super) const FIXED_BIT: u8 = 0x40;

/// What a packet is, whatever bits its version writes that with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Carries the first hello of each end (RFC 9000 §17.2.2).
    Initial,
    /// Early data (§17.2.3).
    ZeroRtt,
    /// The rest of the handshake (§17.2.4).
    Handshake,
    /// Asks for the Initial again, with a token (§17.2.5).
    Retry,
    /// A list of versions (§17.2.1).
    VersionNegotiation,
    /// Of a version that is not known: only the fields of RFC 8999 are read.
    Unknown,
}

/// A packet with a long header.
#[derive(Clone, Copy, Debug)]
pub struct Packet<'a> {
    /// What it is.
    pub kind: Kind,
    /// The version of its header.
    pub version: u32,
    /// How its version protects Initial packets.
    pub protection: Option<&'static Protection>,
    /// Destination connection id.
    pub destination: &'a [u8],
    /// Source connection id.
    pub source: &'a [u8],
    /// The whole packet, from its first byte.
    pub bytes: &'a [u8],
    /// Where the packet number stands in `bytes`; Initial, 0-RTT and Handshake only.
    pub number_offset: usize,
}

impl<'a> Packet<'a> {
    /// The packet at the start of `data`, and what follows it in the datagram. `None` where there is no long header, or
    /// one that reaches beyond the end.
    #[must_use]
    pub fn split(data: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let mut reader = Reader::new(data);
        let first = reader.u8()?;
        let version = reader.u32()?;
        if first & LONG_FORM == 0 || (version != 0 && first & FIXED_BIT == 0) {
            return None;
        }
        let (destination, source) = (reader.vector8()?, reader.vector8()?);
        let mut packet = Self {
            kind: Kind::Unknown,
            version,
            protection: protection(version),
            destination,
            source,
            bytes: data,
            number_offset: 0,
        };
        match packet.protection {
            None if version == 0 => packet.kind = Kind::VersionNegotiation,
            None => {}
            Some(_) if destination.len().max(source.len()) > MAX_CONNECTION_ID_SIZE => return None,
            Some(protection) => return packet.split_known(first, protection, reader),
        }
        Some((packet, &[]))
    }

    /// The bytes of what all versions have: first byte, version, connection ids (RFC 8999 §5.1).
    #[must_use]
    pub const fn header_size(&self) -> usize {
        1 + 4 + 1 + self.destination.len() + 1 + self.source.len()
    }

    /// The versions that a negotiation packet lists.
    pub fn listed_versions(&self) -> impl Iterator<Item = u32> + use<'a> {
        let mut list = Reader::new(self.bytes.get(self.header_size()..).unwrap_or_default());
        std::iter::from_fn(move || list.u32())
    }

    /// Whether the list of versions is made of whole numbers, one at least (RFC 9000 §17.2.1).
    #[must_use]
    pub fn has_whole_list(&self) -> bool {
        let size = self.bytes.len().saturating_sub(self.header_size());
        size > 0 && size.is_multiple_of(4)
    }

    fn split_known(mut self, first: u8, protection: &Protection, mut reader: Reader<'a>) -> Option<(Self, &'a [u8])> {
        self.kind = match ((first >> 4) & 0b11).wrapping_sub(protection.initial_type) & 0b11 {
            0 => Kind::Initial,
            1 => Kind::ZeroRtt,
            2 => Kind::Handshake,
            _ => Kind::Retry,
        };
        if self.kind == Kind::Retry {
            return Some((self, &[])); // has no length: nothing follows (RFC 9000 §17.2.5)
        }
        if self.kind == Kind::Initial {
            let token_size = usize::try_from(variable_integer(&mut reader)?).ok()?;
            reader.take(token_size)?;
        }
        let size = usize::try_from(variable_integer(&mut reader)?).ok()?;
        self.number_offset = self.bytes.len() - reader.rest().len();
        reader.take(size)?;
        let (bytes, rest) = self.bytes.split_at_checked(self.number_offset + size)?;
        self.bytes = bytes;
        Some((self, rest))
    }
}

/// A variable-length integer (RFC 9000 §16): the two highest bits say 1, 2, 4 or 8 bytes.
pub fn variable_integer(reader: &mut Reader<'_>) -> Option<u64> {
    let first = reader.u8()?;
    let more = (1_usize << (first >> 6)) - 1;
    let rest = reader.take(more)?;
    Some(rest.iter().fold(u64::from(first & 0x3f), |value, byte| value << 8 | u64::from(*byte)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variable_integers_have_four_sizes() {
        for (bytes, value) in [
            (&[0x25][..], 37),
            (&[0x7b, 0xbd], 15_293),
            (&[0x9d, 0x7f, 0x3e, 0x7d], 494_878_333),
            (&[0xc2, 0x19, 0x7c, 0x5e, 0xff, 0x14, 0xe8, 0x8c], 151_288_809_941_952_652),
        ] {
            assert_eq!(variable_integer(&mut Reader::new(bytes)), Some(value));
        }
        assert_eq!(variable_integer(&mut Reader::new(&[0x40])), None);
    }

    #[test]
    fn packets_of_one_datagram_are_cut_apart() {
        let initial = b"\xc0\x00\x00\x00\x01\x02ab\x01c\x03tok\x05hello";
        let handshake = b"\xe0\x00\x00\x00\x01\x02ab\x01c\x02hi";
        let datagram = [&initial[..], handshake, b"\x41rest"].concat();
        let (packet, rest) = Packet::split(&datagram).unwrap();
        assert_eq!((packet.kind, packet.destination, packet.source), (Kind::Initial, &b"ab"[..], &b"c"[..]));
        assert_eq!((packet.bytes, packet.number_offset), (&initial[..], 15));
        let (packet, rest) = Packet::split(rest).unwrap();
        assert_eq!((packet.kind, packet.bytes), (Kind::Handshake, &handshake[..]));
        assert!(Packet::split(rest).is_none(), "short header");
    }

    #[test]
    fn version_2_turns_the_types() {
        for (first, kind) in
            [(0xd0, Kind::Initial), (0xe0, Kind::ZeroRtt), (0xf0, Kind::Handshake), (0xc0, Kind::Retry)]
        {
            let datagram = [&[first, 0x6b, 0x33, 0x43, 0xcf, 0, 0][..], &[0; 8]].concat();
            assert_eq!(Packet::split(&datagram).unwrap().0.kind, kind);
        }
    }

    #[test]
    fn a_length_beyond_the_datagram_and_long_connection_ids_are_refused() {
        assert!(Packet::split(b"\xc0\x00\x00\x00\x01\x00\x00\x00\x06hello").is_none());
        let long = [&b"\xc0\x00\x00\x00\x01\x15"[..], &[1; 40]].concat();
        assert!(Packet::split(&long).is_none());
    }

    #[test]
    fn a_negotiation_lists_versions() {
        let (packet, _) = Packet::split(b"\x80\0\0\0\0\x01a\x01b\x00\x00\x00\x01\x1a\x2a\x3a\x4a").unwrap();
        assert_eq!(packet.kind, Kind::VersionNegotiation);
        assert_eq!(packet.listed_versions().collect::<Vec<_>>(), [1, 0x1a2a_3a4a]);
        assert!(packet.has_whole_list());
    }
}
