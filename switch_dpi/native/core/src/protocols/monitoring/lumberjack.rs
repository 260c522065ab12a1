//! Lumberjack, versions 1 and 2, of Elastic Beats and Logstash (protocol description in logstash-forwarder and go-lumber).

use crate::bytes::Reader;
use crate::probing::answers::of_stream;
use crate::probing::examples::client;
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

const CARRIER: Transport = Transport::Tcp;
/// More events than any client puts into one window.
const MAX_WINDOW: u32 = 1 << 20;

/// Beats.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "lumberjack",
    name: "Lumberjack",
    selector: 1581,
    transports: &[CARRIER],
    ports: &[5044, 5043],
    first_bytes: FirstBytes::Of(b"12"),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    let fits = if sample.data.get(1) == Some(&b'A') { is_acknowledgement(sample) } else { is_window(sample.data) };
    of_stream(fits, 85, "window and frame", 8)
}

/// A window's size, then a frame of the same version.
fn is_window(data: &[u8]) -> Option<bool> {
    let mut reader = Reader::new(data);
    let version = reader.u8()?;
    if !matches!(version, b'1' | b'2') || reader.u8()? != b'W' {
        return Some(false);
    }
    let window = reader.u32()?;
    if !(1..=MAX_WINDOW).contains(&window) || reader.u8()? != version {
        return Some(false);
    }
    match reader.u8()? {
        b'D' | b'J' => Some(true),
        b'C' => {
            reader.u32()?;
            Some(reader.u8()? & 0x0f == 8) // zlib's method (RFC 1950 §2.2)
        }
        _ => Some(false),
    }
}

/// An acknowledgement alone could be text; it counts behind the other end's window.
fn is_acknowledgement(sample: &Sample<'_>) -> Option<bool> {
    let [_, _, high, ..] = sample.data else { return None };
    if *high != 0 {
        return Some(false);
    }
    is_window(sample.other)
}

const EXAMPLES: &[Example] = &[
    client("version 2 window and an event", b"2W\x00\x00\x00\x012J\x00\x00\x00\x01\x00\x00\x00\x09{\"a\":\"b\"}"),
    client(
        "version 2 compressed",
        b"2W\x00\x00\x00\x102C\x00\x00\x00\x0c\x78\x9c\x33\xf2\x62\x60\x60\x60\x04\x00\x05\x1a",
    ),
    client(
        "version 1 pairs",
        b"1W\x00\x00\x00\x011D\x00\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00\x04line\x00\x00\x00\x02hi",
    ),
];
