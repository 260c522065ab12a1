//! Amanda, backups over the network (its "Amanda network protocol"): version, kind, handle and sequence in a line.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form};
use crate::probing::examples::{client, query, reply};
use crate::protocol::{Descriptor, Example, FirstBytes, Transport};

/// Amanda.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "amanda",
    name: "Amanda",
    selector: 1741,
    category: "file-transfer",
    transports: &[Transport::Tcp, Transport::Udp],
    ports: &[10080],
    first_bytes: FirstBytes::Of(b"A"),
    max_probe_size: 48,
    probe: |sample| any_form(sample, FORMS),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[packet];

fn packet(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(b"Amanda ")?;
    cursor.within(b'1', b'9')?;
    cursor.literal(b".")?;
    cursor.text_until(b' ', 12)?;
    cursor.any_literal(&[b"REQ ", b"REP ", b"ACK ", b"NAK ", b"PREP "])?;
    cursor.literal(b"HANDLE ")?;
    Ok((100, "Amanda packet"))
}

const EXAMPLES: &[Example] = &[
    query("request", b"Amanda 2.6 REQ HANDLE 000-00010203 SEQ 1234567890\nSERVICE noop\n"),
    reply("acknowledgement", b"Amanda 2.6 ACK HANDLE 000-00010203 SEQ 1234567890\n"),
    client("over TCP", b"Amanda 3.5 REQ HANDLE 000-00010203 SEQ 1\n"),
];
