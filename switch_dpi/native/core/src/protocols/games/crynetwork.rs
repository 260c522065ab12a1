//! CryNetwork, the transport of CryEngine's games, as observed: the setup message is type 0x3c with much of it zero, and the
//! messages of the key exchange that follow are types 0x87 and 0xb7 with 32 zero bytes before the keys. Over UDP.

use crate::probing::answers::matched_if;
use crate::probing::beginnings::{Byte, fits};
use crate::probing::examples::{query, reply};
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};
use Byte::{Any, Is};

/// Type, version of the protocol, three empty numbers, one.
const SETUP: [Byte; 19] = [
    Is(0x3c),
    Is(0),
    Is(0),
    Any,
    Any,
    Is(0),
    Is(0),
    Is(0),
    Is(0),
    Is(0),
    Is(0),
    Is(0),
    Is(0),
    Is(0),
    Is(0),
    Is(0),
    Is(1),
    Is(0),
    Is(0),
];
/// Zeros in front of the keys.
const EMPTY_SIZE: usize = 32;
/// A message of the exchange: type, zeros, 100 bytes and more.
const EXCHANGE_SIZE: usize = 133;

/// CryNetwork.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "crynetwork",
    name: "CryNetwork",
    selector: 912,
    category: "games",
    transports: &[Transport::Udp],
    first_bytes: FirstBytes::Of(&[0x3c, 0x87, 0xb7]),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    let data = sample.data;
    if data.first() == Some(&0x3c) {
        return fits(data, &SETUP).datagram(90, "setup", 19);
    }
    let is_empty = data.get(1..=EMPTY_SIZE).is_some_and(|empty| empty.iter().all(|byte| *byte == 0));
    let key = data.get(EMPTY_SIZE + 1..).unwrap_or_default();
    let has_key = key.iter().filter(|byte| **byte != 0).count() > key.len() / 2;
    let is_exchange = matches!(data.first(), Some(0x87 | 0xb7)) && data.len() >= EXCHANGE_SIZE;
    matched_if(is_exchange && is_empty && has_key, 75, "key exchange", 33)
}

const EXAMPLES: &[Example] = &[
    query("setup", b"\x3c\x00\x00\x08\xed\0\0\0\0\0\0\0\0\0\0\0\x01\x00\x00\x00\x07\x00\x00\x00\x03\x07\x00\x00\x00\x04\x00\x00\x00\x00\x00\x00\x00\x04\x11\x90\xa2\x77\x5e\x3c\x81\x22"),
    reply("key exchange", b"\x87\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxyz0123456789"),
];
