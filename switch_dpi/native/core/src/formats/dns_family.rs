//! DNS messages (RFC 1035 §4) and the protocols that speak them: DNS, mDNS (RFC 6762), LLMNR (RFC 4795), and the requests for
//! the certificates of DNSCrypt and of Avast's resolvers.
//!
//! Names that are asked for say nothing about where the flow itself goes: they are metadata and the subject, not the host.

use std::net::IpAddr;

use crate::bytes::Reader;
use crate::formats::dns_message::{Error, HEADER_SIZE, Message, Name, TYPE_TXT};
use crate::frame::{Address, AddressBuffer};
use crate::probing::lines::starts_with_ignoring_case;
use crate::protocol::attributes::Attribute;
use crate::protocol::{Evidence, Findings, Inspector, Probe, Progress, Resolved, Sample, Transport};

/// Which of the protocols a message belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// Unicast DNS.
    Dns,
    /// Multicast DNS.
    Mdns,
    /// Link-local multicast name resolution.
    Llmnr,
    /// A request for the certificate of a DNSCrypt provider (DNSCrypt protocol, "Certificates").
    DnsCrypt,
    /// The same for Avast's resolvers.
    AvastSecureDns,
}

/// A message on its protocol's own port whose header fits and whose records do not: other protocols may take it.
const CONFIDENCE_DAMAGED: u8 = 55;
/// Questions and records that a damaged message may announce; one of the counts may be damaged too.
const MAX_DAMAGED_COUNTS: [u16; 4] = [MAX_DAMAGED_QUESTIONS, 64, 64, 64];
const MAX_DAMAGED_QUESTIONS: u16 = 4;
const DNSCRYPT_PREFIX: &[u8] = b"2.dnscrypt-cert.";
const AVAST_NAME: &[u8] = b".securedns.avast.com";

/// A TCP message that is larger than this is judged by its first question.
pub const MAX_PROBE_SIZE: usize = 2 + 512;

/// Says whether a sample is a message of this family.
#[must_use]
pub fn probe(sample: &Sample<'_>, wanted: Family) -> Probe {
    match sample.transport {
        Transport::Tcp => probe_stream(sample, wanted),
        _ => match Message::parse(sample.data) {
            Ok(message) => judge(&message, sample, wanted, 0),
            Err(_) => judge_damaged(sample.data, sample, wanted, 0),
        },
    }
}

/// Reads the first query and the first response.
#[derive(Default)]
pub struct DnsInspector {
    has_query: bool,
    has_response: bool,
}

impl Inspector for DnsInspector {
    fn feed(&mut self, sample: &Sample<'_>, found: &mut Findings) -> Progress {
        let message = match sample.transport {
            Transport::Tcp => Reader::new(sample.data).vector16(), // RFC 1035 §4.2.2
            _ => Some(sample.data),
        };
        let is_asked_again = self.has_query && message.is_some_and(is_query);
        if let Some(message) = message.filter(|_| !is_asked_again).and_then(|data| Message::parse(data).ok()) {
            report(&message, found);
            self.has_query |= !message.is_response();
            self.has_response |= message.is_response();
        }
        match (self.has_query, self.has_response) {
            (_, true) => Progress::Done,
            (true, false) => Progress::Settled,
            (false, false) => Progress::NeedMore,
        }
    }
}

fn is_query(message: &[u8]) -> bool {
    message.get(2).is_some_and(|flags| flags & 0x80 == 0)
}

fn probe_stream(sample: &Sample<'_>, wanted: Family) -> Probe {
    let mut reader = Reader::new(sample.data);
    let Some(size) = reader.u16() else { return Probe::NeedMore };
    if usize::from(size) < HEADER_SIZE {
        return Probe::No;
    }
    let there = reader.rest();
    let message = there.get(..usize::from(size)).unwrap_or(there);
    let is_cut = message.len() < usize::from(size);
    match Message::parse(message) {
        Err(Error::Incomplete) if is_cut => Probe::NeedMore,
        Err(Error::Malformed) if is_cut && message.len() <= HEADER_SIZE => Probe::NeedMore, // a header alone is not judged
        Err(_) => judge_damaged(message, sample, wanted, 2),
        Ok(message) => judge(&message, sample, wanted, 2),
    }
}

/// Header of a message that breaks a rule further behind, on the port of the protocol.
fn judge_damaged(data: &[u8], sample: &Sample<'_>, wanted: Family, offset: u16) -> Probe {
    let usual = match wanted {
        Family::Dns => 53,
        Family::Mdns => 5353,
        Family::Llmnr => 5355,
        Family::DnsCrypt | Family::AvastSecureDns => return Probe::No,
    };
    if ![sample.originator_port, sample.responder_port].contains(&usual) {
        return Probe::No;
    }
    match is_damaged_message(data) {
        Some(true) => {}
        Some(false) if !sample.transport.is_stream() => return Probe::NeedMore, // the next one may be whole
        _ => return Probe::No,
    }
    let size = u16::try_from(data.len()).unwrap_or(u16::MAX);
    Probe::Match(Evidence { confidence: CONFIDENCE_DAMAGED, what: "header of a DNS message", offset, size })
}

