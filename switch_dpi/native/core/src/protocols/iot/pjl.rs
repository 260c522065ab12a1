//! Raw printing at port 9100 that begins with the Printer Job Language (HP, "PJL Technical Reference Manual").

use crate::probing::cursor::{Cursor, Form, Recognised, any_form};
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

/// PJL.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "pjl",
    name: "PJL",
    selector: 638,
    category: "iot",
    risk: Some(40),
    transports: &[Transport::Tcp],
    ports: &[9100],
    first_bytes: FirstBytes::Of(b"\x1b@"),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[exit, answer];

fn probe(sample: &Sample<'_>) -> Probe {
    any_form(sample, FORMS)
}

/// The universal exit, with which every job begins and ends.
fn exit(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(b"\x1b%-12345X")?;
    Ok((100, "universal exit of PJL"))
}

fn answer(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.any_literal(&[
        b"@PJL INFO ",
        b"@PJL USTATUS ",
        b"@PJL ECHO ",
        b"@PJL DINQUIRE ",
        b"@PJL INQUIRE ",
        b"@PJL ",
    ])?;
    Ok((95, "PJL answer"))
}

const EXAMPLES: &[Example] = &[
    client("job", b"\x1b%-12345X@PJL JOB NAME=\"a\"\r\n@PJL ENTER LANGUAGE=POSTSCRIPT\r\n%!PS-Adobe-3.0\n"),
    server("identity", b"@PJL INFO ID\r\n\"LASERJET 4\"\r\n\x0c"),
];
