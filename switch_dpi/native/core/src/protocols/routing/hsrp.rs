//! Cisco's Hot Standby Router Protocol: version 1 (RFC 2281) and version 2 (Cisco, TLVs).

use crate::bytes::Reader;
use crate::probing::answers::of_datagram;
use crate::probing::examples::query;
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

const CARRIER: Transport = Transport::Udp;
/// RFC 2281 §5.
const VERSION_1_SIZE: usize = 20;
/// Group state, interface state, text and MD5 authentication, with the sizes of their values.
const TLV_GROUP_STATE: u8 = 1;
const TLV_INTERFACE_STATE: u8 = 2;
const TLV_TEXT: u8 = 3;
const TLV_MD5: u8 = 4;
/// Hello, coup, resign, and Cisco's advertisement.
const MAX_OPERATION: u8 = 3;

/// HSRP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "hsrp",
    name: "HSRP",
    selector: 1555,
    transports: &[CARRIER],
    ports: &[1985, 2029],
    first_bytes: FirstBytes::Of(&[0, 1, 2]),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    if sample.data.first() == Some(&0) {
        of_datagram(is_version_1(sample.data), 80, "version 1 message", VERSION_1_SIZE)
    } else {
        of_datagram(is_version_2(sample.data), 90, "version 2 state", sample.data.len())
    }
}

/// Operation, state, hello and hold time, priority, group, reserved, authentication text, virtual address.
fn is_version_1(data: &[u8]) -> Option<bool> {
    let mut reader = Reader::new(data);
    let [version, operation, state, hello, hold, _priority, _group, reserved] = reader.array()?;
    let text: [u8; 8] = reader.array()?;
    let address = reader.u32()?;
    let (letters, padding) = text.split_at(text.iter().position(|byte| *byte == 0).unwrap_or(text.len()));
    let is_text =
        letters.len() >= 3 && letters.iter().all(u8::is_ascii_graphic) && padding.iter().all(|byte| *byte == 0);
    let is_digested = reader.rest().starts_with(&[TLV_MD5, 28]);
    let is_end = reader.is_empty() || is_digested;
    Some(
        version == 0
            && operation < MAX_OPERATION
            && matches!(state, 0 | 1 | 2 | 4 | 8 | 16)
            && hold >= hello
            && reserved == 0
            && (is_text || is_digested)
            && address != 0
            && is_end,
    )
}

fn is_version_2(data: &[u8]) -> Option<bool> {
    let mut reader = Reader::new(data);
    let mut has_state = false;
    while let Some(kind) = reader.u8() {
        let value = reader.vector8()?;
        let fits = match (kind, value.len()) {
            (TLV_GROUP_STATE, 40) => is_group_state(value)?,
            (TLV_INTERFACE_STATE, 4) | (TLV_TEXT, 8) | (TLV_MD5, 28) => has_state,
            _ => false,
        };
        if !fits {
            return Some(false);
        }
        has_state = true;
    }
    Some(has_state)
}

/// Version, operation, state, IP version, group, identifier, priority, hello and hold time (ms), virtual address.
fn is_group_state(value: &[u8]) -> Option<bool> {
    let mut reader = Reader::new(value);
    let [version, operation, state, ip] = reader.array()?;
    let group = reader.u16()?;
    reader.take(6)?;
    let (priority, hello_ms, hold_ms) = (reader.u32()?, reader.u32()?, reader.u32()?);
    let fits = version == 2 && operation <= MAX_OPERATION && state <= 6 && matches!(ip, 4 | 6);
    Some(fits && group < 4096 && priority <= 255 && hold_ms >= hello_ms)
}

const EXAMPLES: &[Example] = &[
    query("version 1 hello of the active router", b"\x00\x00\x10\x03\x0a\x78\x01\x00cisco\x00\x00\x00\xc0\x00\x02\xfe"),
    query("version 2 hello with text authentication", b"\x01\x28\x02\x00\x06\x04\x00\x0a\x02\x00\x5e\x10\x00\x01\x00\x00\x00\x64\x00\x00\x0b\xb8\x00\x00\x27\x10\xc0\x00\x02\xfe\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x03\x08cisco\x00\x00\x00"),
];
