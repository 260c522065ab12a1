//! Names to applications: the longest suffix of whole labels wins.

use std::borrow::Cow;

use hashbrown::HashTable;

/// A host name is at most this large (RFC 1035 §2.3.4); larger ones match nothing.
pub const MAX_HOST_SIZE: usize = 255;
const MAX_LABEL_SIZE: usize = 63;

/// Domains, each with a number. They are found by a hash that goes through a name from its end, so that one pass gives those of
/// all the domains above it. No peer chooses what is in here.
#[derive(Debug, Default)]
pub struct Domains {
    by_name: HashTable<(Box<str>, u32)>,
}

/// Odd, with its bits well mixed (2^64 divided by the golden ratio).
const MULTIPLIER: u64 = 0x9e37_79b9_7f4a_7c15;
/// Names with more labels are looked up label by label.
const USUAL_LABELS: usize = 12;

/// A domain that a host lies in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DomainMatch<'a> {
    /// The domain as it is kept: lower case, punycode.
    pub domain: &'a str,
    /// Its number.
    pub value: u32,
}

impl Domains {
    /// Adds a domain; gives back the number that it had before.
    ///
    /// # Errors
    /// [`NotADomain`] when the text is none.
    pub fn insert(&mut self, domain: &str, value: u32) -> Result<Option<u32>, NotADomain> {
        let name = normalise(domain).ok_or_else(|| NotADomain(domain.to_owned()))?;
        let hash = hash_of(&name);
        if let Some((_, known)) = self.by_name.find_mut(hash, |(other, _)| **other == *name) {
            return Ok(Some(std::mem::replace(known, value)));
        }
        let entry = (name.into_owned().into_boxed_str(), value);
        self.by_name.insert_unique(hash, entry, |(other, _)| hash_of(other));
        Ok(None)
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_name.is_empty()
    }

    /// The longest domain that `host` equals or lies under. Case, a trailing dot, a port and the script do not matter.
    #[must_use]
    pub fn lookup(&self, host: &str) -> Option<DomainMatch<'_>> {
        let mut above = [(0, 0); USUAL_LABELS];
        if let Some(count) = suffixes(host, &mut above) {
            let suffixes = above.iter().take(count).rev();
            return suffixes.into_iter().find_map(|(start, hash)| self.find(host.get(*start..)?, *hash));
        }
        let name = normalise(host)?;
        let starts = std::iter::once(0).chain(name.match_indices('.').map(|(dot, _)| dot + 1));
        starts.filter_map(|start| name.get(start..)).find_map(|suffix| self.find(suffix, hash_of(suffix)))
    }

    fn find(&self, name: &str, hash: u64) -> Option<DomainMatch<'_>> {
        let (domain, value) = self.by_name.find(hash, |(other, _)| **other == *name)?;
        Some(DomainMatch { domain, value: *value })
    }
}

/// The hash of a name that is written as it is kept.
fn hash_of(name: &str) -> u64 {
    finished(name.bytes().rev().fold(0, step))
}

const fn step(hash: u64, byte: u8) -> u64 {
    (hash ^ byte as u64).wrapping_mul(MULTIPLIER)
}

const fn finished(hash: u64) -> u64 {
    (hash ^ hash >> 32).wrapping_mul(MULTIPLIER)
}

/// Where the domains above a host begin, the shortest first, and the host itself, each with its hash; how many. `None` for a host
/// that is not written as it would be kept, and for one with many labels.
fn suffixes(host: &str, above: &mut [(usize, u64); USUAL_LABELS]) -> Option<usize> {
    if host.len() > MAX_HOST_SIZE {
        return None;
    }
    let (mut hash, mut end, mut count) = (0, host.len(), 0);
    for (at, byte) in host.bytes().enumerate().rev() {
        match kind_of(byte) {
            Kind::Kept => {}
            Kind::Dot => {
                *above.get_mut(count).filter(|_| is_label_size(end - at - 1))? = (at + 1, finished(hash));
                (count, end) = (count + 1, at);
            }
            Kind::Other => return None,
        }
        hash = step(hash, byte);
    }
    *above.get_mut(count).filter(|_| is_label_size(end))? = (0, finished(hash));
    Some(count + 1)
}

const fn is_label_size(size: usize) -> bool {
    size >= 1 && size <= MAX_LABEL_SIZE
}

