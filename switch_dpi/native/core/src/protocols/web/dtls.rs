//! DTLS 1.0 to 1.3 (RFC 4347, RFC 6347, RFC 9147): the hello messages and the certificate from fragments that come in order.

use crate::bytes::Reader;
use crate::formats::tls::family::Messages;
use crate::formats::tls::fingerprint::Carrier;
use crate::formats::tls::handshake::{CLIENT_HELLO, MAX_HELLO_SIZE, is_datagram_version};
use crate::protocol::attributes::Attribute;
use crate::protocol::{
    Descriptor, Direction, Evidence, Example, Findings, FirstBytes, Inspector, Probe, Progress, Sample, Transport,
};

const HANDSHAKE: u8 = 22;
/// Records with a connection id have one more field before their size (RFC 9146 §4).
const WITH_CONNECTION_ID: u8 = 25;
/// Type, version, epoch and sequence number, size (RFC 6347 §4.1).
const RECORD_HEADER_SIZE: usize = 13;
const MAX_RECORD_SIZE: u16 = (1 << 14) + 2048; // RFC 5246 §6.2.3
/// What OpenSSL wrote before RFC 4347 gave DTLS its number; Cisco's AnyConnect and OpenConnect still do (openconnect, "dtls.c").
const BEFORE_THE_STANDARD: u16 = 0x0100;
/// Datagrams read of one flow: a certificate of 4 KB in pieces of 200 bytes, and what is sent twice.
const MAX_DATAGRAMS: u8 = 32;
/// Records read of one datagram.
const MAX_RECORDS: usize = 16;

/// DTLS.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "dtls",
    name: "DTLS",
    selector: 207,
    category: "web",
    tags: &["encrypted"],
    transports: &[Transport::Udp],
    ports: &[443, 853, 2221, 4433, 4740, 5061, 5246, 5247, 5349, 5684, 6514, 8801, 10161],
    first_bytes: FirstBytes::Where(|byte| (20..=26).contains(&byte)),
    max_probe_size: RECORD_HEADER_SIZE,
    serves_sites: true,
    probe,
    inspector: Some(|| Box::<Dtls>::default()),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    let mut reader = Reader::new(sample.data);
    let Some(first) = Record::read(&mut reader) else { return Probe::No };
    let (confidence, what) = match first.kind {
        HANDSHAKE if first.epoch == 0 => match Fragment::read(first.content) {
            Some(_) => (98, "DTLS handshake record"),
            None => return Probe::No,
        },
        _ if !first.is_whole => return Probe::No,
        WITH_CONNECTION_ID => (58, "DTLS record with a connection id"),
        _ => (85, "DTLS record"),
    };
    while !reader.is_empty() {
        if Record::read(&mut reader).is_none() {
            return Probe::No;
        }
    }
    Probe::Match(Evidence { confidence, what, offset: 0, size: RECORD_HEADER_SIZE as u16 })
}

/// A record as far as it is there.
struct Record<'a> {
    kind: u8,
    version: u16,
    epoch: u16,
    content: &'a [u8],
    is_whole: bool,
}

impl<'a> Record<'a> {
    fn read(reader: &mut Reader<'a>) -> Option<Self> {
        let kind = reader.u8()?;
        let version = reader.u16()?;
        if !(20..=26).contains(&kind) || !is_datagram_version(version) {
            return None;
        }
        let epoch = reader.u16()?;
        let _sequence = (reader.u16()?, reader.u32()?);
        if kind == WITH_CONNECTION_ID {
            let content = reader.take(reader.rest().len())?; // the id's size is not written (RFC 9146 §4)
            return Some(Self { kind, version, epoch, content, is_whole: true });
        }
        let size = reader.u16()?;
        if size == 0 || size > MAX_RECORD_SIZE {
            return None;
        }
        let there = reader.rest();
        let whole = reader.take(usize::from(size));
        if whole.is_none() {
            reader.take(there.len());
        }
        Some(Self { kind, version, epoch, content: whole.unwrap_or(there), is_whole: whole.is_some() })
    }
}

