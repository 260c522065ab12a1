//! SmartFoxServer 1.x, of many browser games, over TCP: XML messages ended by zero; a client first asks whether its version is
//! known (the server's documentation).

use crate::probing::beginnings::begins_any;
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

/// System messages, in both quotes.
const STARTS: [&[u8]; 2] = [b"<msg t='sys'><body ", b"<msg t=\"sys\"><body "];

/// SmartFoxServer.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "smartfoxserver",
    name: "SmartFoxServer",
    selector: 971,
    category: "games",
    transports: &[Transport::Tcp],
    ports: &[9339],
    first_bytes: FirstBytes::Of(b"<"),
    max_probe_size: 24,
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    begins_any(sample.data, &STARTS).stream(85, "system message", 12)
}

const EXAMPLES: &[Example] = &[
    client("is the version known", b"<msg t='sys'><body action='verChk' r='0'><ver v='158' /></body></msg>\0"),
    server("it is", b"<msg t='sys'><body action='apiOK' r='0'></body></msg>\0"),
];
