//! GPRS tunnelling: the headers of GTP versions 0, 1 and 2 and of GTP' (3GPP TS 29.060, 29.281, 29.274, 32.295), and the
//! information elements that tell a subscriber's network.

use crate::bytes::Reader;
use crate::frame::link_type;
use crate::probing::inner_packets::{FrameFit, ethernet_frame, is_ip_packet};
use crate::protocol::Carried;

/// A user's packet in version 1 (TS 29.281 §7.3.1) and version 0 (TS 09.60).
pub const G_PDU: u8 = 255;
/// Version 1's and 2's header without its optional fields.
const SHORT_HEADER_SIZE: usize = 8;
/// Version 0's header, and the optional part of version 1's.
const OLD_HEADER_SIZE: usize = 20;
const OPTIONAL_SIZE: usize = 4;
/// Extension headers of one packet that are skipped, at most: PDU session container and few others.
const MAX_EXTENSIONS: usize = 8;

/// What a header says it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Control of version 0, 1 or 2.
    Control,
    /// User's packets and the messages of their path.
    User,
    /// Charging records.
    Prime,
}

/// A message whose sizes agree with its datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message<'a> {
    /// 0 to 2.
    pub version: u8,
    /// TS 29.060 §7.1, TS 29.274 §6.1.
    pub message_type: u8,
    /// Tunnel endpoint identifier; 0 where there is none.
    pub tunnel: u32,
    /// What follows the header and its extensions.
    pub body: &'a [u8],
    /// Control, user or charging.
    pub kind: Kind,
}

/// Reads a header; `None` where its sizes or reserved bits cannot be.
#[must_use]
pub fn read(data: &[u8]) -> Option<Message<'_>> {
    let first = data.first()?;
    match (first >> 5, first & 0x10 != 0) {
        (0, true) => read_version_0(data),
        (1, true) => read_version_1(data),
        (2, _) if first & 0x07 == 0 && first & 0x08 != 0 => read_version_2(data, true),
        (2, _) if first & 0x0f == 0 => read_version_2(data, false),
        (0..=2, false) => read_prime(data),
        _ => None,
    }
}

/// Sequence, flow label, SNDCP number, tunnel identifier (TS 09.60 §6).
fn read_version_0(data: &[u8]) -> Option<Message<'_>> {
    let mut reader = Reader::new(data);
    let [first, message_type] = reader.array()?;
    let size = usize::from(reader.u16()?);
    reader.take(4)?; // sequence, flow label
    let [_sndcp, a, b, c] = reader.array()?;
    reader.take(8)?;
    let fits = first & 0x0e == 0x0e && [a, b, c] == [0xff; 3] && size + OLD_HEADER_SIZE == data.len();
    let kind = if message_type == G_PDU { Kind::User } else { Kind::Control };
    fits.then_some(Message { version: 0, message_type, tunnel: 0, body: reader.rest(), kind })
}

/// Flags E, S and PN bring four more bytes; E brings extension headers (TS 29.281 §5.1, §5.2).
fn read_version_1(data: &[u8]) -> Option<Message<'_>> {
    let mut reader = Reader::new(data);
    let [first, message_type] = reader.array()?;
    let size = usize::from(reader.u16()?);
    let tunnel = reader.u32()?;
    if first & 0x08 != 0 || size + SHORT_HEADER_SIZE != data.len() {
        return None;
    }
    if first & 0x07 != 0 {
        let optional: [u8; OPTIONAL_SIZE] = reader.array()?;
        let mut next = if first & 0x04 != 0 { optional[3] } else { 0 };
        for _ in 0..MAX_EXTENSIONS {
            if next == 0 {
                break;
            }
            let words = usize::from(*reader.rest().first()?);
            let extension = reader.take((words * 4).max(4))?;
            next = *extension.last()?;
        }
    }
    let kind = if matches!(message_type, 26 | 31 | 254 | G_PDU) { Kind::User } else { Kind::Control };
    Some(Message { version: 1, message_type, tunnel, body: reader.rest(), kind })
}

/// With or without a tunnel; the piggybacking flag lets another message follow (TS 29.274 §5.1).
fn read_version_2(data: &[u8], has_tunnel: bool) -> Option<Message<'_>> {
    let mut reader = Reader::new(data);
    let [first, message_type] = reader.array()?;
    let size = usize::from(reader.u16()?);
    let (body, behind) = reader.rest().split_at_checked(size)?;
    if behind.is_empty() == (first & 0x10 != 0) {
        return None;
    }
    let mut reader = Reader::new(body);
    let tunnel = if has_tunnel { reader.u32()? } else { 0 };
    let [_, _, _, spare] = reader.array()?;
    (spare & 0x0f == 0).then_some(Message {
        version: 2,
        message_type,
        tunnel,
        body: reader.rest(),
        kind: Kind::Control,
    })
}

