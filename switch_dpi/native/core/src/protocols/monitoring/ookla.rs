//! Ookla's Speedtest over plain TCP, as observed: a greeting, then lines that name pings, downloads and uploads.

use crate::bytes::Reader;
use crate::probing::answers::of_stream;
use crate::probing::beginnings::{begins, begins_any};
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

const CARRIER: Transport = Transport::Tcp;
const GREETING: &[u8] = b"HELLO ";
const REQUEST: &[u8] = b"HI";
/// A client may name itself by a UUID.
const UUID_SIZE: usize = 36;

/// Speedtest.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "ookla",
    name: "Ookla",
    selector: 1603,
    category: "network",
    transports: &[CARRIER],
    ports: &[8080, 5060],
    first_bytes: FirstBytes::Of(b"H"),
    probe,
    app: "speedtest",
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    match begins(sample.data, GREETING).holds() {
        Some(false) => of_stream(is_request(sample.data), 75, "request", 3),
        _ => of_stream(is_greeting(sample.data), 90, "server's greeting", GREETING.len()),
    }
}

/// `HELLO 2.9 (2.9.0) 2022-03-14.1200.abc`
fn is_greeting(data: &[u8]) -> Option<bool> {
    if !begins(data, GREETING).holds()? {
        return Some(false);
    }
    let mut reader = Reader::new(data.get(GREETING.len()..)?);
    let fits = reader.u8()?.is_ascii_digit() && reader.u8()? == b'.' && reader.u8()?.is_ascii_digit();
    loop {
        match reader.u8()? {
            b'(' if fits => return Some(reader.u8()?.is_ascii_digit()),
            b'0'..=b'9' | b'.' | b' ' => {}
            _ => return Some(false),
        }
    }
}

/// `HI` and a UUID, or `HI` alone and a command that only this protocol has.
fn is_request(data: &[u8]) -> Option<bool> {
    if !begins(data, REQUEST).holds()? {
        return Some(false);
    }
    let mut reader = Reader::new(data.get(REQUEST.len()..)?);
    match reader.u8()? {
        b' ' => {
            let known = reader.rest().get(..UUID_SIZE).unwrap_or(reader.rest());
            if !known.iter().all(|byte| byte.is_ascii_hexdigit() || *byte == b'-') {
                return Some(false);
            }
            Some(*reader.rest().get(UUID_SIZE)? == b'\n')
        }
        b'\n' => {
            begins_any(reader.rest(), &[b"PING ", b"DOWNLOAD ", b"UPLOAD ", b"GETIP\n", b"CAPABILITIES\n"]).holds()
        }
        _ => Some(false),
    }
}

const EXAMPLES: &[Example] = &[
    server("greeting", b"HELLO 2.9 (2.9.0) 2022-03-14.1200.abcdef0\n"),
    client("client with an identifier", b"HI 1a2b3c4d-5e6f-4081-92a3-b4c5d6e7f809\nGETIP\n"),
    client("old client", b"HI\nPING 1767225600000\n"),
];
