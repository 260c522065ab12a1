//! Matter (CSA "Matter Core Specification"), over UDP: messages before there are keys, by which devices are added and sessions begin.
//! What follows them is encrypted behind a header without a mark, and belongs to the flow that began so. Numbers are little-endian.

use crate::probing::answers::matched;
use crate::probing::examples::{query, reply};
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

/// Message flags of version 0 (§4.4.1.2): the sender's node, or the receiver's; messages without a session name just one.
const FROM_NODE: u8 = 0x04;
const TO_NODE: u8 = 0x01;
/// Flags, session, security flags, counter, one node.
const MESSAGE_HEADER_SIZE: usize = 16;
/// Exchange flags (§4.4.3.1): an acknowledged counter and secured extensions follow; a vendor's number stands before the protocol's.
const HAS_ACKNOWLEDGEMENT: u8 = 0x02;
const HAS_MORE: u8 = 0xe8;
/// Exchange flags, opcode, exchange, protocol.
const PROTOCOL_HEADER_SIZE: usize = 6;
/// The secure channel's protocol (§4.11).
const SECURE_CHANNEL: [u8; 2] = [0, 0];
/// An anonymous structure of Matter's TLV, and its end (appendix A.7).
const STRUCTURE: u8 = 0x15;
const END: u8 = 0x18;

/// Matter.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "matter-message",
    name: "Matter",
    selector: 1784,
    category: "iot",
    tags: &["encrypted"],
    transports: &[Transport::Udp],
    ports: &[5540],
    first_bytes: FirstBytes::Of(&[FROM_NODE, TO_NODE]),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    let Some((header, rest)) = sample.data.split_first_chunk::<MESSAGE_HEADER_SIZE>() else { return Probe::No };
    let is_plain = matches!(header, [FROM_NODE | TO_NODE, 0, 0, 0, ..]); // no session, no security flags
    if is_plain && opens_channel(rest) == Some(true) {
        matched(90, "message of the secure channel", MESSAGE_HEADER_SIZE + PROTOCOL_HEADER_SIZE)
    } else {
        Probe::No
    }
}

/// A message of PASE, CASE, their acknowledgement or their result, with the payload that it must have (§4.13, §4.14, §4.11.9).
fn opens_channel(data: &[u8]) -> Option<bool> {
    let (header, mut payload) = data.split_first_chunk::<PROTOCOL_HEADER_SIZE>()?;
    let [flags, opcode, _, _, protocol @ ..] = *header;
    if flags & HAS_MORE != 0 || protocol != SECURE_CHANNEL {
        return Some(false);
    }
    if flags & HAS_ACKNOWLEDGEMENT != 0 {
        payload = payload.get(4..)?;
    }
    let begins = |size: u8| payload.starts_with(&[STRUCTURE, 0x30, 1, size]) && payload.last() == Some(&END);
    Some(match opcode {
        0x10 => payload.is_empty() && flags & HAS_ACKNOWLEDGEMENT != 0,
        0x20 | 0x21 | 0x24 | 0x30 | 0x31 => begins(32), // a random number, or a hash
        0x22 | 0x23 => begins(65),                      // a point of the curve
        0x32 => payload.starts_with(&[STRUCTURE, 0x31, 1]) && payload.last() == Some(&END),
        0x33 => begins(16), // the resumed session's number
        0x40 => payload.len() == 8 && payload.get(2..6) == Some(&[0; 4]),
        _ => false,
    })
}

const EXAMPLES: &[Example] = &[
    query("PBKDFParamRequest",
        b"\x04\0\0\0\x11\x22\x33\x04\x01\x02\x03\x04\x05\x06\x07\x08\x05\x20\x5b\x3c\0\0\x15\x30\x01\x20abcdefghijklmnopqrstuvwxyz012345\x25\x02\x8a\x77\x24\x03\0\x28\x04\x18",
    ),
    reply("StatusReport of success",
        b"\x01\0\0\0\x11\x22\x33\x05\x01\x02\x03\x04\x05\x06\x07\x08\x06\x40\x5b\x3c\0\0\x11\x22\x33\x04\0\0\0\0\0\0\0\0",
    ),
    reply("acknowledgement alone",
        b"\x01\0\0\0\x11\x22\x33\x06\x01\x02\x03\x04\x05\x06\x07\x08\x02\x10\x5b\x3c\0\0\x11\x22\x33\x04",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_a_session_or_another_payload_is_refused() {
        for (at, byte) in [(0, 0x00), (1, 0x01), (3, 0x80), (17, 0x77), (21, 0x01), (24, 0x02)] {
            let mut data = EXAMPLES[0].data.to_vec();
            data[at] = byte;
            let answer = probe(&Sample { transport: Transport::Udp, data: &data, ..Sample::EMPTY });
            assert_eq!(answer, Probe::No, "byte {at}");
        }
    }
}
