//! The Elder Scrolls Online, as observed: a client's first message over TCP has two sizes, the outer four bytes less than the
//! stream, the inner eight less than the outer, and two ones between them; big-endian.

use crate::probing::answers::matched_if;
use crate::probing::beginnings::{Beginning, Byte, fits};
use crate::probing::examples::client;
use crate::probing::numbers::u32_at;
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};
use Byte::{Any, Is};

/// Outer size, version, kind, inner size.
const HEADER: [Byte; 12] = [Is(0), Is(0), Any, Any, Is(0), Is(1), Is(0), Is(1), Is(0), Is(0), Any, Any];

/// The Elder Scrolls Online.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "tes-online",
    name: "TES Online",
    selector: 914,
    category: "games",
    transports: &[Transport::Tcp],
    first_bytes: FirstBytes::Of(&[0]),
    max_probe_size: HEADER.len(),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    match fits(sample.data, &HEADER) {
        Beginning::Other => Probe::No,
        Beginning::Partial => Probe::NeedMore,
        Beginning::Whole => {
            let (outer, inner) = (u32_at(sample.data, 0), u32_at(sample.data, 8));
            let agree = outer.zip(inner).is_some_and(|(outer, inner)| inner > 0 && outer.checked_sub(8) == Some(inner));
            matched_if(agree, 90, "first message", 12)
        }
    }
}

const EXAMPLES: &[Example] = &[
    client(
        "account and language",
        b"\x00\x00\x00\x1e\x00\x01\x00\x01\x00\x00\x00\x16\x01\x10\x00\x0aadventurer\x00\x00\x02en\x00\x00\x00",
    ),
    client(
        "session and version",
        b"\x00\x00\x00\x2e\x00\x01\x00\x01\x00\x00\x00\x26\x2b\xf0\x00\x08787dacfb\x00\x00\x16eso.live.9.3.6.2849903",
    ),
];
