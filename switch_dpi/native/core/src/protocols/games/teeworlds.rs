//! Teeworlds and DDNet: messages to servers outside a connection, over UDP (the game's source): ten bytes 0xff (or "xe" and a
//! token, with four), then a word of four letters.

use crate::probing::answers::matched_if;
use crate::probing::examples::query;
use crate::probing::search::has;
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

/// Words of servers and master servers.
const WORDS: [&[u8]; 12] =
    [b"gie3", b"inf3", b"iext", b"iex+", b"req2", b"lis2", b"cou2", b"siz2", b"bea2", b"fwch", b"fwok", b"dtsf"];
/// Where the word stands.
const WORD_AT: usize = 10;

/// Teeworlds.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "teeworlds",
    name: "Teeworlds",
    selector: 951,
    category: "games",
    transports: &[Transport::Udp],
    ports: &[8303, 8300],
    first_bytes: FirstBytes::Of(&[0xff, b'x']),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    let data = sample.data;
    let is_outside = has(data, 0, &[0xff; WORD_AT]) || has(data, 0, b"xe") && has(data, 6, &[0xff; 4]);
    matched_if(is_outside && WORDS.iter().any(|word| has(data, WORD_AT, word)), 95, "message", 14)
}

const EXAMPLES: &[Example] = &[
    query("information", b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xffgie3\x07"),
    query("information, DDNet", b"xe\x5a\x11\x00\x00\xff\xff\xff\xffgie3\x07"),
];
