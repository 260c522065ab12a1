//! Ping and traceroute of MPLS label switched paths (RFC 8029).

use crate::bytes::Reader;
use crate::probing::answers::of_datagram;
use crate::probing::examples::{query, reply};
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

const CARRIER: Transport = Transport::Udp;
const VERSION: u16 = 1;
/// Version to the second time stamp (§3).
const HEADER_SIZE: usize = 32;
/// Validate FEC, respond, validate reverse (IANA global flags).
const MAX_FLAGS: u16 = 7;
const MAX_MESSAGE_TYPE: u8 = 4;
const MAX_REPLY_MODE: u8 = 5;
const MAX_RETURN_CODE: u8 = 36;
/// Optional TLVs have upper numbers; the mandatory ones are few.
const MAX_TLV: u16 = 64;
const FIRST_OPTIONAL_TLV: u16 = 0x8000;

/// LSP ping.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "lsp-ping",
    name: "LSP ping",
    selector: 1609,
    transports: &[CARRIER],
    ports: &[3503],
    first_bytes: FirstBytes::Of(&[0]),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    of_datagram(is_message(sample.data), 80, "header and TLVs", HEADER_SIZE)
}

fn is_message(data: &[u8]) -> Option<bool> {
    let mut reader = Reader::new(data);
    let (version, flags) = (reader.u16()?, reader.u16()?);
    let [kind, mode, code, subcode] = reader.array()?;
    reader.take(HEADER_SIZE - 8)?;
    let fits = version == VERSION
        && flags <= MAX_FLAGS
        && (1..=MAX_MESSAGE_TYPE).contains(&kind)
        && (1..=MAX_REPLY_MODE).contains(&mode)
        && code <= MAX_RETURN_CODE
        && subcode < 32;
    if !fits || reader.is_empty() {
        return Some(false);
    }
    while !reader.is_empty() {
        let tlv = reader.u16()?;
        let size = usize::from(reader.u16()?);
        if !(1..=MAX_TLV).contains(&tlv) && tlv < FIRST_OPTIONAL_TLV {
            return Some(false);
        }
        reader.take(size.next_multiple_of(4).min(reader.rest().len().max(size)))?;
    }
    Some(true)
}

const EXAMPLES: &[Example] = &[
    query("echo request for an LDP prefix", b"\x00\x01\x00\x00\x01\x02\x00\x00\x00\x00\x1a\x2b\x00\x00\x00\x01\xea\x02\x12\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x0c\x00\x01\x00\x05\xc0\x00\x02\x09\x20\x00\x00\x00"),
    reply("echo reply: egress", b"\x00\x01\x00\x00\x02\x02\x03\x01\x00\x00\x1a\x2b\x00\x00\x00\x01\xea\x02\x12\x00\x00\x00\x00\x00\xea\x02\x12\x00\x00\x00\x00\x01\x00\x07\x00\x08\x00\x00\x00\x00\x00\x00\x00\x00"),
];
