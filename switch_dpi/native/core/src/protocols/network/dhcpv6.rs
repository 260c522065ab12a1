//! DHCP for IPv6 (RFC 8415), with relays.

use crate::bytes::Reader;
use crate::probing::answers::matched;
use crate::probing::examples::reply;
use crate::probing::readers::DatagramReader;
use crate::protocol::attributes::Attribute;
use crate::protocol::{Descriptor, Direction, Example, Findings, FirstBytes, Probe, Sample, Transport};

const CARRIER: Transport = Transport::Udp;
const PORTS: [u16; 2] = [546, 547];
/// Message type and transaction (§8).
const HEADER_SIZE: usize = 4;
/// Message type, hops, link and peer address (§9).
const RELAY_HEADER_SIZE: usize = 34;
const RELAY_FORWARD: u8 = 12;
const RELAY_REPLY: u8 = 13;
/// Up to lease queries and failover (IANA DHCPv6 message types).
const MAX_TYPE: u8 = 36;
const MAX_HOPS: u8 = 32;
const OPTION_CLIENT: u16 = 1;
const OPTION_SERVER: u16 = 2;
const OPTION_RELAYED: u16 = 9;
const OPTION_FQDN: u16 = 39;
/// Highest option assigned so far is 150 (IANA DHCPv6 option codes).
const MAX_OPTION: u16 = 255;
const MAX_DATAGRAMS: u8 = 4;

/// DHCPv6.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "dhcpv6",
    name: "DHCPV6",
    selector: 1587,
    transports: &[CARRIER],
    ports: &PORTS,
    first_bytes: FirstBytes::Where(|byte| (1..=MAX_TYPE).contains(&byte)),
    probe,
    inspector: Some(|| DatagramReader::boxed(|data, found| read(data, found).unwrap_or_default(), MAX_DATAGRAMS)),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

/// Options fill the datagram, and one of them is an identifier of a known form.
fn probe(sample: &Sample<'_>) -> Probe {
    let is_usual_port = PORTS.contains(&sample.originator_port) || PORTS.contains(&sample.responder_port);
    match weigh(sample.data) {
        Some((count, true)) if count >= 2 => {
            matched(if is_usual_port { 98 } else { 85 }, "message and options", HEADER_SIZE)
        }
        Some((1, true)) if is_usual_port => matched(80, "message and identifier", HEADER_SIZE),
        Some(_) if is_usual_port => matched(55, "options", HEADER_SIZE),
        _ => Probe::No,
    }
}

/// The options' count, and whether an identifier or a relayed message is among them.
fn weigh(data: &[u8]) -> Option<(usize, bool)> {
    let mut reader = options(data)?;
    let (mut count, mut has_identifier) = (0, false);
    while !reader.is_empty() {
        let code = reader.u16()?;
        let value = reader.vector16()?;
        if !(1..=MAX_OPTION).contains(&code) {
            return None;
        }
        has_identifier |= match code {
            OPTION_CLIENT | OPTION_SERVER => matches!(value, [0, 1..=4, _, _, _, ..]),
            OPTION_RELAYED => (1..=MAX_TYPE).contains(value.first()?),
            _ => false,
        };
        count += 1;
    }
    (count > 0).then_some((count, has_identifier))
}

/// Where the options begin.
fn options(data: &[u8]) -> Option<Reader<'_>> {
    let mut reader = Reader::new(data);
    let [kind, hops] = *data.first_chunk()?;
    let is_relayed = matches!(kind, RELAY_FORWARD | RELAY_REPLY);
    if !(1..=MAX_TYPE).contains(&kind) || (is_relayed && hops > MAX_HOPS) {
        return None;
    }
    reader.take(if is_relayed { RELAY_HEADER_SIZE } else { HEADER_SIZE })?;
    Some(reader)
}

fn read(data: &[u8], found: &mut Findings) -> Option<()> {
    found.uint(Attribute::Dhcpv6MessageType, (*data.first()?).into());
    let mut reader = options(data)?;
    while let Some(code) = reader.u16() {
        let value = reader.vector16()?;
        if code == OPTION_FQDN {
            let name = domain(value.get(1..)?);
            if !name.is_empty() {
                found.text(Attribute::Dhcpv6ClientName, &name);
            }
        }
    }
    Some(())
}

/// Labels of DNS (RFC 1035 §3.1), with dots between them.
fn domain(data: &[u8]) -> Vec<u8> {
    let (mut reader, mut name) = (Reader::new(data), Vec::new());
    while let Some(label) = reader.vector8() {
        if label.is_empty() || label.len() > 63 {
            break;
        }
        if !name.is_empty() {
            name.push(b'.');
        }
        name.extend_from_slice(label);
    }
    name
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "solicit with the client's name",
        transport: CARRIER,
        direction: Direction::Originator,
        data: b"\x01\x1a\x2b\x3c\x00\x01\x00\x0a\x00\x03\x00\x01\x02\x00\x5e\x10\x00\x01\x00\x08\x00\x02\x00\x00\x00\x27\x00\x08\x00\x06laptop\x00\x06\x00\x04\x00\x17\x00\x18",
        expect: &[(Attribute::Dhcpv6MessageType, "1"), (Attribute::Dhcpv6ClientName, "laptop")],
    },
    reply("advertise", b"\x02\x1a\x2b\x3c\x00\x01\x00\x0a\x00\x03\x00\x01\x02\x00\x5e\x10\x00\x01\x00\x02\x00\x0a\x00\x03\x00\x01\x02\x00\x5e\x10\x00\x02"),
    Example {
        title: "relayed solicit",
        transport: CARRIER,
        direction: Direction::Originator,
        data: b"\x0c\x00\x20\x01\x0d\xb8\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\xfe\x80\x00\x00\x00\x00\x00\x00\x02\x00\x5e\xff\xfe\x10\x00\x01\x00\x09\x00\x18\x01\x1a\x2b\x3c\x00\x01\x00\x0a\x00\x03\x00\x01\x02\x00\x5e\x10\x00\x01\x00\x08\x00\x02\x00\x00\x00\x12\x00\x02g1",
        expect: &[(Attribute::Dhcpv6MessageType, "12")],
    },
];
