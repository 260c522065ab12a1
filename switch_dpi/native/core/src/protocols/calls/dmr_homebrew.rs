//! Repeaters of digital mobile radio over IP ("DMRplus IPSC Protocol for HB repeater", version 1.0): four to seven letters and sizes.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::{query, reply};
use crate::protocol::{Descriptor, Example, FirstBytes, Transport};

/// DMR Homebrew.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "dmr-homebrew",
    name: "DMR Homebrew",
    selector: 1728,
    category: "voip",
    transports: &[Transport::Udp],
    ports: &[62030, 62031],
    first_bytes: FirstBytes::Of(b"DRM"),
    max_probe_size: 16,
    probe: |sample| any_form(sample, FORMS),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[voice, control];

fn voice(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(b"DMRD")?;
    require(matches!(cursor.size(), 53 | 55))?;
    Ok((95, "DMR data"))
}

fn control(cursor: &mut Cursor<'_>) -> Recognised {
    let which =
        cursor.any_literal(&[b"RPTL", b"RPTK", b"RPTC", b"RPTPING", b"MSTPONG", b"MSTNAK", b"RPTACK", b"RPTCL"])?;
    let size = cursor.size();
    let fits = match which {
        0 => size == 8,
        1 => size == 40,
        2 => size == 302 || size == 9,
        _ => matches!(size, 10 | 11),
    };
    require(fits)?;
    Ok((85, "DMR control"))
}

const EXAMPLES: &[Example] = &[
    query("log-in", b"RPTL\0\x04\xc4\xb4"),
    reply("accepted", b"RPTACK\x12\x34\x56\x78"),
    query("alive", b"RPTPING\0\x04\xc4\xb4"),
];
