//! PlayStation 4 and 5: the search for consoles of Remote Play and the second screen, HTTP-like text over UDP (as the open clients
//! of Remote Play describe it).

use crate::probing::answers::{matched, matched_if};
use crate::probing::beginnings::{Beginning, begins_any};
use crate::probing::examples::{query, reply, telling};
use crate::probing::lines::Lines;
use crate::probing::readers::Reading;
use crate::probing::search::find;
use crate::protocol::attributes::Attribute;
use crate::protocol::{Descriptor, Example, Findings, FirstBytes, Probe, Progress, Sample, Transport};

/// What a device asks of consoles.
const REQUESTS: [&[u8]; 3] = [b"SRCH * HTTP/1.1\n", b"WAKEUP * HTTP/1.1\n", b"LAUNCH * HTTP/1.1\n"];

/// PlayStation.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "playstation-discovery",
    name: "Playstation",
    selector: 948,
    category: "games",
    transports: &[Transport::Udp],
    ports: &[987, 9302],
    first_bytes: FirstBytes::Of(b"SWLH"),
    probe,
    inspector: Some(|| Box::new(Reading(read))),
    app: "playstation",
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    let data = sample.data;
    if begins_any(data, &REQUESTS) == Beginning::Whole {
        return matched(100, "request to consoles", 16);
    }
    let is_answer = data.starts_with(b"HTTP/1.1 ") && find(data, b"\nhost-id:").is_some();
    matched_if(is_answer && find(data, b"\nhost-type:PS").is_some(), 100, "answer of a console", 9)
}

fn read(sample: &Sample<'_>, found: &mut Findings) -> Progress {
    for line in Lines::new(sample.data, 0) {
        if let Some(name) = line.strip_prefix(b"host-name:") {
            found.text(Attribute::PeerName, name);
        }
    }
    Progress::Settled
}

const EXAMPLES: &[Example] = &[
    query("search", b"SRCH * HTTP/1.1\ndevice-discovery-protocol-version:00020020\n"),
    telling(
        reply("a console that sleeps", b"HTTP/1.1 620 Server Standby\nhost-id:0123456789AB\nhost-type:PS4\nhost-name:Living room\nhost-request-port:997\ndevice-discovery-protocol-version:00020020\n"),
        &[(Attribute::PeerName, "Living room")],
    ),
];
