//! RTP (RFC 3550), also beside its control protocol on one port (RFC 5761) and encrypted (RFC 3711: headers stay clear).
//!
//! An RTP header has no magic: two datagrams of one direction must continue each other. One datagram alone is a guess where its
//! size is that of a usual telephone codec.

use crate::bytes::Reader;
use crate::protocol::attributes::Attribute;
use crate::protocol::{
    Descriptor, Direction, Evidence, Example, Findings, FirstBytes, Inspector, Probe, Progress, Sample, Transport,
};

/// Up to the SSRC (RFC 3550 §5.1).
const FIXED_HEADER_SIZE: usize = 12;
/// Version, padding, extension and count, packet type, length, SSRC (RFC 3550 §6.4).
const RTCP_HEADER_SIZE: usize = 8;
/// Losses between two datagrams that still count as one stream (RFC 3550 appendix A.1 has MAX_DROPOUT 3000; a guess from
/// two datagrams must be stricter).
const MAX_SEQUENCE_GAP: u16 = 64;
/// How far back a reordered datagram may stand.
const MAX_REORDERING: u16 = 16;
/// Silence suppression leaves gaps: 93 s of a 90 kHz clock.
const MAX_TIMESTAMP_GAP: u32 = 1 << 23;
/// Datagrams read of one flow: both directions and several sources show within these.
const MAX_DATAGRAMS: u8 = 16;

/// RTP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "rtp",
    name: "RTP",
    selector: 61,
    category: "voip",
    transports: &[Transport::Udp],
    ports: &[5004],
    first_bytes: FirstBytes::Where(|byte| byte >> 6 == 2),
    max_probe_size: FIXED_HEADER_SIZE,
    probe,
    inspector: Some(|| Box::<Rtp>::default()),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    if is_rtcp(sample.data) {
        return Probe::NeedMore;
    }
    let Some(header) = Header::read(sample.data) else { return Probe::No };
    if header.is_too_short(sample.data.len()) {
        return Probe::No;
    }
    match Header::read(sample.other) {
        Some(previous) if header.continues(&previous) => Probe::Match(Evidence {
            confidence: 85,
            what: "two RTP headers in sequence",
            offset: 0,
            size: FIXED_HEADER_SIZE as u16,
        }),
        _ if header.carries_transport_stream(sample.data) => Probe::Match(Evidence {
            confidence: 90,
            what: "RTP with an MPEG transport stream",
            offset: 0,
            size: FIXED_HEADER_SIZE as u16,
        }),
        _ if sample.other.is_empty() && header.has_usual_size(sample.data.len()) => Probe::Match(Evidence {
            confidence: 55,
            what: "RTP header and the size of its codec",
            offset: 0,
            size: FIXED_HEADER_SIZE as u16,
        }),
        _ => Probe::NeedMore,
    }
}

/// Packet types 192 to 223 stand where RTP has a marker and payload types 64 to 95 (RFC 5761 §4).
fn is_rtcp(data: &[u8]) -> bool {
    matches!(data, [first, 192..=223, ..] if first >> 6 == 2) && data.len() >= RTCP_HEADER_SIZE
}

/// The fixed header (RFC 3550 §5.1).
#[derive(Clone, Copy, Debug)]
struct Header {
    sources: u8,
    has_extension: bool,
    payload_type: u8,
    sequence: u16,
    timestamp: u32,
    ssrc: u32,
}

impl Header {
    /// `None` unless version, payload type and source can be those of RTP.
    fn read(data: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(data);
        let [first, second] = reader.array()?;
        let header = Self {
            sources: first & 0x0f,
            has_extension: first & 0x10 != 0,
            payload_type: second & 0x7f,
            sequence: reader.u16()?,
            timestamp: reader.u32()?,
            ssrc: reader.u32()?,
        };
        // 64 to 95 are not used beside RTCP (RFC 5761 §4); a source of zero is a coincidence of zeros
        let is_plausible = first >> 6 == 2 && !matches!(header.payload_type, 64..=95) && header.ssrc != 0;
        is_plausible.then_some(header)
    }

