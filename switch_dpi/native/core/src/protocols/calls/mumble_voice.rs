//! Mumble: the datagrams with which clients ask a server for its version and load. Speech is encrypted, control runs over TLS.

use crate::bytes::Reader;
use crate::probing::answers::matched;
use crate::probing::examples::{query, reply};
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

/// Zeros and an identifier that the answer repeats.
const REQUEST_SIZE: usize = 12;
/// Version, identifier, users, most users, bits per second.
const RESPONSE_SIZE: usize = 24;
const PORT: u16 = 64738;

/// Mumble.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "mumble-voice",
    name: "Mumble",
    selector: 718,
    category: "voip",
    tags: &["encrypted"],
    transports: &[Transport::Udp],
    ports: &[PORT],
    first_bytes: FirstBytes::Of(&[0]),
    probe,
    app: "mumble",
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    match sample.data.len() {
        REQUEST_SIZE if sample.data.starts_with(&[0; 4]) => {
            let is_usual = sample.responder_port == PORT || sample.originator_port == PORT;
            if is_usual { matched(55, "Mumble ping on its port", REQUEST_SIZE) } else { Probe::NeedMore }
        }
        RESPONSE_SIZE => probe_response(sample).unwrap_or(Probe::No),
        _ => Probe::No,
    }
}

fn probe_response(sample: &Sample<'_>) -> Option<Probe> {
    let mut reader = Reader::new(sample.data);
    let version: [u8; 4] = reader.array()?;
    let identifier: [u8; 8] = reader.array()?;
    let (users, most, rate) = (reader.u32()?, reader.u32()?, reader.u32()?);
    let fits = matches!(version, [0, 1, 0..=9, _]) && users <= most && (1..=100_000).contains(&most);
    if !fits || !(4_000..=2_000_000).contains(&rate) {
        return None;
    }
    let asked = sample.reverse.len() == REQUEST_SIZE && sample.reverse.ends_with(&identifier);
    Some(matched(if asked { 100 } else { 75 }, "Mumble ping answered", RESPONSE_SIZE))
}

const EXAMPLES: &[Example] = &[
    reply(
        "a server tells its load",
        b"\x00\x01\x02\x04\x11\x22\x33\x44\x55\x66\x77\x88\x00\x00\x00\x05\x00\x00\x00\x64\x00\x01\x19\x40",
    ),
    query(
        "a newer, empty server",
        b"\x00\x01\x05\x00\x81\x72\x63\x54\x45\x36\x27\x18\x00\x00\x00\x00\x00\x00\x03\xe8\x00\x08\x80\xe8",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_waits_for_its_answer() {
        let ask = b"\0\0\0\0\x11\x22\x33\x44\x55\x66\x77\x88";
        assert_eq!(probe(&Sample { transport: Transport::Udp, data: ask, ..Sample::EMPTY }), Probe::NeedMore);
        let data = EXAMPLES.first().map(|example| example.data).unwrap_or_default();
        let answer = probe(&Sample { transport: Transport::Udp, data, reverse: ask, ..Sample::EMPTY });
        assert!(matches!(answer, Probe::Match(e) if e.confidence == 100));
    }
}
