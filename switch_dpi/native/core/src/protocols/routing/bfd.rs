//! Bidirectional Forwarding Detection (RFC 5880): one hop, many hops, link members, seamless (RFC 5881 to 5883, 7130, 7880).

use crate::bytes::Reader;
use crate::probing::answers::matched;
use crate::probing::examples::query;
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

const CARRIER: Transport = Transport::Udp;
/// Control, echo, many hops, micro sessions, seamless.
const PORTS: [u16; 5] = [3784, 3785, 4784, 6784, 7784];
/// What an echo holds is its sender's own affair (RFC 5880 §6.4): Cisco's is its discriminator and a small
/// count between zeros, a guess at the port.
const ECHO_PORT: u16 = 3785;
const ECHO_SIZE: usize = 12;
/// The mandatory section (§4.1).
const SIZE: usize = 24;
const FLAG_AUTHENTICATION: u8 = 0x04;
const FLAG_MULTIPOINT: u8 = 0x01;
const MAX_DIAGNOSTIC: u8 = 9;
/// Intervals are set in milliseconds almost everywhere, and written in microseconds.
const US_PER_MS: u32 = 1000;
/// Longer intervals detect nothing.
const MAX_INTERVAL_US: u32 = 300_000_000;

/// BFD.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "bfd",
    name: "BFD",
    selector: 1558,
    transports: &[CARRIER],
    ports: &PORTS,
    first_bytes: FirstBytes::Where(|byte| byte >> 5 == 1 || byte == 0),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    let is_usual_port = PORTS.contains(&sample.responder_port) || PORTS.contains(&sample.originator_port);
    if sample.responder_port == ECHO_PORT && is_echo(sample.data) {
        return matched(57, "echo packet", ECHO_SIZE);
    }
    match read(sample.data) {
        Some(true) => matched(80, "control packet", SIZE),
        Some(false) if is_usual_port => matched(58, "control packet with odd intervals", SIZE),
        _ => Probe::No,
    }
}

fn is_echo(data: &[u8]) -> bool {
    matches!(data, [0, 0, 0, 0, a, b, c, d, 0, 0, _, _] if [a, b, c, d].iter().any(|byte| **byte != 0))
}

/// Whether the intervals are round; `None` where a field cannot be.
fn read(data: &[u8]) -> Option<bool> {
    let mut reader = Reader::new(data);
    let [first, flags, multiplier, size] = reader.array()?;
    let (mine, yours) = (reader.u32()?, reader.u32()?);
    let intervals = [reader.u32()?, reader.u32()?, reader.u32()?];
    let has_authentication = flags & FLAG_AUTHENTICATION != 0;
    let state = flags >> 6;
    let fits = first >> 5 == 1
        && first & 0x1f <= MAX_DIAGNOSTIC
        && flags & FLAG_MULTIPOINT == 0
        && multiplier != 0
        && usize::from(size) == data.len()
        && (data.len() == SIZE) != has_authentication
        && mine != 0
        && (yours != 0 || state <= 1)
        && intervals.iter().all(|interval| *interval <= MAX_INTERVAL_US);
    fits.then(|| intervals.iter().all(|interval| interval % US_PER_MS == 0))
}

const EXAMPLES: &[Example] = &[
    query("session that is down", b"\x20\x40\x03\x18\x00\x00\x00\x01\x00\x00\x00\x00\x00\x0f\x42\x40\x00\x0f\x42\x40\x00\x00\x00\x00"),
    query("session that is up, with a password", b"\x20\xc4\x03\x21\x00\x00\x00\x01\x00\x00\x00\x02\x00\x00\xc3\x50\x00\x00\xc3\x50\x00\x00\xc3\x50\x01\x09\x01secret"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn echoes_are_guessed_at_their_port() {
        let at = |data, responder_port| probe(&Sample { transport: CARRIER, data, responder_port, ..Sample::EMPTY });
        for data in [b"\0\0\0\0\0\0\0\x01\0\0\0\0", b"\0\0\0\0\0\0\0\x01\0\0\0\x07"] {
            assert!(matches!(at(data, ECHO_PORT), Probe::Match(evidence) if evidence.confidence < 60));
            assert_eq!(at(data, 4000), Probe::No);
        }
        assert_eq!(at(&[0; ECHO_SIZE], ECHO_PORT), Probe::No);
    }
}
