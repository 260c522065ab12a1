//! rtl_tcp, samples of a radio receiver (osmocom): the server begins with kind and gains of the tuner, big-endian.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form};
use crate::probing::examples::server;
use crate::protocol::{Descriptor, Example, FirstBytes, Transport};

/// rtl tcp.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "rtl-tcp",
    name: "rtl_tcp",
    selector: 1740,
    category: "streaming-protocol",
    transports: &[Transport::Tcp],
    ports: &[1234],
    first_bytes: FirstBytes::Of(b"R"),
    max_probe_size: 12,
    probe: |sample| any_form(sample, FORMS),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[greeting];

fn greeting(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(b"RTL0\0\0\0")?;
    cursor.within(0, 6)?;
    cursor.literal(b"\0\0\0")?;
    cursor.within(0, 64)?;
    Ok((100, "tuner"))
}

const EXAMPLES: &[Example] =
    &[server("R820T", b"RTL0\0\0\0\x05\0\0\0\x1d"), server("E4000", b"RTL0\0\0\0\x01\0\0\0\x0e\x80\x7f")];
