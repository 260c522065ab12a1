//! Frames around payloads: Ethernet, IPv4 or IPv6, TCP, UDP or SCTP. Checksums are zero; the engine does not look at them.

use appsteer_core::frame::{ip_protocol, link_type};
use appsteer_core::protocol::{Direction, Example, Transport};

/// TCP's flags (RFC 9293 §3.1).
pub mod flag {
    /// Ends a direction.
    pub const FIN: u8 = 0x01;
    /// Ends a connection at once.
    pub const RST: u8 = 0x04;
    /// Begins a connection.
    pub const SYN: u8 = 0x02;
    /// Acknowledges.
    pub const ACK: u8 = 0x10;
    /// Pushes, and acknowledges.
    pub const DATA: u8 = 0x18;
}

/// Addresses and ports of a flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ends {
    /// Who sends first.
    pub originator: (u128, u16),
    /// The other end.
    pub responder: (u128, u16),
    /// IPv6; of IPv4 the lower 32 bits of an address count.
    pub is_v6: bool,
}

/// From an ephemeral port to one that means nothing.
pub const ENDS: Ends = Ends { originator: (0x0a00_0001, 50_000), responder: (0xc000_0201, 50_001), is_v6: false };

const ETHERTYPE_IPV4: u16 = 0x0800;
const ETHERTYPE_IPV6: u16 = 0x86dd;
const MORE_FRAGMENTS: u16 = 0x2000;

impl Ends {
    const fn from(self, direction: Direction) -> ((u128, u16), (u128, u16)) {
        match direction {
            Direction::Originator => (self.originator, self.responder),
            Direction::Responder => (self.responder, self.originator),
        }
    }

    /// A datagram of UDP in `frame`, which is overwritten.
    pub fn udp(self, frame: &mut Vec<u8>, direction: Direction, payload: &[u8]) {
        let ((_, from), (_, to)) = self.from(direction);
        self.ip(frame, direction, ip_protocol::UDP, (8 + payload.len(), 0));
        frame.extend(from.to_be_bytes());
        frame.extend(to.to_be_bytes());
        frame.extend(size16(8 + payload.len()));
        frame.extend([0; 2]);
        frame.extend(payload);
    }

    /// A segment of TCP in `frame`, which is overwritten: its numbers are those of the first byte and of the next one expected.
    pub fn tcp(self, frame: &mut Vec<u8>, direction: Direction, (numbers, flags): ([u32; 2], u8), payload: &[u8]) {
        let ((_, from), (_, to)) = self.from(direction);
        self.ip(frame, direction, ip_protocol::TCP, (20 + payload.len(), 0));
        frame.extend(from.to_be_bytes());
        frame.extend(to.to_be_bytes());
        numbers.iter().for_each(|number| frame.extend(number.to_be_bytes()));
        frame.extend([0x50, flags, 0xff, 0xff, 0, 0, 0, 0]);
        frame.extend(payload);
    }

    /// An IPv4 packet's payload in pieces of eight bytes, each in a frame of its own.
    #[must_use]
    pub fn pieces(self, direction: Direction, protocol: u8, payload: &[u8]) -> Vec<Vec<u8>> {
        let last = payload.len().saturating_sub(1) / 8;
        let piece = |(at, piece): (usize, &[u8])| {
            let mut frame = Vec::new();
            let more = if at < last { MORE_FRAGMENTS } else { 0 };
            self.ip(&mut frame, direction, protocol, (piece.len(), u16::try_from(at).unwrap_or(0) | more));
            frame.extend(piece);
            frame
        };
        payload.chunks(8).enumerate().map(piece).collect()
    }

    /// Headers up to IP's for `size` bytes; a fragment's flags and place are for IPv4 alone.
    fn ip(self, frame: &mut Vec<u8>, direction: Direction, protocol: u8, (size, fragment): (usize, u16)) {
        let ((from, _), (to, _)) = self.from(direction);
        frame.clear();
        frame.extend([2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2]);
        if self.is_v6 {
            frame.extend(ETHERTYPE_IPV6.to_be_bytes());
            frame.extend([0x60, 0, 0, 0]);
            frame.extend(size16(size));
            frame.extend([protocol, 64]);
            frame.extend(from.to_be_bytes());
            frame.extend(to.to_be_bytes());
        } else {
            frame.extend(ETHERTYPE_IPV4.to_be_bytes());
            frame.extend([0x45, 0]);
            frame.extend(size16(20 + size));
            frame.extend([0, 1]);
            frame.extend(fragment.to_be_bytes());
            frame.extend([64, protocol, 0, 0]);
            for address in [from, to] {
                frame.extend(address.to_be_bytes().iter().skip(12));
            }
        }
    }
}

