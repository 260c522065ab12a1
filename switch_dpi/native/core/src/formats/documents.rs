//! Documents that tell a protocol by their own form, wherever they begin a stream: XML by its root and its name spaces, JSON by
//! its members, play lists by their first line. HTTP carries most of them; some go without it, and a capture may begin behind
//! the header.

use crate::probing::lines::is_text;
use crate::protocol::{Evidence, Probe};

/// A root and its name spaces stand within this.
pub const MAX_PROBE_SIZE: usize = 1024;

/// An XML document (with or without its declaration) in whose first bytes all of `marks` stand.
#[must_use]
pub fn probe_xml(data: &[u8], marks: &[&[u8]], what: &'static str) -> Probe {
    let start = data.get(..MAX_PROBE_SIZE).unwrap_or(data);
    if !may_be_xml(start) {
        return Probe::No;
    }
    decide(data, start, marks, what)
}

/// A JSON object in whose first bytes all of `marks` stand.
#[must_use]
pub fn probe_json(data: &[u8], marks: &[&[u8]], what: &'static str) -> Probe {
    let start = data.get(..MAX_PROBE_SIZE).unwrap_or(data);
    let begins = match start.trim_ascii_start() {
        [] => true,
        [b'{' | b'['] => true,
        [b'{' | b'[', next, ..] => matches!(next, b'"' | b'{' | b' ' | b'\r' | b'\n' | b'\t'),
        _ => false,
    };
    if !begins || !is_document(start) {
        return Probe::No;
    }
    decide(data, start, marks, what)
}

/// A text whose first bytes are these.
#[must_use]
pub fn probe_start(data: &[u8], prefix: &[u8], what: &'static str) -> Probe {
    if data.len() < prefix.len() {
        return if prefix.starts_with(data) { Probe::NeedMore } else { Probe::No };
    }
    if data.starts_with(prefix) { matched(what, prefix.len()) } else { Probe::No }
}

fn decide(data: &[u8], start: &[u8], marks: &[&[u8]], what: &'static str) -> Probe {
    if marks.iter().all(|mark| start.windows(mark.len()).any(|window| window == *mark)) {
        return matched(what, start.len());
    }
    if data.len() < MAX_PROBE_SIZE { Probe::NeedMore } else { Probe::No }
}

fn matched(what: &'static str, size: usize) -> Probe {
    Probe::Match(Evidence { confidence: 90, what, offset: 0, size: u16::try_from(size).unwrap_or(u16::MAX) })
}

/// A byte order mark or white space, then `<` and what may follow it, then text.
fn may_be_xml(data: &[u8]) -> bool {
    let data = data.strip_prefix(b"\xef\xbb\xbf").unwrap_or(data).trim_ascii_start();
    let begins = match data {
        [] | [b'<'] => true,
        [b'<', next, ..] => next.is_ascii_alphabetic() || matches!(next, b'?' | b'!' | b'_'),
        _ => false,
    };
    begins && is_document(data)
}

fn is_document(data: &[u8]) -> bool {
    data.split(|byte| matches!(byte, b'\r' | b'\n')).all(is_text)
}

/// Name spaces of UPnP's services.
pub const UPNP: &[u8] = b"urn:schemas-upnp-org:";

/// Whether a document names a service of UPnP near its start.
#[must_use]
pub fn is_upnp(data: &[u8]) -> bool {
    data.get(..MAX_PROBE_SIZE).unwrap_or(data).windows(UPNP.len()).any(|window| window == UPNP)
}

/// First bytes of XML: a byte order mark, white space, `<`.
pub const XML_FIRST_BYTES: &[u8] = b"\xef \t\r\n<";
/// First bytes of JSON: white space, a bracket.
pub const JSON_FIRST_BYTES: &[u8] = b" \t\r\n{[";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_marks_must_stand_near_the_start() {
        let marks: &[&[u8]] = &[b"<Envelope", b"urn:x"];
        let document = b"<?xml version=\"1.0\"?>\r\n<Envelope xmlns=\"urn:x\">";
        assert!(matches!(probe_xml(document, marks, ""), Probe::Match(_)));
        assert_eq!(probe_xml(&document[..30], marks, ""), Probe::NeedMore);
        assert_eq!(probe_xml(&[&b"<a>"[..], &[b' '; 2000], document].concat(), marks, ""), Probe::No);
        assert_eq!(probe_xml(b"GET / HTTP/1.1", marks, ""), Probe::No);
        assert_eq!(probe_xml(b"<\x00", marks, ""), Probe::No);
        assert_eq!(probe_json(b"{\x01", marks, ""), Probe::No);
    }
}
