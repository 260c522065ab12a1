//! Dofus over TCP (as its open tools describe it): version 2 has messages of number and size (big-endian), of which the server
//! first sends the protocol's version; version 1 greets with HC and a key of 32 letters.

use crate::probing::answers::matched_if;
use crate::probing::beginnings::{Beginning, Byte, fits};
use crate::probing::examples::server;
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};
use Byte::{Any, In, Is};

/// ProtocolRequired (number 1, size in one byte): required and current version.
const REQUIRED: [Byte; 11] = [Is(0), Is(5), Is(8), Is(0), Is(0), In(0, 0x20), Any, Is(0), Is(0), In(0, 0x20), Any];
/// HC, 32 letters, zero.
const KEY_SIZE: usize = 32;

/// Dofus.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "dofus",
    name: "Dofus",
    selector: 964,
    category: "games",
    transports: &[Transport::Tcp],
    ports: &[5555, 443],
    first_bytes: FirstBytes::Of(&[0, b'H']),
    max_probe_size: 2 + KEY_SIZE + 1,
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    let data = sample.data;
    match fits(data, &REQUIRED) {
        Beginning::Other if data.first() == Some(&b'H') => {}
        start => return start.stream(85, "version of the protocol", 11),
    }
    let key_fits = data.iter().skip(2).take(KEY_SIZE).all(u8::is_ascii_lowercase);
    if !key_fits || data.get(1).is_some_and(|byte| *byte != b'C') {
        return Probe::No;
    }
    match data.get(2 + KEY_SIZE) {
        None => Probe::NeedMore,
        Some(end) => matched_if(*end == 0, 90, "greeting with a key", 35),
    }
}

const EXAMPLES: &[Example] = &[
    server("version 2", b"\x00\x05\x08\x00\x00\x06\x6f\x00\x00\x06\x71\x00\x0d\x2b"),
    server("version 1", b"HCqwertyuiopasdfghjklzxcvbnmqwerty\0"),
];
