//! GKrellM, a monitor of machines: the client begins with its name and version.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form};
use crate::probing::examples::client;
use crate::protocol::{Descriptor, Example, FirstBytes, Transport};

/// GKrellM.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "gkrellm",
    name: "GKrellM",
    selector: 1752,
    category: "monitoring",
    transports: &[Transport::Tcp],
    ports: &[19150],
    first_bytes: FirstBytes::Of(b"g"),
    max_probe_size: 24,
    probe: |sample| any_form(sample, FORMS),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[version];

fn version(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(b"gkrellm ")?;
    cursor.within(b'1', b'9')?;
    cursor.literal(b".")?;
    cursor.line(24)?;
    Ok((95, "GKrellM version"))
}

const EXAMPLES: &[Example] =
    &[client("version 2.3.10", b"gkrellm 2.3.10\n"), client("version 2.2", b"gkrellm 2.2.0\r\n")];
