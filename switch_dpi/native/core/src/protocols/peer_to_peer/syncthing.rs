//! Syncthing: local discovery over UDP (version 4: a number and Protocol Buffers; "Local Discovery Protocol" v4, earlier
//! versions 2 and 3 with other numbers) and the relay's messages over TCP ("Relay Protocol" v1: number, type, size,
//! big-endian). The exchange of blocks is TLS.

use crate::probing::answers::matched_if;
use crate::probing::beginnings::{Byte, fits};
use crate::probing::examples::{client, query};
use crate::probing::search::has;
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};
use Byte::{Any, In, Is};

/// Numbers of local discovery, newest first.
const DISCOVERY: [&[u8]; 3] = [b"\x2e\xa7\xd9\x0b", b"\x9d\x79\xbc\x39", b"\x7d\x79\xbc\x39"];
/// Relay: number, type, size below 64 kB.
const RELAY: [Byte; 12] =
    [Is(0x9e), Is(0x79), Is(0xbc), Is(0x40), Is(0), Is(0), Is(0), In(0, 6), Is(0), Is(0), Any, Any];

/// Syncthing.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "syncthing-discovery",
    name: "Syncthing",
    selector: 926,
    category: "peer-to-peer",
    risk: Some(40),
    transports: &[Transport::Tcp, Transport::Udp],
    ports: &[21027, 22067],
    first_bytes: FirstBytes::Of(&[0x2e, 0x9d, 0x7d, 0x9e]),
    probe,
    app: "syncthing",
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    if sample.transport == Transport::Tcp {
        return fits(sample.data, &RELAY).stream(100, "relay message", 12);
    }
    let is_announcement = DISCOVERY.iter().any(|number| sample.data.starts_with(number));
    // version 4: field 1, the device's id of 32 bytes
    let is_newest = has(sample.data, 0, b"\x2e\xa7\xd9\x0b\x0a\x20");
    matched_if(is_announcement && sample.data.len() > 36, if is_newest { 100 } else { 80 }, "local discovery", 4)
}

const EXAMPLES: &[Example] = &[
    query(
        "announcement of version 4",
        b"\x2e\xa7\xd9\x0b\x0a\x200123456789abcdef0123456789abcdef\x12\x13tcp://0.0.0.0:22000\x18\x9a\x80\xfc\x8c\x05",
    ),
    client(
        "a device joins a session at the relay",
        b"\x9e\x79\xbc\x40\x00\x00\x00\x03\x00\x00\x00\x0c\x00\x00\x00\x08abcdefgh",
    ),
];
