//! CVS's password server (CVS, "CVS Client/Server", §Password authentication).

use crate::probing::cursor::{Cursor, Form, Recognised, any_form};
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

/// CVS pserver.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "cvs-pserver",
    name: "CVS pserver",
    selector: 574,
    category: "developer",
    risk: Some(60),
    transports: &[Transport::Tcp],
    ports: &[2401],
    first_bytes: FirstBytes::Of(b"BI"),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[line];

fn probe(sample: &Sample<'_>) -> Probe {
    any_form(sample, FORMS)
}

fn line(cursor: &mut Cursor<'_>) -> Recognised {
    const LINES: &[&[u8]] = &[
        b"BEGIN AUTH REQUEST\n",
        b"BEGIN VERIFICATION REQUEST\n",
        b"BEGIN GSSAPI REQUEST\n",
        b"I LOVE YOU\n",
        b"I HATE YOU\n",
    ];
    cursor.any_literal(LINES)?;
    Ok((100, "CVS authentication"))
}

const EXAMPLES: &[Example] = &[
    client("log-in", b"BEGIN AUTH REQUEST\n/cvsroot\nann\nAh<Z\nEND AUTH REQUEST\n"),
    server("accepted", b"I LOVE YOU\n"),
];
