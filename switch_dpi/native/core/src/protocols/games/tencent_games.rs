//! Tencent's games, as observed on their way in over TCP: the connector's header (magic 3366, then its version twice), the
//! address query of the game cloud ("Cf" and aa), and a header 4215f787 with a command of 1001 or 1002. Big-endian.

use crate::probing::answers::matched;
use crate::probing::beginnings::{Beginning, Byte, fits};
use crate::probing::examples::{client, server};
use crate::probing::numbers::u16_at;
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};
use Byte::{Any, In, Is};

/// Magic, version twice, command (0x10 and 0x20 with 1 for a request, 2 for its answer).
const CONNECTOR: [Byte; 8] = [Is(0x33), Is(0x66), Is(0), In(1, 0x40), Is(0), In(1, 0x40), In(0x10, 0x60), In(1, 2)];
/// Query to the game cloud; the size is two less than what is sent.
const QUERY: [Byte; 12] =
    [Is(b'C'), Is(b'f'), Is(0xaa), Is(0), Is(0), Is(0), Any, Any, Is(0), Is(0), Is(0), In(1, 0xff)];
/// The same with a size below 256, as mostly.
const SHORT_QUERY: [Byte; 12] =
    [Is(b'C'), Is(b'f'), Is(0xaa), Is(0), Is(0), Is(0), Is(0), Any, In(1, 0x40), Is(0), Is(0), Is(0)];
/// Magic, command 1001 or 1002.
const LOGIN: [Byte; 8] = [Is(0x42), Is(0x15), Is(0xf7), Is(0x87), Is(0x03), In(0xe9, 0xea), Is(0), Is(0)];

/// Tencent Games.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "tencent-games-tcp",
    name: "TencentGames",
    selector: 915,
    category: "games",
    transports: &[Transport::Tcp],
    first_bytes: FirstBytes::Of(&[0x33, 0x42, 0x43]),
    max_probe_size: QUERY.len(),
    probe,
    app: "tencent-games",
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    let data = sample.data;
    let connector = match fits(data, &CONNECTOR) {
        Beginning::Whole if u16_at(data, 2) != u16_at(data, 4) => Beginning::Other,
        other => other,
    };
    let answers = [
        (connector, 85, "connector header"),
        (fits(data, &SHORT_QUERY), 90, "query to the game cloud"),
        (fits(data, &QUERY), 80, "query to the game cloud"),
        (fits(data, &LOGIN), 85, "login header"),
    ];
    if let Some((_, confidence, what)) = answers.iter().find(|(start, ..)| *start == Beginning::Whole) {
        return matched(*confidence, what, 8);
    }
    if answers.iter().any(|(start, ..)| *start == Beginning::Partial) { Probe::NeedMore } else { Probe::No }
}

const EXAMPLES: &[Example] = &[
    client("connector, request", b"\x33\x66\x00\x0b\x00\x0b\x10\x01\x00\x00\x00\x00\x01\x00\x00\x00\x1c\x00\x00\x00\x00\x02\x03\x00\x00\x27\x10\x00"),
    server("connector, answer", b"\x33\x66\x00\x0b\x00\x0b\x20\x02\x01\x00\x00\x00\x02\x00\x00\x00\x15\x00\x00\x00\x70\xe8\xd6\xa6\x5e"),
    client("query to the game cloud", b"\x43\x66\xaa\x00\x00\x00\x00\x94\x15\x00\x00\x00\x17\x10\xe6\x86\x01\x20\x00\x30\x01\x40"),
    client("login", b"\x42\x15\xf7\x87\x03\xe9\x00\x00\x00\x06\xea\x07\xa2\x3f\x7d\xab"),
];
