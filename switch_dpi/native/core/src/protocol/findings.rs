//! What inspectors find: metadata in one piece of memory, names that applications are told by, and news for other flows.

use std::borrow::Cow;

use crate::frame::Address;
use crate::protocol::attributes::Attribute;
use crate::protocol::values::{
    BYTES, Entries, Field, Fields, HEADER_SIZE, Header, Kept, MAX_SMALL_UINT, NAME, SMALL_UINT, Span, TEXT, UINT,
    UINT_SIZE, Value, digits, span, text_at,
};
use crate::protocol::{Direction, Transport};
use crate::signatures::clues::is_clue;

/// Bounds what one flow may remember; a peer chooses how much it sends.
pub const MAX_VALUES: usize = 64;
/// The longest text or bytes kept of one value: names, URLs and user agents fit, bodies do not.
pub const MAX_VALUE_SIZE: usize = 2048;

/// An address that stands behind the name that was looked up ([`Findings::set_subject`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resolved {
    /// The address.
    pub address: Address,
    /// How long the answer holds (RFC 1035 §3.2.1).
    pub ttl_s: u32,
}

/// How many addresses one answer may bring.
pub const MAX_RESOLVED: usize = 32;

/// A flow that this one has announced: FTP's data connection, the media of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expectation {
    /// What will carry it: TCP or UDP.
    pub transport: Transport,
    /// The address of one end as it was announced; `None` stands for the end of this flow that announced it.
    pub address: Option<Address>,
    /// Who announced it.
    pub by: Direction,
    /// The port of that end.
    pub port: u16,
    /// Key of the native protocol that it will speak.
    pub protocol: &'static str,
}

/// How many flows one flow may announce, at most, between two packets; and of how many it may be heard.
pub const MAX_EXPECTED: usize = 16;
/// A message of the peer exchange or a tracker's answer names some fifty peers (BEP 11), each over TCP and uTP.
pub const MAX_HEARD_OF: usize = 64;

/// What an inspector found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// What each entry is: ids, kinds and sizes, [`HEADER_SIZE`] bytes below 128 each.
    headers: Vec<u8>,
    /// Their text, in that order: what is text once need not be proven to be so again.
    text: String,
    /// Values that are no text; their entries say where they stand.
    blobs: Vec<u8>,
    /// The bits of all headers ([`Header::mark`]): one whose bit is missing is not there yet.
    seen: u64,
    count: u8,
    clues: u8,
    host: Span,
    host_is_certified: bool,
    subject: Span,
    service: Option<&'static str>,
    goes_on: Option<(&'static str, &'static str)>,
    expected: Vec<Expectation>,
    heard_of: Vec<Expectation>,
    resolved: Vec<Resolved>,
    dropped: u32,
}

impl Findings {
    /// Adds text, unless the same value is already there. Bytes that are not UTF-8 are replaced.
    pub fn text(&mut self, attribute: Attribute, text: &[u8]) {
        self.add(attribute.id(), TEXT, &valid(first(text)));
    }

    /// Adds text that is known to be UTF-8, unless the same value is already there.
    pub fn string(&mut self, attribute: Attribute, text: &str) {
        self.add_string(attribute.id(), text);
    }

    /// Adds text that is the name of the server ([`Findings::set_host`]).
    pub fn host_text(&mut self, attribute: Attribute, name: &[u8]) {
        let span = self.add(attribute.id(), TEXT, &valid(first(name)));
        if self.host == Span::default() {
            self.host = span;
        }
    }

    /// Adds text that is the name that is asked for ([`Findings::set_subject`]).
    pub fn subject_text(&mut self, attribute: Attribute, name: &[u8]) {
        let span = self.add(attribute.id(), TEXT, &valid(first(name)));
        if self.subject == Span::default() {
            self.subject = span;
        }
    }

    /// Adds a number, unless the same value is already there.
    pub fn uint(&mut self, attribute: Attribute, number: u64) {
        self.add_uint(attribute.id(), number);
    }

    /// Adds bytes, unless the same value is already there.
    pub fn bytes(&mut self, attribute: Attribute, bytes: &[u8]) {
        self.add_bytes(attribute.id(), first(bytes));
    }

    /// Adds a value of an attribute by its id, which may be a declared one ([`crate::signatures::Signatures::attribute`]).
    pub fn add_field(&mut self, id: u16, field: Field<'_>) {
        match field {
            Field::Text(text) => self.add_string(id, text),
            Field::Uint(number) => self.add_uint(id, number),
            Field::Bytes(bytes) => self.add_bytes(id, first(bytes)),
        }
    }

