//! FlightGear's multiplayer over UDP ("mpmessages" of the simulator): magic, version 1.1, kind, size, big-endian.

use crate::probing::beginnings::begins;
use crate::probing::examples::{query, reply, telling};
use crate::probing::readers::Reading;
use crate::probing::search::until_nul;
use crate::protocol::attributes::Attribute;
use crate::protocol::{Descriptor, Example, Findings, FirstBytes, Probe, Progress, Sample, Transport};

/// Magic and version.
const START: &[u8] = b"FGFS\x00\x01\x00\x01";
/// Where the call sign stands, and its room.
const CALL_SIGN_AT: usize = 24;
const CALL_SIGN_SIZE: usize = 8;

/// FlightGear.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "flightgear",
    name: "FlightGear",
    selector: 962,
    category: "games",
    transports: &[Transport::Udp],
    ports: &[5000, 5002],
    first_bytes: FirstBytes::Of(b"F"),
    probe,
    inspector: Some(|| Box::new(Reading(read))),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    begins(sample.data, START).datagram(100, "magic and version", 8)
}

fn read(sample: &Sample<'_>, found: &mut Findings) -> Progress {
    let room = sample.data.get(CALL_SIGN_AT..).and_then(|rest| rest.get(..CALL_SIGN_SIZE)).unwrap_or_default();
    let (sign, _) = until_nul(room).unwrap_or((room, &[]));
    if !sign.is_empty() {
        found.text(Attribute::GameUser, sign);
    }
    Progress::Settled
}

const EXAMPLES: &[Example] = &[
    telling(
        query("position", b"FGFS\x00\x01\x00\x01\x00\x00\x00\x07\x00\x00\x00\x2c\x00\x00\x00\x64\x00\x00\x13\x8aD-ANNA\0\0Aircraft/c172p\0\0"),
        &[(Attribute::GameUser, "D-ANNA")],
    ),
    reply("position of another, from the server", b"FGFS\x00\x01\x00\x01\x00\x00\x00\x07\x00\x00\x00\x28\x00\x00\x00\x00\x00\x00\x00\x00callsignAircraft"),
];
