//! The PROXY protocol, versions 1 and 2 (haproxy.org, `proxy-protocol.txt`): who the client was, told before the first byte.

use std::net::{IpAddr, SocketAddr};

use crate::bytes::Reader;
use crate::probing::answers::matched;
use crate::probing::beginnings::{Beginning, begins};
use crate::probing::lines::Lines;
use crate::protocol::attributes::Attribute;
use crate::protocol::{
    Descriptor, Direction, Example, Findings, FirstBytes, Inspector, Probe, Progress, Sample, Transport,
};

/// Version 1 (§2.1): one line of text.
const FAMILIES: [&[u8]; 3] = [b"PROXY TCP4 ", b"PROXY TCP6 ", b"PROXY UNKNOWN"];
/// The longest line, CR LF included (§2.1).
const MAX_LINE_SIZE: usize = 107;
/// Version 2 (§2.2).
const SIGNATURE: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";
/// Signature, version and command, family, size of the addresses.
const HEADER_SIZE: usize = 16;

/// PROXY protocol.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "haproxy",
    name: "HAProxy",
    selector: 1230,
    category: "network",
    transports: &[Transport::Tcp],
    first_bytes: FirstBytes::Of(b"P\r"),
    max_probe_size: HEADER_SIZE,
    probe,
    inspector: Some(|| Box::<Proxy>::default()),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    let marks = FAMILIES.into_iter().chain([SIGNATURE]);
    let mut answer = Probe::No;
    for mark in marks {
        match begins(sample.data, mark) {
            Beginning::Whole => return matched(100, "PROXY header", mark.len()),
            Beginning::Partial => answer = Probe::NeedMore,
            Beginning::Other => {}
        }
    }
    answer
}

/// Reads the client's address and port.
#[derive(Debug, Default)]
struct Proxy;

impl Inspector for Proxy {
    fn feed(&mut self, sample: &Sample<'_>, found: &mut Findings) -> Progress {
        let data = sample.data;
        let client = if data.first() == Some(&b'P') {
            let start = data.get(..MAX_LINE_SIZE).unwrap_or(data);
            let Some(line) = Lines::new(start, 0).next() else {
                return if data.len() >= MAX_LINE_SIZE { Progress::Done } else { Progress::Settled };
            };
            read_line(line)
        } else if data.starts_with(SIGNATURE) {
            match read_binary(data) {
                Some(client) => client,
                None => return Progress::Settled,
            }
        } else {
            return Progress::Settled; // the other end
        };
        if let Some(client) = client {
            found.text(Attribute::ProxyClient, client.as_bytes());
        }
        Progress::Done
    }
}

/// `PROXY TCP4 SOURCE DESTINATION SOURCE-PORT DESTINATION-PORT`.
fn read_line(line: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(line).ok()?;
    let mut words = text.split(' ').skip(2);
    let (address, port): (IpAddr, u16) = (words.next()?.parse().ok()?, words.nth(1)?.parse().ok()?);
    Some(SocketAddr::new(address, port).to_string())
}

/// `None` while bytes are missing; nothing inside where the header tells no address.
fn read_binary(data: &[u8]) -> Option<Option<String>> {
    let mut reader = Reader::new(data);
    reader.take(SIGNATURE.len())?;
    let (_, family) = (reader.u8()?, reader.u8()?);
    let mut body = Reader::new(reader.vector16()?);
    let client = match family >> 4 {
        1 => body.array::<4>().zip(body.u32()).zip(body.u16()).map(|((from, _), port)| (IpAddr::from(from), port)),
        2 => {
            let ends = body.array::<16>().zip(body.array::<16>());
            ends.zip(body.u16()).map(|((from, _), port)| (IpAddr::from(from), port))
        }
        _ => None,
    };
    Some(client.map(|client| SocketAddr::from(client).to_string()))
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "version 1, then a request",
        transport: Transport::Tcp,
        direction: Direction::Originator,
        data: b"PROXY TCP4 192.0.2.7 198.51.100.1 56324 443\r\nGET / HTTP/1.1\r\n\r\n",
        expect: &[(Attribute::ProxyClient, "192.0.2.7:56324")],
    },
    Example {
        title: "version 2, IPv4",
        transport: Transport::Tcp,
        direction: Direction::Originator,
        data: b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xc0\0\x02\x07\xc6\x33\x64\x01\xdc\x04\x01\xbb",
        expect: &[(Attribute::ProxyClient, "192.0.2.7:56324")],
    },
    Example {
        title: "version 1 of a health check",
        transport: Transport::Tcp,
        direction: Direction::Originator,
        data: b"PROXY UNKNOWN\r\n",
        expect: &[],
    },
];
