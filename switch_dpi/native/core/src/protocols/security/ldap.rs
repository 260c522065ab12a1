//! LDAP, versions 2 and 3 (RFC 4511), over TCP, and its connectionless form over UDP (RFC 1798, [MS-ADTS] §7.3.3).

use crate::bytes::Reader;
use crate::formats::ber::{self, ENUMERATED, INTEGER, OCTET_STRING, SEQUENCE};
use crate::probing::cursor::{Checked, Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::{client, query, server, telling};
use crate::protocol::attributes::Attribute;
use crate::protocol::{Descriptor, Example, Findings, FirstBytes, Inspector, Probe, Progress, Sample, Transport};

const BIND_REQUEST: u8 = 0x60;
const SEARCH_REQUEST: u8 = 0x63;
/// Messages looked at.
const MAX_MESSAGES: u8 = 16;

/// LDAP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "ldap",
    name: "LDAP",
    selector: 560,
    category: "authentication",
    risk: Some(40),
    transports: &[Transport::Tcp, Transport::Udp],
    ports: &[389, 3268],
    first_bytes: FirstBytes::Of(&[SEQUENCE]),
    max_probe_size: 256,
    probe,
    inspector: Some(|| Box::<Ldap>::default()),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[message];

fn probe(sample: &Sample<'_>) -> Probe {
    any_form(sample, FORMS)
}

/// §4.1.1: a sequence of message id, operation and, perhaps, controls.
fn message(cursor: &mut Cursor<'_>) -> Recognised {
    let size = ber::expect(cursor, SEQUENCE)?;
    require(size >= 5)?;
    let id = ber::expect(cursor, INTEGER)?;
    require((1..=4).contains(&id))?;
    cursor.take(id)?;
    let tag = cursor.u8()?;
    require(matches!(tag, 0x42 | 0x4a | 0x50 | 0x60 | 0x61 | 0x63..=0x69 | 0x6b..=0x6f | 0x73 | 0x77..=0x79))?;
    let body = ber::length(cursor)?;
    require(body + id + 4 <= size)?;
    operation(cursor, tag, body)
}

/// The first fields of each operation (§4.2 to §4.13).
fn operation(cursor: &mut Cursor<'_>, tag: u8, size: usize) -> Recognised {
    match tag {
        0x42 => require(size == 0).map(|()| (80, "LDAP unbind")),
        BIND_REQUEST => {
            require(ber::expect(cursor, INTEGER)? == 1)?;
            cursor.within(2, 3)?;
            require(ber::expect(cursor, OCTET_STRING)? <= size)?;
            Ok((100, "LDAP bind"))
        }
        SEARCH_REQUEST => search(cursor, size),
        0x61 | 0x65 | 0x67 | 0x69 | 0x6b | 0x6d | 0x6f | 0x78 => {
            require(ber::expect(cursor, ENUMERATED)? == 1)?;
            cursor.within(0, 123)?;
            require(ber::expect(cursor, OCTET_STRING)? <= size)?;
            Ok((95, "LDAP result"))
        }
        0x77 => {
            require(ber::expect(cursor, 0x80)? <= size)?;
            cursor.all(3, |byte| byte.is_ascii_digit() || byte == b'.')?;
            Ok((95, "LDAP extended request"))
        }
        0x4a => {
            require((1..=1024).contains(&size))?;
            cursor.all(size.min(64), |byte| byte >= b' ')?;
            Ok((65, "LDAP delete"))
        }
        0x50 => {
            require((1..=4).contains(&size))?; // the id of a message
            cursor.within(0, 0x7f)?;
            Ok((65, "LDAP abandon"))
        }
        0x73 => {
            string(cursor, size)?;
            Ok((80, "LDAP reference"))
        }
        0x79 => Ok((55, "LDAP intermediate response")),
        _ => {
            // entry, modify, add, rename, compare: a name first
            string(cursor, size)?;
            cursor.one_of(&[SEQUENCE, OCTET_STRING])?;
            Ok((85, "LDAP entry or change"))
        }
    }
}

/// §4.5.1: base, scope, aliases.
fn search(cursor: &mut Cursor<'_>, size: usize) -> Recognised {
    let base = ber::expect(cursor, OCTET_STRING)?;
    require(base <= size)?;
    cursor.take(base)?;
    cursor.literal(b"\x0a\x01")?;
    cursor.within(0, 3)?; // scope
    cursor.literal(b"\x0a\x01")?;
    cursor.within(0, 3)?; // aliases
    Ok((100, "LDAP search"))
}

/// A name or URL: text in UTF-8.
fn string(cursor: &mut Cursor<'_>, limit: usize) -> Checked<()> {
    let size = ber::expect(cursor, OCTET_STRING)?;
    require(size <= limit && size <= 1024)?;
    cursor.all(size, |byte| byte >= b' ').map(|_| ())
}

/// Reads who binds and what is searched.
#[derive(Debug, Default)]
struct Ldap {
    positions: [usize; 2],
    messages: u8,
}

impl Inspector for Ldap {
    fn feed(&mut self, sample: &Sample<'_>, found: &mut Findings) -> Progress {
        let position = sample.direction.of(&mut self.positions);
        if !sample.transport.is_stream() {
            *position = 0;
        }
        while let Some(rest) = sample.data.get(*position..) {
            let mut reader = Reader::new(rest);
            let Some((SEQUENCE, message)) = ber::element(&mut reader) else { break };
            read_message(message, found);
            *position = position.saturating_add(rest.len() - reader.rest().len());
            self.messages = self.messages.saturating_add(1);
        }
        if self.messages >= MAX_MESSAGES { Progress::Done } else { Progress::Settled }
    }
}

fn read_message(message: &[u8], found: &mut Findings) {
    let mut reader = Reader::new(message);
    let (Some((INTEGER, _)), Some((tag, body))) = (ber::element(&mut reader), ber::element(&mut reader)) else {
        return;
    };
    let attribute = match tag {
        BIND_REQUEST => Attribute::LdapBindName,
        SEARCH_REQUEST => Attribute::LdapBase,
        _ => return,
    };
    if let Some(name) = ber::find(body, OCTET_STRING).filter(|name| !name.is_empty()) {
        found.text(attribute, name);
    }
}

const EXAMPLES: &[Example] = &[
    telling(client("bind", b"\x30\x15\x02\x01\x01\x60\x10\x02\x01\x03\x04\x06cn=ann\x80\x03pwd"), &[(Attribute::LdapBindName, "cn=ann")]),
    telling(
        client(
            "search with long lengths",
            b"\x30\x84\0\0\0\x2d\x02\x01\x02c\x84\0\0\0\x24\x04\x04dc=x\x0a\x01\x02\x0a\x01\0\x02\x01\0\x02\x01\0\x01\x01\0\x87\x0bobjectclass\x30\0",
        ),
        &[(Attribute::LdapBase, "dc=x")],
    ),
    server("bind accepted", b"\x30\x0c\x02\x01\x01\x61\x07\x0a\x01\0\x04\0\x04\0"),
    client("deletion", b"\x30\x14\x02\x01\x02\x4a\x0fcn=a,dc=example"),
    client("abandonment", b"\x30\x06\x02\x01\x06\x50\x01\x05"),
    server("entry", b"\x30\x12\x02\x01\x02d\x0d\x04\x09cn=a,dc=x\x30\0"),
    client(
        "request for TLS",
        b"\x30\x1d\x02\x01\x01w\x18\x80\x16\x31.\x33.\x36.\x31.\x34.\x31.\x31\x34\x36\x36.\x32\x30\x30\x33\x37",
    ),
    query(
        "look-up of a domain controller over UDP",
        b"\x30\x31\x02\x01\x01c,\x04\0\x0a\x01\0\x0a\x01\0\x02\x01\0\x02\x01\0\x01\x01\0\xa3\x0d\x04\x05NtVer\x04\x04\x06\0\0\x00\x30\x0a\x04\x08Netlogon",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn snmp_and_certificates_begin_alike_and_are_refused() {
        for data in [
            &b"\x30\x26\x02\x01\x01\x04\x06public\xa0\x19\x02\x01\x01"[..],
            b"\x30\x82\x01\x0a\x02\x82\x01\x01\x00",
            b"\x30\x03\x02\x01\x01",
            b"\x30\x0c\x02\x01\x01\x61\x09\x0a\x01\0\x04\0\x04\0",
        ] {
            assert_eq!(probe(&Sample { data, ..Sample::EMPTY }), Probe::No, "{data:02x?}");
        }
    }
}
