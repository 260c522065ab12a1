//! EAP over LAN (IEEE 802.1X §11), EtherType 0x888e: port access, Wi-Fi and MACsec keys. EAP itself: RFC 3748.

use crate::bytes::Reader;
use crate::probing::answers::numbered;
use crate::probing::examples::{answered, sent};
use crate::probing::readers::DatagramReader;
use crate::protocol::attributes::Attribute;
use crate::protocol::{Descriptor, Direction, Example, Findings, Transport};

/// EtherType of EAPOL and of its pre-authentication (IEEE 802.11 §12.6.10.2).
const CARRIERS: [Transport; 2] = [Transport::EtherType(0x888e), Transport::EtherType(0x88c7)];
/// Frames read: start, identity request, identity, the first of the method.
const MAX_FRAMES: u8 = 4;
const PACKET_EAP: u8 = 0;
const CODE_RESPONSE: u8 = 2;
const TYPE_IDENTITY: u8 = 1;
/// Code, identifier, size and type of EAP (RFC 3748 §4.1).
const EAP_HEADER_SIZE: u16 = 5;

/// EAPOL.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "eapol",
    name: "EAPOL",
    selector: 1504,
    category: "authentication",
    transports: &CARRIERS,
    probe: |_| numbered("EtherType of EAPOL (IEEE 802.1X)"),
    inspector: Some(|| DatagramReader::boxed(|data, found| read(data, found).unwrap_or_default(), MAX_FRAMES)),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn read(data: &[u8], found: &mut Findings) -> Option<()> {
    let mut reader = Reader::new(data);
    let [_version, kind] = reader.array()?;
    let mut eap = Reader::new(reader.vector16()?);
    let [code, _identifier] = eap.array()?;
    let size = eap.u16()?;
    if kind == PACKET_EAP && code == CODE_RESPONSE && eap.u8()? == TYPE_IDENTITY {
        found.text(Attribute::EapIdentity, eap.take(usize::from(size.checked_sub(EAP_HEADER_SIZE)?))?);
    }
    Some(())
}

const EXAMPLES: &[Example] = &[
    sent(CARRIERS[0], "start", b"\x01\x01\x00\x00"),
    answered(CARRIERS[0], "identity request", b"\x02\x00\x00\x05\x01\x01\x00\x05\x01"),
    Example {
        title: "identity",
        transport: CARRIERS[0],
        direction: Direction::Originator,
        data: b"\x01\x00\x00\x14\x02\x01\x00\x14\x01ann@example.org",
        expect: &[(Attribute::EapIdentity, "ann@example.org")],
    },
];
