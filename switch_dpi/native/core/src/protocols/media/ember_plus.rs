//! Ember+, the control of broadcasting (Lawo, "Ember+ documentation", S101): frames between 0xfe and 0xff.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Transport};

/// Ember+.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "ember-plus",
    name: "Ember+",
    selector: 1755,
    category: "streaming-protocol",
    transports: &[Transport::Tcp],
    ports: &[9000, 9092],
    first_bytes: FirstBytes::Of(b"\xfe"),
    max_probe_size: 8,
    probe: |sample| any_form(sample, FORMS),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[frame];

fn frame(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(b"\xfe\0\x0e")?;
    let command = cursor.within(0, 2)?;
    cursor.literal(b"\x01")?; // version
    if command == 0 {
        require(cursor.u8()? & 0x1f == 0)?; // flags
        cursor.literal(b"\x01")?;
    }
    Ok((85, "S101 frame"))
}

const EXAMPLES: &[Example] =
    &[client("keep-alive", b"\xfe\0\x0e\x01\x01\x94\xe4\xff"), server("Glow", b"\xfe\0\x0e\0\x01\xc0\x01\x02\x1f\x02")];
