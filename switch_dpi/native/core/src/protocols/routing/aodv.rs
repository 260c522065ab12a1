//! Ad hoc On-Demand Distance Vector routing (RFC 3561). Its messages have few fixed bits, so it is only guessed, at its port.

use crate::bytes::Reader;
use crate::probing::answers::of_datagram;
use crate::probing::examples::query;
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

const CARRIER: Transport = Transport::Udp;
const PORT: u16 = 654;
/// NET_DIAMETER (§10).
const MAX_HOPS: u8 = 35;
const REQUEST: u8 = 1;
const REPLY: u8 = 2;
const ERROR: u8 = 3;
const ACKNOWLEDGEMENT: u8 = 4;

/// AODV.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "aodv",
    name: "AODV",
    selector: 1562,
    transports: &[CARRIER],
    ports: &[PORT],
    first_bytes: FirstBytes::Of(&[REQUEST, REPLY, ERROR, ACKNOWLEDGEMENT]),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    let is_usual_port = sample.originator_port == PORT || sample.responder_port == PORT;
    let confidence = if is_usual_port { 58 } else { 30 };
    of_datagram(is_message(sample.data), confidence, "route message", sample.data.len())
}

/// §5.1 to §5.4: reserved bits are zero, sizes are fixed.
fn is_message(data: &[u8]) -> Option<bool> {
    let mut reader = Reader::new(data);
    let [kind, flags, reserved, count] = reader.array()?;
    Some(match kind {
        REQUEST => data.len() == 24 && flags & 0x07 == 0 && reserved == 0 && count <= MAX_HOPS,
        REPLY => data.len() == 20 && flags & 0x3f == 0 && count <= MAX_HOPS && reader.u32()? != 0,
        ERROR => flags & 0x7f == 0 && reserved == 0 && count > 0 && data.len() == 4 + 8 * usize::from(count),
        _ => false,
    })
}

const EXAMPLES: &[Example] = &[
    query(
        "route request",
        b"\x01\x00\x00\x01\x00\x00\x00\x07\xc0\x00\x02\x09\x00\x00\x00\x00\xc0\x00\x02\x01\x00\x00\x00\x05",
    ),
    query("route reply", b"\x02\x00\x00\x02\xc0\x00\x02\x09\x00\x00\x00\x08\xc0\x00\x02\x01\x00\x00\x17\x70"),
];
