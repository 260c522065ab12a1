//! VBAN, sound over UDP (VB-Audio, "VBAN specifications"): a header of 28 bytes with the stream's name.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::{query, reply};
use crate::protocol::{Descriptor, Example, FirstBytes, Transport};

/// VBAN.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "vban",
    name: "VBAN",
    selector: 1721,
    category: "streaming-protocol",
    transports: &[Transport::Udp],
    ports: &[6980],
    first_bytes: FirstBytes::Of(b"V"),
    max_probe_size: 28,
    probe: |sample| any_form(sample, FORMS),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[header];

fn header(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(b"VBAN")?;
    cursor.array::<4>()?; // rate, samples, channels, format
    let name: [u8; 16] = cursor.array()?;
    cursor.u32()?; // frame
    require(name.iter().all(|byte| *byte == 0 || (b' '..=b'~').contains(byte)))?;
    Ok((100, "VBAN header"))
}

const EXAMPLES: &[Example] = &[
    query("sound", b"VBAN\x10\xff\x01\x01Stream1\0\0\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0"),
    reply("service", b"VBAN\x60\0\0\0VBAN Service\0\0\0\0\x01\0\0\0"),
];
