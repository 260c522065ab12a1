//! LSV2, Heidenhain's controls, as publicly described: size, big-endian, then a command or an answer of four letters.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Transport};

/// LSV2.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "lsv2",
    name: "LSV2",
    selector: 1766,
    category: "industrial",
    transports: &[Transport::Tcp],
    ports: &[19000],
    first_bytes: FirstBytes::Of(b"\0"),
    max_probe_size: 12,
    probe: |sample| any_form(sample, FORMS),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[telegram];

fn telegram(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(b"\0\0")?;
    require(cursor.u16()? < 2048)?;
    cursor.any_literal(&[
        b"A_LG", b"A_LO", b"R_VR", b"S_VR", b"T_OK", b"T_ER", b"T_FD", b"C_CC", b"R_PR", b"S_PR", b"R_FI",
    ])?;
    Ok((80, "LSV2 telegram"))
}

const EXAMPLES: &[Example] = &[client("log-in", b"\0\0\0\x08A_LGINSPECT\0"), server("well", b"\0\0\0\0T_OK")];
