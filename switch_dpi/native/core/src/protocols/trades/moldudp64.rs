//! MoldUDP64, multicast of market data (Nasdaq, "MoldUDP64 Protocol Specification"): session, number, count, blocks, big-endian.

use crate::probing::checker::{Checker, Form, Recognised, any_form, query, require};
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

fn packet(checker: &mut Checker<'_>) -> Recognised {
    let session = checker.all(10, |byte| byte == b' ' || byte.is_ascii_alphanumeric())?;
    require(session.iter().filter(|byte| byte.is_ascii_alphanumeric()).count() >= 3)?;
    checker.zeros(3)?;
    checker.take(5)?;
    let count = checker.u16()?;
    if matches!(count, 0 | u16::MAX) {
        require(checker.rest().is_empty())?;
        return Ok((75, "MoldUDP64 heartbeat"));
    }
    require(count <= 256)?;
    for _ in 0..count {
        let size = usize::from(checker.u16()?);
        checker.take(size)?;
    }
    require(checker.rest().is_empty())?;
    Ok((80, "MoldUDP64 packet"))
}

const EXAMPLES: &[Example] = &[
    query("messages", b"000001234A\0\0\0\0\0\0\0\x01\0\x02\0\x03abc\0\x02de"),
    query("heartbeat", b"000001234A\0\0\0\0\0\0\0\x03\0\0"),
];
