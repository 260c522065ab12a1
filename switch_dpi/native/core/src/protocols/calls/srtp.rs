//! SRTP (RFC 3711): media whose headers stay clear. By itself it looks as RTP does, so a flow is called SRTP by what only the encrypted
//! have: the trailer of their control packets. Media after checks of ICE are SRTP too (RFC 8827 §6.5); [`super::stun`] says so.

use crate::bytes::Reader;
use crate::probing::answers::matched;
use crate::protocol::attributes::Attribute;
use crate::protocol::{Descriptor, Direction, Example, FirstBytes, Probe, Sample, Transport};
use crate::protocols::rtcp::{HEADER_SIZE, Rtcp, is_header, skip_packet};

/// Ends an encrypted packet: whether it is encrypted, its index, and a tag of ten bytes, of four, or before the index (RFC 3711
/// §3.4, RFC 7714 §9.2).
const TRAILERS: [usize; 3] = [14, 8, 4];
/// An index is not larger so early in a session.
const MAX_INDEX: u32 = 1 << 16;

/// SRTP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "srtp",
    name: "SRTP",
    selector: 1780,
    category: "voip",
    tags: &["encrypted"],
    transports: &[Transport::Udp],
    first_bytes: FirstBytes::Where(|byte| byte >> 6 == 2),
    probe,
    inspector: Some(|| Box::<Rtcp>::default()),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    if !is_encrypted_report(sample.data) {
        return Probe::No;
    }
    let mut earlier = [sample.other, sample.reverse].into_iter().filter(|data| !data.is_empty()).peekable();
    let is_alone = earlier.peek().is_none();
    if !earlier.all(is_header) {
        return Probe::NeedMore; // the media are there too
    }
    // who encrypts may say more later
    matched(if is_alone { 50 } else { 58 }, "encrypted control packet", HEADER_SIZE)
}

/// A report's header, then what only its receiver reads: no packets that fill the datagram.
fn is_encrypted_report(data: &[u8]) -> bool {
    const ENCRYPTED: u32 = 1 << 31;
    let mut rest = data;
    while let Some(after) = skip_packet(rest) {
        rest = after;
    }
    matches!(data.get(1), Some(200 | 201))
        && (1..data.len()).contains(&rest.len())
        && TRAILERS.iter().any(|size| {
            let at = data.len().checked_sub(*size).filter(|at| *at >= HEADER_SIZE);
            let index = at.and_then(|at| Reader::new(data.get(at..)?).u32());
            index.is_some_and(|index| index & ENCRYPTED != 0 && index & !ENCRYPTED < MAX_INDEX)
        })
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "encrypted receiver report",
        transport: Transport::Udp,
        direction: Direction::Originator,
        data: b"\x81\xc9\x00\x07\x0b\x86\x55\x19\x90\x65\x87\xad\x61\x30\x6c\xbe\x99\x5c\xfb\xb3\x37\x8b\x13\x4e\x30\x00\x81\xa9\x52\xcd\x7a\x1d\x80\x00\x00\x01\x7c\x0f\x0a\x4d\xe6\xd6\xfe\x65\x7e\xd9",
        expect: &[(Attribute::RtpSsrc, "193352985")],
    },
    Example {
        title: "encrypted sender report with a short tag",
        transport: Transport::Udp,
        direction: Direction::Responder,
        data: b"\x80\xc8\x00\x06\x00\x00\x10\x01\xea\x02\x12\x00\x91\x34\x00\x22\x00\x01\x5f\x90\x00\x00\x00\x64\x00\x00\x3e\x80\x80\x00\x00\x07\x5a\x11\x22\x33",
        expect: &[(Attribute::RtpSsrc, "4097")],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_in_clear_and_reports_beside_media_are_no_evidence() {
        let sample = |data, other| Sample { transport: Transport::Udp, data, other, ..Sample::EMPTY };
        let media = b"\x80\x08\x12\x35\x00\x00\x0a\xa0\xde\xad\xbe\xef";
        let clear = b"\x80\xc9\x00\x01\x5a\x11\x22\x33\x81\xca\x00\x04\x5a\x11\x22\x33\x01\x08ann@host\x00\x00";
        assert_eq!(probe(&sample(clear, &[])), Probe::No);
        assert_eq!(probe(&sample(EXAMPLES[0].data, media)), Probe::NeedMore);
        assert!(matches!(probe(&sample(EXAMPLES[0].data, EXAMPLES[0].data)), Probe::Match(_)));
    }
}
