//! Kodi's EventServer: remote controls send keys and notices.

use crate::probing::answers::matched;
use crate::probing::examples::query;
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

/// Mark, major and minor version, kind, sequence number, number of packets, size of payload, token, reserved.
const HEADER_SIZE: usize = 32;

/// Kodi.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "kodi-events",
    name: "Kodi",
    selector: 753,
    category: "video",
    transports: &[Transport::Udp],
    ports: &[9777],
    first_bytes: FirstBytes::Of(b"X"),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    match sample.data {
        [b'X', b'B', b'M', b'C', 1..=3, 0..=9, 0, ..] if sample.data.len() >= HEADER_SIZE => {
            matched(100, "Kodi event", HEADER_SIZE)
        }
        _ => Probe::No,
    }
}

const EXAMPLES: &[Example] = &[
    query("HELO", b"XBMC\x02\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00\x01\x00\x0a\x12\x34\x56\x78\0\0\0\0\0\0\0\0\0\0remote\x00\x00\x00\x00"),
    query("PING", b"XBMC\x02\x00\x00\x05\x00\x00\x00\x01\x00\x00\x00\x01\x00\x00\x12\x34\x56\x78\0\0\0\0\0\0\0\0\0\0"),
];
