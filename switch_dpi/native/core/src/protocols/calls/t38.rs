//! T.38, fax over IP (ITU-T T.38 §9.1, UDPTL): sequence number, a packet behind its size, and the packets before it once more.

use crate::probing::cursor::{Checked, Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::{query, reply};
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Transport};

/// T.38.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "t38",
    name: "T.38",
    selector: 1768,
    category: "voip",
    transports: &[Transport::Udp],
    ports: &[4000, 6004],
    first_bytes: FirstBytes::Of(b"\0"),
    max_probe_size: 32,
    probe: |sample| any_form(sample, FORMS),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[datagram];

/// What comes behind the first packet must be of its kind, so that few packets of others fit.
fn datagram(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(b"\0")?; // a flow's first numbers are small
    cursor.u8()?;
    packet(cursor)?;
    cursor.literal(b"\0")?; // repeated packets, not parity
    let count = cursor.within(1, 8)?;
    for _ in 0..count {
        packet(cursor)?;
    }
    require(cursor.rest().is_empty())?;
    Ok((if count > 1 { 75 } else { 58 }, "UDPTL packets"))
}

/// An indicator (one byte) or data with fields (§7.1, aligned PER).
fn packet(cursor: &mut Cursor<'_>) -> Checked<()> {
    let size = usize::from(cursor.within(1, 127)?);
    let data = cursor.take(size)?;
    match data {
        [indicator] => require(indicator & 1 == 0 && *indicator <= 0x2e),
        [0xc0..=0xdf, 1..=8, field, ..] => require(*field & 0x1f == 0 || field & 0x80 == 0),
        _ => Err(Probe::No),
    }
}

const EXAMPLES: &[Example] = &[
    query("no signal, three times", b"\0\x03\x01\0\0\x02\x01\0\x01\0"),
    reply("preamble", b"\0\x04\x01\x06\0\x03\x01\x06\x01\x06\x01\x06"),
    query("data of V.21", b"\0\x09\x06\xc0\x01\x80\0\0\xff\0\x02\x06\xc0\x01\x80\0\0\x13\x01\x06"),
];
