//! frp, the reverse proxy (`pkg/msg` of fatedier/frp): a letter, a size of 64 bits and an object in JSON; newer versions hide it
//! in TLS.

use crate::probing::answers::matched;
use crate::probing::beginnings::{Beginning, begins};
use crate::protocol::{Descriptor, Direction, Example, FirstBytes, Probe, Sample, Transport};

/// Login, its response, a new work connection.
const LETTERS: &[u8] = b"o1w";
/// The upper six bytes of the size: messages have at most 10,240 bytes.
const UPPER_SIZE: &[u8] = &[0; 6];
/// Where the object begins.
const OBJECT: usize = 9;
/// Its first key.
const KEYS: [&[u8]; 3] = [b"{\"version\":\"", b"{\"run_id\":\"", b"{\"error\":\""];

/// frp.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "frp",
    name: "frp",
    selector: 1268,
    category: "vpn",
    risk: Some(80),
    transports: &[Transport::Tcp],
    ports: &[7000],
    first_bytes: FirstBytes::Of(LETTERS),
    max_probe_size: OBJECT + 12,
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    let data = sample.data;
    let letter_fits = data.first().is_none_or(|letter| LETTERS.contains(letter));
    let size_fits = begins(data.get(1..).unwrap_or_default(), UPPER_SIZE) != Beginning::Other;
    let object = data.get(OBJECT..).unwrap_or_default();
    let fits = KEYS.map(|key| begins(object, key));
    if !letter_fits || !size_fits {
        Probe::No
    } else if fits.contains(&Beginning::Whole) {
        matched(100, "message in JSON", OBJECT)
    } else if fits.contains(&Beginning::Partial) {
        Probe::NeedMore
    } else {
        Probe::No
    }
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "login",
        transport: Transport::Tcp,
        direction: Direction::Originator,
        data: b"o\0\0\0\0\0\0\0\x33{\"version\":\"0.37.1\",\"hostname\":\"\",\"os\":\"linux\",\"a\":1}",
        expect: &[],
    },
    Example {
        title: "work connection",
        transport: Transport::Tcp,
        direction: Direction::Originator,
        data: b"w\0\0\0\0\0\0\0\x1d{\"run_id\":\"8b15c49a3ed760f2\"}",
        expect: &[],
    },
];
