//! Challenge authentication of PPP (RFC 1994, MS-CHAP RFC 2433 and 2759), PPP protocol 0xc223.

use crate::bytes::Reader;
use crate::probing::answers::numbered;
use crate::probing::examples::answered;
use crate::probing::readers::DatagramReader;
use crate::protocol::attributes::Attribute;
use crate::protocol::{Descriptor, Direction, Example, Findings, Transport};

const CARRIER: Transport = Transport::Ppp(0xc223);
/// Packets read: challenge, response, and once more.
const MAX_PACKETS: u8 = 4;
const CODE_RESPONSE: u8 = 2;
/// Code, identifier and size (RFC 1994 §4).
const HEADER_SIZE: u16 = 4;

/// CHAP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "chap",
    name: "PPP CHAP",
    selector: 1506,
    category: "authentication",
    risk: Some(20),
    transports: &[CARRIER],
    probe: |_| numbered("PPP protocol 0xc223 (RFC 1994)"),
    inspector: Some(|| DatagramReader::boxed(|data, found| read(data, found).unwrap_or_default(), MAX_PACKETS)),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn read(data: &[u8], found: &mut Findings) -> Option<()> {
    let mut reader = Reader::new(data);
    let [code, _identifier] = reader.array()?;
    let size = reader.u16()?;
    let mut body = Reader::new(reader.take(usize::from(size.checked_sub(HEADER_SIZE)?))?);
    body.vector8()?; // the value that proves knowledge of the secret
    if code == CODE_RESPONSE {
        found.text(Attribute::PppUser, body.rest());
    }
    Some(())
}

const EXAMPLES: &[Example] = &[
    answered(CARRIER, "challenge", b"\x01\x07\x00\x10\x08\x1a\x2b\x3c\x4d\x5e\x6f\x70\x81nas"),
    Example {
        title: "response",
        transport: CARRIER,
        direction: Direction::Originator,
        data: b"\x02\x07\x00\x18\x10\x1a\x2b\x3c\x4d\x5e\x6f\x70\x81\x1a\x2b\x3c\x4d\x5e\x6f\x70\x81ann",
        expect: &[(Attribute::PppUser, "ann")],
    },
];
