//! Multi Theft Auto and other games that answer as The All-Seeing Eye asked: EYE1, then texts behind their size plus one, the
//! game's name first, over UDP.

use crate::probing::answers::matched_if;
use crate::probing::examples::{reply, telling};
use crate::probing::readers::Reading;
use crate::protocol::attributes::Attribute;
use crate::protocol::{Descriptor, Example, Findings, FirstBytes, Probe, Progress, Sample, Transport};

/// What answers begin with.
const MARK: &[u8] = b"EYE1";
/// Game, port, server, mode, map are the first texts.
const SERVER_AT: usize = 2;
const MAP_AT: usize = 4;

/// All-Seeing Eye.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "all-seeing-eye",
    name: "All-Seeing Eye",
    selector: 974,
    category: "games",
    transports: &[Transport::Udp],
    ports: &[22126, 34297],
    first_bytes: FirstBytes::Of(b"E"),
    probe,
    inspector: Some(|| Box::new(Reading(read))),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    let names = sample.data.strip_prefix(MARK).and_then(text);
    matched_if(names.is_some_and(|(game, _)| game.iter().all(|byte| matches!(byte, b' '..=b'~'))), 90, "answer", 5)
}

/// A text behind its size plus one, and what follows.
fn text(data: &[u8]) -> Option<(&[u8], &[u8])> {
    let (size, rest) = data.split_first()?;
    rest.split_at_checked(usize::from(size.checked_sub(1)?))
}

fn read(sample: &Sample<'_>, found: &mut Findings) -> Progress {
    let mut rest = sample.data.strip_prefix(MARK).unwrap_or_default();
    for at in 0..=MAP_AT {
        let Some((value, behind)) = text(rest) else { break };
        match at {
            0 => found.text(Attribute::GameTitle, value),
            SERVER_AT => found.text(Attribute::GameServer, value),
            MAP_AT => found.text(Attribute::GameMap, value),
            _ => {}
        }
        rest = behind;
    }
    Progress::Done
}

const EXAMPLES: &[Example] = &[
    telling(
        reply("Multi Theft Auto", b"EYE1\x04mta\x0622003\x0bOur server\x04RPG\x05None\x041.5\x020\x0210\x01"),
        &[(Attribute::GameTitle, "mta"), (Attribute::GameServer, "Our server"), (Attribute::GameMap, "None")],
    ),
    reply("Far Cry", b"EYE1\x08farcry1\x0649001\x04abc\x03FFA\x05Dune\x041.4\x020\x0216\x01"),
];
