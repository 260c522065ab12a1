//! BroadLink's devices on the local network, as open clients describe it (python-broadlink, "protocol"): a header of 56 bytes with
//! eight magic bytes; a search has 48 and the time in their place.

use crate::probing::answers::matched_if;
use crate::probing::examples::{query, reply};
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

/// The last two bytes differ between generations of devices.
const MAGIC: &[u8] = &[0x5a, 0xa5, 0xaa, 0x55, 0x5a, 0xa5];
const MIN_SIZE: usize = 48;

/// BroadLink.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "broadlink-lan",
    name: "BroadLink",
    selector: 1863,
    category: "iot",
    risk: Some(40),
    transports: &[Transport::Udp],
    ports: &[80],
    first_bytes: FirstBytes::Of(&[0x5a]),
    probe,
    app: "broadlink",
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    matched_if(sample.data.starts_with(MAGIC) && sample.data.len() >= MIN_SIZE, 95, "header", MAGIC.len())
}

const EXAMPLES: &[Example] = &[
    query(
        "log-in",
        b"\x5a\xa5\xaa\x55\x5a\xa5\xaa\x55\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x7a\xd2\0\0\x2a\x27\x65\0\x01\x80\x01\x02\x03\x04\x05\x06\0\0\0\0\xc5\xbe\0\0",
    ),
    reply(
        "answer",
        b"\x5a\xa5\xaa\x55\x5a\xa5\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x7a\xd2\0\0\x2a\x27\xe9\x03\x01\x80\x01\x02\x03\x04\x05\x06\0\0\0\0\xc5\xbe\0\0",
    ),
];
