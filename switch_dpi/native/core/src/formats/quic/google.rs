//! Google's QUIC before TLS: its own packet headers (Q024 to Q049; Q050 has IETF headers and protection) and its own hello,
//! a list of tags. Some applications still speak it. Not in any RFC; the form is that of Google's published design
//! ("QUIC Crypto", "QUIC Wire Layout Specification").

use super::packet::{FIXED_BIT, LONG_FORM};
use crate::bytes::Reader;

/// Begins a client's hello.
pub const HELLO_TAG: &[u8] = b"CHLO";

const SERVER_NAME_TAG: &[u8; 4] = b"SNI\0";
/// A client's hello has some 30 tags.
const MAX_TAGS: u16 = 128;
/// Stands before the frames: the packet's hash.
const HASH_SIZE: usize = 12;
/// The frame header before the hello: type, stream id, offset, size, or a padding before these.
const MAX_FRAME_HEADER_SIZE: usize = 32;
const CONNECTION_ID_SIZE: usize = 8;

const FLAG_VERSION: u8 = 0x01;
const FLAG_CONNECTION_ID: u8 = 0x08;
const FLAG_MULTIPATH: u8 = 0x40;

/// A packet of Q024 to Q049 that tells its version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlainPacket<'a> {
    /// The version's four characters, as a number: `Q043` is 0x51303433.
    pub version: u32,
    /// From the hello's tag on, where the packet carries one.
    pub hello: Option<&'a [u8]>,
}

impl<'a> PlainPacket<'a> {
    /// `None` where the header has another form.
    #[must_use]
    pub fn read(data: &'a [u8]) -> Option<Self> {
        let mut reader = Reader::new(data);
        let first = reader.u8()?;
        let version = if first & LONG_FORM != 0 {
            read_long_header(first, &mut reader)?
        } else {
            read_public_header(first, &mut reader)?
        };
        reader.take(HASH_SIZE)?;
        let frames = reader.rest();
        let start = frames.windows(HELLO_TAG.len()).take(MAX_FRAME_HEADER_SIZE).position(|word| word == HELLO_TAG);
        Some(Self { version, hello: start.and_then(|at| frames.get(at..)) })
    }
}

/// Q044 to Q049: the form of the IETF's drafts of that time, the sizes of both connection ids in one byte.
fn read_long_header(first: u8, reader: &mut Reader<'_>) -> Option<u32> {
    let number = reader.array()?;
    let version = version_number(number).filter(|version| (44..=49).contains(version))?;
    let sizes = reader.u8()?;
    if first & FIXED_BIT == 0 && version >= 46 || !matches!(sizes, 0x50 | 0x05 | 0x55) {
        return None;
    }
    reader.take(if sizes == 0x55 { 2 * CONNECTION_ID_SIZE } else { CONNECTION_ID_SIZE })?;
    reader.take(usize::from(first & 0b11) + 1)?;
    Some(u32::from_be_bytes(number))
}

/// Q024 to Q043: flags, connection id, version, packet number of 1, 2, 4 or 6 bytes.
fn read_public_header(first: u8, reader: &mut Reader<'_>) -> Option<u32> {
    if first & FLAG_VERSION == 0 || first & FLAG_CONNECTION_ID == 0 || first & FLAG_MULTIPATH != 0 {
        return None;
    }
    reader.take(CONNECTION_ID_SIZE)?;
    let number = reader.array()?;
    version_number(number).filter(|version| (24..=43).contains(version))?;
    reader.take(match (first >> 4) & 0b11 {
        0 => 1,
        1 => 2,
        2 => 4,
        _ => 6,
    })?;
    Some(u32::from_be_bytes(number))
}

/// 43 of `Q043`.
fn version_number(characters: [u8; 4]) -> Option<u8> {
    match characters {
        [b'Q', b'0', tens @ b'0'..=b'9', ones @ b'0'..=b'9'] => Some((tens - b'0') * 10 + (ones - b'0')),
        _ => None,
    }
}

/// The server name of a hello: tags and the ends of their values, then the values. `None` while bytes are missing, or
/// where there is none.
#[must_use]
pub fn server_name(hello: &[u8]) -> Option<&[u8]> {
    let mut reader = Reader::new(hello.strip_prefix(HELLO_TAG)?);
    let tags = u16::from_le_bytes(reader.array()?);
    reader.u16()?; // filler
    let values_at = usize::from(tags).checked_mul(8)?;
    let values = reader.rest().get(values_at..)?;
    let mut start = 0;
    for _ in 0..tags.min(MAX_TAGS) {
        let tag: [u8; 4] = reader.array()?;
        let end = usize::try_from(u32::from_le_bytes(reader.array()?)).ok()?;
        if &tag == SERVER_NAME_TAG {
            return values.get(start..end);
        }
        start = end;
    }
    None
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A hello with a filling value before the server name, as clients send it.
    pub(crate) fn hello(name: &[u8]) -> Vec<u8> {
        let end = u32::try_from(5 + name.len()).unwrap();
        let mut bytes = b"CHLO\x03\x00\x00\x00PAD\0\x05\0\0\0SNI\0".to_vec();
        bytes.extend(end.to_le_bytes());
        bytes.extend(b"VER\0");
        bytes.extend((end + 4).to_le_bytes());
        bytes.extend(b"-----");
        bytes.extend(name);
        bytes.extend(b"Q043");
        bytes
    }

    #[test]
    fn both_headers_are_read_as_far_as_the_hello() {
        let old = [&b"\x0d8 bytes.Q043\x01twelve bytes\xa0\x01\x04\x00"[..], &hello(b"a.example")].concat();
        let newer =
            [&b"\xc3Q046\x508 bytes.\x00\x00\x00\x01twelve bytes\xa0\x01\x04\x00"[..], &hello(b"a.example")].concat();
        for (data, version) in [(&old, 0x5130_3433), (&newer, 0x5130_3436)] {
            let packet = PlainPacket::read(data).unwrap();
            assert_eq!(packet.version, version);
            assert_eq!(server_name(packet.hello.unwrap()), Some(&b"a.example"[..]));
        }
    }

    #[test]
    fn other_forms_and_versions_are_refused() {
        for data in [
            &b"\x0d8 bytes.Q046\x01twelve bytes"[..],
            b"\x0c8 bytes.Q043\x01twelve bytes",
            b"\xc3Q043\x508 bytes.\x00\x00\x00\x01twelve bytes",
            b"\xc3Q046\x518 bytes.\x00\x00\x00\x01twelve bytes",
            b"\x0d8 bytes.Qx43\x01twelve bytes",
            b"\x0d8 bytes.Q043\x01twelve",
        ] {
            assert_eq!(PlainPacket::read(data), None, "{data:?}");
        }
    }

    #[test]
    fn a_hello_cut_or_of_lying_sizes_names_nobody() {
        let whole = hello(b"a.example");
        for end in 0..whole.len() - 4 {
            assert_eq!(server_name(&whole[..end]), None);
        }
        assert_eq!(server_name(b"CHLO\x01\x00\x00\x00SNI\0\xff\xff\xff\xffabc"), None);
        assert_eq!(server_name(b"CHLO\xff\xff\x00\x00"), None);
    }
}
