//! Tor (torproject.org, tor-spec and dir-spec): a service over TLS, told there by its certificates. Here the documents of its
//! directories are recognised, whatever carries them: the network's status and the descriptions of relays.

use crate::formats::documents;
use crate::protocol::{Descriptor, Direction, Example, FirstBytes, Probe, Transport};

/// First lines of the documents (dir-spec, "Vote and consensus status documents", "Server descriptors", "Microdescriptors").
const BEGINNINGS: &[&[u8]] = &[
    b"network-status-version 3",
    b"onion-key\n-----BEGIN RSA PUBLIC KEY-----",
    b"dir-key-certificate-version 3",
    b"@type network-status-",
    b"@type server-descriptor",
];

/// Tor.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "tor",
    name: "Tor",
    selector: 224,
    category: "vpn",
    risk: Some(80),
    tags: &["encrypted"],
    transports: &[Transport::Tcp],
    ports: &[9001, 9030],
    first_bytes: FirstBytes::Of(b"nod@"),
    probe: |sample| {
        let answers =
            BEGINNINGS.iter().map(|start| documents::probe_start(sample.data, start, "directory document of Tor"));
        answers.fold(Probe::No, |best, answer| if best == Probe::No { answer } else { best })
    },
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    Example {
        title: "status of the network",
        transport: Transport::Tcp,
        direction: Direction::Responder,
        data: b"network-status-version 3 microdesc\nvote-status consensus\nconsensus-method 32\n",
        expect: &[],
    },
    Example {
        title: "description of a relay",
        transport: Transport::Tcp,
        direction: Direction::Responder,
        data: b"onion-key\n-----BEGIN RSA PUBLIC KEY-----\nMIGJAoGBAMx",
        expect: &[],
    },
];
