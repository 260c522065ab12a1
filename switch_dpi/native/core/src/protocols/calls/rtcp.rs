//! RTCP (RFC 3550 §6) on a port of its own. Where it shares a port with RTP (RFC 5761), the media name the flow; encrypted it is
//! SRTP's.

use crate::bytes::Reader;
use crate::protocol::attributes::Attribute;
use crate::protocol::{
    Descriptor, Direction, Evidence, Example, Findings, FirstBytes, Inspector, Probe, Progress, Sample, Transport,
};

/// Version, padding and count, packet type, length, source (§6.4).
pub(crate) const HEADER_SIZE: usize = 8;

/// RTCP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "rtcp",
    name: "RTCP",
    selector: 223,
    category: "voip",
    transports: &[Transport::Udp],
    ports: &[5005],
    first_bytes: FirstBytes::Where(|byte| byte >> 6 == 2),
    probe,
    inspector: Some(|| Box::<Rtcp>::default()),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    let Some(form) = Form::of(sample.data) else { return Probe::No };
    let earlier = [sample.other, sample.reverse].into_iter().filter(|data| !data.is_empty());
    let before = earlier.clone().filter(|data| is_header(data)).count();
    if earlier.count() > before {
        return Probe::NeedMore; // the media are there too
    }
    let (confidence, what) = match (form, before) {
        (Form::Compound, 0) => (75, "compound packet"),
        (Form::Compound, _) => (90, "compound packets"),
        (Form::Single, 0) => (55, "packet"),
        (Form::Single, _) => (75, "packets"),
    };
    Probe::Match(Evidence { confidence, what, offset: 0, size: HEADER_SIZE as u16 })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// Several packets that fill the datagram.
    Compound,
    /// One that fills it.
    Single,
}

impl Form {
    fn of(data: &[u8]) -> Option<Self> {
        let (mut rest, mut packets) = (data, 0_usize);
        while let Some(after) = skip_packet(rest) {
            (rest, packets) = (after, packets + 1);
        }
        match (packets, rest.is_empty()) {
            (0, _) | (_, false) => None,
            (1, true) => Some(Self::Single),
            (_, true) => Some(Self::Compound),
        }
    }
}

/// What follows the packet at the start: report blocks and chunks must fit in it (§6.4.1, §6.4.2, §6.6).
pub(crate) fn skip_packet(data: &[u8]) -> Option<&[u8]> {
    let mut reader = Reader::new(data);
    let (first, kind, words) = (reader.u8()?, reader.u8()?, usize::from(reader.u16()?));
    let count = usize::from(first & 0x1f);
    let least = match kind {
        200 => 6 + 6 * count,
        201 => 1 + 6 * count,
        203 => count,
        204..=207 => 1,
        202 | 192..=195 | 208..=213 => 0,
        _ => return None,
    };
    reader.take(words * 4)?;
    (first >> 6 == 2 && words >= least).then(|| reader.rest())
}

/// A report or feedback whose packet fits.
pub(crate) fn is_header(data: &[u8]) -> bool {
    matches!(data, [first, 200..=207, ..] if first >> 6 == 2) && data.len() >= HEADER_SIZE
}

/// Reads the sources.
#[derive(Debug, Default)]
pub(crate) struct Rtcp {
    datagrams: u8,
}

impl Inspector for Rtcp {
    fn feed(&mut self, sample: &Sample<'_>, found: &mut Findings) -> Progress {
        const MAX_DATAGRAMS: u8 = 8;
        self.datagrams = self.datagrams.saturating_add(1);
        if is_header(sample.data)
            && let Some(source) = sample.data.get(4..).and_then(|rest| Reader::new(rest).u32())
        {
            found.uint(Attribute::RtpSsrc, source.into());
        }
        if self.datagrams >= MAX_DATAGRAMS { Progress::Done } else { Progress::Settled }
    }
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "receiver report and source description",
        transport: Transport::Udp,
        direction: Direction::Originator,
        data: b"\x80\xc9\x00\x01\x5a\x11\x22\x33\x81\xca\x00\x04\x5a\x11\x22\x33\x01\x08ann@host\x00\x00",
        expect: &[(Attribute::RtpSsrc, "1511072307")],
    },
    Example {
        title: "sender report, source description and goodbye",
        transport: Transport::Udp,
        direction: Direction::Responder,
        data: b"\x80\xc8\x00\x06\x00\x00\x10\x01\xea\x02\x12\x00\x91\x34\x00\x22\x00\x01\x5f\x90\x00\x00\x00\x64\x00\x00\x3e\x80\x81\xca\x00\x02\x00\x00\x10\x01\x01\x01x\x00\x81\xcb\x00\x01\x00\x00\x10\x01",
        expect: &[(Attribute::RtpSsrc, "4097")],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    fn sample<'a>(data: &'a [u8], other: &'a [u8]) -> Sample<'a> {
        Sample { transport: Transport::Udp, data, other, ..Sample::EMPTY }
    }

    #[test]
    fn a_packet_alone_is_a_guess_and_two_are_not() {
        let single = b"\x80\xc9\x00\x01\x5a\x11\x22\x33";
        assert!(matches!(probe(&sample(single, &[])), Probe::Match(evidence) if evidence.confidence < 60));
        assert!(matches!(probe(&sample(single, single)), Probe::Match(evidence) if evidence.confidence >= 60));
    }

    #[test]
    fn beside_media_it_waits() {
        let media = b"\x80\x08\x12\x35\x00\x00\x0a\xa0\xde\xad\xbe\xef";
        assert_eq!(probe(&sample(EXAMPLES[0].data, media)), Probe::NeedMore);
    }

    #[test]
    fn blocks_must_fit_in_their_packet() {
        assert_eq!(probe(&sample(b"\x82\xc9\x00\x01\x5a\x11\x22\x33", &[])), Probe::No);
        assert_eq!(probe(&sample(b"\x80\xc9\x00\x09\x5a\x11\x22\x33", &[])), Probe::No);
    }
}
