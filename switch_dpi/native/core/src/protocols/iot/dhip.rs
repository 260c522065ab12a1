//! DHIP and DVRIP of Dahua's cameras and recorders over TCP and UDP, as publicly described: a header of 32 bytes, then JSON.

use crate::probing::answers::{Verdict, answer};
use crate::probing::cursor::{Cursor, require};
use crate::probing::examples::{query, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Sample, Transport};

/// Size of the header, then the name.
const START: &[u8] = b"\x20\x00\x00\x00DHIP";
/// JSON of a device's configuration.
const MAX_SIZE: u32 = 0x0010_0000;

/// DHIP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "dhip",
    name: "DHIP",
    selector: 378,
    category: "iot",
    risk: Some(60),
    transports: &[Transport::Tcp, Transport::Udp],
    ports: &[37_777, 37_810, 5000],
    first_bytes: FirstBytes::Of(&[0x20]),
    probe: |sample| answer(judge(sample)),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn judge(sample: &Sample<'_>) -> Verdict {
    let mut cursor = Cursor::of(sample);
    cursor.literal(START)?;
    cursor.array::<8>()?; // session, request
    require(cursor.u32_le()? <= MAX_SIZE)?;
    cursor.matched(100, "DHIP header")
}

const EXAMPLES: &[Example] = &[
    query("search for devices", b"\x20\x00\x00\x00DHIP\x00\x00\x00\x00\x00\x00\x00\x00\x28\x00\x00\x00\x00\x00\x00\x00\x28\x00\x00\x00\x00\x00\x00\x00{\"method\":\"DHDiscover.search\",\"params\":{}}"),
    server("answer to a login", b"\x20\x00\x00\x00DHIP\x12\x34\x56\x78\x01\x00\x00\x00\x0f\x00\x00\x00\x00\x00\x00\x00\x0f\x00\x00\x00\x00\x00\x00\x00{\"result\":true}"),
];
