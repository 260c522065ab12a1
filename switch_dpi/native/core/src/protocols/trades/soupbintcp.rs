//! SoupBinTCP, which carries ITCH and OUCH (Nasdaq, "SoupBinTCP 3.00/4.00"): size in two bytes, big-endian, and a type.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form};
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

/// SoupBinTCP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "soupbintcp",
    name: "SoupBinTCP",
    selector: 644,
    category: "finance",
    transports: &[Transport::Tcp],
    first_bytes: FirstBytes::Of(&[0]),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[login, accepted, rejected];

fn probe(sample: &Sample<'_>) -> Probe {
    any_form(sample, FORMS)
}

/// User, password, session: text filled with spaces; number: digits.
fn login(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(b"\0")?;
    let size = cursor.one_of(&[47, 52])?; // a heartbeat timeout came with version 4
    cursor.literal(b"L")?;
    cursor.all(26, |byte| byte == b' ' || byte.is_ascii_graphic())?;
    cursor.all(20, |byte| byte == b' ' || byte.is_ascii_digit())?;
    cursor.all(usize::from(size) - 47, |byte| byte == b' ' || byte.is_ascii_digit())?;
    Ok((95, "SoupBinTCP log-in"))
}

fn accepted(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(b"\0\x1fA")?;
    cursor.all(10, |byte| byte == b' ' || byte.is_ascii_alphanumeric())?;
    cursor.all(20, |byte| byte == b' ' || byte.is_ascii_digit())?;
    Ok((95, "SoupBinTCP log-in accepted"))
}

/// Why a log-in is refused: one letter.
fn rejected(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(b"\0\x02J")?;
    cursor.one_of(b"AS")?;
    login(&mut cursor.of_peer())?;
    Ok((95, "SoupBinTCP log-in refused"))
}

const EXAMPLES: &[Example] = &[
    client("log-in", b"\0\x2fLann   pwd                                     1"),
    server("accepted", b"\0\x1fA000001234A                   1"),
];
