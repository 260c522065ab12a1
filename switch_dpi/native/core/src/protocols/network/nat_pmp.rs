//! NAT Port Mapping Protocol (RFC 6886). Few bits are fixed: what could be chance is only guessed, at its port.

use crate::bytes::Reader;
use crate::probing::answers::matched;
use crate::probing::examples::{query, reply};
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

const CARRIER: Transport = Transport::Udp;
const PORTS: [u16; 2] = [5350, 5351];
/// Set in the operation of an answer (§3.2).
const ANSWER: u8 = 0x80;
const MAP_UDP: u8 = 1;
const MAP_TCP: u8 = 2;
/// Success, unsupported version, not authorised, network failure, out of resources, unsupported operation (§3.5).
const MAX_RESULT: u16 = 5;
/// A mapping that is asked for longer than this is no mapping; 7,200 s is recommended (§3.3).
const MAX_LIFETIME_S: u32 = 366 * 86_400;

/// NAT-PMP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "nat-pmp",
    name: "NAT-PMP",
    selector: 1583,
    risk: Some(40),
    transports: &[CARRIER],
    ports: &PORTS,
    first_bytes: FirstBytes::Of(&[0]),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    let is_usual_port = [sample.originator_port, sample.responder_port].iter().any(|port| PORTS.contains(port));
    match weigh(sample.data) {
        Some(weight) if is_usual_port => matched(weight.max(58), "message", sample.data.len()),
        Some(weight) if weight >= 60 => matched(weight, "message", sample.data.len()),
        Some(_) => Probe::NeedMore,
        None => Probe::No,
    }
}

/// How much a message says by itself.
fn weigh(data: &[u8]) -> Option<u8> {
    let mut reader = Reader::new(data);
    let [0, operation] = reader.array()? else { return None };
    match (operation, data.len()) {
        (0, 2) => Some(10),
        (ANSWER, 12) => {
            let (result, _epoch, address) = (reader.u16()?, reader.u32()?, reader.u32()?);
            (result <= MAX_RESULT && (address != 0 || result != 0)).then_some(40)
        }
        (MAP_UDP | MAP_TCP, 12) => {
            let (reserved, internal, _external) = (reader.u16()?, reader.u16()?, reader.u16()?);
            let fits = reserved == 0 && internal != 0 && reader.u32()? <= MAX_LIFETIME_S;
            fits.then_some(60)
        }
        (0x81 | 0x82, 16) => {
            let (result, _epoch, internal) = (reader.u16()?, reader.u32()?, reader.u16()?);
            reader.u16()?;
            (result <= MAX_RESULT && internal != 0 && reader.u32()? <= MAX_LIFETIME_S).then_some(62)
        }
        _ => None,
    }
}

const EXAMPLES: &[Example] = &[
    query("mapping of a TCP port", b"\x00\x02\x00\x00\x1f\x90\x1f\x90\x00\x00\x1c\x20"),
    reply("mapping that was made", b"\x00\x82\x00\x00\x00\x00\x12\x34\x1f\x90\x1f\x90\x00\x00\x1c\x20"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_two_bytes_that_ask_for_the_address_are_a_guess_at_the_port() {
        let sample = Sample { transport: CARRIER, data: &[0, 0], ..Sample::EMPTY };
        assert_eq!(probe(&sample), Probe::NeedMore);
        let at_port = probe(&Sample { responder_port: 5351, ..sample });
        assert!(matches!(at_port, Probe::Match(evidence) if evidence.confidence < 60));
    }
}
