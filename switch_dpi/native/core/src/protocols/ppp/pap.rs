//! Password authentication of PPP (RFC 1334 §2), PPP protocol 0xc023: who logs in; the password is not kept.

use crate::bytes::Reader;
use crate::probing::answers::numbered;
use crate::probing::examples::answered;
use crate::probing::readers::DatagramReader;
use crate::protocol::attributes::Attribute;
use crate::protocol::{Descriptor, Direction, Example, Findings, Transport};

const CARRIER: Transport = Transport::Ppp(0xc023);
/// Packets read: requests are repeated.
const MAX_PACKETS: u8 = 2;
const CODE_REQUEST: u8 = 1;

/// PAP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "pap",
    name: "PPP PAP",
    selector: 1505,
    category: "authentication",
    risk: Some(60),
    transports: &[CARRIER],
    probe: |_| numbered("PPP protocol 0xc023 (RFC 1334)"),
    inspector: Some(|| DatagramReader::boxed(read, MAX_PACKETS)),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn read(data: &[u8], found: &mut Findings) {
    let mut reader = Reader::new(data);
    let is_request = reader.u8() == Some(CODE_REQUEST) && reader.take(3).is_some();
    if let (true, Some(peer)) = (is_request, reader.vector8()) {
        found.text(Attribute::PppUser, peer);
    }
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "authenticate request",
        transport: CARRIER,
        direction: Direction::Originator,
        data: b"\x01\x01\x00\x10\x03ann\x07secret1",
        expect: &[(Attribute::PppUser, "ann")],
    },
    answered(CARRIER, "authenticate acknowledgement", b"\x02\x01\x00\x05\x00"),
];
