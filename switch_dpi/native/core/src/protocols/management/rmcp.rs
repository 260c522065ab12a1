//! Remote Management Control Protocol (DMTF ASF 2.0 §3.2): ASF pings, IPMI 1.5 and 2.0 (IPMI 2.0 §13).

use crate::bytes::Reader;
use crate::probing::answers::of_datagram;
use crate::probing::examples::{query, reply};
use crate::probing::readers::DatagramReader;
use crate::protocol::attributes::Attribute;
use crate::protocol::{Descriptor, Direction, Example, Findings, FirstBytes, Probe, Sample, Transport};

const CARRIER: Transport = Transport::Udp;
/// ASF 1.0 and 2.0.
const VERSION: u8 = 6;
const CLASS_ASF: u8 = 6;
const CLASS_IPMI: u8 = 7;
/// Set in the class of an acknowledgement.
const ACKNOWLEDGEMENT: u8 = 0x80;
/// The enterprise number of ASF messages.
const ASF_ENTERPRISE: u32 = 4542;
/// IPMI: none, MD2, MD5, password, OEM, RMCP+ (§13.6).
const AUTHENTICATION_TYPES: [u8; 6] = [0, 1, 2, 4, 5, 6];
const AUTHENTICATION_RMCP_PLUS: u8 = 6;
/// RMCP+: RAKP message 1 names the user (§13.20).
const PAYLOAD_RAKP_1: u8 = 0x12;
const MAX_DATAGRAMS: u8 = 10;

/// RMCP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "rmcp",
    name: "RMCP",
    selector: 1591,
    risk: Some(60),
    transports: &[CARRIER],
    ports: &[623, 664],
    first_bytes: FirstBytes::Of(&[VERSION]),
    probe,
    inspector: Some(|| DatagramReader::boxed(|data, found| read(data, found).unwrap_or_default(), MAX_DATAGRAMS)),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    of_datagram(is_message(sample.data), 90, "header", 4)
}

fn is_message(data: &[u8]) -> Option<bool> {
    let mut reader = Reader::new(data);
    let [version, reserved, sequence, class] = reader.array()?;
    if version != VERSION || reserved != 0 {
        return Some(false);
    }
    match class {
        CLASS_ASF => Some(reader.u32()? == ASF_ENTERPRISE),
        CLASS_IPMI => {
            let authentication = reader.u8()?;
            let rest = reader.rest().len();
            let least = if authentication == AUTHENTICATION_RMCP_PLUS { 11 } else { 9 };
            Some(sequence == 0xff && AUTHENTICATION_TYPES.contains(&authentication) && rest >= least)
        }
        _ => Some(class == CLASS_ASF | ACKNOWLEDGEMENT && data.len() == 4 && sequence != 0xff),
    }
}

/// The user of RAKP message 1: session header, tag, identifiers, random number, privilege, name.
fn read(data: &[u8], found: &mut Findings) -> Option<()> {
    let mut reader = Reader::new(data);
    reader.u32()?;
    if reader.array()? == [AUTHENTICATION_RMCP_PLUS, PAYLOAD_RAKP_1] {
        reader.take(4 + 4 + 2)?; // session, sequence, size
        reader.take(4 + 4 + 16 + 1 + 2)?;
        let user = reader.vector8()?;
        if !user.is_empty() {
            found.text(Attribute::IpmiUser, user);
        }
    }
    Some(())
}

const EXAMPLES: &[Example] = &[
    query("ASF presence ping", b"\x06\x00\xff\x06\x00\x00\x11\xbe\x80\x00\x00\x00"),
    reply("ASF presence pong", b"\x06\x00\xff\x06\x00\x00\x11\xbe\x40\x00\x00\x10\x00\x00\x11\xbe\x00\x00\x00\x00\x81\x00\x00\x00\x00\x00\x00\x00"),
    query("IPMI 1.5: get channel authentication capabilities", b"\x06\x00\xff\x07\x00\x00\x00\x00\x00\x00\x00\x00\x00\x09\x20\x18\xc8\x81\x00\x38\x8e\x04\xb5"),
    Example {
        title: "IPMI 2.0: RAKP message 1",
        transport: CARRIER,
        direction: Direction::Originator,
        data: b"\x06\x00\xff\x07\x06\x12\x00\x00\x00\x00\x00\x00\x00\x00\x21\x00\x00\x00\x00\x00\x1a\x2b\x3c\x4d\x5e\x6f\x70\x81\x92\xa3\xb4\xc5\xd6\xe7\xf8\x09\x1a\x2b\x3c\x4d\x14\x00\x00\x05admin",
        expect: &[(Attribute::IpmiUser, "admin")],
    },
];
