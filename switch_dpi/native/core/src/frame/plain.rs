//! Nearly every frame: Ethernet without tags, IPv4 without options or fragments, TCP or UDP.

use super::{Segment, ip_protocol, link_type, transport};
use crate::flow::FlowKey;
use crate::protocol::Transport;

/// What the engine needs of such a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Plain<'a> {
    pub key: FlowKey,
    pub sender_is_low: bool,
    pub segment: Segment<'a>,
}

/// Reads such a frame. None is no error: [`super::decode`] reads the others.
#[inline(always)]
pub(crate) fn decode_plain(link: u32, frame: &[u8]) -> Option<Plain<'_>> {
    let ([.., 0x08, 0x00], packet) = frame.split_first_chunk::<14>()? else { return None };
    let (header, there) = packet.split_first_chunk::<20>()?;
    let [0x45, _, high, low, _, _, flags, offset, _, protocol, _, _, a, b, c, d, e, f, g, h] = *header else {
        return None;
    };
    if link != link_type::ETHERNET || (flags & 0x3f) | offset != 0 {
        return None;
    }
    let size = usize::from(u16::from_be_bytes([high, low])).checked_sub(20)?;
    let data = there.get(..size).unwrap_or(there);
    let ((ports, segment), carrier) = match protocol {
        ip_protocol::TCP => (transport::tcp(data).ok()?, Transport::Tcp),
        ip_protocol::UDP => (transport::udp(data).ok()?, Transport::Udp),
        _ => return None,
    };
    let sender = (u32::from_be_bytes([a, b, c, d]), ports.0);
    let receiver = (u32::from_be_bytes([e, f, g, h]), ports.1);
    let (key, sender_is_low) = FlowKey::of_plain(sender, receiver, carrier);
    Some(Plain { key, sender_is_low, segment })
}
