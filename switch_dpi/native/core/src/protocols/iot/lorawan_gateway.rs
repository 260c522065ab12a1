//! Gateways of LoRaWAN (Semtech, "Gateway to server interface definition"): version, token, kind, the gateway's identifier, JSON.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::{query, reply};
use crate::protocol::{Descriptor, Example, FirstBytes, Transport};

/// LoRaWAN gateway.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "lorawan-gateway",
    name: "LoRaWAN gateway",
    selector: 1726,
    category: "iot",
    transports: &[Transport::Udp],
    ports: &[1700],
    first_bytes: FirstBytes::Of(b"\x01\x02"),
    max_probe_size: 32,
    probe: |sample| any_form(sample, FORMS),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[data, keep_alive];

fn data(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.within(1, 2)?;
    cursor.u16()?;
    if cursor.one_of(&[0, 3])? == 0 {
        cursor.u64()?;
        cursor.any_literal(&[b"{\"rxpk\":[", b"{\"stat\":{"])?;
    } else {
        cursor.literal(b"{\"txpk\":{")?;
    }
    Ok((100, "packets of radio in JSON"))
}

/// The acknowledgement repeats the token (§5.3).
fn keep_alive(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.within(1, 2)?;
    let token = cursor.u16()?;
    let kind = cursor.one_of(&[1, 2, 4])?;
    let is_usual = cursor.sample.is_at_port(&[1700]);
    let size = if kind == 2 { 8 } else { 0 };
    require(cursor.rest().len() == size && is_usual)?;
    let mut peer = cursor.of_peer();
    let asked = peer.u8().and_then(|_| Ok((peer.u16()?, peer.u8()?)));
    let agrees = asked.is_ok_and(|(other, asked)| other == token && matches!((asked, kind), (0, 1) | (2, 4)));
    Ok((if agrees { 75 } else { 55 }, "gateway keep-alive"))
}

const EXAMPLES: &[Example] = &[
    query("a packet", b"\x02\x12\x34\0\xaa\x55\x5a\0\0\0\x01\x01{\"rxpk\":[{\"tmst\":1}]}"),
    reply("to be sent", b"\x02\0\0\x03{\"txpk\":{\"imme\":true}}"),
];
