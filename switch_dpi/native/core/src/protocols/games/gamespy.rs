//! GameSpy, which hundreds of games from 1997 to 2014 asked for servers and players (and Minecraft still answers): queries of
//! version 1 in words between backslashes, of later versions with fe fd, over UDP; log-in and master servers over TCP (the
//! "GameSpy protocols" as open servers describe them).

use crate::probing::answers::{matched, matched_if};
use crate::probing::beginnings::begins_any;
use crate::probing::examples::{query, reply, server, telling};
use crate::probing::numbers::u8_at;
use crate::probing::readers::Reading;
use crate::probing::search::{has, info_text};
use crate::protocol::attributes::Attribute;
use crate::protocol::{Descriptor, Example, Findings, FirstBytes, Probe, Progress, Sample, Transport};

/// Words that a query or an answer begins with.
const WORDS: [&[u8]; 12] = [
    b"\\status\\",
    b"\\info\\",
    b"\\basic\\",
    b"\\rules\\",
    b"\\players\\",
    b"\\packets\\",
    b"\\echo\\",
    b"\\heartbeat\\",
    b"\\secure\\",
    b"\\gamename\\",
    b"\\hostname\\",
    b"\\validate\\",
];
/// Words over TCP: challenge, log-in, master server.
const STREAM_WORDS: [&[u8]; 8] = [
    b"\\lc\\1\\challenge\\",
    b"\\login\\",
    b"\\basic\\\\secure\\",
    b"\\gamename\\",
    b"\\ka\\\\final\\",
    b"\\valid\\\\",
    b"\\search\\",
    b"\\auth\\\\gamename\\",
];
/// In front of later queries.
const QUERY: &[u8] = b"\xfe\xfd";

/// GameSpy.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "gamespy-game",
    app: "gamespy",
    name: "GameSpy",
    selector: 944,
    category: "games",
    transports: &[Transport::Tcp, Transport::Udp],
    ports: &[6500, 6515, 7778, 23000, 27900, 28900, 29900, 29901],
    first_bytes: FirstBytes::Of(&[b'\\', 0xfe, 0x00, 0x09]),
    max_probe_size: 24,
    probe,
    inspector: Some(|| Box::new(Reading(read))),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    let data = sample.data;
    if sample.transport == Transport::Tcp {
        return begins_any(data, &STREAM_WORDS).stream(85, "message", 8);
    }
    if WORDS.iter().any(|word| data.starts_with(word)) {
        return matched(85, "query or answer in words", 6);
    }
    if data.starts_with(QUERY) {
        // information is asked for with what is wanted behind: all, or flags
        return match (u8_at(data, 2), data.len()) {
            (Some(0x00), _) if has(data, 7, b"\xff\xff\xff") => matched(65, "query", 7),
            // a challenge, and queries that only a flag names: too few bits to be sure before the answer
            (Some(0x00), 10 | 11 | 15) | (Some(0x01 | 0x02 | 0x09), 7) => matched(58, "query", 7),
            _ => Probe::No,
        };
    }
    // answers repeat the four bytes behind the query's type
    let is_answer = matches!(u8_at(data, 0), Some(0x00 | 0x09))
        && sample.reverse.starts_with(QUERY)
        && u8_at(sample.reverse, 2) == u8_at(data, 0)
        && data.get(1..5).is_some_and(|stamp| sample.reverse.get(3..7) == Some(stamp));
    matched_if(is_answer, 80, "answer", 5)
}

fn read(sample: &Sample<'_>, found: &mut Findings) -> Progress {
    if sample.transport == Transport::Tcp {
        return Progress::Done;
    }
    for (attribute, key) in [
        (Attribute::GameTitle, &b"gamename"[..]),
        (Attribute::GameServer, b"hostname"),
        (Attribute::GameMap, b"mapname"),
    ] {
        if let Some(text) = info_text(sample.data, key).filter(|text| !text.is_empty()) {
            found.text(attribute, text);
        }
    }
    Progress::Settled
}

const EXAMPLES: &[Example] = &[
    query("version 1: status", b"\\status\\"),
    telling(
        reply(
            "version 1: answer",
            b"\\gamename\\ut\\gamever\\451\\hostname\\Our server\\mapname\\DM-Deck16\\final\\\\queryid\\17.1",
        ),
        &[(Attribute::GameTitle, "ut"), (Attribute::GameServer, "Our server"), (Attribute::GameMap, "DM-Deck16")],
    ),
    query("version 2: everything", b"\xfe\xfd\x00\x5a\x11\x90\x02\xff\xff\xff"),
    query("version 3: request for a challenge", b"\xfe\xfd\x09\x5a\x11\x90\x02"),
    server("challenge of the log-in server", b"\\lc\\1\\challenge\\ABCDEFGHIJ\\id\\1\\final\\"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_repeats_the_query() {
        let answer = b"\x09\x5a\x11\x90\x02-1234567\0";
        let sample = Sample { transport: Transport::Udp, data: answer, ..Sample::EMPTY };
        assert_eq!(probe(&sample), Probe::No);
        assert!(matches!(probe(&Sample { reverse: EXAMPLES[3].data, ..sample }), Probe::Match(_)));
    }
}
