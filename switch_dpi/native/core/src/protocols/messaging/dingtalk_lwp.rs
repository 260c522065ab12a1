//! DingTalk's own connection: a hello of tagged fields that names the application.

use crate::probing::answers::matched;
use crate::probing::examples::client;
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

/// Kind, size of what follows, flags; field 1 (one byte), field 2 (two bytes: `dk`), field 3.
const START: [Option<u8>; 14] = [
    Some(0x10),
    None,
    None,
    Some(0x80),
    Some(1),
    Some(0),
    Some(1),
    None,
    Some(2),
    Some(0),
    Some(2),
    Some(b'd'),
    Some(b'k'),
    Some(3),
];

/// DingTalk.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "dingtalk-lwp",
    name: "DingTalk",
    selector: 724,
    category: "messaging",
    transports: &[Transport::Tcp],
    ports: &[443],
    first_bytes: FirstBytes::Of(&[0x10]),
    probe,
    app: "dingtalk",
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    let fits = sample.data.iter().zip(START).all(|(byte, wanted)| wanted.is_none_or(|wanted| wanted == *byte));
    match fits {
        false => Probe::No,
        true if sample.data.len() < START.len() => Probe::NeedMore,
        true => matched(95, "DingTalk hello", START.len()),
    }
}

const EXAMPLES: &[Example] = &[
    client("an Android client", b"\x10\x2e\x87\x80\x01\x00\x01\x00\x02\x00\x02dk\x03\x00\x08\xa1\xb2\xc3\xd4\xe5\xf6\x07\x18\x84\x00\x14android/3.0-dingtalk"),
    client("a client with other flags", b"\x10\x18\x03\x80\x01\x00\x01\x01\x02\x00\x02dk\x03\x00\x08\xa1\xb2\xc3\xd4\xe5\xf6\x07\x18"),
];
