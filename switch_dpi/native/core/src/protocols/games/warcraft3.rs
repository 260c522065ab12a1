//! Warcraft III's games in the local network and against each other (W3GS; BNETDocs): messages of f7, number, size of it all
//! (little-endian); the search for games over UDP, joining over TCP.

use crate::bytes::Reader;
use crate::probing::answers::matched_if;
use crate::probing::beginnings::{Beginning, Byte, begins, fits};
use crate::probing::examples::{client, query, telling};
use crate::probing::numbers::{u8_at, u16_le_at};
use crate::probing::readers::Reading;
use crate::probing::search::{has, until_nul};
use crate::protocol::attributes::Attribute;
use crate::protocol::{Descriptor, Example, Findings, FirstBytes, Probe, Progress, Sample, Transport};
use Byte::{Any, Is};

/// Request to join: number, size below 256.
const JOIN: [Byte; 4] = [Is(0xf7), Is(0x1e), Any, Is(0)];
/// Behind the name: a one, and the address family of the player's own address.
const BEHIND_NAME: &[u8] = b"\x01\0\0\0\x02\0";
/// Where a request names the player.
const NAME_AT: usize = 23;
/// Names have at most 15 characters.
const MAX_NAME_SIZE: usize = 15;
/// Products, written backwards.
const PRODUCTS: [&[u8]; 2] = [b"3RAW", b"PX3W"];

/// Warcraft III.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "warcraft3",
    name: "Warcraft3",
    selector: 947,
    category: "games",
    transports: &[Transport::Tcp, Transport::Udp],
    ports: &[6112, 6113],
    first_bytes: FirstBytes::Of(&[0xf7]),
    max_probe_size: NAME_AT + MAX_NAME_SIZE + 1 + BEHIND_NAME.len(),
    probe,
    inspector: Some(|| Box::new(Reading(read))),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    let data = sample.data;
    if sample.transport == Transport::Tcp {
        return probe_join(data);
    }
    let size_fits = u16_le_at(data, 2).is_some_and(|size| usize::from(size) == data.len());
    let has_product = |at| PRODUCTS.iter().any(|product| has(data, at, product));
    let (fits, confidence) = match u8_at(data, 1) {
        Some(0x2f..=0x31) => (has_product(4), 95),
        Some(0x32) => (data.len() == 16, 70),
        Some(0x33) => (data.len() == 8, 70),
        _ => (false, 0),
    };
    matched_if(u8_at(data, 0) == Some(0xf7) && size_fits && fits, confidence, "search for games", 8)
}

fn probe_join(data: &[u8]) -> Probe {
    match fits(data, &JOIN) {
        Beginning::Other => return Probe::No,
        Beginning::Partial => return Probe::NeedMore,
        Beginning::Whole => {}
    }
    let Some(rest) = data.get(NAME_AT..) else { return Probe::NeedMore };
    match until_nul(rest) {
        None if rest.len() <= MAX_NAME_SIZE => Probe::NeedMore,
        Some((name, behind)) if name.len() <= MAX_NAME_SIZE && !name.is_empty() => {
            begins(behind, BEHIND_NAME).stream(90, "request to join", 4)
        }
        _ => Probe::No,
    }
}

fn read(sample: &Sample<'_>, found: &mut Findings) -> Progress {
    let mut reader = Reader::new(sample.data);
    if sample.transport == Transport::Tcp && matches!(probe_join(sample.data), Probe::Match(_)) {
        let name = reader.take(NAME_AT).and_then(|_| until_nul(reader.rest()));
        if let Some((name, _)) = name {
            found.text(Attribute::GameUser, name);
        }
    }
    Progress::Settled
}

const EXAMPLES: &[Example] = &[
    query("search for games", b"\xf7\x2f\x10\x00PX3W\x1a\x00\x00\x00\x00\x00\x00\x00"),
    query("a game is over", b"\xf7\x33\x08\x00\x01\x00\x00\x00"),
    telling(
        client("request to join", b"\xf7\x1e\x2e\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\xe0\x17\x01\x00\x00\x00\x5a\x11\x90\x02ann\0\x01\0\0\0\x02\0\x17\xe0\xc0\0\x02\x07\0\0\0\0\0\0\0\0"),
        &[(Attribute::GameUser, "ann")],
    ),
];
