//! ROC Plus, by which Emerson's flow computers are asked ("ROC Plus Protocol Specifications Manual" §2), over TCP and UDP: unit and
//! group of the destination, then of the source, opcode, size, data, check sequence.

use crate::bytes::Reader;
use crate::formats::checks::crc16_reflected;
use crate::probing::answers::matched;
use crate::protocol::{Descriptor, Direction, Example, Probe, Sample, Transport};

/// Addresses, opcode, size.
const HEADER_SIZE: usize = 6;
/// CRC-16 with the polynomial 0x8005, reflected, from zero on; low byte first.
const SEQUENCE_SIZE: usize = 2;
/// What answers when an opcode fails.
const FAILED: u8 = 255;
const PORT: u16 = 4000;

/// ROC Plus.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "roc-plus",
    name: "ROC Plus",
    selector: 1803,
    category: "industrial",
    transports: &[Transport::Tcp, Transport::Udp],
    ports: &[PORT],
    max_probe_size: HEADER_SIZE + 255 + SEQUENCE_SIZE,
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

/// One message and no more: who asks waits. Its check sequence is enough at the usual port; elsewhere the other end must agree.
fn probe(sample: &Sample<'_>) -> Probe {
    let theirs = if sample.transport.is_stream() { sample.other } else { sample.reverse };
    let Some(message) = Message::read(sample.data) else { return Probe::No };
    let whole = match (message.is_whole, sample.transport.is_stream()) {
        (Some(is_whole), _) => is_whole,
        (None, is_stream) => return if is_stream { Probe::NeedMore } else { Probe::No },
    };
    let answers = Message::read(theirs).is_some_and(|asked| message.answers(&asked));
    let is_usual = [sample.originator_port, sample.responder_port].contains(&PORT);
    match (whole, answers, is_usual) {
        (false, _, _) => Probe::No,
        (true, true, _) => matched(92, "ROC Plus message and its answer", sample.data.len()),
        (true, false, true) => matched(85, "ROC Plus message", sample.data.len()),
        (true, false, false) => matched(56, "ROC Plus message", sample.data.len()),
    }
}

struct Message {
    destination: [u8; 2],
    source: [u8; 2],
    opcode: u8,
    /// Whether size and check sequence fit; `None` while bytes are missing.
    is_whole: Option<bool>,
}

impl Message {
    /// `None` where no message begins.
    fn read(data: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(data);
        let (destination, source) = (reader.array().unwrap_or_default(), reader.array().unwrap_or_default());
        let Some([opcode, size]) = reader.array() else {
            return Some(Self { destination, source, opcode: 0, is_whole: None });
        };
        let total = HEADER_SIZE + usize::from(size) + SEQUENCE_SIZE;
        let fits = || {
            let (checked, sequence) = data.split_last_chunk::<SEQUENCE_SIZE>()?;
            Some(crc16_reflected(0xa001, 0, checked) == u16::from_le_bytes(*sequence))
        };
        let is_whole = if data.len() < total { None } else { Some(data.len() == total && fits() == Some(true)) };
        is_opcode(opcode).then_some(Self { destination, source, opcode, is_whole })
    }

    fn answers(&self, asked: &Self) -> bool {
        let is_same = self.opcode == asked.opcode || self.opcode == FAILED;
        asked.is_whole == Some(true) && is_same && self.destination == asked.source && self.source == asked.destination
    }
}

/// Those of the manual's §2.2.
const fn is_opcode(opcode: u8) -> bool {
    matches!(
        opcode,
        6..=8 | 10 | 11 | 17 | 24 | 50 | 100 | 103 | 105 | 107 | 108 | 118..=122 | 128..=139 | 165..=167 | 180 | 181 | 203..=206
            | 224 | 225 | FAILED
    )
}

const fn message(title: &'static str, transport: Transport, direction: Direction, data: &'static [u8]) -> Example {
    Example { title, transport, direction, data, expect: &[] }
}

const EXAMPLES: &[Example] = &[
    message("the clock is asked", Transport::Tcp, Direction::Originator, b"\x01\x02\x03\x01\x07\x00\x2b\xa5"),
    message("log-in", Transport::Tcp, Direction::Originator, b"\x01\x02\x03\x01\x11\x05LOI\xe8\x03\xa9\x93"),
    message(
        "a parameter",
        Transport::Udp,
        Direction::Responder,
        b"\x03\x01\x01\x02\xb4\x05\x01\x5b\x00\x00\x07\x49\xb0",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(data: &[u8], other: &[u8], responder_port: u16) -> Probe {
        probe(&Sample { data, other, responder_port, ..Sample::EMPTY })
    }

    #[test]
    fn a_message_is_sure_at_its_port_or_with_its_answer() {
        let (asked, answered) = (&b"\x01\x02\x03\x01\xb4\x04\x01\x5b\x00\x00\x82\x2b"[..], EXAMPLES[2].data);
        let confidence = |probe| if let Probe::Match(evidence) = probe { evidence.confidence } else { 0 };
        assert_eq!(confidence(answer(asked, b"", 9)), 56);
        assert_eq!(confidence(answer(asked, b"", PORT)), 85);
        assert_eq!(confidence(answer(answered, asked, 9)), 92);
        for end in 1..asked.len() {
            assert_eq!(answer(&asked[..end], b"", PORT), Probe::NeedMore, "{end}");
        }
        assert_eq!(answer(&[asked, b"\0"].concat(), b"", PORT), Probe::No);
        assert_eq!(answer(b"\x01\x02\x03\x01\x05\x00\0\0", b"", PORT), Probe::No);
    }
}
