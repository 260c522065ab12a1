//! What applications are told by beside host names: names in certificates, application protocols that a client offers, user
//! agents, fingerprints of TLS hellos. A set without entries of a kind does no work for that kind.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use crate::protocol::attributes::Attribute;
use crate::protocol::values::{Field, Fields};
use crate::signatures::domains::Domains;

/// What an application was told by, the strongest first: the order is that in which they count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Clue {
    /// The name of the server that the client asked for.
    Host,
    /// A name in the server's certificate, where the client asked for none.
    Certificate,
    /// An application protocol that the client offered (RFC 7301).
    Alpn,
    /// A product in the client's User-Agent (RFC 9110 §10.1.5).
    UserAgent,
    /// The fingerprint of the client's hello: of its TLS library, set up as that program does it.
    Fingerprint,
}

impl Clue {
    /// At most so many of a hundred verdicts by such a clue are trusted to be right.
    #[must_use]
    pub const fn confidence(self) -> u8 {
        match self {
            Clue::Host => 100,
            Clue::Certificate => 95,
            Clue::Alpn => 90,
            Clue::UserAgent => 85,   // anybody can write one
            Clue::Fingerprint => 70, // other programs may be set up the same
        }
    }
}

/// An application, and the entry that tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClueMatch<'a> {
    /// What kind of entry.
    pub clue: Clue,
    /// The application's place in the signatures.
    pub app: u32,
    /// The entry as it is kept: letters in lower case where case does not matter.
    pub entry: &'a str,
    /// The attribute that holds what the flow said.
    pub attribute: Attribute,
    /// What it said.
    pub value: &'a str,
}

/// Texts, each with an application's number.
type Tokens = Vec<(Box<str>, u32)>;

/// The same, found by the whole text.
#[derive(Debug, Default)]
struct ByText {
    apps: HashMap<Box<str>, u32, RandomState>,
    /// A bit for each size that a text has, the long ones share the highest: most of what flows say is of another size.
    sizes: u64,
}

impl ByText {
    fn is_empty(&self) -> bool {
        self.apps.is_empty()
    }

    /// The application that had the text before.
    fn insert(&mut self, text: Box<str>, app: u32) -> Option<u32> {
        self.sizes |= size_bit(&text);
        self.apps.insert(text, app)
    }

    fn get(&self, text: &str) -> Option<(u32, &str)> {
        if self.sizes & size_bit(text) == 0 {
            return None;
        }
        self.apps.get_key_value(text).map(|(entry, app)| (*app, &**entry))
    }
}

fn size_bit(text: &str) -> u64 {
    1 << text.len().min(63)
}

/// The entries of a set.
#[derive(Debug, Default)]
pub(crate) struct Clues {
    certificates: Domains,
    common_names: ByText,
    alpn: ByText,
    agents: Agents,
    fingerprints: ByText,
}

impl Clues {
    /// Whether there is nothing to look for.
    pub fn is_empty(&self) -> bool {
        self.certificates.is_empty()
            && self.common_names.is_empty()
            && self.alpn.is_empty()
            && self.agents.is_empty()
            && self.fingerprints.is_empty()
    }

