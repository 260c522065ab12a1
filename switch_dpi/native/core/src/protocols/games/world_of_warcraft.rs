//! World of Warcraft over TCP: the realm connection's greeting in words, the log-on challenge to the account server, and the
//! world server's challenge of older clients (as open servers of the game describe them). Little-endian.

use crate::probing::beginnings::{Beginning, Byte, begins_any, fits};
use crate::probing::examples::{client, server, telling};
use crate::probing::numbers::u8_at;
use crate::probing::readers::Reading;
use crate::probing::search::has;
use crate::protocol::attributes::Attribute;
use crate::protocol::{Descriptor, Example, Findings, FirstBytes, Probe, Progress, Sample, Transport};
use Byte::{Any, In, Is};

/// Size and greeting; the second is of later clients, whose greeting has no size.
const GREETINGS: [&[u8]; 2] = [b"\x30\x00WORLD OF WARCRAFT CONNECTION - ", b"WORLD OF WARCRAFT CONNECTION - "];
/// Log-on or reconnect challenge: command, protocol, size, the game, version, build.
const CHALLENGE: [Byte; 8] = [In(0, 2), In(0, 8), Any, Is(0), Is(b'W'), Is(b'o'), Is(b'W'), Is(0)];
/// The world server's challenge: size, number of the message, one.
const WORLD: [Byte; 8] = [Is(0), Is(0x2a), Is(0xec), Is(0x01), Is(1), Is(0), Is(0), Is(0)];
/// Where the challenge tells the account: size in one byte, then the name.
const ACCOUNT_AT: usize = 33;

/// World of Warcraft.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "world-of-warcraft-realm",
    name: "WorldOfWarcraft",
    selector: 916,
    category: "games",
    transports: &[Transport::Tcp],
    ports: &[3724, 8085],
    first_bytes: FirstBytes::Of(&[0x30, b'W', 0x00, 0x01, 0x02]),
    probe,
    inspector: Some(|| Box::new(Reading(read))),
    app: "world-of-warcraft",
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    let data = sample.data;
    match (begins_any(data, &GREETINGS), fits(data, &CHALLENGE)) {
        (Beginning::Other, Beginning::Other) => fits(data, &WORLD).stream(90, "challenge of a world server", 8),
        (Beginning::Other, Beginning::Partial) if fits(data, &WORLD) == Beginning::Partial => Probe::NeedMore,
        (Beginning::Other, challenge) => challenge.stream(95, "log-on challenge", 8),
        (greeting, _) => greeting.stream(100, "greeting", 31),
    }
}

fn read(sample: &Sample<'_>, found: &mut Findings) -> Progress {
    if fits(sample.data, &CHALLENGE) != Beginning::Whole || !has(sample.data, 4, b"WoW\0") {
        return Progress::Settled;
    }
    let account = u8_at(sample.data, ACCOUNT_AT)
        .and_then(|size| sample.data.get(ACCOUNT_AT + 1..)?.get(..usize::from(size)))
        .filter(|account| account.is_ascii());
    if let Some(account) = account {
        found.text(Attribute::GameUser, account);
    }
    Progress::Settled
}

const EXAMPLES: &[Example] = &[
    server("greeting of the server", b"\x30\x00WORLD OF WARCRAFT CONNECTION - SERVER TO CLIENT\0"),
    client("greeting of a later client", b"WORLD OF WARCRAFT CONNECTION - CLIENT TO SERVER - V2\n"),
    telling(
        client("log-on challenge", b"\x00\x08\x22\x00WoW\0\x03\x03\x05\x34\x3068x\0niW\0SUne\x3c\x00\x00\x00\x0a\x00\x00\x05\x04ANNA"),
        &[(Attribute::GameUser, "ANNA")],
    ),
    server("challenge of a world server", b"\x00\x2a\xec\x01\x01\x00\x00\x00\x5a\x11\x90\x77\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10"),
];