/// Whether enough of a header fits to be a guess, false for one that is cut; `None` where there is none, or none of an operation that exists.
fn is_damaged_message(data: &[u8]) -> Option<bool> {
    let mut reader = Reader::new(data);
    let mut header = [0; 6];
    if data.len() < HEADER_SIZE {
        return Some(false);
    }
    for field in &mut header {
        *field = reader.u16()?;
    }
    let [_, flags, questions, answers, authorities, additional] = header;
    let counts = [questions, answers, authorities, additional];
    let small = counts.iter().zip(MAX_DAMAGED_COUNTS).filter(|(count, most)| **count <= *most).count();
    let asks = (1..=MAX_DAMAGED_QUESTIONS).contains(&questions);
    let has_operation = matches!(flags >> 11 & 0xf, 0 | 1 | 2 | 4 | 5 | 6);
    has_operation.then_some(!reader.is_empty() && (asks || small >= 3))
}

fn judge(message: &Message<'_>, sample: &Sample<'_>, wanted: Family, offset: u16) -> Probe {
    if family(message, sample) != wanted {
        return Probe::No;
    }
    let confidence = match (message.question, message.complete, message.trailing) {
        (Some(_), true, 0) => 98,
        (Some(_), false, _) => 75,
        (Some(_), true, _) => 65,
        (None, true, 0) => 80,
        (None, ..) => return Probe::No,
    };
    let what = if message.is_response() { "DNS response" } else { "DNS query" };
    let size = u16::try_from(message.size).unwrap_or(u16::MAX);
    Probe::Match(Evidence { confidence, what, offset, size })
}

/// mDNS has id 0 and names below `local` (RFC 6762 §3, §18.1); LLMNR asks for one label and knows no recursion (RFC 4795
/// §2.1.1). Where that does not decide, their ports do: they are part of the protocols' definition.
fn family(message: &Message<'_>, sample: &Sample<'_>) -> Family {
    let ports = [sample.originator_port, sample.responder_port];
    let is_local = || ends_with_ignoring_case(message.name(&mut Name::empty()), b".local");
    let is_single_label = || is_single_label(message.name(&mut Name::empty()));
    if let Some(family) = certificate_asked_for(message) {
        family
    } else if ports.contains(&5353) || message.id == 0 && is_local() {
        Family::Mdns
    } else if ports.contains(&5355) {
        Family::Llmnr
    } else if ports.contains(&53) {
        Family::Dns
    } else if !message.is_response() && !message.wants_recursion() && is_single_label() {
        Family::Llmnr
    } else {
        Family::Dns
    }
}

/// Whose certificate is asked for, which is kept as text.
fn certificate_asked_for(message: &Message<'_>) -> Option<Family> {
    if message.question != Some(TYPE_TXT) {
        return None;
    }
    let mut room = Name::empty();
    let name = message.name(&mut room);
    if starts_with_ignoring_case(name, DNSCRYPT_PREFIX) {
        return Some(Family::DnsCrypt);
    }
    ends_with_ignoring_case(name, AVAST_NAME).then_some(Family::AvastSecureDns)
}

fn report(message: &Message<'_>, found: &mut Findings) {
    if let Some(kind) = message.question {
        let mut room = Name::empty();
        let name = message.name(&mut room);
        if is_of_the_internet(name) {
            found.subject_text(Attribute::DnsQuery, name);
        } else {
            found.text(Attribute::DnsQuery, name);
        }
        found.uint(Attribute::DnsQueryType, u64::from(kind));
    }
    if message.is_response() {
        found.uint(Attribute::DnsResponseCode, u64::from(message.flags & 0x000f));
        for answer in message.answers() {
            let address = match answer.address {
                IpAddr::V4(address) => Address::from_v4(address.octets()),
                IpAddr::V6(address) => Address::from_v6(address.octets()),
            };
            let mut text = AddressBuffer::default();
            found.text(Attribute::DnsAnswer, text.write_bytes(answer.address));
            found.resolve(Resolved { address, ttl_s: answer.ttl_s });
        }
    }
}

/// Whether a name can be that of a service somewhere: not link-local, not an address turned round.
fn is_of_the_internet(name: &[u8]) -> bool {
    let dot = name.iter().rposition(|byte| *byte == b'.');
    let top = dot.and_then(|dot| name.get(dot + 1..)).unwrap_or_default();
    !top.is_empty() && ![&b"local"[..], b"arpa"].iter().any(|local| top.eq_ignore_ascii_case(local))
}

fn is_single_label(name: &[u8]) -> bool {
    !name.is_empty() && !name.contains(&b'.')
}

fn ends_with_ignoring_case(data: &[u8], suffix: &[u8]) -> bool {
    let start = data.len().checked_sub(suffix.len());
    start.and_then(|start| data.get(start..)).is_some_and(|end| end.eq_ignore_ascii_case(suffix))
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUERY: &[u8] = b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x07example\x03org\x00\x00\x01\x00\x01";

    #[test]
    fn a_damaged_message_is_guessed_on_its_port_only() {
        let mut damaged = QUERY.to_vec();
        damaged[12] = 0x47; // a label of a type that does not exist
        let sample = Sample { transport: Transport::Udp, data: &damaged, responder_port: 53, ..Sample::EMPTY };
        assert!(matches!(probe(&sample, Family::Dns), Probe::Match(evidence) if evidence.confidence < 60));
        assert_eq!(probe(&sample, Family::Mdns), Probe::No);
        assert_eq!(probe(&Sample { responder_port: 54, ..sample }, Family::Dns), Probe::No);
    }

    #[test]
    fn the_subject_is_a_name_of_the_internet() {
        for (name, expected) in
            [("www.example.org", true), ("printer.local", false), ("1.0.0.127.in-addr.arpa", false), ("wpad", false)]
        {
            assert_eq!(is_of_the_internet(name.as_bytes()), expected, "{name}");
        }
    }
}
