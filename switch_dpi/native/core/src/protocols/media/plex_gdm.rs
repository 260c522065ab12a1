//! Plex's GDM ("good day, mate"): servers and players of the local network, in HTTP's form over UDP. The search itself is SSDP's.

use crate::probing::answers::matched;
use crate::probing::examples::{query, reply};
use crate::probing::lines::contains_ignoring_case;
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

/// Answers and announcements name the kind of content.
const ANSWERS: &[&[u8]] = &[
    b"HTTP/1.0 200 OK\r\n",
    b"HTTP/1.1 200 OK\r\n",
    b"HELLO * HTTP/1.0\r\n",
    b"UPDATE * HTTP/1.0\r\n",
    b"BYE * HTTP/1.0\r\n",
];
const CONTENT: &[u8] = b"plex/media-";
/// The first fields are looked at.
const MAX_HEAD_SIZE: usize = 512;

/// Plex.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "plex-gdm",
    name: "Plex",
    selector: 754,
    category: "video",
    transports: &[Transport::Udp],
    ports: &[32410, 32412, 32413, 32414],
    first_bytes: FirstBytes::Of(b"HUB"),
    probe,
    app: "plex",
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    let head = sample.data.get(..MAX_HEAD_SIZE).unwrap_or(sample.data);
    if ANSWERS.iter().any(|answer| head.starts_with(answer)) && contains_ignoring_case(head, CONTENT) {
        return matched(100, "Plex tells of itself", head.len());
    }
    Probe::No
}

const EXAMPLES: &[Example] = &[
    reply("a server", b"HTTP/1.0 200 OK\r\nContent-Type: plex/media-server\r\nName: attic\r\nPort: 32400\r\n\r\n"),
    query("a player", b"HELLO * HTTP/1.0\r\nName: sofa\r\nContent-Type: plex/media-player\r\n\r\n"),
];
