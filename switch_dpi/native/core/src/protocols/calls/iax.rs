//! IAX2 (RFC 5456): calls between Asterisk exchanges, signalling and speech on one port.

use crate::bytes::Reader;
use crate::probing::answers::matched;
use crate::probing::examples::{query, reply, telling};
use crate::protocol::attributes::Attribute;
use crate::protocol::{Descriptor, Example, Findings, FirstBytes, Inspector, Probe, Progress, Sample, Transport};

/// A full frame up to its subclass (RFC 5456 §8.1.1).
const HEADER_SIZE: usize = 12;
const FRAME_IAX: u8 = 6;
/// The highest subclass of IAX frames (CALLTOKEN, RFC 5456 §8.4).
const MAX_SUBCLASS: u8 = 0x28;
/// The highest information element (CALLTOKEN, RFC 5456 §8.6.33 ends at 0x36).
const MAX_ELEMENT: u8 = 0x38;
/// Datagrams read of one flow.
const MAX_DATAGRAMS: u8 = 16;

/// IAX2.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "iax",
    name: "IAX",
    selector: 716,
    category: "voip",
    transports: &[Transport::Udp],
    ports: &[4569],
    first_bytes: FirstBytes::Where(|byte| byte & 0x80 != 0),
    probe,
    inspector: Some(|| Box::<Iax>::default()),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

struct Frame<'a> {
    source: u16,
    destination: u16,
    outbound: u8,
    inbound: u8,
    subclass: u8,
    elements: &'a [u8],
}

/// A full frame of type IAX; `None` for others.
fn read_frame(data: &[u8]) -> Option<Frame<'_>> {
    let mut reader = Reader::new(data);
    let (source, destination) = (reader.u16()?, reader.u16()?);
    let _time = reader.u32()?;
    let [outbound, inbound, kind, subclass] = reader.array()?;
    let is_full = source & 0x8000 != 0 && source & 0x7fff != 0;
    let is_signalling = kind == FRAME_IAX && matches!(subclass, 1..=MAX_SUBCLASS);
    let frame = Frame {
        source: source & 0x7fff,
        destination: destination & 0x7fff,
        outbound,
        inbound,
        subclass,
        elements: reader.rest(),
    };
    (is_full && is_signalling).then_some(frame)
}

/// Information elements (RFC 5456 §8.6): kind, size, value.
struct Elements<'a>(Reader<'a>);

impl<'a> Iterator for Elements<'a> {
    type Item = (u8, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let mut ahead = self.0;
        let element = (ahead.u8().filter(|kind| (1..=MAX_ELEMENT).contains(kind))?, ahead.vector8()?);
        self.0 = ahead;
        Some(element)
    }
}

fn probe(sample: &Sample<'_>) -> Probe {
    let Some(frame) = read_frame(sample.data) else { return Probe::No };
    let mut elements = Elements(Reader::new(frame.elements));
    let count = elements.by_ref().count();
    if !elements.0.is_empty() {
        return Probe::No;
    }
    let begins_call = frame.destination == 0 && frame.outbound == 0 && frame.inbound == 0;
    let answers = read_frame(sample.reverse)
        .is_some_and(|other| frame.destination == other.source && frame.inbound == other.outbound.wrapping_add(1));
    match count {
        _ if answers => matched(90, "answered IAX frame", HEADER_SIZE),
        1.. if begins_call => matched(90, "IAX frame that begins a call", HEADER_SIZE),
        0 if begins_call => matched(75, "IAX poke", HEADER_SIZE),
        2.. if frame.outbound <= 1 && frame.inbound <= 2 => matched(75, "IAX frame with its elements", HEADER_SIZE),
        _ => Probe::NeedMore,
    }
}

/// Reads who calls whom from the first frames.
#[derive(Debug, Default)]
struct Iax {
    datagrams: u8,
}

impl Inspector for Iax {
    fn feed(&mut self, sample: &Sample<'_>, found: &mut Findings) -> Progress {
        const NEW: u8 = 1;
        self.datagrams = self.datagrams.saturating_add(1);
        if let Some(frame) = read_frame(sample.data).filter(|frame| frame.subclass == NEW) {
            for (kind, value) in Elements(Reader::new(frame.elements)) {
                match kind {
                    1 => found.text(Attribute::IaxCallee, value),
                    2 => found.text(Attribute::IaxCaller, value),
                    _ => {}
                }
            }
        }
        if self.datagrams >= MAX_DATAGRAMS { Progress::Done } else { Progress::Settled }
    }
}

const EXAMPLES: &[Example] = &[
    telling(query("NEW", b"\x80\x01\x00\x00\x00\x00\x00\x03\x00\x00\x06\x01\x0b\x02\x00\x02\x01\x04\x32\x30\x30\x31\x02\x04\x31\x30\x30\x31\x06\x03ann\x09\x04\x00\x00\x00\x04"), &[(Attribute::IaxCallee, "2001"), (Attribute::IaxCaller, "1001")]),
    query("POKE", b"\x80\x07\x00\x00\x00\x00\x00\x02\x00\x00\x06\x1e"),
    reply("ACCEPT", b"\x80\x05\x00\x01\x00\x00\x00\x12\x00\x01\x06\x07\x09\x04\x00\x00\x00\x04\x38\x08\x00\x00\x00\x00\x00\x00\x00\x04"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_acknowledgement_waits_for_its_other_end() {
        let sample = |data, reverse| Sample { transport: Transport::Udp, data, reverse, ..Sample::EMPTY };
        let ack = b"\x80\x05\x00\x01\x00\x00\x00\x12\x01\x01\x06\x04";
        let new = EXAMPLES.first().map(|example| example.data).unwrap_or_default();
        assert_eq!(probe(&sample(ack, b"")), Probe::NeedMore);
        assert!(matches!(probe(&sample(ack, new)), Probe::Match(_)));
        assert_eq!(probe(&sample(b"\x80\x00\x12\x34\0\0\0\x01\0\0\x06\x01", b"")), Probe::No);
    }
}
