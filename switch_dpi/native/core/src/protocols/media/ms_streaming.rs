//! Microsoft Media Server protocol (MS-MMSP): messages of its TCP form.

use crate::probing::answers::matched;
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

/// Version 1, a session's mark 0xb00bface, size, `MMS `.
const START: [Option<u8>; 16] = [
    Some(1),
    None,
    None,
    None,
    Some(0xce),
    Some(0xfa),
    Some(0x0b),
    Some(0xb0),
    None,
    None,
    None,
    None,
    Some(b'M'),
    Some(b'M'),
    Some(b'S'),
    Some(b' '),
];

/// MMS of Windows Media.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "ms-streaming",
    name: "MS-MMSP",
    selector: 759,
    category: "streaming-protocol",
    transports: &[Transport::Tcp],
    ports: &[1755],
    first_bytes: FirstBytes::Of(&[1]),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    let fits = sample.data.iter().zip(START).all(|(byte, wanted)| wanted.is_none_or(|wanted| wanted == *byte));
    match fits {
        false => Probe::No,
        true if sample.data.len() < START.len() => Probe::NeedMore,
        true => matched(100, "MMS message", START.len()),
    }
}

const EXAMPLES: &[Example] = &[
    client("a client connects", b"\x01\x00\x00\x00\xce\xfa\x0b\xb0\x50\x00\x00\x00MMS \x0a\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\xf0\x3f\x08\x00\x00\x00\x01\x00\x03\x00"),
    server("the server answers", b"\x01\x00\x00\x00\xce\xfa\x0b\xb0\x80\x00\x00\x00MMS \x10\x00\x00\x00\x00\x00\x00\x00"),
];
