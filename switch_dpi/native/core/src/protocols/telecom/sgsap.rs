//! SGs application part between MME and MSC (3GPP TS 29.118), over SCTP without a payload protocol of its own.

use crate::bytes::Reader;
use crate::probing::answers::of_datagram;
use crate::probing::examples::{answered, sent};
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

const CARRIER: Transport = Transport::Sctp(0);
/// Paging request to MO CSFB indication (§9.2).
const MAX_TYPE: u8 = 0x1f;
/// Information elements (§9.3): the IMSI is first where there is one; reset messages begin with a name.
const ELEMENT_IMSI: u8 = 0x01;
const ELEMENT_VLR_NAME: u8 = 0x02;
const ELEMENT_MME_NAME: u8 = 0x09;
const ELEMENT_CAUSE: u8 = 0x08;
const MAX_NAME_SIZE: usize = 64;

/// SGsAP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "sgsap",
    name: "SGsAP",
    selector: 1599,
    transports: &[CARRIER],
    ports: &[29118],
    first_bytes: FirstBytes::Where(|byte| (1..=MAX_TYPE).contains(&byte)),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    of_datagram(is_message(sample.data), 80, "message and information elements", sample.data.len())
}

fn is_message(data: &[u8]) -> Option<bool> {
    let mut reader = Reader::new(data);
    if !(1..=MAX_TYPE).contains(&reader.u8()?) {
        return Some(false);
    }
    let first = reader.u8()?;
    let value = reader.vector8()?;
    let fits = match first {
        ELEMENT_IMSI => (4..=8).contains(&value.len()),
        ELEMENT_VLR_NAME | ELEMENT_MME_NAME => (8..=MAX_NAME_SIZE).contains(&value.len()),
        ELEMENT_CAUSE => value.len() == 1,
        _ => false,
    };
    while !reader.is_empty() {
        reader.u8()?;
        reader.vector8()?;
    }
    Some(fits)
}

const EXAMPLES: &[Example] = &[
    sent(
        CARRIER,
        "paging request",
        b"\x01\x01\x08\x09\x10\x10\x32\x54\x76\x98\xf0\x02\x0a\x03vlr\x05local\x20\x01\x01",
    ),
    answered(CARRIER, "service request", b"\x06\x01\x08\x09\x10\x10\x32\x54\x76\x98\xf0\x20\x01\x01"),
];
