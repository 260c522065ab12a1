//! HDHomeRun, television receivers ("hdhomerun_pkt.h" by description): type and size, big-endian, tags with values, a checksum.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::{query, reply};
use crate::protocol::{Descriptor, Example, FirstBytes, Transport};

/// HDHomeRun.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "hdhomerun",
    name: "HDHomeRun",
    selector: 1767,
    category: "streaming-protocol",
    transports: &[Transport::Udp],
    ports: &[65001],
    first_bytes: FirstBytes::Of(b"\0"),
    max_probe_size: 24,
    probe: |sample| any_form(sample, FORMS),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[discovery];

fn discovery(cursor: &mut Cursor<'_>) -> Recognised {
    let kind = cursor.u16()?;
    require(matches!(kind, 2 | 3))?;
    require(usize::from(cursor.u16()?) + 4 == cursor.rest().len())?;
    cursor.literal(b"\x01\x04")?; // kind of device
    cursor.u32()?;
    cursor.literal(b"\x02\x04")?; // its number
    Ok((95, "HDHomeRun discovery"))
}

const EXAMPLES: &[Example] = &[
    query("who is there", b"\0\x02\0\x0c\x01\x04\xff\xff\xff\xff\x02\x04\xff\xff\xff\xff\x73\xcc\x7d\x8f"),
    reply("a receiver", b"\0\x03\0\x0f\x01\x04\0\0\0\x01\x02\x04\x10\x12\x34\x56\x10\x01\x02\xaa\xbb\xcc\xdd"),
];
