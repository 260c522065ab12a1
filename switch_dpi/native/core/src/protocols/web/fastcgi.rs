//! FastCGI (FastCGI specification 1.0 §3.3): records of version, type, request id, sizes, big-endian.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

/// FastCGI.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "fastcgi",
    name: "FastCGI",
    selector: 601,
    category: "web",
    transports: &[Transport::Tcp],
    ports: &[9000],
    first_bytes: FirstBytes::Of(&[1]),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[record];

fn probe(sample: &Sample<'_>) -> Probe {
    any_form(sample, FORMS)
}

fn record(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(&[1])?;
    let kind = cursor.one_of(&[1, 3, 6, 7, 9, 10])?;
    let id = cursor.u16()?;
    let size = cursor.u16()?;
    cursor.u8()?;
    cursor.literal(b"\0")?;
    match kind {
        1 => {
            require(size == 8 && id != 0 && cursor.u16()? <= 3)?;
            cursor.within(0, 1)?;
            cursor.zeros(5)?;
            Ok((100, "FastCGI begin request"))
        }
        3 => {
            require(size == 8 && id != 0)?;
            cursor.take(4)?;
            cursor.within(0, 3)?;
            Ok((70, "FastCGI end request"))
        }
        6 | 7 => {
            require(size > 0 && id != 0)?;
            let text = cursor.text(4.min(usize::from(size)))?;
            require(text.first().is_some_and(u8::is_ascii_alphabetic))?;
            Ok((70, "FastCGI output"))
        }
        _ => {
            require(id == 0 && size > 4)?;
            cursor.within(8, 20)?;
            cursor.within(0, 10)?;
            cursor.literal(b"FCGI_")?;
            Ok((100, "FastCGI values"))
        }
    }
}

const EXAMPLES: &[Example] = &[
    client("begin", b"\x01\x01\0\x01\0\x08\0\0\0\x01\0\0\0\0\0\0\x01\x04\0\x01\0\x18\0\0\x0e\x08SCRIPT_NAME/a.php"),
    server("output", b"\x01\x06\0\x01\0\x1b\x05\0Content-type: text/html\r\n\r\n\0\0\0\0\0"),
    client("values", b"\x01\x09\0\0\0\x10\0\0\x0e\0FCGI_MAX_CONNS"),
];
