//! ip.access multiplex of Osmocom and ip.access base stations (Osmocom documentation, "IPA"): Abis, GSUP, control, over TCP.

use crate::bytes::Reader;
use crate::probing::answers::of_stream;
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

const CARRIER: Transport = Transport::Tcp;
/// The stream that both ends use first: connection management.
const STREAM_MANAGEMENT: u8 = 0xfe;
const PING: u8 = 0;
const PONG: u8 = 1;
const IDENTITY_REQUEST: u8 = 4;
const IDENTITY_RESPONSE: u8 = 5;
const IDENTITY_ACKNOWLEDGEMENT: u8 = 6;
/// Identity tags: serial number to unit number.
const MAX_IDENTITY_TAG: u8 = 8;

/// IPA.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "ipa",
    name: "IPA",
    selector: 1598,
    transports: &[CARRIER],
    ports: &[3002, 3003, 3006, 4222, 4223],
    first_bytes: FirstBytes::Of(&[0]),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    of_stream(is_management(sample.data), 70, "connection management", 4)
}

/// The size counts what stands behind the stream's number. One short message is too weak, so another must follow it.
fn is_management(data: &[u8]) -> Option<bool> {
    let mut reader = Reader::new(data);
    for is_second in [false, true] {
        if reader.u8()? != 0 {
            return Some(false);
        }
        let size = reader.u8()?;
        if size == 0 || reader.u8()? != STREAM_MANAGEMENT {
            return Some(false);
        }
        match (reader.u8()?, size) {
            (PING | PONG | IDENTITY_ACKNOWLEDGEMENT, 1) if is_second => return Some(true),
            (PING | PONG | IDENTITY_ACKNOWLEDGEMENT, 1) => {}
            (IDENTITY_REQUEST, 3..) => {
                // size and tag, again and again
                let [first, tag] = reader.array()?;
                return Some(first == 1 && tag <= MAX_IDENTITY_TAG);
            }
            (IDENTITY_RESPONSE, 4..) => {
                let (value, tag) = (reader.u16()?, reader.u8()?);
                return Some(value < u16::from(size) && value > 0 && tag <= MAX_IDENTITY_TAG);
            }
            _ => return Some(false),
        }
    }
    Some(true)
}

const EXAMPLES: &[Example] = &[
    server("controller asks who it is", b"\x00\x0d\xfe\x04\x01\x08\x01\x07\x01\x02\x01\x03\x01\x04\x01\x05"),
    client("base station answers", b"\x00\x0d\xfe\x05\x00\x0a\x08\x31\x38\x30\x31\x2f\x30\x2f\x30\x00"),
    client("ping and acknowledgement", b"\x00\x01\xfe\x00\x00\x01\xfe\x06"),
];