    /// Names the server that the flow goes to (SNI, Host): application signatures are matched on it, so a name that is only
    /// spoken of (a DNS question) is not for here. The first one stays.
    pub fn set_host(&mut self, name: &[u8]) {
        if self.host == Span::default() {
            self.host = self.name(name);
        }
    }

    /// Names the server by its certificate, where the client asked for no name. The first one stays.
    pub fn set_certified_host(&mut self, name: &[u8]) {
        self.host_is_certified |= self.host == Span::default();
        self.set_host(name);
    }

    /// Whether [`Findings::host`] is what the certificate says, not what the client asked for.
    #[must_use]
    pub fn host_is_certified(&self) -> bool {
        self.host_is_certified
    }

    /// The server's name, as it stood on the wire.
    #[must_use]
    pub fn host(&self) -> Option<&str> {
        text_at(&self.text, self.host)
    }

    /// Whether there is one.
    #[must_use]
    pub fn has_host(&self) -> bool {
        !self.host.is_empty()
    }

    /// Names the host that a look-up is about (a DNS question). Its application names the record, but the flow is not that
    /// application's: a resolver's flow asks for many. The first one stays.
    pub fn set_subject(&mut self, name: &[u8]) {
        if self.subject == Span::default() {
            self.subject = self.name(name);
        }
    }

    /// The name that was asked for.
    #[must_use]
    pub fn subject(&self) -> Option<&str> {
        text_at(&self.text, self.subject)
    }

    /// Whether there is one.
    #[must_use]
    pub fn has_subject(&self) -> bool {
        !self.subject.is_empty()
    }

    /// Names what runs on top, by the key of an application or of a protocol: `"webdav"` over HTTP. The first one stays; an
    /// application that the host tells counts more.
    pub fn set_service(&mut self, key: &'static str) {
        self.service.get_or_insert(key);
    }

