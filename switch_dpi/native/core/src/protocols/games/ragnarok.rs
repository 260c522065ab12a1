//! Ragnarok Online over TCP (as its open servers describe it): the log-in, number 0x0064, with name and password in rooms of 24
//! bytes; little-endian.

use crate::probing::answers::matched_if;
use crate::probing::beginnings::{Beginning, Byte, fits};
use crate::probing::examples::{client, telling};
use crate::probing::readers::Reading;
use crate::probing::search::until_nul;
use crate::protocol::attributes::Attribute;
use crate::protocol::{Descriptor, Example, Findings, FirstBytes, Probe, Progress, Sample, Transport};
use Byte::{Any, In, Is};

/// Number, version of the client, the name's first letters (at least four).
const LOGIN: [Byte; 10] =
    [Is(0x64), Is(0), Any, Is(0), Is(0), Is(0), In(b' ', b'~'), In(b' ', b'~'), In(b' ', b'~'), In(b' ', b'~')];
const NAME_AT: usize = 6;
/// Rooms for name and password.
const ROOM_SIZE: usize = 24;
/// All of it, with the client's kind.
const LOGIN_SIZE: usize = NAME_AT + 2 * ROOM_SIZE + 1;

/// Ragnarok Online.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "ragnarok-online",
    name: "Ragnarok Online",
    selector: 965,
    category: "games",
    transports: &[Transport::Tcp],
    ports: &[6900, 6121, 5121],
    first_bytes: FirstBytes::Of(&[0x64]),
    max_probe_size: LOGIN_SIZE,
    probe,
    inspector: Some(|| Box::new(Reading(read))),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    let data = sample.data;
    match fits(data, &LOGIN) {
        Beginning::Whole if data.len() >= LOGIN_SIZE => matched_if(name(data).is_some(), 80, "log-in", 10),
        Beginning::Other => Probe::No,
        _ => Probe::NeedMore,
    }
}

/// Text that ends within its room.
fn name(data: &[u8]) -> Option<&[u8]> {
    let (name, _) = until_nul(data.get(NAME_AT..)?.get(..ROOM_SIZE)?)?;
    name.iter().all(|byte| matches!(byte, b' '..=b'~')).then_some(name)
}

fn read(sample: &Sample<'_>, found: &mut Findings) -> Progress {
    if let Some(name) = name(sample.data) {
        found.text(Attribute::GameUser, name);
    }
    Progress::Settled
}

const EXAMPLES: &[Example] = &[
    telling(
        client("log-in", b"\x64\x00\x14\x00\x00\x00annika\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0password\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x0c"),
        &[(Attribute::GameUser, "annika")],
    ),
    client("log-in of another version", b"\x64\x00\x37\x00\x00\x00robert\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0secret\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x16"),
];
