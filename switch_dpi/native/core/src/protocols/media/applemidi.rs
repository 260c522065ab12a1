//! AppleMIDI, which sets up MIDI over RTP (Apple, "MIDI Network Driver Protocol"; RFC 6295 beside it), big-endian.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::{query, reply};
use crate::protocol::{Descriptor, Example, FirstBytes, Transport};

/// AppleMIDI.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "applemidi",
    name: "AppleMIDI",
    selector: 1722,
    category: "streaming-protocol",
    transports: &[Transport::Udp],
    ports: &[5004, 5005],
    first_bytes: FirstBytes::Of(b"\xff"),
    max_probe_size: 40,
    probe: |sample| any_form(sample, FORMS),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[session, clock];

fn session(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(b"\xff\xff")?;
    cursor.any_literal(&[b"IN", b"OK", b"NO", b"BY"])?;
    cursor.literal(b"\0\0\0\x02")?; // version
    cursor.u64()?; // token and source
    Ok((100, "AppleMIDI session"))
}

fn clock(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(b"\xff\xffCK")?;
    cursor.u32()?;
    cursor.within(0, 2)?;
    cursor.array::<3>()?;
    require(cursor.rest().len() == 24)?;
    Ok((85, "AppleMIDI clock"))
}

const EXAMPLES: &[Example] = &[
    query("invitation", b"\xff\xffIN\0\0\0\x02\x12\x34\x56\x78\xab\xcd\xef\x01Studio\0"),
    reply("clock", b"\xff\xffCK\xab\xcd\xef\x01\x01\0\0\0\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\x02\0\0\0\0\0\0\0\0"),
];