    fn is_too_short(&self, size: usize) -> bool {
        let extension = if self.has_extension { 4 } else { 0 };
        size < FIXED_HEADER_SIZE + usize::from(self.sources) * 4 + extension
    }

    /// Payload type 33 and whole packets of a transport stream (RFC 2250 §2).
    fn carries_transport_stream(&self, data: &[u8]) -> bool {
        const PACKET_SIZE: usize = 188;
        const SYNC: u8 = 0x47;
        let payload = data.get(FIXED_HEADER_SIZE..).unwrap_or_default();
        let is_plain = self.sources == 0 && !self.has_extension && self.payload_type == 33;
        is_plain
            && payload.len() >= 2 * PACKET_SIZE
            && payload.len().is_multiple_of(PACKET_SIZE)
            && payload.chunks(PACKET_SIZE).all(|packet| packet.first() == Some(&SYNC))
    }

    /// 20 or 30 ms of a telephone codec behind a header without more (RFC 3551 §4.5).
    fn has_usual_size(&self, size: usize) -> bool {
        let payload = size.saturating_sub(FIXED_HEADER_SIZE);
        let fits = match self.payload_type {
            0 | 8 | 9 => matches!(payload, 160 | 240),
            3 => payload == 33,
            18 => matches!(payload, 20 | 30),
            4 => matches!(payload, 20 | 24),
            _ => false,
        };
        fits && self.sources == 0 && !self.has_extension
    }

    /// Same source, next in sequence (a few lost, or a little reordered), clock not far away.
    fn continues(&self, previous: &Self) -> bool {
        let (ahead, behind) =
            (self.sequence.wrapping_sub(previous.sequence), previous.sequence.wrapping_sub(self.sequence));
        let elapsed = self.timestamp.wrapping_sub(previous.timestamp);
        self.ssrc == previous.ssrc
            && ((1..=MAX_SEQUENCE_GAP).contains(&ahead) || (1..=MAX_REORDERING).contains(&behind))
            && elapsed.min(elapsed.wrapping_neg()) <= MAX_TIMESTAMP_GAP
            && (self.timestamp | previous.timestamp) != 0
    }

    /// The encoding of a static payload type (RFC 3551 §6, tables 4 and 5).
    const fn codec(&self) -> Option<&'static str> {
        Some(match self.payload_type {
            0 => "PCMU",
            3 => "GSM",
            4 => "G723",
            5 | 6 | 16 | 17 => "DVI4",
            7 => "LPC",
            8 => "PCMA",
            9 => "G722",
            10 | 11 => "L16",
            12 => "QCELP",
            13 => "CN",
            14 => "MPA",
            15 => "G728",
            18 => "G729",
            25 => "CelB",
            26 => "JPEG",
            28 => "nv",
            31 => "H261",
            32 => "MPV",
            33 => "MP2T",
            34 => "H263",
            _ => return None,
        })
    }
}

/// Reads the headers of the first datagrams.
#[derive(Debug, Default)]
struct Rtp {
    datagrams: u8,
}

impl Inspector for Rtp {
    fn feed(&mut self, sample: &Sample<'_>, found: &mut Findings) -> Progress {
        self.datagrams = self.datagrams.saturating_add(1);
        if is_rtcp(sample.data) {
            if let Some(ssrc) = sample.data.get(4..).and_then(|rest| Reader::new(rest).u32()) {
                found.uint(Attribute::RtpSsrc, ssrc.into());
            }
        } else if let Some(header) = Header::read(sample.data) {
            found.uint(Attribute::RtpPayloadType, header.payload_type.into());
            found.uint(Attribute::RtpSsrc, header.ssrc.into());
            if let Some(codec) = header.codec() {
                found.text(Attribute::RtpCodec, codec.as_bytes());
            }
        }
        if self.datagrams >= MAX_DATAGRAMS { Progress::Done } else { Progress::Settled }
    }
}

