//! AJP, version 1.3 (Apache Tomcat, "AJPv13"): packets of a magic, a size and a code, big-endian.

use crate::bytes::Reader;
use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::{client, server, telling};
use crate::protocol::attributes::Attribute;
use crate::protocol::{
    Descriptor, Direction, Example, Findings, FirstBytes, Inspector, Probe, Progress, Sample, Transport,
};

/// Packets have at most 64 KiB.
const FORWARD_REQUEST: u8 = 2;

/// AJP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "ajp13",
    name: "AJP",
    selector: 600,
    category: "web",
    transports: &[Transport::Tcp],
    ports: &[8009],
    first_bytes: FirstBytes::Of(&[0x12, b'A']),
    probe,
    inspector: Some(|| Box::<Ajp>::default()),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[from_web_server, from_container];

fn probe(sample: &Sample<'_>) -> Probe {
    any_form(sample, FORMS)
}

fn from_web_server(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(b"\x12\x34")?;
    let size = cursor.u16()?;
    match cursor.u8()? {
        FORWARD_REQUEST => {
            cursor.within(1, 28)?; // method; 0xff would be one by name
            cursor.literal(b"\0")?;
            cursor.within(8, 9)?;
            cursor.literal(b"HTTP/")?;
            Ok((100, "AJP forward request"))
        }
        7 | 8 | 10 => require(size == 1).map(|()| (95, "AJP ping")),
        0 => {
            let data_size = u16::from(cursor.u8()?); // of a small body; its size stands before it
            require(data_size > 0 && size == data_size + 2).map(|()| (60, "AJP request body"))
        }
        _ => Err(Probe::No),
    }
}

fn from_container(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(b"AB")?;
    let size = cursor.u16()?;
    match cursor.u8()? {
        3 => {
            // a zero byte may stand behind the chunk
            let data_size = cursor.u16()?;
            let rest = size.checked_sub(3).ok_or(Probe::No)?;
            require(rest == data_size || rest.checked_sub(1) == Some(data_size)).map(|()| (75, "AJP body chunk"))
        }
        4 => {
            let status = cursor.u16()?;
            require((100..600).contains(&status))?;
            let text = usize::from(cursor.u16()?);
            require(text + 7 <= usize::from(size))?;
            cursor.text(text)?;
            Ok((95, "AJP response headers"))
        }
        5 => {
            require(size == 2)?;
            cursor.within(0, 1)?;
            Ok((90, "AJP end of response"))
        }
        6 => require(size == 3).map(|()| (80, "AJP body wanted")),
        9 => require(size == 1).map(|()| (95, "AJP pong")),
        _ => Err(Probe::No),
    }
}

/// Reads the URI and the host of the first request. The host is metadata and names no application: AJP is spoken between an
/// organisation's own web server and the container behind it, never by who uses that site.
#[derive(Debug, Default)]
struct Ajp {
    position: usize,
}

impl Inspector for Ajp {
    fn feed(&mut self, sample: &Sample<'_>, found: &mut Findings) -> Progress {
        if sample.direction == Direction::Responder {
            return Progress::Settled;
        }
        while let Some(rest) = sample.data.get(self.position..)
            && let Some([_, _, high, low]) = rest.first_chunk::<4>()
        {
            let size = 4 + usize::from(u16::from_be_bytes([*high, *low]));
            let Some(packet) = rest.get(4..size) else { break };
            if packet.first() == Some(&FORWARD_REQUEST) {
                read_request(packet, found);
                return Progress::Done;
            }
            self.position = self.position.saturating_add(size);
        }
        Progress::Settled
    }
}

/// Code, method, protocol, URI, remote address, remote host, server name; each string ends with a zero byte too.
fn read_request(packet: &[u8], found: &mut Findings) -> Option<()> {
    let mut reader = Reader::new(packet);
    reader.u16()?;
    let mut string = || -> Option<&[u8]> {
        let size = reader.u16()?;
        if size == u16::MAX {
            return Some(&[]); // no string
        }
        let text = reader.take(usize::from(size))?;
        reader.u8()?;
        Some(text)
    };
    string()?;
    found.text(Attribute::AjpUri, string()?);
    string()?;
    string()?;
    found.text(Attribute::AjpHost, string()?);
    Some(())
}

const EXAMPLES: &[Example] = &[
    client("ping", b"\x12\x34\0\x01\x0a"),
    server("pong", b"AB\0\x01\x09"),
    telling(
        client(
            "request",
            b"\x12\x34\0\x35\x02\x02\0\x08HTTP/1.1\0\0\x05/shop\0\0\x09192.0.2.7\0\xff\xff\0\x0bexample.org\0\0\x50\0\0\0\xff",
        ),
        &[(Attribute::AjpUri, "/shop"), (Attribute::AjpHost, "example.org")],
    ),
    server("headers", b"AB\0\x09\x04\0\xc8\0\x02OK\0\0\0"),
];
