//! HDHomeRun, television receivers ("hdhomerun_pkt.h" by description): type and size, big-endian, tags with values, a checksum.

use crate::probing::checker::{Checker, Form, Recognised, any_form, query, reply, require};
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

fn discovery(checker: &mut Checker<'_>) -> Recognised {
    let kind = checker.u16()?;
    require(matches!(kind, 2 | 3))?;
    require(usize::from(checker.u16()?) + 4 == checker.rest().len())?;
    checker.literal(b"\x01\x04")?; // kind of device
    checker.u32()?;
    checker.literal(b"\x02\x04")?; // its number
    Ok((95, "HDHomeRun discovery"))
}

const EXAMPLES: &[Example] = &[
    query("who is there", b"\0\x02\0\x0c\x01\x04\xff\xff\xff\xff\x02\x04\xff\xff\xff\xff\x73\xcc\x7d\x8f"),
    reply("a receiver", b"\0\x03\0\x0f\x01\x04\0\0\0\x01\x02\x04\x10\x12\x34\x56\x10\x01\x02\xaa\xbb\xcc\xdd"),
];