/// An example's payload in a frame as its carrier has it, and the frame's link type. `ends` are those of carriers above IP.
#[must_use]
pub fn frame_of(example: &Example, ends: Ends) -> (u32, Vec<u8>) {
    let (direction, data) = (example.direction, example.data);
    let mut frame = Vec::new();
    let link = match example.transport {
        Transport::Ppp(_) => link_type::PPP,
        _ => link_type::ETHERNET,
    };
    match example.transport {
        Transport::Tcp => ends.tcp(&mut frame, direction, ([1, 0], flag::DATA), data),
        Transport::Udp => ends.udp(&mut frame, direction, data),
        Transport::Sctp(identifier) => data_chunk(&mut frame, (ends, direction), identifier, data),
        other => {
            header(&mut frame, (ends, direction), other, data.len());
            frame.extend(data);
        }
    }
    (link, frame)
}

/// What stands before `size` bytes of a carrier that names its payload by a number.
fn header(frame: &mut Vec<u8>, (ends, direction): (Ends, Direction), carrier: Transport, size: usize) {
    match carrier {
        Transport::Ip(ip_protocol::SCTP) => sctp(frame, (ends, direction), size),
        Transport::Ip(protocol) => ends.ip(frame, direction, protocol, (size, 0)),
        Transport::EtherType(kind) => frame.extend([&[2; 12][..], &kind.to_be_bytes()].concat()),
        Transport::Llc(access_point) => llc(frame, &[access_point, access_point, 3], size),
        Transport::Snap(organisation, protocol) => {
            let [_, a, b, c] = organisation.to_be_bytes();
            let [high, low] = protocol.to_be_bytes();
            llc(frame, &[0xaa, 0xaa, 3, a, b, c, high, low], size);
        }
        Transport::Ppp(protocol) => frame.extend([&[0xff, 3][..], &protocol.to_be_bytes()].concat()),
        Transport::Tcp | Transport::Udp | Transport::Sctp(_) => {}
    }
}

fn llc(frame: &mut Vec<u8>, header: &[u8], size: usize) {
    frame.extend([2; 12]);
    frame.extend(size16(header.len() + size));
    frame.extend(header);
}

/// SCTP's common header before `size` bytes of chunks (RFC 9260 §3.1).
fn sctp(frame: &mut Vec<u8>, (ends, direction): (Ends, Direction), size: usize) {
    ends.ip(frame, direction, ip_protocol::SCTP, (12 + size, 0));
    let ((_, from), (_, to)) = ends.from(direction);
    frame.extend(from.to_be_bytes());
    frame.extend(to.to_be_bytes());
    frame.extend([0, 0, 0, 1, 0, 0, 0, 0]);
}

/// One DATA chunk that is a whole message (RFC 9260 §3.3.1).
fn data_chunk(frame: &mut Vec<u8>, (ends, direction): (Ends, Direction), identifier: u32, data: &[u8]) {
    let padding = data.len().next_multiple_of(4) - data.len();
    sctp(frame, (ends, direction), 16 + data.len() + padding);
    frame.extend([0, 3]); // DATA, first and last piece
    frame.extend(size16(16 + data.len()));
    frame.extend([0, 0, 0, 1, 0, 0, 0, 0]);
    frame.extend(identifier.to_be_bytes());
    frame.extend(data);
    frame.resize(frame.len() + padding, 0);
}

/// A size in two bytes; what is larger than they can say is cut.
fn size16(size: usize) -> [u8; 2] {
    u16::try_from(size).unwrap_or(u16::MAX).to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use appsteer_core::frame::{Decoded, Segment, decode};
    use appsteer_core::protocols::ALL;

    #[test]
    fn every_example_is_found_in_its_frame() {
        for protocol in ALL {
            for example in protocol.examples {
                let (link, frame) = frame_of(example, ENDS);
                let title = (protocol.key, example.title);
                let packet = match decode(link, &frame) {
                    Ok(Decoded::Whole(packet)) => packet,
                    other => panic!("{title:?}: {other:?}"),
                };
                let carried = match packet.segment {
                    Segment::Tcp { payload, .. } | Segment::Udp(payload) => payload,
                    Segment::Sctp(chunks) if matches!(example.transport, Transport::Sctp(_)) => {
                        chunks.get(16..16 + example.data.len()).unwrap_or_default()
                    }
                    Segment::Sctp(chunks) => chunks,
                    Segment::Numbered(carrier, payload) => {
                        assert_eq!(carrier, example.transport, "{title:?}");
                        payload
                    }
                };
                assert_eq!(carried, example.data, "{title:?}");
            }
        }
    }
}