/// GTP': six bytes, or twenty in version 0 (TS 32.295 §6.1.1).
fn read_prime(data: &[u8]) -> Option<Message<'_>> {
    const TYPES: [u8; 9] = [1, 2, 3, 4, 5, 6, 7, 240, 241];
    let mut reader = Reader::new(data);
    let [first, message_type] = reader.array()?;
    let size = usize::from(reader.u16()?);
    reader.u16()?; // sequence
    let is_long = first >> 5 == 0 && first & 0x01 == 0;
    if is_long {
        reader.take(OLD_HEADER_SIZE - 6)?;
    }
    let fits = first & 0x0e == 0x0e && TYPES.contains(&message_type) && size == reader.rest().len();
    let (version, tunnel) = (first >> 5, 0);
    fits.then_some(Message { version, message_type, tunnel, body: reader.rest(), kind: Kind::Prime })
}

/// The user's packet of a G-PDU.
#[must_use]
pub fn carried(data: &[u8]) -> Option<Carried<'_>> {
    let message = read(data)?;
    // sessions of the fifth generation may carry Ethernet (TS 23.501 §5.6.10.2); the header does not say so
    let is_ip = matches!(message.body.first()? >> 4, 4 | 6);
    let is_frame = ethernet_frame(message.body) == Some(FrameFit::Checked) && !is_ip_packet(message.body);
    let link_type = if is_frame { link_type::ETHERNET } else { link_type::RAW };
    // each direction has a tunnel identifier of its own, so it keeps nothing apart
    let is_open = message.message_type == G_PDU && (is_ip || is_frame);
    is_open.then_some(Carried { link_type, data: message.body, scope: 0 })
}

/// An information element: its type and value.
pub type Element<'a> = (u8, &'a [u8]);

/// The information elements of a control message, as far as they are whole; the flag says whether they fill the message.
pub fn elements<'a>(message: &Message<'a>, mut each: impl FnMut(Element<'a>)) -> bool {
    let mut reader = Reader::new(message.body);
    while !reader.is_empty() {
        let Some(element) = next_element(&mut reader, message.version) else { return false };
        each(element);
    }
    true
}

/// Version 2: type, size, instance (TS 29.274 §8.2.1). Before: types below 128 have fixed sizes (TS 29.060 §7.7).
fn next_element<'a>(reader: &mut Reader<'a>, version: u8) -> Option<Element<'a>> {
    let kind = reader.u8()?;
    if version == 2 {
        let size = reader.u16()?;
        let spare = reader.u8()? >> 4;
        return (spare == 0 && kind != 0).then_some((kind, reader.take(size.into())?));
    }
    if kind >= 128 {
        return Some((kind, reader.vector16()?));
    }
    Some((kind, reader.take(fixed_size(kind)?)?))
}

/// TS 29.060 §7.7, table 37.
const fn fixed_size(kind: u8) -> Option<usize> {
    Some(match kind {
        1 | 8 | 11 | 13 | 14 | 15 | 19 | 20 | 21 | 23 | 24 | 29 | 126 => 1,
        25..=28 => 2,
        12 => 3,
        4 | 5 | 16 | 17 | 127 => 4,
        18 => 5,
        3 => 6,
        2 => 8,
        22 => 9,
        9 => 28,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extension_headers_are_skipped() {
        let mut data = vec![0x34, G_PDU, 0, 12 + 20, 0, 0, 0, 7, 0, 0, 0, 0x85, 1, 0x10, 9, 0x85, 1, 0, 0, 0];
        data.extend([0x45; 20]);
        let message = read(&data).expect("a message");
        assert_eq!((message.kind, message.tunnel, message.body.len()), (Kind::User, 7, 20));
        assert_eq!(carried(&data).map(|inner| inner.data.len()), Some(20));
    }

    #[test]
    fn a_size_that_lies_is_refused() {
        assert_eq!(read(&[0x32, 1, 0, 5, 0, 0, 0, 0, 0, 1, 0, 0]), None);
        assert!(read(&[0x32, 1, 0, 4, 0, 0, 0, 0, 0, 1, 0, 0]).is_some());
    }

    #[test]
    fn elements_of_both_forms_are_walked() {
        let body = [1, 128, 2, 1, 2, 3, 4, 5, 6, 7, 8, 131, 0, 1, 9];
        let message = Message { version: 1, message_type: 16, tunnel: 0, body: &body, kind: Kind::Control };
        let mut kinds = Vec::new();
        assert!(elements(&message, |(kind, _)| kinds.push(kind)));
        assert_eq!(kinds, [1, 2, 131]);
        let body = [1, 0, 1, 0x10, 9];
        assert!(!elements(&Message { version: 2, body: &body, ..message }, |_| {}), "spare bits");
    }
}
