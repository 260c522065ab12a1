//! Battle.net's chat protocol of the classic games (BNCS; BNETDocs): the client selects the protocol with 01, then messages of ff,
//! number, size (little-endian), over TCP. The games are told by their product in SID_AUTH_INFO; StarCraft's are its own.

use crate::probing::answers::matched;
use crate::probing::beginnings::{Beginning, Byte, begins_any, fits};
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};
use Byte::{Any, Is};

/// Protocol, SID_AUTH_INFO, its size, protocol id 0.
const OPENING: [Byte; 9] = [Is(1), Is(0xff), Is(0x50), Any, Is(0), Is(0), Is(0), Is(0), Is(0)];
/// SID_PING, with which the server begins: eight bytes.
const PING: [Byte; 8] = [Is(0xff), Is(0x25), Is(8), Is(0), Any, Any, Any, Any];
/// Platforms, written backwards: Intel, PowerPC, Mac OS X.
const PLATFORMS: [&[u8]; 3] = [b"68XI", b"CAMP", b"CAMX"];
/// Products, written backwards: Diablo, Diablo II, Warcraft II, Warcraft III.
const PRODUCTS: [&[u8]; 7] = [b"LTRD", b"RHSD", b"VD2D", b"PX2D", b"NB2W", b"3RAW", b"PX3W"];
/// Where platform and product stand.
const PLATFORM_AT: usize = 9;
const PRODUCT_AT: usize = 13;
const HEADER_SIZE: usize = 17;

/// Battle.net chat.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "battle-net-chat",
    name: "Battle.net",
    selector: 945,
    category: "games",
    transports: &[Transport::Tcp],
    ports: &[6112],
    first_bytes: FirstBytes::Of(&[1, 0xff]),
    max_probe_size: HEADER_SIZE,
    probe,
    app: "battle-net",
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    match opening(sample.data, &PRODUCTS) {
        Beginning::Other => fits(sample.data, &PING).stream(70, "ping of the server", 8),
        Beginning::Partial => Probe::NeedMore,
        Beginning::Whole => matched(100, "client's product", 17),
    }
}

/// How far a stream is a client's opening with one of these products.
#[must_use]
pub fn opening(data: &[u8], products: &[&[u8]]) -> Beginning {
    let start = fits(data, &OPENING);
    let known =
        |at: usize, names: &[&[u8]]| data.get(at..).is_none_or(|rest| begins_any(rest, names) != Beginning::Other);
    match start != Beginning::Other && known(PLATFORM_AT, &PLATFORMS) && known(PRODUCT_AT, products) {
        false => Beginning::Other,
        true if data.len() >= HEADER_SIZE => Beginning::Whole,
        true => Beginning::Partial,
    }
}

const EXAMPLES: &[Example] = &[
    client("Diablo II", b"\x01\xff\x50\x3a\x00\0\0\0\x0068XIPX2D\x0e\x00\x00\x00SUne\x0a\x00\x00\x05\x88\xff\xff\xff\x09\x04\x00\x00\x09\x04\x00\x00USA\0United States\0"),
    server("ping of the server", b"\xff\x25\x08\x00\x5a\x11\x90\x02"),
];
