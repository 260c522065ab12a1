//! netcode 1.0, which yojimbo and others stand on ("netcode 1.02 standard"): only the request to connect names itself; all that
//! follows is encrypted. Over UDP, little-endian.

use crate::probing::answers::matched_if;
use crate::probing::beginnings::{Beginning, begins};
use crate::probing::examples::query;
use crate::probing::numbers::u8_at;
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

/// Prefix byte 0 (connection request), then the version up to its last digit ("connection request packet").
const REQUEST: &[u8] = b"\x00NETCODE 1.0";

/// netcode, yojimbo.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "yojimbo",
    name: "Yojimbo",
    selector: 908,
    category: "games",
    transports: &[Transport::Udp],
    ports: &[40000],
    first_bytes: FirstBytes::Of(&[0]),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    let has_end =
        u8_at(sample.data, 12).is_some_and(|digit| digit.is_ascii_digit()) && u8_at(sample.data, 13) == Some(0);
    matched_if(has_end && begins(sample.data, REQUEST) == Beginning::Whole, 100, "connection request", 14)
}

const EXAMPLES: &[Example] = &[
    query("connection request of version 1.02, its token cut", b"\x00NETCODE 1.02\0\x88\x77\x66\x55\x44\x33\x22\x11\xa5\x01\x90\x65\0\0\0\0\x28\x46\x28\xe1\xcc\x6c\xc5\xb7\x8e\xd1\xb1\xa7"),
    query("connection request of version 1.01", b"\x00NETCODE 1.01\0\x10\0\0\0\0\0\0\0\xa5\x01\x90\x5f\0\0\0\0\x01\0\0\0\0\0\0\0"),
];
