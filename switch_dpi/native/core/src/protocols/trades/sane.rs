//! SANE, scanners over the network (its standard, §5.2): the opening with version and user, big-endian.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::client;
use crate::protocol::{Descriptor, Example, FirstBytes, Transport};

/// SANE.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "sane",
    name: "SANE",
    selector: 1762,
    category: "business",
    transports: &[Transport::Tcp],
    ports: &[6566],
    first_bytes: FirstBytes::Of(b"\0"),
    max_probe_size: 24,
    probe: |sample| any_form(sample, FORMS),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[open];

fn open(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(b"\0\0\0\0\x01\0\0")?;
    cursor.within(1, 9)?; // build of the protocol
    let size = cursor.u32()?;
    require(size < 256)?;
    Ok((90, "SANE opening"))
}

const EXAMPLES: &[Example] =
    &[client("opening", b"\0\0\0\0\x01\0\0\x03\0\0\0\x04ann\0"), client("nobody", b"\0\0\0\0\x01\0\0\x03\0\0\0\x01\0")];