    /// Adds an entry; the application that had it before.
    ///
    /// # Errors
    /// What is expected of the text instead.
    pub fn insert(&mut self, clue: Clue, text: &str, app: u32) -> Result<Option<u32>, &'static str> {
        match clue {
            Clue::Host => Err("a host name, which is a domain"),
            Clue::Certificate if text.contains('.') => {
                self.certificates.insert(text, app).map_err(|_| "a domain name, without a wildcard")
            }
            Clue::Certificate => {
                let fits = is_printable(text) && text.len() <= MAX_COMMON_NAME_SIZE;
                let insert = || self.common_names.insert(lower(text), app);
                fits.then(insert).ok_or("a domain name, or a common name of 1 to 64 printable characters (RFC 5280)")
            }
            Clue::Alpn => {
                let fits = is_printable(text) && text.len() <= MAX_ALPN_SIZE && !text.starts_with('/');
                let insert = || self.alpn.insert(text.into(), app);
                fits.then(insert).ok_or("an ALPN protocol of 1 to 255 printable characters (RFC 7301 §3.1)")
            }
            Clue::UserAgent => self.agents.insert(text, app),
            Clue::Fingerprint => {
                let insert = || self.fingerprints.insert(text.into(), app);
                let expected =
                    "a JA4 such as t13d1516h2_8daaf6152771_02713d6af862, or a JA3 of 32 digits, in lower case";
                (is_ja4(text) || is_ja3(text)).then(insert).ok_or(expected)
            }
        }
    }

    /// The strongest that tells an application from a flow's metadata. Names in a certificate count only where `asks_no_name`.
    pub fn find<'a>(&'a self, fields: Fields<'a>, asks_no_name: bool) -> Option<ClueMatch<'a>> {
        if self.is_empty() {
            return None;
        }
        let mut best: Option<ClueMatch<'a>> = None;
        for (id, field) in fields {
            let Some((clue, attribute)) = clue_of(id).filter(|(clue, _)| asks_no_name || *clue != Clue::Certificate)
            else {
                continue;
            };
            let Field::Text(text) = field else { continue };
            if best.is_none_or(|best| clue < best.clue)
                && let Some((app, entry)) = self.lookup(clue, text)
            {
                best = Some(ClueMatch { clue, app, entry, attribute, value: text });
            }
        }
        best
    }

    /// The application that a value of this kind tells, and the entry.
    pub fn lookup(&self, clue: Clue, text: &str) -> Option<(u32, &str)> {
        match clue {
            Clue::Host => None,
            Clue::Certificate => self.certificate(text),
            Clue::Alpn => {
                let family = || text.get(..=text.bytes().position(|byte| byte == b'/')?);
                self.alpn.get(text).or_else(|| self.alpn.get(family()?))
            }
            Clue::UserAgent => self.agents.find(text),
            Clue::Fingerprint => self.fingerprints.get(text),
        }
    }

    fn certificate(&self, name: &str) -> Option<(u32, &str)> {
        if self.certificates.is_empty() && self.common_names.is_empty() {
            return None;
        }
        let host = name.strip_prefix("*.").unwrap_or(name);
        let by_domain = self.certificates.lookup(host).map(|found| (found.value, found.domain));
        let by_name = || self.common_names.get(&lower(name));
        by_domain.or_else(by_name)
    }
}

/// The longest protocol that a ClientHello can offer (RFC 7301 §3.1).
const MAX_ALPN_SIZE: usize = 255;
/// ub-common-name (RFC 5280 appendix A.1).
const MAX_COMMON_NAME_SIZE: usize = 64;

/// What a metadata value may tell an application by.
fn clue_of(id: u16) -> Option<(Clue, Attribute)> {
    if !is_clue(id) {
        return None; // mostly
    }
    let attribute = Attribute::by_id(id)?;
    let clue = match attribute {
        Attribute::TlsCertificateName | Attribute::TlsCertificateSubject => Clue::Certificate,
        Attribute::TlsAlpn => Clue::Alpn,
        Attribute::HttpUserAgent => Clue::UserAgent,
        _ => Clue::Fingerprint,
    };
    Some((clue, attribute))
}

/// Whether a value of this attribute may tell an application.
pub(crate) const fn is_clue(id: u16) -> bool {
    const ALPN: u16 = Attribute::TlsAlpn.id();
    const USER_AGENT: u16 = Attribute::HttpUserAgent.id();
    const JA3: u16 = Attribute::TlsJa3.id();
    const JA4: u16 = Attribute::TlsJa4.id();
    const NAME: u16 = Attribute::TlsCertificateName.id();
    const SUBJECT: u16 = Attribute::TlsCertificateSubject.id();
    matches!(id, ALPN | USER_AGENT | JA3 | JA4 | NAME | SUBJECT)
}

