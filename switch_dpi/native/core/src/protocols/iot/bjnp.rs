//! BJNP, printing and scanning with Canon's devices (Canon; the header is described by the cups-bjnp and SANE projects): sixteen
//! bytes, big-endian.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::{client, query, reply};
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

/// BJNP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "bjnp",
    name: "BJNP",
    selector: 613,
    category: "iot",
    transports: &[Transport::Tcp, Transport::Udp],
    ports: &[8611, 8612, 8613, 8614],
    first_bytes: FirstBytes::Of(b"BM"),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[header];

fn probe(sample: &Sample<'_>) -> Probe {
    any_form(sample, FORMS)
}

fn header(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.any_literal(&[b"BJNP", b"MFNP", b"BJNB"])?;
    cursor.one_of(&[0x01, 0x02, 0x81, 0x82])?; // printer or scanner; the upper bit answers
    cursor.u8()?;
    cursor.take(6)?; // error, sequence, session
    require(cursor.u32()? < 0x10_0000)?;
    Ok((100, "BJNP header"))
}

const EXAMPLES: &[Example] = &[
    query("discovery of scanners", b"BJNP\x02\x01\0\0\0\x01\0\0\0\0\0\0"),
    reply(
        "scanner found",
        b"BJNP\x82\x01\0\0\0\x01\0\0\0\0\0\x10\0\x01\x08\0\x06\x04\x02\0\x5e\x10\0\x01\xc0\0\x02\x07",
    ),
    client("print job", b"BJNP\x01\x10\0\0\0\x02\0\0\0\0\0\0"),
];
