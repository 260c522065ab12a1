//! Bacula and Bareos (Bacula, "Developer's Guide", Daemon protocol): text behind its size in four bytes, big-endian.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

/// Bacula.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "bacula",
    name: "Bacula",
    selector: 584,
    category: "file-transfer",
    transports: &[Transport::Tcp],
    ports: &[9101, 9102, 9103],
    first_bytes: FirstBytes::Of(&[0]),
    max_probe_size: 256,
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[hello];

fn probe(sample: &Sample<'_>) -> Probe {
    any_form(sample, FORMS)
}

/// `Hello Director name calling`, `auth cram-md5 <…>`, `1000 OK: name`.
fn hello(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.zeros(2)?;
    let size = usize::from(cursor.u16()?);
    require((8..512).contains(&size))?;
    let which = cursor.any_literal(&[b"Hello ", b"auth cram-md5", b"1000 OK"])?;
    if which == 0 {
        let text = cursor.text(size - 7)?;
        require(text.windows(7).any(|window| window == b"calling"))?;
    }
    Ok((95, "Bacula greeting"))
}

const EXAMPLES: &[Example] = &[
    client("director", b"\0\0\0\x22Hello Director backup-dir calling\n"),
    server("challenge", b"\0\0\0\x2bauth cram-md5 <123456789.1700000000@bd> ss"),
];
