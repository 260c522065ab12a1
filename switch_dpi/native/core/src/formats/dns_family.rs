//! DNS messages (RFC 1035 §4) and the protocols that speak them: DNS, mDNS (RFC 6762), LLMNR (RFC 4795), and the requests for
//! the certificates of DNSCrypt and of Avast's resolvers.
//!
//! Names that are asked for say nothing about where the flow itself goes: they are metadata and the subject, not the host.

use std::net::IpAddr;

use crate::bytes::Reader;
use crate::frame::Address;
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
const TYPE_TXT: u16 = 16;
const DNSCRYPT_PREFIX: &[u8] = b"2.dnscrypt-cert.";
const AVAST_NAME: &[u8] = b".securedns.avast.com";

/// A TCP message that is larger than this is judged by its first question.
pub const MAX_PROBE_SIZE: usize = 2 + 512;

const HEADER_SIZE: usize = 12;
const MAX_NAME_SIZE: usize = 255; // RFC 1035 §2.3.4
const USUAL_NAME_SIZE: usize = 64; // most are shorter
const MAX_POINTERS: usize = 16; // compression in real messages goes one or two deep; a loop goes on forever
const MAX_RECORDS: u16 = 512; // an mDNS responder announces dozens; a transfer over TCP is cut off here
const MAX_ANSWERS: usize = 16; // addresses that are reported
const TYPE_A: u16 = 1;
const TYPE_AAAA: u16 = 28;
const TYPE_OPT: u16 = 41; // RFC 6891 §6.1
const TYPE_NB: u16 = 32; // RFC 1002 §4.2.1.2
const TYPE_NBSTAT: u16 = 33;
const NETBIOS_NAME_SIZE: usize = 32; // RFC 1001 §14.1: sixteen bytes as thirty-two letters from A to P
const ENOUGH_NETBIOS_LETTERS: usize = 28; // of those, where the type is damaged
const UNICAST_OR_FLUSH: u16 = 0x8000; // top bit of a class (RFC 6762 §18.12, §18.13)

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
        if let Some(message) = message.and_then(|data| Message::parse(data).ok()) {
            message.report(found);
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

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Error {
    Incomplete,
    Malformed,
}

/// A message, down to what a verdict and a record need.
#[derive(Debug)]
struct Message {
    id: u16,
    flags: u16,
    question: Option<Question>,
    answers: Vec<Answer>,
    record_name: Vec<u8>,
    complete: bool,
    trailing: usize,
    size: usize,
}

/// An address that was answered, and how long that holds.
#[derive(Debug)]
struct Answer {
    address: IpAddr,
    ttl_s: u32,
}

#[derive(Debug)]
struct Question {
    name: Vec<u8>,
    kind: u16,
}

fn probe_stream(sample: &Sample<'_>, wanted: Family) -> Probe {
    let mut reader = Reader::new(sample.data);
    let Some(size) = reader.u16() else { return Probe::NeedMore };
    if usize::from(size) < HEADER_SIZE {
        return Probe::No;
    }
    let there = reader.rest();
    let message = there.get(..usize::from(size)).unwrap_or(there);
    match Message::parse(message) {
        Err(Error::Malformed) => judge_damaged(message, sample, wanted, 2),
        Err(Error::Incomplete) if message.len() < usize::from(size) => Probe::NeedMore,
        Err(Error::Incomplete) => judge_damaged(message, sample, wanted, 2),
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

fn judge(message: &Message, sample: &Sample<'_>, wanted: Family, offset: u16) -> Probe {
    if message.family(sample) != wanted {
        return Probe::No;
    }
    let confidence = match (&message.question, message.complete, message.trailing) {
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

impl Message {
    /// Reads header, questions and records; a message that is cut behind its first question is returned as incomplete.
    fn parse(data: &[u8]) -> Result<Self, Error> {
        let mut reader = Reader::new(data);
        let mut header = || reader.u16().ok_or(Error::Incomplete);
        let (id, flags) = (header()?, header()?);
        let counts = [header()?, header()?, header()?, header()?];
        check_header(flags, counts)?;
        let mut message = Message {
            id,
            flags,
            question: None,
            answers: Vec::new(),
            record_name: Vec::new(),
            complete: false,
            trailing: 0,
            size: data.len(),
        };
        match message.read_body(data, &mut reader, counts) {
            Ok(()) => message.complete = true,
            Err(Error::Incomplete) if message.question.is_some() => {}
            Err(error) => return Err(error),
        }
        message.trailing = reader.rest().len();
        Ok(message)
    }

    fn read_body<'a>(&mut self, data: &'a [u8], reader: &mut Reader<'a>, counts: [u16; 4]) -> Result<(), Error> {
        let [questions, answers, authorities, additional] = counts;
        for _ in 0..questions {
            let name = read_name(data, reader)?;
            let kind = reader.u16().ok_or(Error::Incomplete)?;
            let class = reader.u16().ok_or(Error::Incomplete)?;
            if kind == 0 || !is_class(class) || is_netbios(&name, kind) {
                return Err(Error::Malformed);
            }
            self.question.get_or_insert(Question { name, kind });
        }
        for at in 0..answers.saturating_add(authorities).saturating_add(additional) {
            self.read_record(data, reader, at < answers)?;
        }
        Ok(())
    }

    fn read_record<'a>(&mut self, data: &'a [u8], reader: &mut Reader<'a>, is_answer: bool) -> Result<(), Error> {
        let name = read_name(data, reader)?;
        let kind = reader.u16().ok_or(Error::Incomplete)?;
        let class = reader.u16().ok_or(Error::Incomplete)?;
        let ttl_s = reader.u32().ok_or(Error::Incomplete)?;
        if kind != TYPE_OPT && !is_class(class) || is_netbios(&name, kind) {
            return Err(Error::Malformed);
        }
        let content = reader.vector16().ok_or(Error::Incomplete)?;
        if is_answer && self.answers.len() < MAX_ANSWERS {
            let address = match kind {
                TYPE_A => content.first_chunk::<4>().map(|address| IpAddr::from(*address)),
                TYPE_AAAA => content.first_chunk::<16>().map(|address| IpAddr::from(*address)),
                _ => None,
            };
            self.answers.extend(address.map(|address| Answer { address, ttl_s }));
        }
        if self.record_name.is_empty() {
            self.record_name = name;
        }
        Ok(())
    }

    fn is_response(&self) -> bool {
        self.flags & 0x8000 != 0
    }

    fn wants_recursion(&self) -> bool {
        self.flags & 0x0100 != 0
    }

    /// mDNS has id 0 and names below `local` (RFC 6762 §3, §18.1); LLMNR asks for one label and knows no recursion (RFC 4795
    /// §2.1.1). Where that does not decide, their ports do: they are part of the protocols' definition.
    fn family(&self, sample: &Sample<'_>) -> Family {
        let ports = [sample.originator_port, sample.responder_port];
        let name = self.question.as_ref().map_or(&self.record_name, |question| &question.name);
        let name_lower = name.to_ascii_lowercase();
        let is_local = name_lower.ends_with(b".local");
        let asks_text = self.question.as_ref().is_some_and(|question| question.kind == TYPE_TXT);
        if asks_text && name_lower.starts_with(DNSCRYPT_PREFIX) {
            Family::DnsCrypt
        } else if asks_text && name_lower.ends_with(AVAST_NAME) {
            Family::AvastSecureDns
        } else if ports.contains(&5353) || self.id == 0 && is_local {
            Family::Mdns
        } else if ports.contains(&5355) {
            Family::Llmnr
        } else if ports.contains(&53) {
            Family::Dns
        } else if !self.is_response() && !self.wants_recursion() && is_single_label(name) {
            Family::Llmnr
        } else {
            Family::Dns
        }
    }

    fn report(&self, found: &mut Findings) {
        if let Some(question) = &self.question {
            found.text(Attribute::DnsQuery, &question.name);
            found.uint(Attribute::DnsQueryType, u64::from(question.kind));
            if is_of_the_internet(&question.name) {
                found.set_subject(&question.name);
            }
        }
        if self.is_response() {
            found.uint(Attribute::DnsResponseCode, u64::from(self.flags & 0x000f));
            for Answer { address, ttl_s } in &self.answers {
                found.text(Attribute::DnsAnswer, address.to_string().as_bytes());
                let address = match address {
                    IpAddr::V4(address) => Address::from_v4(address.octets()),
                    IpAddr::V6(address) => Address::from_v6(address.octets()),
                };
                found.resolve(Resolved { address, ttl_s: *ttl_s });
            }
        }
    }
}

fn check_header(flags: u16, [questions, answers, authorities, additional]: [u16; 4]) -> Result<(), Error> {
    let opcode = flags >> 11 & 0xf;
    let is_response = flags & 0x8000 != 0;
    let has_opcode = matches!(opcode, 0 | 1 | 2 | 4 | 5 | 6); // RFC 8490 §6.3 has the last one
    let has_zero = flags & 0x0040 == 0; // RFC 1035 §4.1.1, Z, less the bits that RFC 4035 took
    let query_has_no_code = is_response || flags & 0x000f == 0;
    let asks = is_response || questions > 0;
    let records = [questions, answers, authorities, additional];
    let not_empty = records.iter().any(|count| *count > 0);
    if has_opcode && has_zero && query_has_no_code && asks && not_empty && records.iter().all(|n| *n <= MAX_RECORDS) {
        Ok(())
    } else {
        Err(Error::Malformed)
    }
}

/// Internet, Chaos, Hesiod, none, any; the top bit means something to mDNS.
fn is_class(class: u16) -> bool {
    matches!(class & !UNICAST_OR_FLUSH, 1 | 3 | 4 | 254 | 255)
}

/// NetBIOS name service uses the same format with names of its own (RFC 1002 §4.2).
fn is_netbios(name: &[u8], kind: u16) -> bool {
    let label = name.split(|byte| *byte == b'.').next().unwrap_or_default();
    // TYPE_NBSTAT is the number of SRV, whose names begin with an underscore (RFC 2782).
    let letters = label.iter().filter(|byte| matches!(byte, b'A'..=b'P')).count();
    let has_kind = matches!(kind, TYPE_NB | TYPE_NBSTAT) && !label.starts_with(b"_");
    label.len() == NETBIOS_NAME_SIZE && (has_kind || letters >= ENOUGH_NETBIOS_LETTERS)
}

/// Whether a name can be that of a service somewhere: not link-local, not an address turned round.
fn is_of_the_internet(name: &[u8]) -> bool {
    let top = name.rsplit(|byte| *byte == b'.').next().unwrap_or_default();
    name.contains(&b'.')
        && !top.is_empty()
        && ![&b"local"[..], b"arpa"].iter().any(|local| top.eq_ignore_ascii_case(local))
}

fn is_single_label(name: &[u8]) -> bool {
    !name.is_empty() && !name.contains(&b'.')
}

/// Reads a name with its compression pointers (RFC 1035 §4.1.4), which must point backwards; `.` for the root.
fn read_name<'a>(message: &'a [u8], reader: &mut Reader<'a>) -> Result<Vec<u8>, Error> {
    let mut name = Vec::with_capacity(USUAL_NAME_SIZE);
    let mut jumps = 0;
    let mut current = *reader;
    loop {
        let at = message.len().saturating_sub(current.rest().len());
        let size = current.u8().ok_or(Error::Incomplete)?;
        match size >> 6 {
            0 if size == 0 => break,
            0 => {
                let label = current.take(usize::from(size)).ok_or(Error::Incomplete)?;
                if label.iter().any(|byte| *byte < b' ' || *byte == 0x7f) {
                    return Err(Error::Malformed);
                }
                if !name.is_empty() {
                    name.push(b'.');
                }
                name.extend_from_slice(label);
            }
            3 => {
                let low = current.u8().ok_or(Error::Incomplete)?;
                let target = usize::from(size & 0x3f) << 8 | usize::from(low);
                jumps += 1;
                let backwards = target >= HEADER_SIZE && target < at && jumps <= MAX_POINTERS;
                let there = message.get(target..).filter(|_| backwards).ok_or(Error::Malformed)?;
                if jumps == 1 {
                    *reader = current; // what follows the first pointer follows the name
                }
                current = Reader::new(there);
            }
            _ => return Err(Error::Malformed),
        }
        if name.len() > MAX_NAME_SIZE {
            return Err(Error::Malformed);
        }
    }
    if jumps == 0 {
        *reader = current;
    }
    if name.is_empty() {
        name.push(b'.');
    }
    Ok(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUERY: &[u8] = b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x07example\x03org\x00\x00\x01\x00\x01";

    fn parse(data: &[u8]) -> Result<Message, Error> {
        Message::parse(data)
    }

    #[test]
    fn pointers_are_followed_backwards_only() {
        let mut answer = QUERY.to_vec();
        answer[2] = 0x81;
        answer[7] = 1;
        answer.extend(b"\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04\xc0\x00\x02\x01");
        let message = parse(&answer).unwrap();
        assert!(message.complete && message.trailing == 0);
        assert_eq!(message.answers[0].address, IpAddr::from([192, 0, 2, 1]));
        let at = QUERY.len();
        answer[at + 1] = u8::try_from(at).unwrap(); // to itself
        assert!(matches!(parse(&answer), Err(Error::Malformed)));
    }

    #[test]
    fn a_cut_message_is_incomplete_until_its_question_has_come() {
        for end in 0..QUERY.len() {
            assert!(matches!(parse(&QUERY[..end]), Err(Error::Incomplete)), "{end}");
        }
        assert!(parse(QUERY).unwrap().complete);
    }

    #[test]
    fn what_looks_alike_is_refused() {
        let mut netbios = QUERY[..12].to_vec();
        netbios.extend(b"\x20CKAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\x00\x00\x21\x00\x01");
        assert!(matches!(parse(&netbios), Err(Error::Malformed)));
        assert!(matches!(parse(&[0; 40]), Err(Error::Malformed)));
        assert!(matches!(parse(&[0xff; 40]), Err(Error::Malformed)));
        let mut class = QUERY.to_vec();
        class[QUERY.len() - 1] = 9;
        assert!(matches!(parse(&class), Err(Error::Malformed)));
    }

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

    #[test]
    fn names_do_not_grow_without_end() {
        let mut long = QUERY[..12].to_vec();
        for _ in 0..6 {
            long.push(63);
            long.extend([b'a'; 63]);
        }
        assert!(matches!(parse(&long), Err(Error::Malformed)));
    }
}