/// A header of payload type 33, and two packets of a transport stream that carry nothing.
const fn transport_stream() -> [u8; 388] {
    let mut bytes = [0xff; 388];
    let (header, rest) = bytes.split_at_mut(12);
    header.copy_from_slice(&[0x80, 33, 0x10, 1, 0x00, 0x01, 0x5f, 0x90, 0x12, 0x34, 0x56, 0x78]);
    let (first, second) = rest.split_at_mut(188);
    first.split_at_mut(4).0.copy_from_slice(&[0x47, 0x1f, 0xff, 0x10]);
    second.split_at_mut(4).0.copy_from_slice(&[0x47, 0x1f, 0xff, 0x10]);
    bytes
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "television",
        transport: Transport::Udp,
        direction: Direction::Responder,
        data: &transport_stream(),
        expect: &[(Attribute::RtpPayloadType, "33"), (Attribute::RtpCodec, "MP2T")],
    },
    Example {
        title: "20 ms of PCMU",
        transport: Transport::Udp,
        direction: Direction::Originator,
        data: b"\x80\x00\x12\x34\x00\x00\x0a\x00\xde\xad\xbe\xefUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUUU",
        expect: &[(Attribute::RtpPayloadType, "0"), (Attribute::RtpSsrc, "3735928559"), (Attribute::RtpCodec, "PCMU")],
    },
    Example {
        title: "20 ms of G.729, the first of a talk",
        transport: Transport::Udp,
        direction: Direction::Responder,
        data: b"\x80\x92\x00\x01\x00\x00\x00\xa0\x12\x34\x56\x78voicevoicevoicevoice",
        expect: &[(Attribute::RtpPayloadType, "18"), (Attribute::RtpCodec, "G729")],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: &[u8] = b"\x80\x88\x12\x34\x00\x00\x0a\x00\xde\xad\xbe\xefvoice";
    const SECOND: &[u8] = b"\x80\x08\x12\x35\x00\x00\x0a\xa0\xde\xad\xbe\xefvoice";

    fn sample<'a>(data: &'a [u8], other: &'a [u8]) -> Sample<'a> {
        let direction = Direction::Originator;
        Sample { transport: Transport::Udp, direction, data, other, responder_port: 40_002, ..Sample::EMPTY }
    }

    fn changed(at: usize, value: u8) -> Vec<u8> {
        let mut data = SECOND.to_vec();
        data[at] = value;
        data
    }

    #[test]
    fn two_datagrams_in_sequence_decide() {
        assert_eq!(probe(&sample(FIRST, &[])), Probe::NeedMore);
        assert!(matches!(probe(&sample(SECOND, FIRST)), Probe::Match(_)));
        assert!(matches!(probe(&sample(FIRST, SECOND)), Probe::Match(_)), "reordered");
    }

    #[test]
    fn a_datagram_that_does_not_continue_waits() {
        for (at, value, why) in [(3, 0x34, "repeated"), (2, 0x20, "jump"), (4, 0x40, "clock"), (8, 0, "another source")]
        {
            assert_eq!(probe(&sample(&changed(at, value), FIRST)), Probe::NeedMore, "{why}");
        }
    }

    #[test]
    fn what_is_not_rtp_is_refused() {
        let dtls = b"\x16\xfe\xfd\x00\x00\x00\x00\x00\x00\x00\x00\x00\x10\x01\x00\x00";
        let quic = b"\xc0\x00\x00\x00\x01\x08abcdefgh\x00\x00";
        for data in [&dtls[..], quic, &changed(1, 70), &SECOND[..11], b"\x8f\x00\x12\x35\0\0\0\x01\0\0\0\x01", b""] {
            assert_eq!(probe(&sample(data, FIRST)), Probe::No, "{data:?}");
        }
    }

    #[test]
    fn the_codec_of_a_static_type_is_named() {
        let (mut rtp, mut found) = (Rtp::default(), Findings::default());
        rtp.feed(&sample(SECOND, FIRST), &mut found);
        assert_eq!(found.values().len(), 3);
        rtp.feed(&sample(b"\x80\xc9\x00\x01\x5a\x11\x22\x33", SECOND), &mut found);
        assert_eq!(found.values().len(), 4, "RTCP adds its source and no payload type");
    }
}
