//! TCP (RFC 9293), UDP (RFC 768), SCTP (RFC 9260) and the identifiers of ICMP echoes; everything else is payload without ports.

use super::{Refused, ip_protocol};
use crate::bytes::Reader;
use crate::protocol::Transport;

/// The control bits of TCP that matter to a flow (RFC 9293 §3.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TcpFlags(u8);

impl TcpFlags {
    const FIN: u8 = 0x01;
    const SYN: u8 = 0x02;
    const RST: u8 = 0x04;
    const ACK: u8 = 0x10;

    /// The sender has no more data.
    #[must_use]
    pub const fn fin(self) -> bool {
        self.0 & Self::FIN != 0
    }

    /// Sequence numbers begin here.
    #[must_use]
    pub const fn syn(self) -> bool {
        self.0 & Self::SYN != 0
    }

    /// The connection is refused or broken off.
    #[must_use]
    pub const fn rst(self) -> bool {
        self.0 & Self::RST != 0
    }

    /// A connection begins or ends.
    #[must_use]
    pub const fn begins_or_ends(self) -> bool {
        self.0 & (Self::SYN | Self::FIN | Self::RST) != 0
    }

    /// The acknowledgement number counts.
    #[must_use]
    pub const fn ack(self) -> bool {
        self.0 & Self::ACK != 0
    }
}

/// A transport segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Segment<'a> {
    /// Part of a byte stream.
    Tcp {
        /// Sequence number of the first byte, or of the SYN.
        sequence: u32,
        /// The next sequence number expected of the other end; of no meaning without the flag ACK.
        acknowledgment: u32,
        /// Control bits.
        flags: TcpFlags,
        /// The bytes.
        payload: &'a [u8],
    },
    /// A datagram's payload.
    Udp(&'a [u8]),
    /// Chunks behind SCTP's common header.
    Sctp(&'a [u8]),
    /// Payload of a carrier whose header numbers what it carries.
    Numbered(Transport, &'a [u8]),
}

const TCP_MIN_HEADER_SIZE: usize = 20;
const UDP_HEADER_SIZE: usize = 8;

/// Reads the header of a protocol above IP: its ports, and what it says with the payload.
pub(super) fn decode(protocol: u8, data: &[u8]) -> Result<((u16, u16), Segment<'_>), Refused> {
    match protocol {
        ip_protocol::TCP => tcp(data),
        ip_protocol::UDP => udp(data),
        ip_protocol::SCTP => sctp(data),
        ip_protocol::ICMP | ip_protocol::ICMPV6 => Ok(icmp(protocol, data)),
        _ => Ok(((0, 0), Segment::Numbered(Transport::Ip(protocol), data))),
    }
}

/// An echo's identifier stands for both ports (RFC 792, RFC 4443 §4.1); other messages have none.
fn icmp(protocol: u8, data: &[u8]) -> ((u16, u16), Segment<'_>) {
    let is_echo = match (protocol, data.first()) {
        (ip_protocol::ICMP, Some(kind)) => matches!(kind, 0 | 8),
        (_, Some(kind)) => matches!(kind, 128 | 129),
        _ => false,
    };
    let identifier =
        if is_echo { data.get(4..6).and_then(|two| two.try_into().ok()).map(u16::from_be_bytes) } else { None };
    let identifier = identifier.unwrap_or_default();
    ((identifier, identifier), Segment::Numbered(Transport::Ip(protocol), data))
}

#[inline(always)]
pub(super) fn tcp(data: &[u8]) -> Result<((u16, u16), Segment<'_>), Refused> {
    let Some(([a, b, c, d, e, f, g, h, i, j, k, l, offset, bits], _)) = data.split_first_chunk() else {
        return Err(Refused::Malformed("TCP header is cut short"));
    };
    let ports = (u16::from_be_bytes([*a, *b]), u16::from_be_bytes([*c, *d]));
    let header_size = usize::from(offset >> 4) * 4;
    if header_size < TCP_MIN_HEADER_SIZE {
        return Err(Refused::Malformed("TCP header is smaller than 20 bytes"));
    }
    let payload = data.get(header_size..).unwrap_or_default(); // a capture may be cut in the options
    let (sequence, acknowledgment) = (u32::from_be_bytes([*e, *f, *g, *h]), u32::from_be_bytes([*i, *j, *k, *l]));
    Ok((ports, Segment::Tcp { sequence, acknowledgment, flags: TcpFlags(*bits), payload }))
}

#[inline(always)]
pub(super) fn udp(data: &[u8]) -> Result<((u16, u16), Segment<'_>), Refused> {
    let Some(([a, b, c, d, high, low, _, _], there)) = data.split_first_chunk() else {
        return Err(Refused::Malformed("UDP header is cut short"));
    };
    let ports = (u16::from_be_bytes([*a, *b]), u16::from_be_bytes([*c, *d]));
    let size = usize::from(u16::from_be_bytes([*high, *low]));
    // 0 in a jumbogram (RFC 2675 §4), too small when damaged: then IP's size counts.
    let payload = size.checked_sub(UDP_HEADER_SIZE).and_then(|size| there.get(..size)).unwrap_or(there);
    Ok((ports, Segment::Udp(payload)))
}

const SCTP_CHUNK_DATA: u8 = 0;
const SCTP_CHUNK_HEADER_SIZE: usize = 4;

fn sctp(data: &[u8]) -> Result<((u16, u16), Segment<'_>), Refused> {
    let cut = Refused::Malformed("SCTP header is cut short");
    let mut reader = Reader::new(data);
    let ports = (reader.u16().ok_or(cut)?, reader.u16().ok_or(cut)?);
    reader.u32().ok_or(cut)?; // verification tag
    reader.u32().ok_or(cut)?; // checksum
    Ok((ports, Segment::Sctp(reader.rest())))
}

/// The DATA chunks of an SCTP packet that begin a message: payload protocol identifier and user data (RFC 9260 §3.3.1).
#[derive(Clone, Copy, Debug)]
pub struct DataChunks<'a>(Reader<'a>);

impl<'a> DataChunks<'a> {
    /// Of the chunks behind the common header.
    #[must_use]
    pub const fn new(chunks: &'a [u8]) -> Self {
        Self(Reader::new(chunks))
    }

    fn chunk(&mut self) -> Option<(u8, u8, &'a [u8])> {
        let [kind, flags] = self.0.array()?;
        let size = usize::from(self.0.u16()?).checked_sub(SCTP_CHUNK_HEADER_SIZE)?;
        let there = self.0.rest();
        let body = there.get(..size).unwrap_or(there);
        self.0.take(size.next_multiple_of(4).min(there.len()))?;
        Some((kind, flags, body))
    }
}

impl<'a> Iterator for DataChunks<'a> {
    type Item = (u32, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        const BEGINS: u8 = 0x02;
        loop {
            let (kind, flags, body) = self.chunk()?;
            if kind == SCTP_CHUNK_DATA && flags & BEGINS != 0 {
                let mut reader = Reader::new(body);
                reader.take(8)?; // transmission sequence number, stream, number in the stream
                let identifier = reader.u32()?;
                return Some((identifier, reader.rest()));
            }
        }
    }
}
