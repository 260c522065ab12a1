//! ITU-T H.245 over TPKT: how the ends of an H.323 call agree on media. Its first message names the protocol; the media of the
//! channels that are opened are announced ([`crate::h323`]).

use crate::bytes::Reader;
use crate::formats::h323::{Messages, control};
use crate::probing::answers::matched;
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, Findings, FirstBytes, Inspector, Probe, Progress, Sample, Transport};

/// TPKT (RFC 1006 §6) without its size, request, terminalCapabilitySet; then, after a sequence number, the protocol's object
/// identifier `{itu-t(0) recommendation(0) h(8) 245 version(0)}`.
const START: [Option<u8>; 13] = [
    Some(3),
    Some(0),
    None,
    None,
    Some(2),
    Some(0x70),
    None,
    Some(6),
    Some(0),
    Some(8),
    Some(0x81),
    Some(0x75),
    Some(0),
];

/// H.245.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "h245",
    name: "H.245",
    selector: 713,
    category: "voip",
    transports: &[Transport::Tcp],
    first_bytes: FirstBytes::Of(&[3]),
    probe,
    inspector: Some(|| Box::<Channels>::default()),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    let fits = sample.data.iter().zip(START).all(|(byte, wanted)| wanted.is_none_or(|wanted| wanted == *byte));
    let size = sample.data.get(2..).and_then(|rest| Reader::new(rest).u16());
    match fits && size.is_none_or(|size| usize::from(size) > START.len()) {
        false => Probe::No,
        true if sample.data.len() < START.len() => Probe::NeedMore,
        true => matched(95, "H.245 terminal capabilities", START.len()),
    }
}

/// Follows the channels that are opened.
#[derive(Debug, Default)]
struct Channels(Messages);

impl Inspector for Channels {
    fn feed(&mut self, sample: &Sample<'_>, found: &mut Findings) -> Progress {
        let direction = sample.direction;
        let is_open = self.0.each(direction, sample.data, |message| {
            let _may_be_another = control::read(message, direction, found);
        });
        if is_open { Progress::Settled } else { Progress::Done }
    }
}

const EXAMPLES: &[Example] = &[
    client("capabilities of the caller", b"\x03\x00\x00\x24\x02\x70\x01\x06\x00\x08\x81\x75\x00\x07\x80\x12\x80\x00\x01\x3c\x00\x01\x00\x00\x01\x00\x00\x01\x00\x00\x02\x20\xc0\x13\x80\x00"),
    client("capabilities, and a channel of H.263 is opened", b"\x03\x00\x00\x24\x02\x70\x01\x06\x00\x08\x81\x75\x00\x07\x80\x12\x80\x00\x01\x3c\x00\x01\x00\x00\x01\x00\x00\x01\x00\x00\x02\x20\xc0\x13\x80\x00\x03\x00\x00\x22\x03\x00\x00\x02\x08\xcc\x00\x14\x0c\x7f\x04\x00\x11\x14\x00\x02\x00\xc0\x00\x02\x05\x13\x8c\x00\xc0\x00\x02\x05\x13\x8d"),
    server("capabilities of the called", b"\x03\x00\x00\x18\x02\x70\x02\x06\x00\x08\x81\x75\x00\x0b\x80\x12\x80\x00\x01\x3c\x00\x01\x00\x00"),
];
