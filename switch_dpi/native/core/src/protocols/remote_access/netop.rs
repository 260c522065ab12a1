//! Netop Remote Control: its search for hosts and sessions over UDP, by the constant that begins every datagram.

use crate::probing::answers::matched;
use crate::protocol::{Descriptor, Direction, Example, FirstBytes, Probe, Sample, Transport};

const MAGIC: &[u8] = b"\xd6\x81\x81\x52\0\0\0";
/// Constant, a check byte, a type, an address.
const MIN_SIZE: usize = 16;

/// Netop.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "netop",
    name: "Netop",
    selector: 1270,
    category: "remote-access",
    transports: &[Transport::Udp],
    ports: &[6502],
    first_bytes: FirstBytes::Of(&[0xd6]),
    max_probe_size: MAGIC.len(),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    if sample.data.starts_with(MAGIC) && sample.data.len() >= MIN_SIZE {
        return matched(90, "constant of Netop", MAGIC.len());
    }
    Probe::No
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "search",
        transport: Transport::Udp,
        direction: Direction::Originator,
        data: b"\xd6\x81\x81\x52\0\0\0\xf3\x87\x4e\x01\x02\x32\0\xa8\xc0\0\0\x01\x13\xc1\xd9\x04\xdd\x03\x7d\0\0\x0d\0",
        expect: &[],
    },
    Example {
        title: "answer",
        transport: Transport::Udp,
        direction: Direction::Responder,
        data: b"\xd6\x81\x81\x52\0\0\0\x91\x88\x4e\x01\x02\x32\0\xa8\xc0\0\0\x01\x14\xc1\xd9\x04\xdd\x03\x7d\0\0\x0d\0",
        expect: &[],
    },
];
