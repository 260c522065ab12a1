//! Soulseek, the login to its server and the first message between peers (the "Soulseek Protocol" page of Nicotine+). Sizes and
//! numbers are little-endian, texts have their size in front.

use crate::bytes::Reader;
use crate::probing::answers::matched;
use crate::probing::examples::{client, telling};
use crate::probing::readers::Reading;
use crate::protocol::attributes::Attribute;
use crate::protocol::{Descriptor, Example, Findings, Probe, Progress, Sample, Transport};

/// The largest first message believed: names, and a digest.
const MAX_SIZE: u32 = 512;
/// Names have at most 30 characters.
const MAX_NAME_SIZE: u32 = 64;
/// MD5 in text.
const DIGEST_SIZE: u32 = 32;

/// Soulseek.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "soulseek-peer",
    name: "Soulseek",
    selector: 922,
    category: "peer-to-peer",
    transports: &[Transport::Tcp],
    ports: &[2234, 2240, 2242],
    max_probe_size: 512,
    probe,
    inspector: Some(|| Box::new(Reading(read))),
    app: "soulseek",
    examples: EXAMPLES,
    ..Descriptor::BASE
};

/// What is known of the first message.
enum Message<'a> {
    /// It names a user.
    Of(&'a [u8]),
    /// Bytes are missing.
    Partial,
    /// It is not one.
    No,
}

fn probe(sample: &Sample<'_>) -> Probe {
    match message(sample.data) {
        Message::Of(_) => matched(85, "login or introduction", 8),
        Message::Partial => Probe::NeedMore,
        Message::No => Probe::No,
    }
}

fn message(data: &[u8]) -> Message<'_> {
    let mut reader = Reader::new(data);
    let upper_zero = [2, 3].iter().all(|at| data.get(*at).is_none_or(|byte| *byte == 0));
    if !upper_zero || data.get(4).is_some_and(|code| *code != 1) {
        return Message::No;
    }
    let Some(size) = u32_le(&mut reader) else { return Message::Partial };
    if !(8..=MAX_SIZE).contains(&size) {
        return Message::No;
    }
    // the code has one byte between peers and four to the server, of which the last three are zero
    let kind = match data.get(5..8) {
        None => return Message::Partial,
        Some([0, 0, 0]) => login(reader, size),
        Some(_) => introduction(reader, size),
    };
    kind.unwrap_or(Message::Partial)
}

/// Login: name, password, version, digest, minor version.
fn login(mut reader: Reader<'_>, size: u32) -> Option<Message<'_>> {
    reader.take(4)?;
    let Some(name) = name(&mut reader)? else { return Some(Message::No) };
    let Some(password) = self::name(&mut reader)? else { return Some(Message::No) };
    let _version = u32_le(&mut reader)?;
    let is_digest = u32_le(&mut reader)? == DIGEST_SIZE;
    let least = 4 + 4 + name.len() + 4 + password.len() + 4 + 4 + 32;
    Some(if is_digest && u64::from(size) >= least as u64 { Message::Of(name) } else { Message::No })
}

/// Introduction of a peer: name, kind of connection, token.
fn introduction(mut reader: Reader<'_>, size: u32) -> Option<Message<'_>> {
    reader.u8()?;
    let Some(name) = name(&mut reader)? else { return Some(Message::No) };
    let is_kind = u32_le(&mut reader)? == 1 && matches!(reader.u8()?, b'P' | b'F' | b'D');
    let fits = u64::from(size) == 1 + 4 + name.len() as u64 + 4 + 1 + 4;
    Some(if is_kind && fits { Message::Of(name) } else { Message::No })
}

/// Outer `None`: bytes are missing. Inner `None`: it is no name.
fn name<'a>(reader: &mut Reader<'a>) -> Option<Option<&'a [u8]>> {
    let size = u32_le(reader)?;
    if !(1..=MAX_NAME_SIZE).contains(&size) {
        return Some(None);
    }
    let name = reader.take(usize::try_from(size).ok()?)?;
    Some(name.iter().all(|byte| *byte >= b' ').then_some(name))
}

fn u32_le(reader: &mut Reader<'_>) -> Option<u32> {
    reader.array().map(u32::from_le_bytes)
}

fn read(sample: &Sample<'_>, found: &mut Findings) -> Progress {
    if let Message::Of(name) = message(sample.data) {
        found.text(Attribute::PeerName, name);
    }
    Progress::Settled
}

const EXAMPLES: &[Example] = &[
    telling(
        client("login", b"\x43\x00\x00\x00\x01\x00\x00\x00\x03\x00\x00\x00ann\x04\x00\x00\x00pass\xa0\x00\x00\x00\x20\x00\x00\x000123456789abcdef0123456789abcdef\x11\x00\x00\x00"),
        &[(Attribute::PeerName, "ann")],
    ),
    telling(
        client("introduction of a peer", b"\x11\x00\x00\x00\x01\x03\x00\x00\x00bob\x01\x00\x00\x00P\x07\x00\x00\x00"),
        &[(Attribute::PeerName, "bob")],
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_refused_early() {
        for data in [
            &b"\x48\x00\x00\x00\x02"[..],
            b"\x48\x00\x01",
            b"\x11\x00\x00\x00\x01\xff\x00\x00\x00",
            b"\x01\x00\x00\x00",
        ] {
            assert_eq!(probe(&Sample { data, ..Sample::EMPTY }), Probe::No, "{data:?}");
        }
    }
}
