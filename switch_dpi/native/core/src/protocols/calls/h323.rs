//! H.323: call signalling (ITU-T H.225.0 over TPKT, its messages shaped as those of Q.931) and registration with a gatekeeper
//! (H.225.0 RAS over UDP). Where H.245 and the media go, as call signalling tells, is announced ([`crate::h323`]).

use crate::bytes::Reader;
use crate::formats::h323::{Messages, signalling};
use crate::probing::answers::matched;
use crate::probing::examples::{client, query, server};
use crate::protocol::{Descriptor, Example, Findings, FirstBytes, Inspector, Probe, Progress, Sample, Transport};

/// Version 3, reserved (RFC 1006 §6).
const TPKT: [u8; 2] = [3, 0];
/// TPKT, protocol discriminator, call reference, message type.
const HEAD_SIZE: usize = 9;
/// `{itu-t(0) recommendation(0) h(8) 2250 version(0) n}` with its size, as RAS messages carry it.
const IDENTIFIER: &[u8] = &[0x06, 0x00, 0x08, 0x91, 0x4a, 0x00];
/// The identifier follows the choice and the sequence number.
const MAX_IDENTIFIER_OFFSET: usize = 8;

/// H.225.0 of H.323.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "h323",
    name: "H323",
    selector: 712,
    category: "voip",
    transports: &[Transport::Tcp, Transport::Udp],
    ports: &[1720, 1719, 1718],
    first_bytes: FirstBytes::Where(|byte| byte & 0x80 == 0),
    probe,
    inspector: Some(|| Box::<Signalling>::default()),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    if sample.transport.is_stream() { probe_signalling(sample.data) } else { probe_ras(sample.data) }
}

/// An empty TPKT keeps the connection alive; then discriminator 8, a call reference of two bytes (ITU-T Q.931 §4.2), a message
/// type, and its first information element.
fn probe_signalling(data: &[u8]) -> Probe {
    let data = data.strip_prefix(&[3, 0, 0, 4]).unwrap_or(data);
    let fits = |(at, byte): (usize, &u8)| match at {
        0 | 1 => TPKT.get(at) == Some(byte),
        4 => *byte == 8,
        5 => *byte == 2,
        8 => is_message_type(*byte),
        9 => matches!(
            byte,
            0x04 | 0x08 | 0x1c | 0x1e | 0x28 | 0x34 | 0x6c | 0x70 | 0x7e | 0x14 | 0x27 | 0x18 | 0x96 | 0xa1
        ),
        _ => true,
    };
    if !data.iter().enumerate().take(HEAD_SIZE + 1).all(fits) {
        return Probe::No;
    }
    let mut reader = Reader::new(data);
    reader.take(TPKT.len());
    match reader.u16() {
        Some(size) if usize::from(size) <= HEAD_SIZE => Probe::No,
        Some(_) if data.len() > HEAD_SIZE => matched(90, "H.225.0 call signalling", HEAD_SIZE + 1),
        _ => Probe::NeedMore,
    }
}

/// ITU-T H.225.0 table 4.
const fn is_message_type(byte: u8) -> bool {
    matches!(byte, 0x01..=0x03 | 0x05 | 0x07 | 0x0d | 0x0f | 0x5a | 0x62 | 0x6e | 0x75 | 0x7b | 0x7d)
}

/// Requests and confirmations of discovery and registration carry the protocol's identifier.
fn probe_ras(data: &[u8]) -> Probe {
    let near = data.get(..MAX_IDENTIFIER_OFFSET + IDENTIFIER.len() + 1).unwrap_or(data);
    let Some(at) = near.windows(IDENTIFIER.len()).position(|window| window == IDENTIFIER) else { return Probe::No };
    match (data.first(), data.get(at + IDENTIFIER.len())) {
        (Some(0x00..=0x7f), Some(1..=8)) if at >= 3 => matched(95, "H.225.0 RAS", at + IDENTIFIER.len() + 1),
        _ => Probe::No,
    }
}

/// Follows what call signalling tells of H.245 and media.
#[derive(Debug, Default)]
struct Signalling(Messages);

impl Inspector for Signalling {
    fn feed(&mut self, sample: &Sample<'_>, found: &mut Findings) -> Progress {
        if !sample.transport.is_stream() {
            return Progress::Done;
        }
        let direction = sample.direction;
        let is_open = self.0.each(direction, sample.data, |message| {
            let _may_end_early = signalling::read(message, direction, found);
        });
        if is_open { Progress::Settled } else { Progress::Done }
    }
}

const EXAMPLES: &[Example] = &[
    client("SETUP", b"\x03\x00\x00\x2f\x08\x02\x11\x22\x05\x04\x03\x88\x93\xa5\x28\x04ann\x00\x7e\x00\x17\x05\x20\xb0\x06\x00\x08\x91\x4a\x00\x04\x01\x40\x02\x00a\x00b\x22\x00\x00\x00\x00"),
    server("CONNECT", b"\x03\x00\x00\x1d\x08\x02\x91\x22\x07\x7e\x00\x12\x05\x22\xc0\x06\x00\x08\x91\x4a\x00\x04\x00\xc0\x00\x02\x05\x2e\xe0"),
    client("SETUP with H.245's address and fast connect", b"\x03\x00\x00\xad\x08\x02\x11\x22\x05\x04\x03\x88\x93\xa5\x7e\x00\x9c\x05\x00\xf8\x06\x00\x08\x91\x4a\x00\x04\x00\xc0\x00\x02\x05\x0f\xa0\x01\x40\x02\x00\x61\x00\x6e\x00\x6e\x22\xc0\xb5\x00\x53\x4c\x04\x70\x68\x6f\x6e\x65\x02\x31\x2e\x30\x00\x01\x01\x80\x7c\x63\x00\xc0\x00\x02\x09\x06\xb8\x00\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f\x00\x45\x1c\x07\x00\xc0\x00\x02\x05\x06\xb8\x11\x00\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x32\x02\x12\x00\x00\x01\x0c\x20\x13\x80\x0a\x04\x00\x01\x00\xc0\x00\x02\x05\x13\x89\x1d\x40\x00\x01\x06\x04\x01\x00\x4c\x20\x13\x80\x11\x14\x00\x01\x00\xc0\x00\x02\x05\x13\x88\x00\xc0\x00\x02\x05\x13\x89\x01\x00\x01\x00"),
    query("gatekeeper request", b"\x00\x80\x12\x34\x06\x00\x08\x91\x4a\x00\x04\x00\xc0\x00\x02\x05\x06\xb7\x22\x00\x00"),
    query("registration request", b"\x0e\x80\x12\x35\x06\x00\x08\x91\x4a\x00\x02\x80\x01\x00\xc0\x00\x02\x05\x06\xb8"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn others_over_tpkt_are_refused() {
        let rdp = b"\x03\x00\x00\x13\x0e\xe0\x00\x00\x00\x00\x00\x01\x00\x08\x00\x03\x00\x00\x00";
        for data in [&rdp[..], b"\x03\x00\x00\x16\x11\xe0", b"\x03\x00\x00\x09\x08\x02\x00\x01\x05\x04", b"\x04"] {
            assert_eq!(probe(&Sample { data, ..Sample::EMPTY }), Probe::No, "{data:?}");
        }
        assert_eq!(probe(&Sample { data: b"\x03\0\0\x04\x03\0", ..Sample::EMPTY }), Probe::NeedMore);
    }
}
