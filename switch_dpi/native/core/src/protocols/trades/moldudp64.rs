//! MoldUDP64, multicast of market data (Nasdaq, "MoldUDP64 Protocol Specification"): session, number, count, blocks, big-endian.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::query;
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

/// MoldUDP64.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "moldudp64",
    name: "MoldUDP64",
    selector: 645,
    category: "finance",
    transports: &[Transport::Udp],
    first_bytes: FirstBytes::Where(|byte| byte == b' ' || byte.is_ascii_alphanumeric()),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[packet];

fn probe(sample: &Sample<'_>) -> Probe {
    any_form(sample, FORMS)
}

fn packet(cursor: &mut Cursor<'_>) -> Recognised {
    let session = cursor.all(10, |byte| byte == b' ' || byte.is_ascii_alphanumeric())?;
    require(session.iter().filter(|byte| byte.is_ascii_alphanumeric()).count() >= 3)?;
    cursor.zeros(3)?;
    cursor.take(5)?;
    let count = cursor.u16()?;
    if matches!(count, 0 | u16::MAX) {
        require(cursor.rest().is_empty())?;
        return Ok((75, "MoldUDP64 heartbeat"));
    }
    require(count <= 256)?;
    for _ in 0..count {
        let size = usize::from(cursor.u16()?);
        cursor.take(size)?;
    }
    require(cursor.rest().is_empty())?;
    Ok((80, "MoldUDP64 packet"))
}

const EXAMPLES: &[Example] = &[
    query("messages", b"000001234A\0\0\0\0\0\0\0\x01\0\x02\0\x03abc\0\x02de"),
    query("heartbeat", b"000001234A\0\0\0\0\0\0\0\x03\0\0"),
];
