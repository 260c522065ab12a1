//! Among Us: its Hazel connections over UDP ("Protocol" of the Among Us wiki by its modders). Numbers of a message are
//! big-endian, all else is little-endian.

use crate::probing::answers::matched_if;
use crate::probing::beginnings::{Beginning, Byte, fits};
use crate::probing::examples::{query, telling};
use crate::probing::numbers::u8_at;
use crate::probing::readers::Reading;
use crate::protocol::attributes::Attribute;
use crate::protocol::{Descriptor, Example, Findings, FirstBytes, Probe, Progress, Sample, Transport};
use Byte::{Any, In, Is};

/// Hello: kind 8, number 1, Hazel's version; the game's version, in which the years since 2018 have 0x02 or 0x03 on top.
const HELLO: [Byte; 8] = [Is(8), Is(0), Is(1), In(0, 1), Any, Any, Any, In(2, 5)];
/// Where the player's name stands, behind its size.
const NAME_AT: usize = 9;
const MAX_NAME_SIZE: u8 = 32;

/// Among Us.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "among-us-hazel",
    name: "AmongUs",
    selector: 950,
    category: "games",
    transports: &[Transport::Udp],
    ports: &[22023, 22123, 22323, 22523],
    first_bytes: FirstBytes::Of(&[8]),
    probe,
    inspector: Some(|| Box::new(Reading(read))),
    app: "among-us",
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    matched_if(fits(sample.data, &HELLO) == Beginning::Whole && name(sample.data).is_some(), 75, "hello", 9)
}

fn name(data: &[u8]) -> Option<&[u8]> {
    let size = u8_at(data, NAME_AT - 1).filter(|size| (1..=MAX_NAME_SIZE).contains(size))?;
    let name = data.get(NAME_AT..)?.get(..usize::from(size))?;
    name.iter().all(|byte| *byte >= b' ').then_some(name)
}

fn read(sample: &Sample<'_>, found: &mut Findings) -> Progress {
    if fits(sample.data, &HELLO) == Beginning::Whole
        && let Some(name) = name(sample.data)
    {
        found.text(Attribute::GameUser, name);
    }
    Progress::Settled
}

const EXAMPLES: &[Example] = &[
    telling(query("hello", b"\x08\x00\x01\x00\x46\xd2\x02\x03\x05Annie"), &[(Attribute::GameUser, "Annie")]),
    query("hello of a later version", b"\x08\x00\x01\x00\x80\x8e\x05\x03\x03bob\x5a\x11\x90\x02\x00\x00\x00\x00"),
];
