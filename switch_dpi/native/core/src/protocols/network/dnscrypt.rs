//! DNSCrypt (version 2 of its protocol, dnscrypt.info): the resolver's magic before every encrypted answer, and the request
//! for its certificate. Encrypted queries begin with a magic that the certificate chose; on the usual ports they are guessed
//! by nothing here.

use crate::bytes::Reader;
use crate::formats::dns_family::{self, DnsInspector, Family, MAX_PROBE_SIZE};
use crate::protocol::attributes::Attribute;
use crate::protocol::{
    Descriptor, Direction, Evidence, Example, Findings, Inspector, Probe, Progress, Sample, Transport,
};

/// Begins every answer ("Response", `resolver-magic`).
const RESOLVER_MAGIC: &[u8; 8] = b"r6fnvWj8";
/// Begins the queries of clients that know the default magic only.
const CLIENT_MAGIC: &[u8; 8] = b"q6fnvWj8";
/// Magic, nonce, and the tag of the sealed box.
const MIN_SIZE: usize = 8 + 24 + 16;

/// DNSCrypt.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "dnscrypt",
    name: "DNScrypt",
    selector: 200,
    category: "network",
    risk: Some(60),
    tags: &["encrypted"],
    transports: &[Transport::Udp, Transport::Tcp],
    ports: &[443, 5353, 8443],
    max_probe_size: MAX_PROBE_SIZE,
    probe,
    inspector: Some(|| Box::<DnsCrypt>::default()),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    let mut reader = Reader::new(sample.data);
    let mut offset = 0;
    if sample.transport.is_stream() {
        if reader.u16().is_none() {
            return Probe::NeedMore;
        }
        if reader.rest().len() < RESOLVER_MAGIC.len()
            && (RESOLVER_MAGIC.starts_with(reader.rest()) || CLIENT_MAGIC.starts_with(reader.rest()))
        {
            return Probe::NeedMore;
        }
        offset = 2;
    } else if sample.data.len() < MIN_SIZE {
        return dns_family::probe(sample, Family::DnsCrypt);
    }
    match reader.array::<8>() {
        Some(magic) if magic == *RESOLVER_MAGIC || magic == *CLIENT_MAGIC => {
            Probe::Match(Evidence { confidence: 100, what: "DNSCrypt magic", offset, size: 8 })
        }
        _ => match dns_family::probe(sample, Family::DnsCrypt) {
            Probe::No if is_sealed_query(sample.data) && !sample.transport.is_stream() => Probe::NeedMore,
            answer => answer,
        },
    }
}

/// Magic, key of 32 bytes, half a nonce of 12, tag of 16, and the question padded to a multiple of 64 ("Padding for client
/// queries over UDP"): only the answer can show that it is one.
fn is_sealed_query(data: &[u8]) -> bool {
    const OVERHEAD: usize = 8 + 32 + 12 + 16;
    const MIN_QUERY_SIZE: usize = 256;
    data.len() >= MIN_QUERY_SIZE && (data.len().is_multiple_of(64) || (data.len() - OVERHEAD).is_multiple_of(64))
}

/// Reads the request for a certificate; what is encrypted tells nothing.
#[derive(Default)]
struct DnsCrypt {
    dns: DnsInspector,
}

impl Inspector for DnsCrypt {
    fn feed(&mut self, sample: &Sample<'_>, found: &mut Findings) -> Progress {
        let mut asked = Findings::default();
        let progress = self.dns.feed(sample, &mut asked);
        for (attribute, value) in asked.values() {
            if let crate::protocol::Value::Text(text) = value {
                found.text(attribute, text.as_bytes());
            }
        }
        if progress == Progress::NeedMore { Progress::Done } else { progress }
    }
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "encrypted answer",
        transport: Transport::Udp,
        direction: Direction::Responder,
        data: b"r6fnvWj8\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18\x9c\x81\xd0\x7f\x20\x11\x43\x0a\xbe\xef\x55\x12\x0d\x7a\x66\x3e\x91\x5a\x2b\x07",
        expect: &[],
    },
    Example {
        title: "encrypted answer in a stream",
        transport: Transport::Tcp,
        direction: Direction::Responder,
        data: b"\x00\x30r6fnvWj8\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18\x9c\x81\xd0\x7f\x20\x11\x43\x0a\xbe\xef\x55\x12\x0d\x7a\x66\x3e\x91\x5a\x2b\x07",
        expect: &[],
    },
    Example {
        title: "request for the certificate of a provider",
        transport: Transport::Udp,
        direction: Direction::Originator,
        data: b"\x2a\x01\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x012\x0ddnscrypt-cert\x07example\x03org\x00\x00\x10\x00\x01",
        expect: &[(Attribute::DnsQuery, "2.dnscrypt-cert.example.org")],
    },
];
