//! EVE Online over TCP (as open servers of the game describe it): packets of a size (little-endian) and a marshalled value, which
//! begins with 7e and how many values are shared; the first is a tuple of the server's versions.

use crate::probing::answers::matched_if;
use crate::probing::beginnings::{Beginning, Byte, fits};
use crate::probing::examples::{client, server};
use crate::probing::numbers::u8_at;
use crate::protocol::{Descriptor, Example, Probe, Sample, Transport};
use Byte::{Any, Is};

/// Size below 64 kB, mark of a marshalled value, nothing shared, type of the value.
const HEADER: [Byte; 10] = [Any, Any, Is(0), Is(0), Is(0x7e), Is(0), Is(0), Is(0), Is(0), Any];

/// EVE Online.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "eve-online-client",
    name: "EVE Online",
    selector: 956,
    category: "games",
    transports: &[Transport::Tcp],
    ports: &[26000],
    max_probe_size: HEADER.len(),
    probe,
    app: "eve-online",
    examples: EXAMPLES,
    ..Descriptor::BASE
};

/// Tuples of any size, of one, of two; texts and objects.
fn probe(sample: &Sample<'_>) -> Probe {
    match fits(sample.data, &HEADER) {
        Beginning::Whole => {
            let kind = u8_at(sample.data, 9).map_or(0, |kind| kind & 0x3f);
            matched_if(
                matches!(kind, 0x10 | 0x13 | 0x14 | 0x17 | 0x22 | 0x25 | 0x2c | 0x2e),
                80,
                "marshalled value",
                10,
            )
        }
        start => start.stream(0, "", 0),
    }
}

const EXAMPLES: &[Example] = &[
    server("versions of the server", b"\x24\x00\x00\x00\x7e\x00\x00\x00\x00\x14\x06\x04\x38\x2c\x00\x00\x05\x59\x01\x04\x10\x27\x00\x00\x0a\x3d\x0a\xd7\xa3\x70\x3d\x1d\x40\x04\x9a\xab\x05\x00\x01\x01"),
    client("a text", b"\x0a\x00\x00\x00\x7e\x00\x00\x00\x00\x10\x03abc"),
];
