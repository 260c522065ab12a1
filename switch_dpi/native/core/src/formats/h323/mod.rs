//! What the ends of an H.323 call tell each other of further flows: messages in ASN.1's aligned packed encoding, read only as far
//! as the addresses stand in them, behind TPKT headers (RFC 1006 §6).

pub mod control;
pub mod per;
pub mod signalling;

use crate::bytes::Reader;
use crate::frame::Address;
use crate::protocol::{Direction, Expectation, Findings, Transport};

/// Version 3, reserved.
const TPKT: [u8; 2] = [3, 0];
/// Version, reserved, size of all.
const TPKT_SIZE: usize = 4;
/// Messages read of one direction: a call is set up within these.
const MAX_MESSAGES: u8 = 32;

/// An address and a port, as a message names them.
pub type End = (Address, u16);

/// Announces what will listen at an end; an address of zeros stands for the end that spoke, a port of zero for none.
pub(crate) fn announce(
    (address, port): End,
    by: Direction,
    announced: (Transport, &'static str),
    found: &mut Findings,
) {
    let (transport, protocol) = announced;
    let nobody = [Address::from_v4([0; 4]), Address(0)];
    let address = (!nobody.contains(&address)).then_some(address);
    if port != 0 {
        found.expect(Expectation { transport, address, by, port, protocol });
    }
}

/// How far the messages of both directions were read.
#[derive(Debug, Default)]
pub struct Messages {
    positions: [usize; 2],
    counts: [u8; 2],
}

impl Messages {
    /// Shows each further whole message of the stream; whether more are wanted.
    pub fn each(&mut self, direction: Direction, stream: &[u8], mut show: impl FnMut(&[u8])) -> bool {
        let (position, count) = (direction.of(&mut self.positions), direction.of(&mut self.counts));
        while *count < MAX_MESSAGES
            && let Some((message, size)) = stream.get(*position..).and_then(first_message)
        {
            show(message);
            *position = position.saturating_add(size);
            *count += 1;
        }
        self.counts.iter().any(|count| *count < MAX_MESSAGES)
    }
}

/// The message at the start, without its TPKT header, and its size with it.
fn first_message(data: &[u8]) -> Option<(&[u8], usize)> {
    let mut reader = Reader::new(data);
    let version: [u8; 2] = reader.array()?;
    let size = usize::from(reader.u16()?);
    let message = reader.take(size.checked_sub(TPKT_SIZE)?)?;
    (version == TPKT).then_some((message, size))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_shown_once_and_whole() {
        let (mut messages, mut seen) = (Messages::default(), Vec::new());
        let stream = b"\x03\0\0\x06ab\x03\0\0\x04\x03\0\0\x05c";
        for end in 0..=stream.len() {
            messages.each(Direction::Originator, &stream[..end], |message| seen.push(message.to_vec()));
        }
        assert_eq!(seen, [&b"ab"[..], b"", b"c"]);
        assert_eq!(first_message(b"\x03\0\0\x03"), None);
        assert_eq!(first_message(b"\x02\0\0\x05a"), None);
    }
}
