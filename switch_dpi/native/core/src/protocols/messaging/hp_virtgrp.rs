//! The encrypted push channel that is seen at port 5223, which IANA gives to HP's virtual machine group management. No description
//! is public; its records are: a type (16 for the client's greeting, 17 for the answer, 30 for what follows), the record's size in
//! two bytes, big-endian, then bytes without form.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::client;
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

const GREETING: u8 = 0x16;
const ANSWER: u8 = 0x17;
const RECORD: u8 = 0x30;

/// HP_VIRTGRP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "hp-virtgrp",
    name: "HP_VIRTGRP",
    selector: 611,
    category: "messaging",
    transports: &[Transport::Tcp],
    ports: &[5223],
    first_bytes: FirstBytes::Of(&[GREETING, ANSWER]),
    max_probe_size: 600,
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[greeting, answer];

fn probe(sample: &Sample<'_>) -> Probe {
    any_form(sample, FORMS)
}

/// A greeting alone is a guess; the next record's head, or the answer's, makes it sure.
fn greeting(cursor: &mut Cursor<'_>) -> Recognised {
    let size = cursor.literal(&[GREETING]).and_then(|()| cursor.u16())?;
    require((64..512).contains(&size))?;
    cursor.literal(b"\0")?;
    let peer = cursor.of_peer();
    cursor.take(usize::from(size) - 4)?;
    let mut answered = peer;
    let is_answered = answered.literal(&[ANSWER]).and_then(|()| answered.u16());
    let is_next = cursor.literal(&[RECORD]).and_then(|()| cursor.literal(b"\0"));
    match (is_next, is_answered) {
        (Ok(()), Ok(size)) if record(peer, size) => Ok((75, "greeting, answer and record")),
        (Err(Probe::No), _) | (_, Err(Probe::No)) => Err(Probe::No),
        (_, Ok(size)) if !record(peer, size) => Err(Probe::No),
        (Err(_), Ok(_)) => Ok((65, "greeting and answer")),
        _ => Ok((52, "greeting")),
    }
}

/// The answer is one record that ends where the data does, or where another record begins.
fn answer(cursor: &mut Cursor<'_>) -> Recognised {
    let size = cursor.literal(&[ANSWER]).and_then(|()| cursor.u16())?;
    require((32..512).contains(&size))?;
    cursor.literal(b"\0")?;
    let mut asked = cursor.of_peer();
    asked.literal(&[GREETING])?;
    require(asked.u16()? < 512)?;
    asked.literal(b"\0")?;
    cursor.take(usize::from(size) - 4)?;
    Ok((65, "answer to a greeting"))
}

/// Whether what the other end has sent is one record of this size, perhaps with another behind it.
fn record(peer: Cursor<'_>, size: u16) -> bool {
    let behind = peer.sample.data.get(usize::from(size)..);
    (32..512).contains(&size) && behind.is_some_and(|rest| matches!(rest.first(), None | Some(&RECORD)))
}

const EXAMPLES: &[Example] = &[
    client("greeting", b"\x16\0\x40\0abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefgh"),
    client(
        "greeting and record",
        b"\x16\0\x40\0abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefgh\x30\0\x08abcde",
    ),
];
