//! Z39.50, search in libraries (ANSI/NISO Z39.50-2003 §4, BER): the initialisation that begins a session.

use crate::formats::ber;
use crate::probing::checker::{Checker, Form, Recognised, any_form, client, require, server};
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
fn initialisation(checker: &mut Checker<'_>) -> Recognised {
    checker.one_of(&[0xb4, 0xb5])?;
    let size = ber::length(checker)?;
    require(size >= 14)?;
    let mut tag = checker.one_of(&[0x82, 0x83])?;
    if tag == 0x82 {
        let reference = ber::length(checker)?;
        require(reference < size)?;
        checker.take(reference)?;
        tag = checker.one_of(&[0x83])?;
    }
    require(tag == 0x83)?;
    checker.literal(b"\x02")?;
    checker.within(0, 7)?;
    checker.take(1)?;
    checker.literal(b"\x84")?;
    let options = checker.within(2, 5)?;
    checker.within(0, 7)?;
    checker.take(usize::from(options) - 1)?;
    checker.literal(b"\x85")?;
    checker.within(1, 5)?;
    Ok((95, "Z39.50 initialisation"))
}

const EXAMPLES: &[Example] = &[
    client("request", b"\xb4\x14\x83\x02\x05\xe0\x84\x03\x03\xe8\xa0\x85\x03\x01\0\0\x86\x04\0\x10\0\0"),
    server("response", b"\xb5\x17\x83\x02\x05\xe0\x84\x03\x03\xe8\xa0\x85\x03\x01\0\0\x86\x04\0\x10\0\0\x8c\x01\xff"),
];
