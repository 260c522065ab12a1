//! Z39.50, search in libraries (ANSI/NISO Z39.50-2003 §4, BER): the initialisation that begins a session.

use crate::formats::ber;
use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

/// Z39.50.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "z3950",
    name: "Z39.50",
    selector: 640,
    category: "education",
    transports: &[Transport::Tcp],
    ports: &[210],
    first_bytes: FirstBytes::Of(&[0xb4, 0xb5]),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[initialisation];

fn probe(sample: &Sample<'_>) -> Probe {
    any_form(sample, FORMS)
}

/// initRequest [20] or initResponse [21]: reference id, protocol version [3], options [4], sizes [5] and [6].
fn initialisation(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.one_of(&[0xb4, 0xb5])?;
    let size = ber::length(cursor)?;
    require(size >= 14)?;
    let mut tag = cursor.one_of(&[0x82, 0x83])?;
    if tag == 0x82 {
        let reference = ber::length(cursor)?;
        require(reference < size)?;
        cursor.take(reference)?;
        tag = cursor.one_of(&[0x83])?;
    }
    require(tag == 0x83)?;
    cursor.literal(b"\x02")?;
    cursor.within(0, 7)?;
    cursor.take(1)?;
    cursor.literal(b"\x84")?;
    let options = cursor.within(2, 5)?;
    cursor.within(0, 7)?;
    cursor.take(usize::from(options) - 1)?;
    cursor.literal(b"\x85")?;
    cursor.within(1, 5)?;
    Ok((95, "Z39.50 initialisation"))
}

const EXAMPLES: &[Example] = &[
    client("request", b"\xb4\x14\x83\x02\x05\xe0\x84\x03\x03\xe8\xa0\x85\x03\x01\0\0\x86\x04\0\x10\0\0"),
    server("response", b"\xb5\x17\x83\x02\x05\xe0\x84\x03\x03\xe8\xa0\x85\x03\x01\0\0\x86\x04\0\x10\0\0\x8c\x01\xff"),
];
