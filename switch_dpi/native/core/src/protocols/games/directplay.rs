//! DirectPlay, of Age of Empires, Dungeon Siege, Halo and others: version 4 ("play" messages, MS-DPL4CS §2.2) over TCP and UDP,
//! version 8 (MC-DPL8CS, MC-DPL8R) over UDP. Little-endian.

use crate::probing::answers::{matched, matched_if};
use crate::probing::beginnings::{Beginning, Byte, fits};
use crate::probing::examples::{client, query};
use crate::probing::numbers::{u8_at, u16_le_at, u32_le_at};
use crate::probing::search::has;
use crate::protocol::{Descriptor, Example, Probe, Sample, Transport};
use Byte::{Any, In, Is};

/// Size and token, address family 2, port, address, filling, "play", command below 0x40 (MS-DPL4CS §2.2.1).
const PLAY: [Byte; 26] = [
    Any,
    Any,
    In(0xa0, 0xbf),
    In(0xb0, 0xfa),
    Is(2),
    Is(0),
    Any,
    Any,
    Any,
    Any,
    Any,
    Any,
    Is(0),
    Is(0),
    Is(0),
    Is(0),
    Is(0),
    Is(0),
    Is(0),
    Is(0),
    Is(b'p'),
    Is(b'l'),
    Is(b'a'),
    Is(b'y'),
    In(0, 0x40),
    Is(0),
];
/// CONNECT and CONNECTED: command, number, numbers of messages, version 1.0 to 1.6 (MC-DPL8R §2.2.1).
const CONNECT: [Byte; 8] = [In(0x80, 0x88), In(1, 2), Any, Any, In(0, 6), Is(0), Is(1), Is(0)];
/// Size of CONNECT; CONNECTED may sign with more.
const CONNECT_SIZE: usize = 16;
/// Where games are searched for (MC-DPL8CS §1.9).
const ENUMERATION_PORT: u16 = 6073;
/// An application's id.
const GUID_SIZE: usize = 16;

/// DirectPlay.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "directplay",
    name: "DirectPlay",
    selector: 967,
    category: "games",
    transports: &[Transport::Tcp, Transport::Udp],
    ports: &[2300, 2302, 6073, 47624],
    max_probe_size: PLAY.len(),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    let data = sample.data;
    let play = fits(data, &PLAY);
    if sample.transport == Transport::Tcp {
        return play.stream(90, "version 4", 24);
    }
    if play == Beginning::Whole {
        return matched(90, "version 4", 24);
    }
    if fits(data, &CONNECT) == Beginning::Whole && data.len() >= CONNECT_SIZE {
        let is_request = matches!((u8_at(data, 0), u8_at(data, 1)), (Some(0x80 | 0x88), Some(1 | 2)));
        return matched_if(is_request, 75, "version 8, connection", 8);
    }
    // the question's fixed bits are few: it is a guess, at its port alone; an answer that repeats it is more
    let is_usual = sample.responder_port == ENUMERATION_PORT || sample.originator_port == ENUMERATION_PORT;
    let is_answer = has(data, 0, &[0, 3]);
    let confidence = if is_answer { 65 } else { 55 };
    matched_if(is_enumeration(sample) && (is_usual || is_answer), confidence, "version 8, search for games", 5)
}

/// A question with or without the application's id; an answer repeats the question's number (MC-DPL8CS §2.2.1).
fn is_enumeration(sample: &Sample<'_>) -> bool {
    let data = sample.data;
    match (has(data, 0, &[0, 2]), has(data, 0, &[0, 3])) {
        (true, _) => match u8_at(data, 4) {
            Some(1) => data.len() >= 5 + GUID_SIZE && is_guid(data),
            Some(2) => data.len() == 5 && has(sample.other, 0, &[0, 2]) && sample.other.len() == 5,
            _ => false,
        },
        (_, true) => {
            has(sample.reverse, 0, &[0, 2])
                && u16_le_at(data, 2) == u16_le_at(sample.reverse, 2)
                && u32_le_at(data, 8).is_some_and(|size| size <= 0x58)
        }
        _ => false,
    }
}

/// Version 4 or 1, variant 10 (RFC 9562 §4): the ids of applications are made by tools.
fn is_guid(data: &[u8]) -> bool {
    let version_fits = u8_at(data, 5 + 7).is_some_and(|byte| matches!(byte >> 4, 1 | 4));
    version_fits
        && u8_at(data, 5 + 8).is_some_and(|byte| byte >> 6 == 2)
        && u16_le_at(data, 2).is_some_and(|number| number != 0)
}

const EXAMPLES: &[Example] = &[
    query("version 4: search for games", b"\x34\x00\xb0\xfa\x02\x00\x08\xfc\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00play\x02\x00\x0e\x00\x5a\x11\x90\x02\x33\x0e\x77\x21\x90\xab\x01\x72\xc3\x9e\x6f\x4c\x00\x00\x00\x00\x01\x00\x00\x00"),
    client("version 4: answer", b"\x20\x00\xb0\xfa\x02\x00\x08\xfc\xc0\x00\x02\x07\x00\x00\x00\x00\x00\x00\x00\x00play\x01\x00\x0e\x00\x00\x00\x00\x00"),
    query("version 8: connection", b"\x88\x01\x00\x00\x06\x00\x01\x00\x5a\x11\x90\x02\x33\x0e\x77\x00"),
];
