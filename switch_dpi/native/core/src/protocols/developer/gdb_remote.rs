//! GDB Remote Serial Protocol (GDB manual, appendix E): the question for features that a debugger begins with, and its answer.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form};
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Transport};

/// GDB remote.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "gdb-remote",
    name: "GDB remote",
    selector: 1713,
    category: "developer",
    risk: Some(80),
    transports: &[Transport::Tcp],
    ports: &[2345, 1234, 3333],
    first_bytes: FirstBytes::Of(b"+$"),
    max_probe_size: 40,
    probe: |sample| any_form(sample, FORMS),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[features];

fn features(cursor: &mut Cursor<'_>) -> Recognised {
    let mut ahead = *cursor;
    if ahead.literal(b"+").is_ok() {
        *cursor = ahead;
    }
    cursor.any_literal(&[b"$qSupported", b"$PacketSize=", b"$QStartNoAckMode#b0", b"$vMustReplyEmpty#3a"])?;
    Ok((100, "GDB remote packet"))
}

const EXAMPLES: &[Example] = &[
    client("features of the debugger", b"+$qSupported:multiprocess+;swbreak+#c6"),
    server("features of the target", b"+$PacketSize=47ff;QPassSignals+#12"),
];
