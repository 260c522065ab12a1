//! SNMP versions 1, 2c and 3 with traps and informs (RFC 1157, RFC 3416, RFC 3412), over UDP and TCP (RFC 3430).

use crate::bytes::Reader;
use crate::probing::answers::{of_datagram, of_stream};
use crate::probing::examples::server;
use crate::probing::readers::StreamReader;
use crate::protocol::attributes::Attribute;
use crate::protocol::{Descriptor, Direction, Example, Findings, FirstBytes, Probe, Sample, Transport};

/// Tag of an ASN.1 SEQUENCE, OCTET STRING and INTEGER (X.690 §8).
const SEQUENCE: u8 = 0x30;
const OCTET_STRING: u8 = 0x04;
const INTEGER: u8 = 0x02;
/// Values of `version` on the wire.
const VERSION_1: u8 = 0;
const VERSION_2C: u8 = 1;
const VERSION_3: u8 = 3;
/// Version 3's security models: any, v1, v2c, USM, TSM (IANA SNMP security models).
const MAX_SECURITY_MODEL: u8 = 4;
/// get … report, as context tags (RFC 3416 §3).
const FIRST_PDU: u8 = 0xa0;
const LAST_PDU: u8 = 0xa8;
/// How far the names stand from the start, at most.
const MAX_HEAD_SIZE: usize = 256;

/// SNMP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "snmp",
    name: "SNMP",
    selector: 1564,
    risk: Some(40),
    transports: &[Transport::Udp, Transport::Tcp],
    ports: &[161, 162],
    first_bytes: FirstBytes::Of(&[SEQUENCE]),
    max_probe_size: MAX_HEAD_SIZE,
    probe,
    inspector: Some(|| {
        StreamReader::boxed(|sample, found| read(sample.data, found).unwrap_or_default(), MAX_HEAD_SIZE)
    }),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    let fits = is_message(sample.data, sample.transport.is_stream());
    if sample.transport.is_stream() { of_stream(fits, 95, "message", 16) } else { of_datagram(fits, 98, "message", 16) }
}

fn is_message(data: &[u8], is_stream: bool) -> Option<bool> {
    let mut reader = Reader::new(data);
    if reader.u8()? != SEQUENCE {
        return Some(false);
    }
    let Some(size) = read_size(&mut reader)? else { return Some(false) };
    if size < 13 || (!is_stream && reader.rest().len() > size) {
        return Some(false);
    }
    if reader.u8()? != INTEGER || reader.u8()? != 1 {
        return Some(false);
    }
    match reader.u8()? {
        VERSION_1 | VERSION_2C => is_community_message(&mut reader),
        VERSION_3 => is_version_3(&mut reader),
        _ => Some(false),
    }
}

/// Community and PDU (RFC 1157 §4).
fn is_community_message(reader: &mut Reader<'_>) -> Option<bool> {
    if reader.u8()? != OCTET_STRING {
        return Some(false);
    }
    let Some(size) = read_size(reader)? else { return Some(false) };
    if size > 128 {
        return Some(false);
    }
    reader.take(size)?;
    Some((FIRST_PDU..=LAST_PDU).contains(&reader.u8()?))
}

/// Message identifier, greatest size, flags, security model (RFC 3412 §6).
fn is_version_3(reader: &mut Reader<'_>) -> Option<bool> {
    if reader.u8()? != SEQUENCE || !(12..=20).contains(&reader.u8()?) {
        return Some(false);
    }
    for _ in ["identifier", "greatest size"] {
        if reader.u8()? != INTEGER || !(1..=5).contains(reader.rest().first()?) {
            return Some(false);
        }
        reader.vector8()?;
    }
    let (flags, model): ([u8; 3], [u8; 3]) = (reader.array()?, reader.array()?);
    let has_flags = matches!(flags, [OCTET_STRING, 1, 0..=7]);
    Some(has_flags && matches!(model, [INTEGER, 1, 0..=MAX_SECURITY_MODEL]) && reader.u8()? == OCTET_STRING)
}

