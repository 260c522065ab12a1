//! GSMTAP version 2 (Osmocom, `gsmtap.h`): radio messages as a base station or a phone hears them.

use crate::bytes::Reader;
use crate::probing::answers::of_datagram;
use crate::probing::examples::query;
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

const CARRIER: Transport = Transport::Udp;
/// Version, header size in words.
const START: [u8; 2] = [2, 4];
const HEADER_SIZE: usize = 16;
/// From GSM Um to the log of Osmocom programs.
const MAX_TYPE: u8 = 0x13;
/// Channel number with its flags of uplink and band (10 + 2 bits, two reserved).
const MAX_SLOT: u8 = 7;

/// GSMTAP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "gsmtap",
    name: "GSMTAP",
    selector: 1597,
    transports: &[CARRIER],
    ports: &[4729],
    first_bytes: FirstBytes::Of(&[2]),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    of_datagram(is_header(sample.data), 70, "header", HEADER_SIZE)
}

fn is_header(data: &[u8]) -> Option<bool> {
    let mut reader = Reader::new(data);
    let start = reader.array()?;
    let [kind, slot] = reader.array()?;
    let channel = reader.u16()?;
    reader.take(2 + 4)?; // signal, noise, frame number
    let [_subtype, antenna, sub_slot, reserved] = reader.array()?;
    let has_body = !reader.is_empty();
    let is_plausible = antenna <= 8 && sub_slot <= 8 && reserved == 0 && channel & 0x3fff <= 1023;
    Some(start == START && (1..=MAX_TYPE).contains(&kind) && slot <= MAX_SLOT && is_plausible && has_body)
}

const EXAMPLES: &[Example] = &[
    query("GSM broadcast channel", b"\x02\x04\x01\x00\x00\x3d\xc5\x00\x00\x12\x34\x56\x01\x00\x00\x00\x59\x06\x1a\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x79\x00\x00"),
    query("LTE radio resource control", b"\x02\x04\x0d\x00\x00\x00\x00\x00\x00\x00\x00\x00\x04\x00\x00\x00\x40\x00\x04\x02\x00"),
];
