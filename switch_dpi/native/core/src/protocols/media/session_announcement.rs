//! Session Announcement Protocol (RFC 2974): descriptions of multicast sessions.

use crate::bytes::Reader;
use crate::formats::sdp::expect_media;
use crate::probing::answers::of_datagram;
use crate::probing::lines::Lines;
use crate::probing::readers::DatagramReader;
use crate::protocol::attributes::Attribute;
use crate::protocol::{Descriptor, Direction, Example, Findings, FirstBytes, Probe, Sample, Transport};

const CARRIER: Transport = Transport::Udp;
/// Version 1 in the upper three bits, an IPv6 source, and the flags of encryption and compression (§6).
const VERSION: u8 = 1;
const FLAG_IPV6: u8 = 0x10;
const FLAGS_HIDDEN: u8 = 0x03;
/// The payload type may be left out before a session description (§6).
const PAYLOAD_TYPE: &[u8] = b"application/sdp\0";
const DESCRIPTION: &[u8] = b"v=0";
const MAX_DATAGRAMS: u8 = 2;

/// SAP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "session-announcement",
    name: "Session Announcement Protocol",
    selector: 1595,
    category: "streaming-protocol",
    transports: &[CARRIER],
    ports: &[9875],
    first_bytes: FirstBytes::Where(|byte| byte >> 5 == VERSION),
    probe,
    inspector: Some(|| DatagramReader::boxed(read, MAX_DATAGRAMS)),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    of_datagram(description(sample.data).map(|text| text.starts_with(DESCRIPTION)), 95, "header and description", 8)
}

/// The session description behind header, source, authentication data and payload type.
fn description(data: &[u8]) -> Option<&[u8]> {
    let mut reader = Reader::new(data);
    let [first, words] = reader.array()?;
    if first >> 5 != VERSION || first & FLAGS_HIDDEN != 0 {
        return None;
    }
    reader.u16()?; // message identifier
    reader.take(if first & FLAG_IPV6 != 0 { 16 } else { 4 })?;
    reader.take(usize::from(words) * 4)?;
    Some(reader.rest().strip_prefix(PAYLOAD_TYPE).unwrap_or(reader.rest()))
}

fn read(data: &[u8], found: &mut Findings) {
    let text = description(data).unwrap_or_default();
    if let Some(name) = Lines::new(text, 0).find_map(|line| line.strip_prefix(b"s=")) {
        found.text(Attribute::SessionDescription, name);
    }
    expect_media(text, Direction::Originator, found);
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "announcement",
        transport: CARRIER,
        direction: Direction::Originator,
        data: b"\x20\x00\x1a\x2b\xc0\x00\x02\x07application/sdp\x00v=0\r\no=- 1 1 IN IP4 192.0.2.7\r\ns=Channel 1\r\nc=IN IP4 239.1.2.3/16\r\n",
        expect: &[(Attribute::SessionDescription, "Channel 1")],
    },
    Example {
        title: "deletion without a payload type",
        transport: CARRIER,
        direction: Direction::Originator,
        data: b"\x24\x00\x1a\x2b\xc0\x00\x02\x07v=0\r\no=- 1 1 IN IP4 192.0.2.7\r\ns=Channel 1\r\n",
        expect: &[(Attribute::SessionDescription, "Channel 1")],
    },
];
