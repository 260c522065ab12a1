//! IBM MQ channels (IBM MQ, "Transmission Segment Header"; known from traffic): TSH, in ASCII or EBCDIC.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

/// IBM MQ.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "ibm-mq",
    name: "IBM MQ",
    selector: 622,
    category: "messaging",
    transports: &[Transport::Tcp],
    ports: &[1414],
    first_bytes: FirstBytes::Of(b"T\xe3"),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[segment];

fn probe(sample: &Sample<'_>) -> Probe {
    any_form(sample, FORMS)
}

/// Mark, size of the segment, byte order, type, flags.
fn segment(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.any_literal(&[b"TSH ", b"TSHC", b"TSHM", b"\xe3\xe2\xc8\x40", b"\xe3\xe2\xc8\xc3", b"\xe3\xe2\xc8\xd4"])?;
    require(cursor.u32()? < 0x0800_0000)?;
    Ok((95, "transmission segment header"))
}

const EXAMPLES: &[Example] = &[
    client("initial data", b"TSH \0\0\0\xec\x01\x01\x31\0\0\0\0\0\0\0\0\0\x11\x01\0\0\x03\x33\0\0ID  \x0d"),
    server("of a mainframe", b"\xe3\xe2\xc8\x40\0\0\0\xec\x01\x01\x31\0\0\0\0\0\0\0\0\0\x11\x01\0\0\x01\xf4\0\0"),
];
