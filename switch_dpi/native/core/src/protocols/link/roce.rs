//! InfiniBand transport over converged Ethernet: RoCE version 1 (EtherType 0x8915) and 2 (UDP 4791), InfiniBand Architecture
//! Specification 1, §9 and annex A17.

use crate::bytes::Reader;
use crate::probing::answers::{matched, numbered_if};
use crate::probing::examples::{query, sent};
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

const VERSION_1: Transport = Transport::EtherType(0x8915);
const PORT: u16 = 4791;
/// Base transport header and invariant check (§9.2, §7.8).
const HEADER_SIZE: usize = 12;
const CHECK_SIZE: usize = 4;
/// Version 1 begins with a global route header, which has the form of IPv6 (§8.3).
const ROUTE_HEADER_VERSION: u8 = 6;
/// The default partition, of a full and of a limited member (§10.9).
const DEFAULT_PARTITIONS: [u16; 2] = [0xffff, 0x7fff];
/// Last operation of each transport service: reliable, unreliable connection, reliable datagram, unreliable datagram, extended.
const LAST_OPERATIONS: [u8; 8] = [0x17, 0x0b, 0x17, 0x05, 0x01, 0x17, 0, 0];

/// RoCE.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "roce",
    name: "RoCE",
    selector: 1596,
    transports: &[VERSION_1, Transport::Udp],
    ports: &[PORT],
    first_bytes: FirstBytes::Where(|byte| is_operation(byte) || byte >> 4 == ROUTE_HEADER_VERSION),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    if sample.transport == VERSION_1 {
        let has_route = sample.data.first().is_some_and(|byte| byte >> 4 == ROUTE_HEADER_VERSION);
        return numbered_if(has_route, "EtherType 0x8915");
    }
    let is_usual_port = sample.originator_port == PORT || sample.responder_port == PORT;
    match is_header(sample.data) {
        Some(true) => matched(if is_usual_port { 75 } else { 60 }, "base transport header", HEADER_SIZE),
        _ => Probe::No,
    }
}

/// Operation, flags with version 0, partition, congestion bits, queue pair, acknowledgement request, sequence number.
fn is_header(data: &[u8]) -> Option<bool> {
    let mut reader = Reader::new(data);
    let [operation, flags] = reader.array()?;
    let partition = reader.u16()?;
    let congestion = reader.u8()?;
    let queue = reader.u24()?;
    let request = reader.u8()?;
    Some(
        is_operation(operation)
            && flags & 0x0f == 0
            && DEFAULT_PARTITIONS.contains(&partition)
            && congestion & 0x3f == 0
            && queue != 0
            && request & 0x7f == 0
            && data.len() >= HEADER_SIZE + CHECK_SIZE
            && data.len().is_multiple_of(4),
    )
}

fn is_operation(operation: u8) -> bool {
    LAST_OPERATIONS.get(usize::from(operation >> 5)).is_some_and(|last| {
        let number = operation & 0x1f;
        number <= *last
            && (operation >> 5 < 6)
            && (operation >> 5 != 3 || number >= 4)
            && (operation >> 5 != 4 || number == 1)
    })
}

const EXAMPLES: &[Example] = &[
    query("acknowledgement", b"\x11\x00\xff\xff\x00\x00\x01\x2b\x00\x00\x00\x07\x1f\x00\x00\x05\x1a\x2b\x3c\x4d"),
    query("congestion notification", b"\x81\x00\xff\xff\x40\x00\x01\x2b\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x1a\x2b\x3c\x4d"),
    sent(
        VERSION_1,
        "version 1 with a global route header",
        b"\x60\x00\x00\x00\x00\x14\x1b\x40\xfe\x80\x00\x00\x00\x00\x00\x00\x02\x00\x5e\xff\xfe\x10\x00\x01\xfe\x80\x00\x00\x00\x00\x00\x00\x02\x00\x5e\xff\xfe\x10\x00\x02\x11\x00\xff\xff\x00\x00\x01\x2b\x00\x00\x00\x07\x1f\x00\x00\x05\x1a\x2b\x3c\x4d",
    ),
];
