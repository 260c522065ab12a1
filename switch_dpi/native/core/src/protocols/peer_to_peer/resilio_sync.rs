//! Resilio Sync (BitTorrent Sync): its search for peers in the local network and through trackers, bencoded dictionaries
//! (BEP 3) behind "BSYNC" and a zero byte, over UDP.

use crate::probing::beginnings::begins;
use crate::probing::examples::{query, reply};
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

/// The mark, and the beginning of the dictionary.
const MARK: &[u8] = b"BSYNC\0d";

/// Resilio Sync.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "resilio-sync",
    name: "Resilio Sync",
    selector: 925,
    category: "peer-to-peer",
    risk: Some(40),
    transports: &[Transport::Udp],
    ports: &[3838],
    first_bytes: FirstBytes::Of(b"B"),
    probe,
    app: "resilio",
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    begins(sample.data, MARK).datagram(100, "message", 7)
}

const EXAMPLES: &[Example] = &[
    query(
        "ping in the local network",
        b"BSYNC\0d1:m4:ping4:peer20:abcdefghijklmnopqrst4:porti47001e5:share20:01234567890123456789e",
    ),
    reply("answer", b"BSYNC\0d1:m4:pong4:peer20:abcdefghijklmnopqrst4:porti47001ee"),
];