fn lower(text: &str) -> Box<str> {
    text.to_ascii_lowercase().into()
}

fn is_printable(text: &str) -> bool {
    !text.is_empty() && text == text.trim() && text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

fn is_hexadecimal(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

fn is_ja3(text: &str) -> bool {
    text.len() == 32 && is_hexadecimal(text)
}

/// Carrier, version, name or none, two counts of two digits, two letters of the ALPN; and two hashes.
fn is_ja4(text: &str) -> bool {
    let [Some(a), Some(b), Some(c), None] = ({
        let mut parts = text.split('_');
        [parts.next(), parts.next(), parts.next(), parts.next()]
    }) else {
        return false;
    };
    let &[carrier, v, w, name, i, j, k, l, x, y] = a.as_bytes() else { return false };
    matches!(carrier, b't' | b'q' | b'd')
        && matches!(&[v, w], b"13" | b"12" | b"11" | b"10" | b"s3" | b"s2" | b"d1" | b"d2" | b"d3" | b"00")
        && matches!(name, b'd' | b'i')
        && [i, j, k, l].iter().all(u8::is_ascii_digit)
        && [x, y].iter().all(u8::is_ascii_alphanumeric)
        && [b, c].iter().all(|hash| hash.len() == 12 && is_hexadecimal(hash))
}

/// Products of user agents, by their first word.
#[derive(Debug, Default)]
struct Agents {
    by_word: HashMap<Box<[u8]>, Tokens, RandomState>,
}

/// Bytes of a user agent that are looked at: with more, what an application calls itself stands in front.
const MAX_AGENT_SIZE: usize = 512;
/// Words of a user agent that are looked up.
const MAX_WORDS: usize = 64;
/// Entries that begin with the same word: each is compared where the word stands.
const MAX_SAME_WORD: usize = 32;

impl Agents {
    fn is_empty(&self) -> bool {
        self.by_word.is_empty()
    }

    fn insert(&mut self, text: &str, app: u32) -> Result<Option<u32>, &'static str> {
        let entry = lower(text);
        let first = words(entry.as_bytes()).next().filter(|(at, _)| *at == 0);
        let Some((_, word)) = first.filter(|_| is_printable(text) && text.len() <= MAX_AGENT_SIZE) else {
            return Err("words of a user agent, the first one in front, such as Spotify/ or Microsoft BITS");
        };
        let same = self.by_word.entry(word.into()).or_default();
        if let Some((_, before)) = same.iter_mut().find(|(other, _)| *other == entry) {
            return Ok(Some(std::mem::replace(before, app)));
        }
        if same.len() >= MAX_SAME_WORD {
            return Err("another first word: 32 user agents begin with this one already");
        }
        same.push((entry, app));
        same.sort_by_key(|(entry, _)| std::cmp::Reverse(entry.len()));
        Ok(None)
    }

    /// The first that stands in a user agent as whole words, letters compared without case; at one place the longest.
    fn find(&self, agent: &str) -> Option<(u32, &str)> {
        if self.is_empty() {
            return None;
        }
        let mut buffer = [0; MAX_AGENT_SIZE];
        let lowered = lowered(agent.as_bytes(), &mut buffer);
        words(lowered).take(MAX_WORDS).find_map(|(at, word)| {
            let (same, rest) = (self.by_word.get(word)?, lowered.get(at..)?);
            let (entry, app) = same.iter().find(|(entry, _)| stands_at_start(rest, entry.as_bytes()))?;
            Some((*app, &**entry))
        })
    }
}

/// The words in front that fit, in lower case.
fn lowered<'a>(agent: &[u8], buffer: &'a mut [u8; MAX_AGENT_SIZE]) -> &'a [u8] {
    for (place, byte) in buffer.iter_mut().zip(agent) {
        *place = byte.to_ascii_lowercase();
    }
    let fits = agent.len() <= MAX_AGENT_SIZE;
    let end = if fits { Some(agent.len()) } else { buffer.iter().rposition(|byte| is_between_words(*byte)) };
    buffer.get(..end.unwrap_or(0)).unwrap_or_default()
}