/// What a byte of a host is.
#[derive(Clone, Copy)]
enum Kind {
    /// In a label that is written as it is kept.
    Kept,
    /// Between labels.
    Dot,
    /// To be changed, or not of a host.
    Other,
}

fn kind_of(byte: u8) -> Kind {
    KINDS.get(usize::from(byte)).copied().unwrap_or(Kind::Other)
}

static KINDS: [Kind; 256] = {
    let mut kinds = [Kind::Other; 256];
    let (mut rest, mut byte): (&mut [Kind], u8) = (&mut kinds, 0);
    while let [kind, behind @ ..] = rest {
        *kind = match byte {
            b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' => Kind::Kept,
            b'.' => Kind::Dot,
            _ => Kind::Other,
        };
        (rest, byte) = (behind, byte.wrapping_add(1));
    }
    kinds
};

/// Text that is not a domain name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotADomain(pub String);

/// Lower case, without port and trailing dot, IDN as punycode (RFC 5891, UTS #46); `None` for what is not a name.
#[must_use]
pub fn normalise(host: &str) -> Option<Cow<'_, str>> {
    if is_normal(host) {
        return Some(Cow::Borrowed(host)); // nearly always
    }
    let host = without_port(host.trim());
    let host = host.strip_suffix('.').unwrap_or(host);
    if host.is_empty() || host.len() > MAX_HOST_SIZE {
        return None;
    }
    let name = if host.is_ascii() { host.to_ascii_lowercase() } else { idna::domain_to_ascii(host).ok()? };
    let fits = |label: &str| (1..=MAX_LABEL_SIZE).contains(&label.len()) && label.bytes().all(is_label_byte);
    (name.len() <= MAX_HOST_SIZE && name.split('.').all(fits)).then_some(Cow::Owned(name))
}

/// Whether a host is written as [`normalise`] would write it: labels of lower-case letters, digits, hyphens and underscores.
fn is_normal(host: &str) -> bool {
    let mut label_size = 0;
    for byte in host.bytes() {
        label_size = match kind_of(byte) {
            Kind::Kept => label_size + 1,
            Kind::Dot if is_label_size(label_size) => 0,
            Kind::Dot | Kind::Other => return false,
        };
    }
    host.len() <= MAX_HOST_SIZE && is_label_size(label_size)
}

/// Underscores are not for hosts, but service names have them (RFC 8552).
fn is_label_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if !name.contains(':') && port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn domains() -> Domains {
        let mut domains = Domains::default();
        for (value, name) in ["youtube.com", "mail.google.com", "google.com", "bücher.example"].iter().enumerate() {
            domains.insert(name, u32::try_from(value).unwrap()).unwrap();
        }
        domains
    }

    fn value(host: &str) -> Option<u32> {
        domains().lookup(host).map(|found| found.value)
    }

    #[test]
    fn a_host_matches_its_domain_and_those_above() {
        assert_eq!(value("youtube.com"), Some(0));
        assert_eq!(value("r3---sn-4g5e6n7s.c.youtube.com"), Some(0));
        assert_eq!(value("notyoutube.com"), None);
        assert_eq!(value("com"), None);
    }

    #[test]
    fn the_longest_domain_wins() {
        assert_eq!(value("mail.google.com"), Some(1));
        assert_eq!(value("www.google.com"), Some(2));
    }

    #[test]
    fn many_labels_change_nothing() {
        let deep = "a.".repeat(2 * USUAL_LABELS);
        assert_eq!(value(&format!("{deep}youtube.com")), Some(0));
        assert_eq!(value(&format!("{deep}example.net")), None);
        let mut own = Domains::default();
        own.insert(&format!("{deep}net"), 7).unwrap();
        assert_eq!(own.lookup(&format!("x.{deep}net")).map(|found| found.value), Some(7));
        assert_eq!(own.insert(&format!("{deep}net"), 8), Ok(Some(7)));
    }

    #[test]
    fn case_trailing_dot_port_and_script_do_not_matter() {
        assert_eq!(value("WWW.YouTube.COM."), Some(0));
        assert_eq!(value("youtube.com:8443"), Some(0));
        assert_eq!(value("www.BÜCHER.example"), Some(3));
        assert_eq!(value("xn--bcher-kva.example"), Some(3));
    }

    #[test]
    fn what_is_no_name_matches_nothing() {
        for host in ["", ".", "..", "a..b", "[::1]:443", "you tube.com", &"a".repeat(300)] {
            assert_eq!(normalise(host), None, "{host}");
        }
    }
}