/// A piece of a handshake message (RFC 6347 §4.2.2).
struct Fragment<'a> {
    kind: u8,
    size: usize,
    offset: usize,
    content: &'a [u8],
}

impl<'a> Fragment<'a> {
    fn read(record: &'a [u8]) -> Option<Self> {
        let mut reader = Reader::new(record);
        let kind = reader.u8()?;
        let size = reader.u24()? as usize;
        let _sequence = reader.u16()?;
        let (offset, length) = (reader.u24()? as usize, reader.u24()? as usize);
        let is_known = matches!(kind, 0..=6 | 8 | 11..=16 | 20..=25 | 67);
        if !is_known || size > MAX_HELLO_SIZE || offset.saturating_add(length) > size {
            return None;
        }
        let there = reader.rest();
        Some(Self { kind, size, offset, content: there.get(..length).unwrap_or(there) })
    }
}

/// Joins the pieces of one message at a time, for each direction.
#[derive(Debug, Default)]
struct Dtls {
    messages: Messages,
    pending: [Pending; 2],
    is_done: [bool; 2],
    datagrams: u8,
}

/// A message with a header as TLS has it, as far as its pieces have come in order.
#[derive(Debug, Default)]
struct Pending {
    message: Vec<u8>,
    has_client_hello: bool,
}

impl Pending {
    /// Adds a piece; the message when that was its last. A piece out of order is left: it is sent again or never missed.
    fn add(&mut self, fragment: &Fragment<'_>) -> Option<&[u8]> {
        const HEADER_SIZE: usize = 4;
        if fragment.offset == 0 {
            let [_, high, middle, low] = u32::try_from(fragment.size).ok()?.to_be_bytes();
            self.message.clear();
            self.message.extend([fragment.kind, high, middle, low]);
        }
        let is_next =
            self.message.len() == HEADER_SIZE + fragment.offset && self.message.first() == Some(&fragment.kind);
        if is_next {
            self.message.extend_from_slice(fragment.content);
        }
        (is_next && self.message.len() == HEADER_SIZE + fragment.size).then_some(&self.message)
    }
}

impl Inspector for Dtls {
    fn feed(&mut self, sample: &Sample<'_>, found: &mut Findings) -> Progress {
        self.datagrams = self.datagrams.saturating_add(1);
        let mut reader = Reader::new(sample.data);
        for _ in 0..MAX_RECORDS {
            let Some(record) = Record::read(&mut reader) else { break };
            if record.version == BEFORE_THE_STANDARD {
                found.set_service("anyconnect");
            }
            if record.epoch > 0 {
                *sample.direction.of(&mut self.is_done) = true; // encrypted from here on
            } else if record.kind == HANDSHAKE {
                self.read_handshake(record.content, sample, found);
            }
        }
        match self.is_done {
            [true, true] => Progress::Done,
            _ if self.datagrams >= MAX_DATAGRAMS => Progress::Done,
            _ => Progress::Settled,
        }
    }
}