/// Whether an entry stands at the start of some text, and its last word ends there.
fn stands_at_start(text: &[u8], entry: &[u8]) -> bool {
    let Some(rest) = text.strip_prefix(entry) else { return false };
    let ends = |byte: Option<&u8>| byte.is_none_or(|byte| is_between_words(*byte));
    ends(entry.last()) || ends(rest.first())
}

/// What stands between separators (RFC 9110 §5.6.2 less those that products have in their names), and where.
fn words(text: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let mut next = 0;
    let placed = text.split(|byte| is_between_words(*byte)).map(move |word| {
        let at = next;
        next += word.len() + 1;
        (at, word)
    });
    placed.filter(|(_, word)| !word.is_empty())
}

const fn is_between_words(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'/' | b'(' | b')' | b';' | b':' | b',' | b'"' | b'[' | b']' | b'<' | b'>' | b'=')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::findings::Findings;

    fn clues(entries: &[(Clue, &str, u32)]) -> Clues {
        let mut clues = Clues::default();
        for (clue, text, app) in entries {
            assert_eq!(clues.insert(*clue, text, *app), Ok(None), "{text}");
        }
        clues
    }

    fn agent(text: &str) -> Option<u32> {
        let clues = clues(&[
            (Clue::UserAgent, "Spotify/", 1),
            (Clue::UserAgent, "Microsoft BITS", 2),
            (Clue::UserAgent, "Valve/Steam", 3),
            (Clue::UserAgent, "Microsoft", 4),
        ]);
        clues.lookup(Clue::UserAgent, text).map(|(app, _)| app)
    }

    #[test]
    fn a_user_agent_is_found_by_whole_words_wherever_they_stand() {
        assert_eq!(agent("Spotify/8.6.0 iOS/15.1 (iPhone12,1)"), Some(1));
        assert_eq!(agent("Mozilla/5.0 (X11; Linux) AppleWebKit/537.36 SPOTIFY/1.2 Safari/537.36"), Some(1));
        assert_eq!(agent("Mozilla/5.0 (Spotify/1.2)"), Some(1));
        assert_eq!(agent("NotSpotify/1.0"), None);
        assert_eq!(agent("Spotify-Clone/1.0"), None);
        assert_eq!(agent("Spotify 8.6"), None, "the entry ends in a slash");
        assert_eq!(agent("Valve/Steam HTTP Client 1.0 (12345)"), Some(3));
        assert_eq!(agent("Valve/Steamed"), None);
        assert_eq!(agent(""), None);
    }

    #[test]
    fn the_longest_entry_at_the_first_place_counts() {
        assert_eq!(agent("Microsoft BITS/7.8"), Some(2));
        assert_eq!(agent("Microsoft BITSY/7.8"), Some(4));
        assert_eq!(agent("microsoft ncsi Spotify/1"), Some(4));
        assert_eq!(agent("Microsoft-CryptoAPI/10.0"), None);
    }

    #[test]
    fn a_long_user_agent_is_read_to_its_bound_and_no_word_is_cut() {
        let front = "a".repeat(MAX_AGENT_SIZE - 10);
        assert_eq!(agent(&format!("{front} Microsoft")), Some(4), "it just fits");
        assert_eq!(agent(&format!("{front} MicrosoftX")), None);
        assert_eq!(agent(&format!("{front}-- Microsoft")), None);
        assert_eq!(agent(&format!("{}Spotify/1", "a ".repeat(MAX_WORDS))), None);
        assert_eq!(agent(&"é".repeat(2000)), None);
    }

    #[test]
    fn entries_that_begin_alike_are_bounded() {
        let mut clues = Clues::default();
        for number in 0..MAX_SAME_WORD {
            assert_eq!(clues.insert(Clue::UserAgent, &format!("Agent {number}"), 1), Ok(None));
        }
        assert!(clues.insert(Clue::UserAgent, "Agent more", 1).is_err());
        assert_eq!(clues.insert(Clue::UserAgent, "agent 3", 2), Ok(Some(1)), "whoever had it");
    }

    #[test]
    fn an_offered_protocol_is_compared_whole_or_up_to_its_slash() {
        let clues = clues(&[(Clue::Alpn, "desk/", 1), (Clue::Alpn, "x/push", 2)]);
        let found = |text: &str| clues.lookup(Clue::Alpn, text);
        assert_eq!(found("desk/6.2.0/linux"), Some((1, "desk/")));
        assert_eq!((found("x/push"), found("x/pushed"), found("X/push")), (Some((2, "x/push")), None, None));
        assert_eq!(found("desk"), None);
    }

    #[test]
    fn a_certificate_is_found_by_domain_or_by_its_whole_common_name() {
        let clues = clues(&[(Clue::Certificate, "relay.example", 1), (Clue::Certificate, "Desk Client", 2)]);
        let found = |text: &str| clues.lookup(Clue::Certificate, text).map(|(app, _)| app);
        assert_eq!(
            (found("*.relay.example"), found("A.relay.example"), found("xrelay.example")),
            (Some(1), Some(1), None)
        );
        assert_eq!((found("desk client"), found("desk"), found("Desk Client 2")), (Some(2), None, None));
    }

    #[test]
    fn the_strongest_counts_and_a_certificate_only_where_no_name_was_asked_for() {
        const JA4: &str = "t13d1516h2_8daaf6152771_02713d6af862";
        let clues =
            clues(&[(Clue::Fingerprint, JA4, 1), (Clue::Alpn, "own", 2), (Clue::Certificate, "relay.example", 3)]);
        let mut found = Findings::default();
        found.text(Attribute::TlsJa4, JA4.as_bytes());
        let by = |found: &Findings, asks_no_name| clues.find(found.fields(), asks_no_name).map(|by| (by.app, by.clue));
        assert_eq!(by(&found, true), Some((1, Clue::Fingerprint)));
        found.text(Attribute::TlsAlpn, b"own");
        found.text(Attribute::TlsCertificateName, b"*.relay.example");
        assert_eq!(by(&found, false), Some((2, Clue::Alpn)));
        assert_eq!(by(&found, true), Some((3, Clue::Certificate)));
        assert_eq!(Clues::default().find(found.fields(), true), None);
    }

    #[test]
    fn what_is_malformed_says_what_was_expected() {
        let mut clues = Clues::default();
        for (clue, text) in [
            (Clue::Certificate, ""),
            (Clue::Certificate, "a..b"),
            (Clue::Certificate, "*.relay.example"),
            (Clue::Alpn, ""),
            (Clue::Alpn, "h\n2"),
            (Clue::Alpn, "/x"),
            (Clue::UserAgent, ""),
            (Clue::UserAgent, "/Spotify"),
            (Clue::UserAgent, " Spotify"),
            (Clue::Fingerprint, "T13d1516h2_8daaf6152771_02713d6af862"),
            (Clue::Fingerprint, "t13d1516h2_8daaf6152771"),
            (Clue::Fingerprint, "t13d1516h2_8daaf6152771_02713d6af862_00"),
            (Clue::Fingerprint, "cd08e31494f9531f560d64c695473da"),
        ] {
            assert!(clues.insert(clue, text, 1).is_err(), "{text:?}");
        }
        assert_eq!(clues.insert(Clue::Fingerprint, "cd08e31494f9531f560d64c695473da9", 1), Ok(None));
    }
}
