//! Kerberos 5 (RFC 4120) over UDP and TCP, and its change of passwords (RFC 3244).

use crate::bytes::Reader;
use crate::formats::ber::{self, SEQUENCE};
use crate::probing::cursor::{Checked, Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::{client, query, reply, telling};
use crate::protocol::attributes::Attribute;
use crate::protocol::{Descriptor, Example, Findings, Inspector, Probe, Progress, Sample, Transport};

/// Tags of the messages: [APPLICATION n] (§5.10).
const TAGS: &[u8] = &[0x6a, 0x6b, 0x6c, 0x6d, 0x6e, 0x6f, 0x74, 0x75, 0x76, 0x7e];
const AS_REQUEST: u8 = 0x6a;
const TGS_REQUEST: u8 = 0x6c;
const AS_REPLY: u8 = 0x6b;
const TGS_REPLY: u8 = 0x6d;
const AP_REQUEST: u8 = 0x6e;
const ERROR: u8 = 0x7e;
/// The number of an [APPLICATION n] tag.
const NUMBER: u8 = 0x1f;

/// Kerberos.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "kerberos",
    name: "Kerberos",
    selector: 561,
    category: "authentication",
    transports: &[Transport::Tcp, Transport::Udp],
    ports: &[88, 464, 750],
    probe,
    inspector: Some(|| Box::<Kerberos>::default()),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[message, password_change];

fn probe(sample: &Sample<'_>) -> Probe {
    any_form(sample, FORMS)
}

/// Over TCP a size in four bytes stands before each message (§7.2.2).
fn record_size(cursor: &mut Cursor<'_>) -> Checked<Option<usize>> {
    if !cursor.sample.transport.is_stream() {
        return Ok(None);
    }
    cursor.literal(b"\0")?;
    let size = usize::try_from(cursor.u24()?).unwrap_or(usize::MAX);
    require(size > 20)?;
    Ok(Some(size))
}

/// Tag, sequence, version 5, and the message type again: context tags 1 and 2 in requests, 0 and 1 elsewhere.
fn message(cursor: &mut Cursor<'_>) -> Recognised {
    let record = record_size(cursor)?;
    let start = cursor.position();
    let tag = cursor.one_of(TAGS)?;
    let size = ber::length(cursor)?;
    let whole = cursor.position() - start + size;
    require(record.is_none_or(|record| record == whole))?;
    require(record.is_some() || whole >= cursor.size())?;
    let inner = ber::expect(cursor, SEQUENCE)?;
    require(inner < size)?;
    let first = if matches!(tag, AS_REQUEST | TGS_REQUEST) { 0xa1 } else { 0xa0 };
    cursor.literal(&[first, 3, 2, 1, 5])?;
    cursor.literal(&[first + 1, 3, 2, 1, tag & NUMBER])?;
    Ok((100, "Kerberos message"))
}

/// Size, version (1, or FF80 in what Microsoft sends), size of the AP message that follows.
fn password_change(cursor: &mut Cursor<'_>) -> Recognised {
    record_size(cursor)?;
    let size = usize::from(cursor.u16()?);
    require(cursor.sample.transport.is_stream() || size == cursor.size())?;
    require(matches!(cursor.u16()?, 1 | 0xff80))?;
    require(usize::from(cursor.u16()?) + 6 <= size)?;
    cursor.one_of(&[AP_REQUEST, 0x6f])?;
    ber::length(cursor)?;
    ber::expect(cursor, SEQUENCE)?;
    cursor.literal(&[0xa0, 3, 2, 1, 5])?;
    Ok((100, "Kerberos password change"))
}

/// Reads type, realm and client of the first messages.
#[derive(Debug, Default)]
struct Kerberos {
    datagrams: u8,
}

impl Inspector for Kerberos {
    fn feed(&mut self, sample: &Sample<'_>, found: &mut Findings) -> Progress {
        let skipped = if sample.transport.is_stream() { 4 } else { 0 };
        let mut reader = Reader::new(sample.data.get(skipped..).unwrap_or_default());
        if let Some((tag, contents)) = ber::element(&mut reader)
            && TAGS.contains(&tag)
        {
            found.uint(Attribute::KerberosMessageType, (tag & NUMBER).into());
            read_names(tag, ber::find(contents, SEQUENCE).unwrap_or_default(), found);
            self.datagrams = self.datagrams.saturating_add(1);
        }
        if self.datagrams >= 4 { Progress::Done } else { Progress::Settled }
    }
}

/// Where realm and client stand: §5.4.1, §5.4.2, §5.9.1.
fn read_names(tag: u8, message: &[u8], found: &mut Findings) {
    let (body, realm, name) = match tag {
        AS_REQUEST | TGS_REQUEST => {
            let body = ber::find(message, 0xa4).and_then(|body| ber::find(body, SEQUENCE)).unwrap_or_default();
            (body, 0xa2, 0xa1)
        }
        AS_REPLY | TGS_REPLY => (message, 0xa3, 0xa4),
        ERROR => (message, 0xa9, 0xa8),
        _ => return,
    };
    const GENERAL_STRING: u8 = 0x1b;
    if let Some(realm) = ber::find(body, realm).and_then(|realm| ber::find(realm, GENERAL_STRING)) {
        found.text(Attribute::KerberosRealm, realm);
    }
    let names = ber::find(body, name).and_then(|name| ber::find(ber::find(name, SEQUENCE)?, 0xa1));
    let Some(mut reader) = names.and_then(|names| ber::find(names, SEQUENCE)).map(Reader::new) else { return };
    let mut parts: Vec<&[u8]> = Vec::new();
    while let Some((GENERAL_STRING, part)) = ber::element(&mut reader) {
        parts.push(part);
    }
    if !parts.is_empty() {
        found.text(Attribute::KerberosClient, &parts.join(&b'/'));
    }
}

const EXAMPLES: &[Example] = &[
    telling(
        query(
            "AS-REQ",
            b"j\x3a\x30\x38\xa1\x03\x02\x01\x05\xa2\x03\x02\x01\x0a\xa4\x2c\x30\x2a\xa0\x07\x03\x05\0\x40\0\0\0\xa1\x10\x30\x0e\xa0\x03\x02\x01\x01\xa1\x07\x30\x05\x1b\x03ann\xa2\x0d\x1b\x0bEXAMPLE.ORG",
        ),
        &[
            (Attribute::KerberosRealm, "EXAMPLE.ORG"),
            (Attribute::KerberosClient, "ann"),
            (Attribute::KerberosMessageType, "10"),
        ],
    ),
    reply(
        "KRB-ERROR",
        b"\x7e\x20\x30\x1e\xa0\x03\x02\x01\x05\xa1\x03\x02\x01\x1e\xa6\x03\x02\x01\x19\xa9\x0d\x1b\x0bEXAMPLE.ORG",
    ),
    client(
        "TGS-REQ over TCP",
        b"\0\0\0\x2al\x28\x30\x26\xa1\x03\x02\x01\x05\xa2\x03\x02\x01\x0c\xa4\x1a\x30\x18\xa0\x07\x03\x05\0\x40\0\0\0\xa2\x0d\x1b\x0bEXAMPLE.ORG",
    ),
    query(
        "change of a password",
        b"\0\x1a\xff\x80\0\x0e\x6e\x0c\x30\x0a\xa0\x03\x02\x01\x05\xa1\x03\x02\x01\x0e\x75\x04\x30\x02\xa0\0",
    ),
];
