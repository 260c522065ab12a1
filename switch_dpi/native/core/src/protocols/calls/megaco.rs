//! Megaco, also H.248 (RFC 3525, ITU-T H.248.1): a controller commands media gateways, in text or in BER; over TCP behind TPKT
//! headers (RFC 3525 §D.2).

use crate::bytes::Reader;
use crate::formats::h323::Messages;
use crate::formats::sdp::expect_media;
use crate::probing::answers::matched;
use crate::probing::examples::{client, query, reply};
use crate::probing::lines::starts_with_ignoring_case;
use crate::protocol::{Descriptor, Example, Findings, FirstBytes, Inspector, Probe, Progress, Sample, Transport};

/// Datagrams read of one flow.
const MAX_DATAGRAMS: u8 = 16;
/// What says enough of a message: version and sender, or the tags of BER.
const MIN_START_SIZE: usize = 16;

/// Megaco.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "megaco",
    name: "Megaco",
    selector: 715,
    category: "voip",
    transports: &[Transport::Udp, Transport::Tcp],
    ports: &[2944, 2945],
    first_bytes: FirstBytes::Of(b"!Mm0Aa\x03"),
    max_probe_size: 256,
    probe,
    inspector: Some(|| Box::<Megaco>::default()),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    if !sample.transport.is_stream() {
        return probe_message(sample.data);
    }
    let mut reader = Reader::new(sample.data);
    let (version, size) = (reader.take(2), reader.u16());
    match (version, size) {
        (Some([3, 0]) | None, None) if matches!(sample.data.first(), None | Some(3)) => Probe::NeedMore,
        (Some([3, 0]), Some(size)) if size > 16 && reader.rest().len() < MIN_START_SIZE => may_begin(reader.rest()),
        (Some([3, 0]), Some(size)) if size > 16 => probe_message(reader.rest()),
        _ => Probe::No,
    }
}

/// Whether the first bytes of a stream's message can become one.
fn may_begin(start: &[u8]) -> Probe {
    let fits = matches!(start.first(), None | Some(b'!' | b'M' | b'm' | b'0' | b'A' | b'a'));
    if fits { Probe::NeedMore } else { Probe::No }
}

fn probe_message(data: &[u8]) -> Probe {
    if let [0x30, ..] = data {
        return if is_binary(data).is_some() { matched(75, "Megaco message in BER", 8) } else { Probe::No };
    }
    // authentication may stand before the message (RFC 3525 §10.2)
    let message = if starts_with_ignoring_case(data, b"AU=") || starts_with_ignoring_case(data, b"Authentication=") {
        data.iter().position(|byte| *byte == b'\n').and_then(|at| data.get(at + 1..)).unwrap_or_default()
    } else {
        data
    };
    let Some(rest) = after_version(message) else { return Probe::No };
    match rest.trim_ascii_start() {
        [b'[' | b'<', _, ..] => matched(95, "Megaco message", 12),
        [byte, ..] if byte.is_ascii_alphabetic() => matched(90, "Megaco message", 12),
        _ => Probe::No,
    }
}

/// What follows `MEGACO/1 ` or `!/1 `: who sends it.
fn after_version(message: &[u8]) -> Option<&[u8]> {
    let rest =
        if starts_with_ignoring_case(message, b"MEGACO/") { message.get(7..) } else { message.strip_prefix(b"!/") }?;
    match rest {
        [b'1'..=b'9', b' ' | b'\t' | b'\r' | b'\n', rest @ ..] => Some(rest),
        _ => None,
    }
}

/// MegacoMessage (H.248.1 annex A): sequence, message [1], version [0], sender [1].
fn is_binary(data: &[u8]) -> Option<()> {
    let mut reader = Reader::new(data);
    let size = read_tag(&mut reader, 0x30)?;
    let inner = read_tag(&mut reader, 0xa1)?;
    let is_nested = size.is_none_or(|size| inner.is_none_or(|inner| inner < size));
    let version: [u8; 3] = reader.array()?;
    let sender: [u8; 2] = reader.array()?;
    let fits = is_nested && matches!(version, [0x80, 1, 1..=3]) && matches!(sender, [0xa1, 4..=0x7f]);
    let address: [u8; 1] = reader.array()?;
    (fits && matches!(address, [0xa0..=0xa1 | 0x82..=0x84])).then_some(())
}

/// The size behind a tag, outer `None` if it is another; inner `None` for the indefinite form.
fn read_tag(reader: &mut Reader<'_>, wanted: u8) -> Option<Option<usize>> {
    if reader.u8()? != wanted {
        return None;
    }
    match reader.u8()? {
        0x80 => Some(None),
        0x81 => Some(Some(reader.u8()?.into())),
        0x82 => Some(Some(reader.u16()?.into())),
        size @ 0..=0x7f => Some(Some(size.into())),
        _ => None,
    }
}

/// Reads the session descriptions of the first messages.
#[derive(Debug, Default)]
struct Megaco {
    datagrams: u8,
    stream: Messages,
}

impl Inspector for Megaco {
    fn feed(&mut self, sample: &Sample<'_>, found: &mut Findings) -> Progress {
        if sample.transport.is_stream() {
            let by = sample.direction;
            let is_open = self.stream.each(by, sample.data, |message| expect_media(message, by, found));
            return if is_open { Progress::Settled } else { Progress::Done };
        }
        self.datagrams = self.datagrams.saturating_add(1);
        if sample.data.first() != Some(&0x30) {
            expect_media(sample.data, sample.direction, found);
        }
        if self.datagrams >= MAX_DATAGRAMS { Progress::Done } else { Progress::Settled }
    }
}

const EXAMPLES: &[Example] = &[
    query("a gateway registers", b"MEGACO/1 [192.0.2.10]:2944\nTransaction=9998{Context=-{ServiceChange=ROOT{Services{Method=Restart,ServiceChangeAddress=2944}}}}"),
    reply("the short form of a reply", b"!/1 <mgc.example.net>:2944\nP=9998{C=-{SC=ROOT}}"),
    client(
        "a gateway is told to listen, over TCP",
        b"\x03\0\0\xaeMEGACO/1 [192.0.2.20]:2944\nTransaction=1{Context=${Add=A1,Add=${Media{Stream=1{LocalControl{Mode=ReceiveOnly},Local{\nv=0\nc=IN IP4 192.0.2.30\nm=audio 2222 RTP/AVP 4\n}}}}}}",
    ),
    query("in BER", b"\x30\x1d\xa1\x1b\x80\x01\x01\xa1\x08\xa0\x06\x80\x04\xc0\x00\x02\x0a\xa2\x0c\xa1\x0a\xa0\x08\x80\x01\x01\xa1\x03\x30\x01\x00"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn media_of_a_stream_are_expected() {
        let (mut megaco, mut found) = (Megaco::default(), Findings::default());
        let Some(example) = EXAMPLES.iter().find(|example| example.transport == Transport::Tcp) else { unreachable!() };
        for end in 0..=example.data.len() {
            megaco.feed(&Sample { data: &example.data[..end], ..Sample::EMPTY }, &mut found);
        }
        assert_eq!(found.take_expected().iter().map(|e| e.port).collect::<Vec<_>>(), [2222, 2223]);
    }

    #[test]
    fn other_ber_is_refused() {
        for data in
            [&b"\x30\x26\x02\x01\x01\x04\x06public"[..], b"\x30\x0c\xa1\x0a\x80\x01\x09\xa1\x08\xa0", b"!/x", b"MEGACO"]
        {
            assert_eq!(probe(&Sample { transport: Transport::Udp, data, ..Sample::EMPTY }), Probe::No, "{data:?}");
        }
    }
}
