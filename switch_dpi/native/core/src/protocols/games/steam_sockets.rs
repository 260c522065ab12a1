//! Steam networking sockets over UDP (Valve's GameNetworkingSockets, `steamnetworkingsockets_messages_udp.proto`): the challenge
//! that comes before a connection, Protocol Buffers behind a type; the request is padded.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::{query, reply};
use crate::protocol::{Descriptor, Example, FirstBytes, Transport};

const CHALLENGE_REQUEST: u8 = 0x20;
const CHALLENGE_REPLY: u8 = 0x21;
/// A request is made at least so large, in bytes, so that its answer is never larger.
const MIN_PADDED_SIZE: usize = 512;
/// Tags of the fields (field number and wire type): connection and its challenge, the time, the protocol's version.
const CONNECTION: u8 = 0x0d;
const CHALLENGE: u8 = 0x11;
const TIME: u8 = 0x19;
const VERSION: u8 = 0x20;

/// Steam networking sockets.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "steam-sockets",
    name: "Steam networking sockets",
    selector: 1861,
    category: "games",
    tags: &["encrypted"],
    transports: &[Transport::Udp],
    ports: &[27015],
    first_bytes: FirstBytes::Of(&[CHALLENGE_REQUEST, CHALLENGE_REPLY]),
    probe: |sample| any_form(sample, FORMS),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[challenge_request, challenge_reply];

fn challenge_request(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(&[CHALLENGE_REQUEST])?;
    require(cursor.size() >= MIN_PADDED_SIZE)?;
    let size = usize::from(cursor.u16_le()?);
    require(size >= 16 && size <= cursor.rest().len())?;
    cursor.literal(&[CONNECTION])?;
    cursor.u32()?;
    cursor.literal(&[TIME])?;
    cursor.u64()?;
    cursor.literal(&[VERSION])?;
    Ok((95, "request for a challenge"))
}

fn challenge_reply(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(&[CHALLENGE_REPLY, CONNECTION])?;
    cursor.u32()?;
    cursor.literal(&[CHALLENGE])?;
    cursor.u64()?;
    cursor.literal(&[TIME])?;
    cursor.u64()?;
    cursor.literal(&[VERSION])?;
    Ok((90, "challenge"))
}

const REQUEST: [u8; MIN_PADDED_SIZE] = {
    let mut data = [0; MIN_PADDED_SIZE];
    let start = *b"\x20\x10\0\x0d\x01\x02\x03\x04\x19\x01\x02\x03\x04\x05\x06\x07\x08\x20\x0b";
    let (head, _) = data.split_at_mut(start.len());
    head.copy_from_slice(&start);
    data
};

const EXAMPLES: &[Example] = &[
    query("request for a challenge", &REQUEST),
    reply(
        "challenge",
        b"\x21\x0d\x01\x02\x03\x04\x11\xa1\xa2\xa3\xa4\xa5\xa6\xa7\xa8\x19\x01\x02\x03\x04\x05\x06\x07\x08\x20\x0b",
    ),
];
