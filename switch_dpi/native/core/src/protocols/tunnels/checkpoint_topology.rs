//! Check Point's topology service (FW1_topo), from which remote clients learn a gateway's networks: version and length before
//! the request.

use crate::probing::answers::matched;
use crate::probing::beginnings::{Beginning, begins};
use crate::protocol::{Descriptor, Direction, Example, FirstBytes, Probe, Sample, Transport};

/// The greetings of both ends.
const CLIENT: &[u8] = b"\x51\0\0\0\0\0\0\x21";
const SERVER: &[u8] = b"Y\0\0\0";

/// Check Point topology.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "checkpoint-topology",
    name: "Check Point topology",
    selector: 1258,
    category: "vpn",
    risk: Some(20),
    transports: &[Transport::Tcp],
    ports: &[264],
    first_bytes: FirstBytes::Of(&[0x51, b'Y']),
    max_probe_size: CLIENT.len(),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

/// The server's four bytes are believed behind the client's only.
fn probe(sample: &Sample<'_>) -> Probe {
    match (begins(sample.data, CLIENT), begins(sample.data, SERVER), begins(sample.other, CLIENT)) {
        (Beginning::Whole, _, _) => matched(95, "version and length", CLIENT.len()),
        (_, Beginning::Whole, Beginning::Whole) => matched(98, "answer to version and length", SERVER.len()),
        (Beginning::Partial, _, _)
        | (_, Beginning::Whole | Beginning::Partial, Beginning::Partial | Beginning::Whole) => Probe::NeedMore,
        _ => Probe::No,
    }
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "client",
        transport: Transport::Tcp,
        direction: Direction::Originator,
        data: b"\x51\0\0\0\0\0\0\x21",
        expect: &[],
    },
    Example {
        title: "client, then its request",
        transport: Transport::Tcp,
        direction: Direction::Originator,
        data: b"\x51\0\0\0\0\0\0\x21\0\0\0\x0bsecuremote\0",
        expect: &[],
    },
];
