//! Armagetron Advanced over UDP ("Network protocol" of its wiki): messages of kind, number, and how many words follow, and the
//! sender's number at the end; big-endian. Texts have their bytes swapped in pairs.

use crate::bytes::Reader;
use crate::probing::answers::matched;
use crate::probing::examples::{query, reply};
use crate::probing::search::find;
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

const PORTS: std::ops::RangeInclusive<u16> = 4533..=4540;
/// Kinds: of the network itself below 64, of objects and settings up to 511.
const MAX_KIND: u16 = 0x01ff;
/// Words of one message.
const MAX_WORDS: u16 = 600;
const MAX_MESSAGES: usize = 64;
/// `CYCLE_`, as every server's settings have it.
const SETTING: &[u8] = b"YCLC_E";

/// Armagetron.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "armagetron",
    name: "Armagetron",
    selector: 966,
    category: "games",
    transports: &[Transport::Udp],
    ports: &[4534, 4533],
    first_bytes: FirstBytes::Of(&[0, 1]),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

/// One message is little; two whose sizes fit are enough, and so is the name of a setting.
fn probe(sample: &Sample<'_>) -> Probe {
    let Some(messages) = messages(sample.data) else { return Probe::No };
    if find(sample.data, SETTING).is_some() {
        return matched(80, "settings", 6);
    }
    let is_usual = PORTS.contains(&sample.responder_port) || PORTS.contains(&sample.originator_port);
    match messages {
        1 if is_usual => matched(55, "message", 6),
        1 => Probe::NeedMore,
        _ => matched(62, "messages", 6),
    }
}

/// How many messages fill the datagram up to the sender's number, all with content and small kinds, numbered in a row.
fn messages(data: &[u8]) -> Option<usize> {
    let mut reader = Reader::new(data);
    let mut previous: Option<u16> = None;
    for count in 1..=MAX_MESSAGES {
        let (kind, number, words) = (reader.u16()?, reader.u16()?, reader.u16()?);
        let goes_on = previous.is_none_or(|previous| number.wrapping_sub(previous) <= 64);
        if kind == 0 || kind > MAX_KIND || words == 0 || words > MAX_WORDS || !goes_on {
            return None;
        }
        reader.take(2 * usize::from(words))?;
        previous = Some(number);
        if reader.rest().len() == 2 {
            return Some(count);
        }
    }
    None
}

const EXAMPLES: &[Example] = &[
    query(
        "two messages",
        b"\x00\x18\x00\x05\x00\x02\x00\x01\x00\x07\x00\x18\x00\x06\x00\x03\x00\x02\x12\x34\x00\x00\x00\x01",
    ),
    reply("a setting", b"\x00\x3c\x01\x21\x00\x08\x00\x0cYCLC_EPSEE\x44\0\x00\x01\x00\x00"),
];
