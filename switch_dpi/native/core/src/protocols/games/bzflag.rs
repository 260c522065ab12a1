//! BZFlag over TCP (the game's "protocol" page): the client says its name, the server answers with its version.

use crate::probing::beginnings::{Beginning, Byte, begins, fits};
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};
use Byte::{In, Is};

/// The client's first words.
const CLIENT: &[u8] = b"BZFLAG\r\n\r\n";
/// The server's: four digits of the version behind.
const SERVER: [Byte; 8] =
    [Is(b'B'), Is(b'Z'), Is(b'F'), Is(b'S'), In(b'0', b'9'), In(b'0', b'9'), In(b'0', b'9'), In(b'0', b'9')];

/// BZFlag.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "bzflag",
    name: "BZFlag",
    selector: 961,
    category: "games",
    transports: &[Transport::Tcp],
    ports: &[5154],
    first_bytes: FirstBytes::Of(b"B"),
    max_probe_size: CLIENT.len(),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    match begins(sample.data, CLIENT) {
        Beginning::Other => fits(sample.data, &SERVER).stream(95, "version of a server", 8),
        start => start.stream(100, "client", 10),
    }
}

const EXAMPLES: &[Example] = &[client("client", b"BZFLAG\r\n\r\n"), server("server", b"BZFS0221\xff")];