impl Dtls {
    /// A record may hold several messages (RFC 6347 §4.2.3).
    fn read_handshake(&mut self, record: &[u8], sample: &Sample<'_>, found: &mut Findings) {
        const FRAGMENT_HEADER_SIZE: usize = 12;
        let mut rest = record;
        while let Some(fragment) = Fragment::read(rest) {
            let pending = sample.direction.of(&mut self.pending);
            // the second ClientHello repeats the first one, with a cookie
            let is_repeated = fragment.kind == CLIENT_HELLO && pending.has_client_hello;
            if !is_repeated && let Some(message) = pending.add(&fragment) {
                let message = message.to_vec();
                pending.has_client_hello |= fragment.kind == CLIENT_HELLO;
                let is_done = self.messages.read(&message, Carrier::Datagrams, found);
                if fragment.kind == CLIENT_HELLO {
                    self.messages.report_service(sample, found);
                } else {
                    *sample.direction.of(&mut self.is_done) |= is_done;
                }
            }
            rest = rest.get(FRAGMENT_HEADER_SIZE + fragment.content.len()..).unwrap_or_default();
        }
    }
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "ClientHello with a name",
        transport: Transport::Udp,
        direction: Direction::Originator,
        data: b"\x16\xfe\xff\x00\x00\x00\x00\x00\x00\x00\x00\x00\x4e\x01\x00\x00\x42\x00\x00\x00\x00\x00\x00\x00\x42\xfe\xfdRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRR\x00\x00\x00\x02\xc0\x2f\x01\x00\x00\x16\x00\x00\x00\x12\x00\x10\x00\x00\x0dw.example.org",
        expect: &[(Attribute::TlsSni, "w.example.org"), (Attribute::TlsVersion, "65277")],
    },
    Example {
        title: "HelloVerifyRequest",
        transport: Transport::Udp,
        direction: Direction::Responder,
        data: b"\x16\xfe\xff\x00\x00\x00\x00\x00\x00\x00\x00\x00\x13\x03\x00\x00\x07\x00\x00\x00\x00\x00\x00\x00\x07\xfe\xff\x04cook",
        expect: &[],
    },
    Example {
        title: "ServerHello of DTLS 1.2 and the end of the server's messages in one datagram",
        transport: Transport::Udp,
        direction: Direction::Responder,
        data: b"\x16\xfe\xfd\x00\x00\x00\x00\x00\x00\x00\x01\x00\x32\x02\x00\x00\x26\x00\x01\x00\x00\x00\x00\x00\x26\xfe\xfdSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSS\x00\xc0\x2f\x00\x16\xfe\xfd\x00\x00\x00\x00\x00\x00\x00\x02\x00\x0c\x0e\x00\x00\x00\x00\x02\x00\x00\x00\x00\x00\x00",
        expect: &[(Attribute::TlsVersion, "65277"), (Attribute::TlsCipher, "49199")],
    },
    Example {
        title: "encrypted record",
        transport: Transport::Udp,
        direction: Direction::Originator,
        data: b"\x17\xfe\xfd\x00\x01\x00\x00\x00\x00\x00\x05\x00\x0812345678",
        expect: &[],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(data: &[u8]) -> Sample<'_> {
        Sample { transport: Transport::Udp, data, ..Sample::EMPTY }
    }

    #[test]
    fn sizes_must_fill_the_datagram_unless_it_was_cut() {
        let [hello, _, flight, encrypted] = EXAMPLES else { panic!("four examples") };
        assert_eq!(probe(&sample(&encrypted.data[..15])), Probe::No);
        assert_eq!(probe(&sample(&[encrypted.data, b"x"].concat())), Probe::No);
        assert!(matches!(probe(&sample(&hello.data[..60])), Probe::Match(_)));
        assert!(matches!(probe(&sample(flight.data)), Probe::Match(_)));
    }

    #[test]
    fn a_hello_in_two_pieces_is_joined() {
        let hello = EXAMPLES[0].data;
        let body = &hello[25..];
        let piece = |offset: usize, content: &[u8]| {
            let record_size = u16::try_from(content.len() + 12).unwrap().to_be_bytes();
            let (offset, length) = (u8::try_from(offset).unwrap(), u8::try_from(content.len()).unwrap());
            let mut data = hello[..11].to_vec();
            data.extend(record_size);
            data.extend(&hello[13..19]);
            data.extend([0, 0, offset, 0, 0, length]);
            data.extend(content);
            data
        };
        let (mut dtls, mut found) = (Dtls::default(), Findings::default());
        dtls.feed(&sample(&piece(0, &body[..40])), &mut found);
        assert_eq!(found.host(), None);
        dtls.feed(&sample(&piece(40, &body[40..])), &mut found);
        assert_eq!(found.host(), Some("w.example.org"));
    }
}
