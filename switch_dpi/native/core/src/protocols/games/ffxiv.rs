//! Final Fantasy XIV over TCP: bundles that begin with 16 magic bytes (as its open tools describe them), little-endian.

use crate::probing::beginnings::begins;
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

/// In front of every bundle that is not a keep-alive.
const MAGIC: &[u8] = b"\x52\x52\xa0\x41\xff\x5d\x46\xe2\x7f\x2a\x64\x4d\x7b\x99\xc4\x75";

/// Final Fantasy XIV.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "ffxiv",
    name: "Final Fantasy XIV",
    selector: 955,
    category: "games",
    transports: &[Transport::Tcp],
    ports: &[54992, 54993, 54994, 55006, 55007],
    first_bytes: FirstBytes::Of(&[0x52]),
    max_probe_size: MAGIC.len(),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    begins(sample.data, MAGIC).stream(100, "magic bytes", 16)
}

const EXAMPLES: &[Example] = &[
    server("bundle of a server", b"\x52\x52\xa0\x41\xff\x5d\x46\xe2\x7f\x2a\x64\x4d\x7b\x99\xc4\x75\x90\x01\x5a\x11\x8c\x01\x00\x00\x40\x00\x00\x00\x00\x00\x01\x00\x01\x00\x00\x00\x00\x00\x00\x00"),
    client("bundle of a client", b"\x52\x52\xa0\x41\xff\x5d\x46\xe2\x7f\x2a\x64\x4d\x7b\x99\xc4\x75\x91\x01\x5a\x11\x8c\x01\x00\x00\x38\x00\x00\x00\x00\x00\x01\x00\x01\x01\x00\x00\x00\x00\x00\x00"),
];
