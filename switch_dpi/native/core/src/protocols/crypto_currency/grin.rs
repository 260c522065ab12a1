//! Grin ("p2p" of the Grin node): a magic number of two bytes, type, size of eight bytes (big-endian), over TCP.

use crate::probing::answers::matched_if;
use crate::probing::beginnings::{Beginning, Byte, fits};
use crate::probing::examples::{client, server};
use crate::probing::numbers::u8_at;
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};
use Byte::{Any, In, Is};

/// Magic numbers of main and test network begin with `a` and `S`; types; sizes below 64 kB.
const HEADER: [Byte; 11] =
    [In(b'S', b'a'), In(b';', b'='), In(1, 2), Is(0), Is(0), Is(0), Is(0), Is(0), Is(0), Is(0), Any];

/// Grin.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "grin",
    name: "Grin",
    selector: 937,
    category: "crypto-currency",
    transports: &[Transport::Tcp],
    ports: &[3414, 13414],
    first_bytes: FirstBytes::Of(b"aS"),
    max_probe_size: HEADER.len(),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

/// Only the two messages that open a connection: hand and shake.
fn probe(sample: &Sample<'_>) -> Probe {
    let network_fits = match sample.data {
        [] | [b'a' | b'S'] => true,
        [first, second, ..] => matches!((first, second), (b'a', b'=') | (b'S', b';')),
        _ => false,
    };
    match fits(sample.data, &HEADER) {
        Beginning::Partial if network_fits => Probe::NeedMore,
        Beginning::Whole => {
            matched_if(network_fits && u8_at(sample.data, 10).is_some_and(|size| size > 24), 90, "opening", 11)
        }
        _ => Probe::No,
    }
}

const EXAMPLES: &[Example] = &[
    client("hand", b"\x61\x3d\x01\0\0\0\0\0\0\0\x72\x00\x00\x00\x03\x00\x00\x00\x0f\x01\x02\x03\x04\x05\x06\x07\x08"),
    server(
        "shake, test network",
        b"\x53\x3b\x02\0\0\0\0\0\0\0\x46\x00\x00\x00\x03\x00\x00\x00\x0f\x00\x00\x00\x00\x00\x00\x00\x01",
    ),
];
