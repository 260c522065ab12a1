//! ENet ("Protocol" of the ENet library, protocol.h): a header of two or four bytes, then commands, all big-endian, over UDP.
//! Peers who compress or add a checksum are not walked over.

use crate::bytes::Reader;

/// The peer number holds flags: a time follows; the commands are compressed.
const SENT_TIME: u16 = 0x8000;
const COMPRESSED: u16 = 0x4000;
/// Commands of one datagram.
const MAX_COMMANDS: usize = 32;
/// Bits of the command byte that say how it is acknowledged; the two between are free.
const COMMAND_FREE_BITS: u8 = 0x30;
/// Sizes of a datagram that peers may agree on.
const MTU: std::ops::RangeInclusive<u32> = 576..=4096;

const ACKNOWLEDGE: u8 = 1;
const CONNECT: u8 = 2;
const VERIFY_CONNECT: u8 = 3;

/// What peers agree on when they connect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opening {
    /// The largest datagram, in bytes.
    pub mtu: u32,
    /// The largest window, in bytes.
    pub window: u32,
    /// How the throttle accelerates and decelerates; ENet's own defaults are 2 and 2.
    pub acceleration: (u32, u32),
}

/// The numbers of a datagram that fits from its first byte to its last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Datagram {
    /// The receiver's number for the sender, without flags.
    pub peer: u16,
    /// What the first command agrees on, if it opens the connection.
    pub opening: Option<Opening>,
    /// Whether the datagram has payload whose size fits.
    pub has_payload: bool,
}

impl Datagram {
    /// Reads it; `None` where a command does not fit.
    #[must_use]
    pub fn read(data: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(data);
        let peer = reader.u16()?;
        if peer & COMPRESSED != 0 {
            return None;
        }
        if peer & SENT_TIME != 0 {
            reader.u16()?;
        }
        let mut datagram = Self { peer: peer & 0x0fff, opening: read_opening(reader), has_payload: false };
        for _ in 0..MAX_COMMANDS {
            datagram.has_payload |= skip_command(&mut reader)?;
            if reader.is_empty() {
                return Some(datagram);
            }
        }
        None
    }
}

/// The number of the peer and whether the first command can be one, of a datagram that may be cut.
#[must_use]
pub fn peer_of_start(data: &[u8]) -> Option<u16> {
    let mut reader = Reader::new(data);
    let peer = reader.u16()?;
    if peer & SENT_TIME != 0 {
        reader.u16()?;
    }
    let command = reader.u8()?;
    let fits = peer & COMPRESSED == 0 && command & COMMAND_FREE_BITS == 0 && matches!(command & 0x0f, 1..=12);
    fits.then_some(peer & 0x0fff)
}

/// CONNECT and VERIFY_CONNECT go over channel 255 as the first reliable command.
fn read_opening(mut reader: Reader<'_>) -> Option<Opening> {
    let [command, channel] = reader.array()?;
    let is_opening = matches!(command, 0x82 | 0x83) && channel == 0xff && reader.u16()? == 1;
    reader.take(2 + 2)?; // the sender's own number, session numbers
    let (mtu, window, channels) = (reader.u32()?, reader.u32()?, reader.u32()?);
    let (_incoming, _outgoing, _interval) = (reader.u32()?, reader.u32()?, reader.u32()?);
    let acceleration = (reader.u32()?, reader.u32()?);
    let fits = is_opening && MTU.contains(&mtu) && channels <= 255;
    fits.then_some(Opening { mtu, window, acceleration })
}

/// Whether the command carries payload; `None` where it does not fit.
fn skip_command(reader: &mut Reader<'_>) -> Option<bool> {
    let [command, _channel] = reader.array()?;
    reader.u16()?;
    if command & COMMAND_FREE_BITS != 0 {
        return None;
    }
    let (fixed, size_at_end) = match command & 0x0f {
        ACKNOWLEDGE | 4 => (4, None),
        CONNECT => (44, None),
        VERIFY_CONNECT => (40, None),
        5 => (0, None),
        6 => (0, Some(0)),
        7 | 9 => (2, Some(0)),
        8 | 12 => (2, Some(16)),
        10 => (8, None),
        11 => (12, None),
        _ => return None,
    };
    reader.take(fixed)?;
    let Some(behind) = size_at_end else { return Some(false) };
    let size = reader.u16()?;
    reader.take(behind)?;
    reader.take(usize::from(size)).map(|_| size > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_datagram_fits_to_its_last_byte() {
        let data = b"\x80\x02\x11\x22\x86\x00\x00\x05\x00\x03abc\x01\x00\x00\x05\x00\x07\x12\x34";
        assert_eq!(Datagram::read(data), Some(Datagram { peer: 2, opening: None, has_payload: true }));
        assert_eq!(Datagram::read(&data[..data.len() - 1]), None);
        assert_eq!(peer_of_start(&data[..6]), Some(2));
        assert_eq!(peer_of_start(b"\x40\x02\x86"), None);
    }
}