    /// What runs on top.
    #[must_use]
    pub fn service(&self) -> Option<&'static str> {
        self.service
    }

    /// The flow goes on in another protocol, named by its key: TLS after commands, DTLS after checks of the path. Why, for
    /// people. The last one counts.
    pub fn go_on_as(&mut self, key: &'static str, why: &'static str) {
        self.goes_on = Some((key, why));
    }

    /// Gives away what the flow went on as since the last call: key, and why.
    pub fn take_goes_on(&mut self) -> Option<(&'static str, &'static str)> {
        self.goes_on.take()
    }

    /// Announces another flow. Past [`MAX_EXPECTED`] they are counted as dropped.
    pub fn expect(&mut self, expectation: Expectation) {
        if self.expected.contains(&expectation) {
            return;
        }
        if self.expected.len() < MAX_EXPECTED {
            self.expected.push(expectation);
        } else {
            self.dropped = self.dropped.saturating_add(1);
        }
    }

    /// Tells of a flow that others may open, as one who is not its end says: it is believed where nothing else is firm. Past
    /// [`MAX_HEARD_OF`] they are counted as dropped.
    pub fn hear_of(&mut self, expectation: Expectation) {
        if self.heard_of.contains(&expectation) {
            return;
        }
        if self.heard_of.len() < MAX_HEARD_OF {
            self.heard_of.push(expectation);
        } else {
            self.dropped = self.dropped.saturating_add(1);
        }
    }

    /// Tells an address that was answered, at most [`MAX_RESOLVED`] between two packets.
    pub fn resolve(&mut self, resolved: Resolved) {
        if self.resolved.len() < MAX_RESOLVED {
            self.resolved.push(resolved);
        } else {
            self.dropped = self.dropped.saturating_add(1);
        }
    }

    /// The addresses that were answered and not taken yet.
    #[must_use]
    pub fn resolved(&self) -> &[Resolved] {
        &self.resolved
    }

    /// Forgets the addresses that were answered.
    pub fn clear_resolved(&mut self) {
        self.resolved.clear();
    }

    /// Gives away the addresses that were answered since the last call.
    pub fn take_resolved(&mut self) -> Vec<Resolved> {
        std::mem::take(&mut self.resolved)
    }

    /// Whether there is something to take: announced, or heard of.
    #[must_use]
    pub fn has_news(&self) -> bool {
        !(self.expected.is_empty() && self.heard_of.is_empty())
    }

    /// Gives away what was announced since the last call.
    pub fn take_expected(&mut self) -> Vec<Expectation> {
        std::mem::take(&mut self.expected)
    }

    /// Gives away what was heard of since the last call.
    pub fn take_heard_of(&mut self) -> Vec<Expectation> {
        std::mem::take(&mut self.heard_of)
    }

    /// What was found, in the order of finding.
    #[must_use]
    pub fn fields(&self) -> Fields<'_> {
        Fields { entries: self.entries(), blobs: &self.blobs }
    }

    /// Copies of the values of native attributes, in the order of finding.
    #[must_use]
    pub fn values(&self) -> Vec<(Attribute, Value)> {
        self.fields().filter_map(|(id, field)| Some((Attribute::by_id(id)?, field.to_value()))).collect()
    }

    /// How many values were found.
    #[must_use]
    pub fn count(&self) -> usize {
        self.count.into()
    }

    /// How many of them may tell an application ([`crate::signatures::clues`]).
    #[must_use]
    pub fn clue_count(&self) -> u8 {
        self.clues
    }

    /// How many bytes all of it takes in memory, about.
    #[must_use]
    pub fn size(&self) -> usize {
        self.headers.len() + self.text.len() + self.blobs.len()
    }

    /// How many values did not fit in [`MAX_VALUES`].
    #[must_use]
    pub fn dropped(&self) -> u32 {
        self.dropped
    }

    /// Forgets everything, and keeps the memory for the next flow.
    pub fn clear(&mut self) {
        self.headers.clear();
        self.text.clear();
        self.text.shrink_to(MAX_KEPT_CAPACITY);
        self.blobs.clear();
        self.blobs.shrink_to(MAX_KEPT_CAPACITY);
        (self.seen, self.count, self.clues, self.host_is_certified) = (0, 0, 0, false);
        (self.host, self.subject) = (Span::default(), Span::default());
        (self.service, self.goes_on, self.dropped) = (None, None, 0);
        self.expected.clear();
        self.heard_of.clear();
        self.resolved.clear();
    }

    /// What is kept of a flow whose inspection is over.
    #[must_use]
    pub fn keep(&self) -> Kept {
        Kept::new(&self.headers, &self.text, &self.blobs, self.host)
    }

    fn add_string(&mut self, id: u16, text: &str) {
        if text.len() <= MAX_VALUE_SIZE {
            self.add(id, TEXT, text);
        } else {
            self.add(id, TEXT, &valid(first(text.as_bytes()))); // the cut may be inside a character
        }
    }

    /// Adds a value unless it is there; where it stands, if there is room for it.
    fn add(&mut self, id: u16, kind: u8, text: &str) -> Span {
        let wanted = Header::new(id, kind, text.len() as u64);
        if self.may_have(wanted)
            && let Some(start) = self.place_of(wanted, text)
        {
            return span(start, text.len());
        }
        if self.has_room_for(id) { self.push(wanted, text) } else { Span::default() }
    }

    /// Nearly always it has not.
    fn may_have(&self, wanted: Header) -> bool {
        self.seen & wanted.mark() != 0
    }

    /// Where the same value stands, if it does.
    #[cold]
    fn place_of(&self, wanted: Header, text: &str) -> Option<usize> {
        let mut start = 0;
        self.entries().find_map(|entry| {
            let is_same = entry.header == wanted && entry.text == text;
            let place = is_same.then_some(start);
            start += entry.text.len();
            place
        })
    }

    fn add_uint(&mut self, id: u16, number: u64) {
        if number < MAX_SMALL_UINT {
            let wanted = Header::new(id, SMALL_UINT, number);
            let is_there = self.may_have(wanted) && self.place_of(wanted, "").is_some();
            if !is_there && self.has_room_for(id) {
                self.push_header(wanted);
            }
        } else {
            let mut buffer = [0; UINT_SIZE];
            self.add(id, UINT, digits(number, &mut buffer));
        }
    }

    fn add_bytes(&mut self, id: u16, bytes: &[u8]) {
        if self.fields().any(|(other, field)| other == id && field == Field::Bytes(bytes)) {
            return;
        }
        if self.has_room_for(id) {
            let place = (self.blobs.len() as u64) << 16 | bytes.len() as u64;
            let mut buffer = [0; UINT_SIZE];
            let text = digits(place, &mut buffer);
            self.push(Header::new(id, BYTES, text.len() as u64), text);
            self.blobs.extend_from_slice(bytes);
        }
    }

    /// Counts a value, as dropped where there are too many.
    fn has_room_for(&mut self, id: u16) -> bool {
        let has_room = usize::from(self.count) < MAX_VALUES;
        self.count += u8::from(has_room);
        self.clues += u8::from(has_room && is_clue(id));
        self.dropped = self.dropped.saturating_add(u32::from(!has_room));
        has_room
    }

    /// Where a name stands; it is added unless a value says the same.
    fn name(&mut self, name: &[u8]) -> Span {
        let text = valid(first(name));
        if text.is_empty() {
            return Span::default();
        }
        let mut start = 0;
        for entry in self.entries() {
            if entry.header.kind() == TEXT && entry.text == text {
                return span(start, text.len());
            }
            start += entry.text.len();
        }
        self.push(Header::new(NAME, TEXT, text.len() as u64), &text)
    }

    #[inline]
    fn push_header(&mut self, header: Header) {
        if self.headers.capacity() == 0 {
            self.headers.reserve(USUAL_HEADERS_SIZE);
            self.text.reserve(USUAL_SIZE);
        }
        self.headers.extend_from_slice(&header.to_bytes());
        self.seen |= header.mark();
    }

    #[inline]
    fn push(&mut self, header: Header, text: &str) -> Span {
        self.push_header(header);
        let start = self.text.len();
        self.text.push_str(text);
        span(start, text.len())
    }

    fn entries(&self) -> Entries<'_> {
        Entries { headers: &self.headers, text: &self.text }
    }
}

