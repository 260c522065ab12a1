//! The line printer daemon protocol (RFC 1179).

use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::client;
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

const PORT: u16 = 515;

/// LPD.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "lpd",
    name: "LPD",
    selector: 637,
    category: "iot",
    transports: &[Transport::Tcp],
    ports: &[PORT],
    first_bytes: FirstBytes::Of(&[1, 2, 3, 4, 5]),
    max_probe_size: 256,
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[job, queue];

fn probe(sample: &Sample<'_>) -> Probe {
    any_form(sample, FORMS)
}

/// `\2queue`, then the first subcommand: a control or data file with its size.
fn job(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(b"\x02")?;
    let queue = cursor.text_until(b'\n', 64)?;
    require(!queue.is_empty() && !queue.contains(&b' '))?;
    if cursor.rest().is_empty() && cursor.sample.is_at_port(&[PORT]) {
        return Ok((55, "LPD job"));
    }
    cursor.within(2, 3)?;
    let size = cursor.text_until(b' ', 10)?;
    require(size.iter().all(u8::is_ascii_digit))?;
    cursor.any_literal(&[b"cf", b"df"])?;
    Ok((90, "LPD job"))
}

/// State of a queue, short or long; jobs to be removed.
fn queue(cursor: &mut Cursor<'_>) -> Recognised {
    require(cursor.sample.is_at_port(&[PORT]))?;
    cursor.one_of(&[1, 3, 4, 5])?;
    require(!cursor.text_until(b'\n', 128)?.is_empty())?;
    Ok((55, "LPD queue request"))
}

const EXAMPLES: &[Example] = &[
    client("job", b"\x02lp\n\x02123 cfA001host.example.org\n"),
    client("job, data first", b"\x02raw\n\x034096 dfA002host\n"),
];
