//! TiVoConnect automatic machine discovery (TiVo, "Automatic Machine Discovery Protocol Specification" 1.5): lines of names and values.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::query;
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

/// TiVoConnect.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "tivoconnect",
    name: "TiVoConnect",
    selector: 614,
    category: "iot",
    transports: &[Transport::Udp],
    ports: &[2190],
    first_bytes: FirstBytes::Of(b"tT"),
    probe,
    app: "tivo",
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[announcement];

fn probe(sample: &Sample<'_>) -> Probe {
    any_form(sample, FORMS)
}

fn announcement(cursor: &mut Cursor<'_>) -> Recognised {
    let name = cursor.take(12)?;
    require(name.eq_ignore_ascii_case(b"tivoconnect="))?;
    cursor.all(1, |byte| byte.is_ascii_digit())?;
    Ok((100, "TiVoConnect announcement"))
}

const EXAMPLES: &[Example] = &[

    query("announcement", b"TiVoConnect=1\nmethod=broadcast\nplatform=pc/linux\nmachine=den\nidentity={D936E980-79E3-11D6-A84A-00045A43EEE7}\n"),
    query("of a recorder", b"tivoconnect=1\nswversion=9.3-01-2-540\nmethod=connected\nidentity=540000000000000\n"),
];
