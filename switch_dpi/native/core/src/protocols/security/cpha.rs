//! Check Point cluster control protocol ("ClusterXL", CCP): members tell each other their state.

use crate::bytes::Reader;
use crate::probing::answers::of_datagram;
use crate::probing::examples::query;
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

const CARRIER: Transport = Transport::Udp;
/// Begins every packet.
const MAGIC: u16 = 0x1a90;
/// Versions of the protocol grow slowly.
const MAX_VERSION: u16 = 0x0fff;
/// Operations known so far, with room.
const MAX_OPERATION: u16 = 40;
const HEADER_SIZE: usize = 20;

/// CPHA.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "cpha",
    name: "CPHA",
    selector: 1605,
    category: "security",
    transports: &[CARRIER],
    ports: &[8116],
    first_bytes: FirstBytes::Of(&[0x1a]),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

/// Magic, version, cluster number, operation, interface, random number, members.
fn probe(sample: &Sample<'_>) -> Probe {
    of_datagram(is_packet(sample.data), 62, "header", HEADER_SIZE)
}

fn is_packet(data: &[u8]) -> Option<bool> {
    let mut reader = Reader::new(data);
    if reader.u16()? != MAGIC {
        return Some(false);
    }
    let (version, _cluster, operation) = (reader.u16()?, reader.u16()?, reader.u16()?);
    let interface = reader.u16()?;
    reader.take(HEADER_SIZE - 10)?;
    let fits = (1..=MAX_VERSION).contains(&version) && (1..=MAX_OPERATION).contains(&operation);
    Some(fits && interface < 0x1000)
}

const EXAMPLES: &[Example] = &[
    query(
        "state of a member",
        b"\x1a\x90\x05\x32\x00\xfe\x00\x01\x00\x02\x5c\x11\x00\x01\xff\xfe\x00\x04\x00\x0a\x00\x02\x00\x01\x00\x04",
    ),
    query(
        "probe of an interface",
        b"\x1a\x90\x0b\xcc\x00\xfe\x00\x06\x00\x01\x5c\x11\x00\x02\xff\xfe\x00\x04\x00\x0a\x00\x02",
    ),
];
