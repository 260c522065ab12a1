//! Xbox SmartGlass: discovery, waking up and connecting over UDP ("Simple message" of the OpenXbox documentation): type, sizes,
//! version, big-endian.

use crate::bytes::Reader;
use crate::probing::answers::matched_if;
use crate::probing::examples::{query, reply, telling};
use crate::probing::numbers::u16_at;
use crate::probing::readers::Reading;
use crate::protocol::attributes::Attribute;
use crate::protocol::{Descriptor, Example, Findings, FirstBytes, Probe, Progress, Sample, Transport};

/// Type, size, version.
const HEADER_SIZE: usize = 6;
/// Connecting adds a size, and a digest of 32 bytes.
const CONNECT_EXTRA_SIZE: usize = 2 + 32;
/// Encrypted payload is filled up to this.
const BLOCK_SIZE: usize = 16;
const DISCOVERED: u16 = 0xdd01;

/// Xbox.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "xbox-smartglass",
    name: "Xbox",
    selector: 949,
    category: "games",
    transports: &[Transport::Udp],
    ports: &[5050],
    first_bytes: FirstBytes::Of(&[0xdd, 0xcc]),
    probe,
    inspector: Some(|| Box::new(Reading(read))),
    app: "xbox",
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    let data = sample.data;
    let (Some(kind), Some(size)) = (u16_at(data, 0), u16_at(data, 2).map(usize::from)) else { return Probe::No };
    let version_fits = |at| u16_at(data, at).is_some_and(|version| version <= 2);
    let fits = match kind {
        0xdd00..=0xdd02 => version_fits(4) && data.len() == HEADER_SIZE + size,
        0xcc00 | 0xcc01 => {
            let sealed = u16_at(data, 4).map_or(0, |size| usize::from(size).next_multiple_of(BLOCK_SIZE));
            version_fits(6) && data.len() == HEADER_SIZE + CONNECT_EXTRA_SIZE + size + sealed
        }
        _ => false,
    };
    matched_if(fits, 85, "simple message", 6)
}

/// The console's name: behind flags, kind of device; with its size.
fn read(sample: &Sample<'_>, found: &mut Findings) -> Progress {
    let mut reader = Reader::new(sample.data);
    if reader.u16() == Some(DISCOVERED)
        && reader.take(4 + 4 + 2).is_some()
        && let Some(name) = reader.vector16()
    {
        found.text(Attribute::PeerName, name);
    }
    Progress::Settled
}

const EXAMPLES: &[Example] = &[
    query("search for consoles", b"\xdd\x00\x00\x0a\x00\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x02"),
    telling(
        reply("answer of a console", b"\xdd\x01\x00\x16\x00\x02\x00\x00\x00\x01\x00\x01\x00\x07XboxOne\0\x00\x04uuid"),
        &[(Attribute::PeerName, "XboxOne")],
    ),
];
