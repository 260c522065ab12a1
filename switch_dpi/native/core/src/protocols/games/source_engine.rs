//! Queries to game servers of Valve's engines (Source, GoldSrc) and of the many games that took them over: A2S_INFO, PLAYER,
//! RULES, and the master server ("Server queries" in the Valve developer wiki). Little-endian.

use crate::probing::answers::{matched, matched_if};
use crate::probing::examples::{query, reply, telling};
use crate::probing::lines::is_text;
use crate::probing::numbers::{u8_at, u16_le_at};
use crate::probing::readers::Reading;
use crate::probing::search::{has, until_nul};
use crate::protocol::attributes::Attribute;
use crate::protocol::{Descriptor, Example, Findings, FirstBytes, Probe, Progress, Sample, Transport};

/// What a datagram begins with that is not split.
const SINGLE: &[u8] = b"\xff\xff\xff\xff";
/// What a part of a split one begins with.
const SPLIT: &[u8] = b"\xfe\xff\xff\xff";
/// The request that names itself.
const INFO: &[u8] = b"\xff\xff\xff\xffTSource Engine Query\0";
/// Answers have at most so many parts (the wiki's games: 16).
const MAX_PARTS: u8 = 32;
/// A request with a challenge, and the challenge itself: mark, type, four bytes.
const CHALLENGE_SIZE: usize = 9;

/// Source engine queries.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "source-engine",
    name: "Source Engine",
    selector: 903,
    category: "games",
    transports: &[Transport::Udp],
    ports: &[27015, 27016, 27005, 27011],
    first_bytes: FirstBytes::Of(&[0xff, 0xfe, b'1']),
    probe,
    inspector: Some(|| Box::new(Reading(read))),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    let data = sample.data;
    if data.starts_with(INFO) {
        return matched(100, "A2S_INFO", 25);
    }
    if data.starts_with(SPLIT) {
        return matched_if(is_part(data), 70, "part of an answer", 10);
    }
    if data.first() == Some(&b'1') {
        return matched_if(is_master_query(data), 90, "query to a master server", 2);
    }
    let is_single = data.starts_with(SINGLE);
    let fits = match u8_at(data, 4) {
        Some(b'U' | b'V' | b'A') => data.len() == CHALLENGE_SIZE,
        Some(b'W') => data.len() == 5 || data.len() == CHALLENGE_SIZE,
        Some(b'I') => info(data).is_some(),
        Some(b'D') => u8_at(data, 5).is_some() && (data.len() == 6 || u8_at(data, 6) == Some(0)),
        Some(b'E') => u16_le_at(data, 5).is_some_and(|rules| rules < 0x1000) && is_rule(data),
        Some(b'm') => is_text(data.get(5..25).unwrap_or(b"\0")),
        Some(b'f') => u8_at(data, 5) == Some(b'\n') && data.len().is_multiple_of(6),
        _ => false,
    };
    matched_if(is_single && fits, 85, "query or answer", 5)
}

/// Request id, then how many parts and which one (Source), or both in one byte (GoldSrc).
fn is_part(data: &[u8]) -> bool {
    let Some([total, number]) = data.get(8..).and_then(<[u8]>::first_chunk) else { return false };
    let is_source = (1..=MAX_PARTS).contains(total) && number < total;
    is_source || total & 0x0f != 0 && total >> 4 < total & 0x0f && has(data, 9, SINGLE)
}

/// Region, address and port as text, filter.
fn is_master_query(data: &[u8]) -> bool {
    let Some((address, filter)) = data.get(2..).and_then(until_nul) else { return false };
    let is_address = address.iter().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b':'));
    let region_fits = matches!(u8_at(data, 1), Some(0..=7 | 0xff));
    region_fits
        && is_address
        && address.contains(&b':')
        && filter.last() == Some(&0)
        && matches!(filter[..], [0] | [b'\\', ..])
}

/// The first rule's name is text.
fn is_rule(data: &[u8]) -> bool {
    data.get(7..).and_then(until_nul).is_some_and(|(name, _)| is_text(name))
}

/// Name, map, folder and game of an answer to A2S_INFO.
fn info(data: &[u8]) -> Option<[&[u8]; 4]> {
    let (name, rest) = until_nul(data.get(6..)?)?;
    let (map, rest) = until_nul(rest)?;
    let (folder, rest) = until_nul(rest)?;
    let (game, _) = until_nul(rest)?;
    (is_text(map) && is_text(folder)).then_some([name, map, folder, game])
}

fn read(sample: &Sample<'_>, found: &mut Findings) -> Progress {
    if !has(sample.data, 0, SINGLE) || u8_at(sample.data, 4) != Some(b'I') {
        return Progress::Settled;
    }
    let Some([name, map, _, game]) = info(sample.data) else { return Progress::Settled };
    for (attribute, text) in [(Attribute::GameServer, name), (Attribute::GameMap, map), (Attribute::GameTitle, game)] {
        found.text(attribute, text);
    }
    Progress::Done
}

const EXAMPLES: &[Example] = &[
    query("A2S_INFO", INFO),
    telling(
        reply("answer to A2S_INFO", b"\xff\xff\xff\xffI\x11Friday night\0de_dust2\0cstrike\0Counter-Strike: Source\0\xf0\x00\x05\x20\x00dl\x00\x016630498\0"),
        &[
            (Attribute::GameServer, "Friday night"),
            (Attribute::GameMap, "de_dust2"),
            (Attribute::GameTitle, "Counter-Strike: Source"),
        ],
    ),
    query("A2S_PLAYER without a challenge", b"\xff\xff\xff\xffU\xff\xff\xff\xff"),
    reply("challenge", b"\xff\xff\xff\xffA\x4b\xa1\xd5\x22"),
    reply("players", b"\xff\xff\xff\xffD\x01\x00ann\0\x0e\0\0\0\x83\x16\x77\x43"),
    reply("rules", b"\xff\xff\xff\xffE\x01\x00mp_friendlyfire\x001\0"),
    query("query to a master server", b"1\xff0.0.0.0:0\0\\appid\\240\0"),
    reply("first part of two", b"\xfe\xff\xff\xff\x07\x00\x00\x00\x02\x00\xe0\x04\xff\xff\xff\xffE"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_of_other_engines_are_left_alone() {
        for data in
            [&b"\xff\xff\xff\xffgetstatus\n"[..], b"\xff\xff\xff\xffinfo 34\n", b"\xff\xff\xff\xffAB", b"1\x011.2.3.4"]
        {
            assert_eq!(probe(&Sample { data, ..Sample::EMPTY }), Probe::No, "{data:?}");
        }
    }
}
