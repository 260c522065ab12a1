//! Freeciv over TCP (the game's packets): size (big-endian), number 4 of one byte or two, then user and capabilities as texts
//! ended by zero.

use crate::probing::answers::matched;
use crate::probing::beginnings::{Beginning, begins};
use crate::probing::examples::{client, telling};
use crate::probing::readers::Reading;
use crate::probing::search::until_nul;
use crate::protocol::attributes::Attribute;
use crate::protocol::{Descriptor, Example, Findings, FirstBytes, Probe, Progress, Sample, Transport};

/// What capabilities begin with.
const CAPABILITY: &[u8] = b"+Freeciv";
/// A user's name.
const MAX_NAME_SIZE: usize = 48;

/// Freeciv.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "freeciv",
    name: "Freeciv",
    selector: 975,
    category: "games",
    transports: &[Transport::Tcp],
    ports: &[5556],
    first_bytes: FirstBytes::Of(&[0]),
    max_probe_size: 4 + MAX_NAME_SIZE + 1 + CAPABILITY.len(),
    probe,
    inspector: Some(|| Box::new(Reading(read))),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    match join(sample.data) {
        (Beginning::Whole, _) => matched(95, "request to join", 16),
        (Beginning::Partial, _) => Probe::NeedMore,
        (Beginning::Other, _) => Probe::No,
    }
}

/// The request to join, and the user in it. The number has two bytes of old, of which the first is zero.
fn join(data: &[u8]) -> (Beginning, &[u8]) {
    let behind = match data {
        [] | [0] | [0, _] | [0, _, 0 | 4] => return (Beginning::Partial, &[]),
        [0, _, 0, 4, rest @ ..] | [0, _, 4, rest @ ..] => rest,
        _ => return (Beginning::Other, &[]),
    };
    match until_nul(behind) {
        Some((name, capability)) if is_name(name) => (begins(capability, CAPABILITY), name),
        None if is_name(behind) => (Beginning::Partial, &[]),
        _ => (Beginning::Other, &[]),
    }
}

fn is_name(name: &[u8]) -> bool {
    name.len() <= MAX_NAME_SIZE && name.iter().all(|byte| *byte > b' ')
}

fn read(sample: &Sample<'_>, found: &mut Findings) -> Progress {
    if let (Beginning::Whole, name) = join(sample.data) {
        found.text(Attribute::GameUser, name);
    }
    Progress::Settled
}

const EXAMPLES: &[Example] = &[
    telling(
        client(
            "version 3",
            b"\x00\x2a\x04ann\0+Freeciv-3.0-network\0\0\x00\x00\x00\x03\x00\x00\x00\x00\x00\x00\x00\x08",
        ),
        &[(Attribute::GameUser, "ann")],
    ),
    client(
        "number of two bytes",
        b"\x00\x2e\x00\x04robert\0+Freeciv-3.1-network\0\0\x00\x00\x00\x03\x00\x00\x00\x01\x00\x00\x00\x00",
    ),
];
