//! AgentX between an SNMP agent and its subagents (RFC 2741), over TCP.

use crate::bytes::Reader;
use crate::probing::answers::of_stream;
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

const CARRIER: Transport = Transport::Tcp;
/// Version, type, flags, reserved, session, transaction, packet, size (§6.1).
const HEADER_SIZE: usize = 20;
const VERSION: u8 = 1;
/// Network byte order; without it numbers are little-endian (§6.1).
const FLAG_NETWORK_ORDER: u8 = 0x10;
const TYPE_OPEN: u8 = 1;
const TYPE_RESPONSE: u8 = 18;
/// Error codes of AgentX begin here (§6.2.16).
const FIRST_ERROR: u16 = 256;

/// AgentX.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "agentx",
    name: "AgentX",
    selector: 1608,
    transports: &[CARRIER],
    ports: &[705],
    first_bytes: FirstBytes::Of(&[VERSION]),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    of_stream(is_pdu(sample.data), 80, "PDU header", HEADER_SIZE)
}

/// A subagent opens with session 0 and its time-out; the agent responds with a session and an error code.
fn is_pdu(data: &[u8]) -> Option<bool> {
    let mut reader = Reader::new(data);
    if reader.u8()? != VERSION {
        return Some(false);
    }
    let kind = reader.u8()?;
    let flags = reader.u8()?;
    if !matches!(kind, TYPE_OPEN | TYPE_RESPONSE) || flags & !FLAG_NETWORK_ORDER != 0 || reader.u8()? != 0 {
        return Some(false);
    }
    let is_big = flags & FLAG_NETWORK_ORDER != 0;
    let session = reader.u32()?;
    reader.take(8)?; // transaction, packet
    let size: [u8; 4] = reader.array()?;
    let size = if is_big { u32::from_be_bytes(size) } else { u32::from_le_bytes(size) };
    if !(8..=4096).contains(&size) || !size.is_multiple_of(4) {
        return Some(false);
    }
    if kind == TYPE_OPEN {
        let [_timeout, a, b, c] = reader.array()?;
        let [_parts, prefix, include, reserved] = reader.array()?; // of the subagent's identifier
        return Some(session == 0 && size >= 12 && [a, b, c, include, reserved] == [0; 5] && prefix <= 4);
    }
    reader.u32()?; // up time
    let error: [u8; 2] = reader.array()?;
    let error = if is_big { u16::from_be_bytes(error) } else { u16::from_le_bytes(error) };
    Some((error <= 18 && session != 0) || (FIRST_ERROR..FIRST_ERROR + 16).contains(&error))
}

const EXAMPLES: &[Example] = &[
    client("open", b"\x01\x01\x10\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x10\x05\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x04\x66\x72\x72\x00"),
    server("response, little-endian", b"\x01\x12\x00\x00\x07\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x08\x00\x00\x00\x34\x12\x00\x00\x00\x00\x00\x00"),
];
