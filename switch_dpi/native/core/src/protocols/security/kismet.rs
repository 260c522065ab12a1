//! Kismet's client and server protocol, which names networks, clients and packets it hears (Kismet documentation, until 2016).

use crate::bytes::Reader;
use crate::probing::answers::of_stream;
use crate::probing::beginnings::{begins, begins_any};
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

const CARRIER: Transport = Transport::Tcp;
const GREETING: &[u8] = b"*KISMET: ";
const COMMANDS: [&[u8]; 4] = [b"ENABLE ", b"CAPABILITY ", b"REMOVE ", b"PAUSE "];
/// A request number has few digits.
const MAX_DIGITS: usize = 6;

/// Kismet.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "kismet",
    name: "Kismet",
    selector: 1570,
    category: "security",
    transports: &[CARRIER],
    ports: &[2501],
    first_bytes: FirstBytes::Of(b"*!"),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    if sample.data.first() == Some(&b'!') {
        of_stream(is_command(sample.data), 90, "command", 10)
    } else {
        of_stream(begins(sample.data, GREETING).holds(), 100, "greeting", GREETING.len())
    }
}

/// `!7 ENABLE NETWORK *`
fn is_command(data: &[u8]) -> Option<bool> {
    let mut reader = Reader::new(data);
    reader.u8()?;
    for digits in 0..=MAX_DIGITS {
        match reader.u8()? {
            b'0'..=b'9' => {}
            b' ' if digits > 0 => return begins_any(reader.rest(), &COMMANDS).holds(),
            _ => return Some(false),
        }
    }
    Some(false)
}

const EXAMPLES: &[Example] = &[
    server(
        "server's greeting",
        b"*KISMET: 0.0.0 1144004381 \x01Kismet\x01 20050815211952 0 2005.08.R1 \n*TIME: 1144004385\n",
    ),
    client("client asks for networks", b"!0 ENABLE NETWORK bssid,type,ssid\n!1 ENABLE CLIENT *\n"),
];
