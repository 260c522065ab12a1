//! sFlow versions 2, 4 and 5 (RFC 3176, sFlow.org "sFlow Version 5"): sampled packets and counters.

use crate::bytes::Reader;
use crate::probing::answers::of_datagram;
use crate::probing::examples::query;
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

const CARRIER: Transport = Transport::Udp;
/// More samples than fit in a datagram of the largest size.
const MAX_SAMPLES: u32 = 2048;

/// sFlow.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "sflow",
    name: "sFlow",
    selector: 1567,
    risk: Some(20),
    transports: &[CARRIER],
    ports: &[6343],
    first_bytes: FirstBytes::Of(&[0]),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    of_datagram(is_datagram(sample.data), 95, "datagram header and first sample", 28)
}

/// Version, agent's address, (version 5: sub-agent,) sequence number, up time, number of samples; then type and size of one.
fn is_datagram(data: &[u8]) -> Option<bool> {
    let mut reader = Reader::new(data);
    let version = reader.u32()?;
    if !matches!(version, 2 | 4 | 5) {
        return Some(false);
    }
    match reader.u32()? {
        1 => reader.take(4)?,
        2 => reader.take(16)?,
        _ => return Some(false),
    };
    reader.take(if version == 5 { 12 } else { 8 })?;
    let samples = reader.u32()?;
    if !(1..=MAX_SAMPLES).contains(&samples) {
        return Some(false);
    }
    let kind = reader.u32()?;
    if version != 5 {
        return Some(matches!(kind, 1 | 2));
    }
    let size = reader.u32()?;
    Some((kind >> 12 != 0 || (1..=4).contains(&kind)) && size >= 8 && size % 4 == 0 && size < 65_536)
}

const EXAMPLES: &[Example] = &[
    query("version 5 counters sample", b"\x00\x00\x00\x05\x00\x00\x00\x01\xc0\x00\x02\x01\x00\x00\x00\x00\x00\x00\x00\x07\x00\x0b\xc4\x58\x00\x00\x00\x01\x00\x00\x00\x02\x00\x00\x00\x0c\x00\x00\x00\x07\x00\x00\x00\x01\x00\x00\x00\x00"),
    query("version 4 flow sample", b"\x00\x00\x00\x04\x00\x00\x00\x01\xc0\x00\x02\x01\x00\x00\x00\x07\x00\x0b\xc4\x58\x00\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00\x07\x00\x00\x00\x01\x00\x00\x01\x00"),
];