/// A definite size of at most three bytes (X.690 §8.1.3); the inner `None` where it has another form.
fn read_size(reader: &mut Reader<'_>) -> Option<Option<usize>> {
    Some(match reader.u8()? {
        short @ 0..=0x7f => Some(short.into()),
        0x81 => Some(reader.u8()?.into()),
        0x82 => Some(reader.u16()?.into()),
        0x83 => Some(reader.u24()? as usize),
        _ => None,
    })
}

/// One element: its tag and what it holds.
fn element<'a>(reader: &mut Reader<'a>) -> Option<(u8, &'a [u8])> {
    let mut ahead = *reader;
    let tag = ahead.u8()?;
    let size = read_size(&mut ahead)??;
    let value = ahead.take(size)?;
    *reader = ahead;
    Some((tag, value))
}

fn read(data: &[u8], found: &mut Findings) -> Option<()> {
    let mut reader = Reader::new(data);
    reader.u8()?;
    read_size(&mut reader)??;
    let (_, version) = element(&mut reader)?;
    match version {
        [VERSION_3] => {
            found.uint(Attribute::SnmpVersion, 3);
            element(&mut reader)?; // header data
            let (_, parameters) = element(&mut reader)?;
            // engine, boots, time, user (RFC 3414 §2.4)
            let mut security = Reader::new(element(&mut Reader::new(parameters))?.1);
            for _ in ["engine", "boots", "time"] {
                element(&mut security)?;
            }
            let (_, user) = element(&mut security)?;
            if !user.is_empty() {
                found.text(Attribute::SnmpUser, user);
            }
        }
        [version] => {
            found.uint(Attribute::SnmpVersion, u64::from(*version) + 1);
            let (_, community) = element(&mut reader)?;
            found.text(Attribute::SnmpCommunity, community);
            found.uint(Attribute::SnmpPduType, (reader.u8()? & 0x1f).into());
        }
        _ => {}
    }
    Some(())
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "version 2c get",
        transport: Transport::Udp,
        direction: Direction::Originator,
        data: b"\x30\x26\x02\x01\x01\x04\x06public\xa0\x19\x02\x01\x01\x02\x01\x00\x02\x01\x00\x30\x0e\x30\x0c\x06\x08\x2b\x06\x01\x02\x01\x01\x05\x00\x05\x00",
        expect: &[(Attribute::SnmpVersion, "2"), (Attribute::SnmpCommunity, "public"), (Attribute::SnmpPduType, "0")],
    },
    Example {
        title: "version 1 trap: cold start",
        transport: Transport::Udp,
        direction: Direction::Originator,
        data: b"\x30\x27\x02\x01\x00\x04\x06public\xa4\x1a\x06\x06\x2b\x06\x01\x04\x01\x09\x40\x04\xc0\x00\x02\x01\x02\x01\x00\x02\x01\x00\x43\x02\x00\x00\x30\x00",
        expect: &[(Attribute::SnmpVersion, "1"), (Attribute::SnmpPduType, "4")],
    },
    Example {
        title: "version 3 get of a user",
        transport: Transport::Udp,
        direction: Direction::Originator,
        data: b"\x30\x46\x02\x01\x03\x30\x0f\x02\x03\x00\x91\xc8\x02\x02\x05\xdc\x04\x01\x04\x02\x01\x03\x04\x18\x30\x16\x04\x05\x80\x00\x00\x00\x01\x02\x01\x01\x02\x01\x02\x04\x03\x6f\x70\x73\x04\x00\x04\x00\x30\x16\x04\x05\x80\x00\x00\x00\x01\x04\x00\xa0\x0b\x02\x01\x01\x02\x01\x00\x02\x01\x00\x30\x00",
        expect: &[(Attribute::SnmpVersion, "3"), (Attribute::SnmpUser, "ops")],
    },
    server("response over TCP", b"\x30\x28\x02\x01\x01\x04\x06public\xa2\x1b\x02\x01\x01\x02\x01\x00\x02\x01\x00\x30\x10\x30\x0e\x06\x08\x2b\x06\x01\x02\x01\x01\x03\x00\x43\x02\x01\x02"),
];
