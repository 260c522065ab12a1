//! FastTrack, Kazaa's network ("The FastTrack Protocol" of giFT): pings over UDP that name the network, and uploads that a peer
//! opens ("GIVE"). What supernodes say to each other is encrypted; downloads are HTTP.

use crate::probing::answers::matched_if;
use crate::probing::beginnings::{Beginning, Byte, fits};
use crate::probing::examples::{client, query};
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};
use Byte::{Any, In, Is};

/// Ping or pong, its flags, "KaZaA".
const PING: [Byte; 12] =
    [In(0x27, 0x29), Is(0), Is(0), Is(0), Any, Any, Is(b'K'), Is(b'a'), Is(b'Z'), Is(b'a'), Is(b'A'), Is(0)];
/// `GIVE 1234567`: a number of at least six digits.
const GIVE: [Byte; 11] = [
    Is(b'G'),
    Is(b'I'),
    Is(b'V'),
    Is(b'E'),
    Is(b' '),
    In(b'0', b'9'),
    In(b'0', b'9'),
    In(b'0', b'9'),
    In(b'0', b'9'),
    In(b'0', b'9'),
    In(b'0', b'9'),
];

/// FastTrack.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "fasttrack",
    name: "FastTrack",
    selector: 923,
    category: "peer-to-peer",
    transports: &[Transport::Tcp, Transport::Udp],
    ports: &[1214],
    first_bytes: FirstBytes::Of(&[0x27, 0x28, 0x29, b'G']),
    max_probe_size: GIVE.len(),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    match sample.transport {
        Transport::Tcp => fits(sample.data, &GIVE).stream(80, "upload", 11),
        _ => matched_if(fits(sample.data, &PING) == Beginning::Whole, 95, "ping", 12),
    }
}

const EXAMPLES: &[Example] =
    &[query("ping", b"\x27\x00\x00\x00\xa9\x80KaZaA\0"), client("upload", b"GIVE 0123456789\r\n\r\n")];
