//! uTP, the micro transport protocol of BitTorrent (BEP 29): a header of 20 bytes, big-endian, over UDP. No field is magic, so
//! datagrams are judged alone only where most of the header is known, and otherwise by how they go on from one another.

use crate::bytes::Reader;

/// The header without extensions (BEP 29, "header format").
pub const HEADER_SIZE: usize = 20;
/// Type of the first datagram of a connection.
const SYN: u8 = 4;
/// Extensions in a row that are believed: selective acknowledgement, extension bits, close reason.
const MAX_EXTENSIONS: usize = 3;
/// Two datagrams of one direction that follow each other are sent within this many microseconds.
const MAX_PAUSE_US: u32 = 8_000_000;
/// And their numbers differ by no more than this: a full window of datagrams.
const MAX_STEP: u16 = 256;

/// A header.
#[derive(Clone, Copy, Debug)]
pub struct Header<'a> {
    kind: u8,
    connection: u16,
    sent_at_us: u32,
    difference_us: u32,
    sequence: u16,
    acknowledged: u16,
    /// What follows the header and its extensions.
    pub payload: &'a [u8],
}

impl<'a> Header<'a> {
    /// Reads a header of version 1 with its extensions; `None` where they do not fit.
    #[must_use]
    pub fn read(data: &'a [u8]) -> Option<Self> {
        let mut reader = Reader::new(data);
        let [first, mut extension] = reader.array()?;
        if first & 0x0f != 1 || first >> 4 > SYN {
            return None;
        }
        let connection = reader.u16()?;
        let (sent_at_us, difference_us, _window) = (reader.u32()?, reader.u32()?, reader.u32()?);
        let (sequence, acknowledged) = (reader.u16()?, reader.u16()?);
        for _ in 0..MAX_EXTENSIONS {
            if extension == 0 {
                break;
            }
            if extension > 3 {
                return None;
            }
            extension = reader.u8()?;
            reader.vector8()?;
        }
        let payload = reader.rest();
        let header = Self { kind: first >> 4, connection, sent_at_us, difference_us, sequence, acknowledged, payload };
        (extension == 0).then_some(header)
    }

    /// Whether it opens a connection: nothing has been received, so nothing is acknowledged, no delay known, nothing carried.
    #[must_use]
    pub const fn is_first(&self) -> bool {
        let knows_nothing = self.acknowledged == 0 && self.difference_us == 0;
        self.kind == SYN && knows_nothing && self.payload.is_empty() && self.sent_at_us != 0
    }

    /// Whether it can be the next that the same end sends.
    #[must_use]
    pub const fn follows(&self, previous: &Self) -> bool {
        let has_next_connection = self.connection.wrapping_sub(previous.connection) == 1 && previous.kind == SYN;
        (self.connection == previous.connection || has_next_connection)
            && self.sent_at_us != previous.sent_at_us
            && self.sent_at_us.wrapping_sub(previous.sent_at_us) <= MAX_PAUSE_US
            && self.sequence.wrapping_sub(previous.sequence) <= MAX_STEP
            && self.acknowledged.wrapping_sub(previous.acknowledged) <= MAX_STEP
    }

    /// Whether it can answer what the other end has sent: ids differ by one (or not, from the SYN to its answer), and it
    /// acknowledges about what was sent.
    #[must_use]
    pub const fn answers(&self, theirs: &Self) -> bool {
        let distance = self.connection.wrapping_sub(theirs.connection);
        let pairs = matches!(distance, 1 | u16::MAX) || (distance == 0 && theirs.kind == SYN);
        pairs && theirs.sequence.wrapping_sub(self.acknowledged).wrapping_add(2) <= MAX_STEP
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(kind: u8, connection: u16, at: u32, sequence: u16, acknowledged: u16) -> Header<'static> {
        Header { kind, connection, sent_at_us: at, difference_us: 9, sequence, acknowledged, payload: &[] }
    }

    #[test]
    fn headers_of_one_connection_go_together() {
        let syn = header(SYN, 77, 5, 1, 0);
        assert!(header(2, 77, 900, 500, 1).answers(&syn));
        assert!(header(0, 78, 50, 2, 499).answers(&header(2, 77, 900, 500, 1)));
        assert!(header(0, 78, 60, 3, 499).follows(&header(0, 78, 50, 2, 499)));
        assert!(header(2, 78, 50, 1, 0).follows(&syn));
        assert!(!header(0, 78, 60, 3, 499).follows(&header(0, 78, 70, 2, 499)), "time runs back");
        assert!(!syn.follows(&syn), "each datagram has its own time");
        assert!(!header(2, 79, 900, 500, 1).answers(&syn), "another connection");
    }

    #[test]
    fn extensions_are_skipped_and_bad_ones_refused() {
        let mut data = [0u8; 30];
        data[0] = 0x41;
        data[1] = 2;
        data[21] = 8;
        assert!(Header::read(&data).is_some_and(|header| header.payload.is_empty()));
        data[21] = 9;
        assert!(Header::read(&data).is_none());
        data[0] = 0x51;
        assert!(Header::read(&data).is_none());
    }
}