fn first(bytes: &[u8]) -> &[u8] {
    bytes.get(..MAX_VALUE_SIZE).unwrap_or(bytes)
}

/// What most flows bring fits.
const USUAL_HEADERS_SIZE: usize = 16 * HEADER_SIZE;
const USUAL_SIZE: usize = 256;
/// Flows with more have their memory given back.
const MAX_KEPT_CAPACITY: usize = 4096;

/// Most text is valid, and then one look is enough.
fn valid(bytes: &[u8]) -> Cow<'_, str> {
    std::str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_come_back_in_their_order_and_once() {
        let mut found = Findings::default();
        found.text(Attribute::TlsSni, b"www.example.org");
        found.uint(Attribute::SipStatus, 200);
        found.uint(Attribute::SipStatus, MAX_SMALL_UINT - 1);
        found.uint(Attribute::SipStatus, MAX_SMALL_UINT);
        found.uint(Attribute::SipStatus, u64::MAX);
        found.bytes(Attribute::DhcpClientMac, &[0, 255]);
        found.text(Attribute::TlsSni, b"www.example.org");
        found.string(Attribute::TlsSni, "www.example.org");
        found.uint(Attribute::SipStatus, 200);
        found.uint(Attribute::SipStatus, u64::MAX);
        found.text(Attribute::TlsSni, b"a\xff");
        let expected = vec![
            (Attribute::TlsSni, Value::Text("www.example.org".into())),
            (Attribute::SipStatus, Value::Uint(200)),
            (Attribute::SipStatus, Value::Uint(MAX_SMALL_UINT - 1)),
            (Attribute::SipStatus, Value::Uint(MAX_SMALL_UINT)),
            (Attribute::SipStatus, Value::Uint(u64::MAX)),
            (Attribute::DhcpClientMac, Value::Bytes(vec![0, 255])),
            (Attribute::TlsSni, Value::Text("a\u{fffd}".into())),
        ];
        assert_eq!((found.values(), found.count()), (expected.clone(), 7));
        let kept = found.keep();
        assert!(kept.fields().map(|(_, field)| field.to_value()).eq(expected.into_iter().map(|(_, value)| value)));
    }

    #[test]
    fn names_share_the_memory_of_values_and_the_first_one_stays() {
        let mut found = Findings::default();
        found.text(Attribute::TlsSni, b"www.example.org");
        let size = found.size();
        found.set_host(b"www.example.org");
        found.set_host(b"another");
        assert_eq!((found.host(), found.size()), (Some("www.example.org"), size));
        found.set_subject(b"");
        assert_eq!(found.subject(), None);
        found.set_subject(b"asked.example");
        let kept = found.keep();
        assert_eq!((found.subject(), kept.host()), (Some("asked.example"), Some("www.example.org")));
        assert_eq!(kept.fields().count(), 1, "a name is no value");
    }

    #[test]
    fn what_one_flow_brings_is_bounded_and_forgotten() {
        let mut found = Findings::default();
        for number in 0..100 {
            found.uint(Attribute::SipStatus, number);
            found.text(Attribute::HttpUrl, &[b'\xff'; 5000]);
        }
        assert_eq!((found.count(), found.dropped()), (MAX_VALUES, 37));
        assert!(found.size() < MAX_VALUES * (HEADER_SIZE + 3 * MAX_VALUE_SIZE));
        found.clear();
        assert_eq!(found, Findings::default());
    }
}
