//! Names to applications: the longest suffix of whole labels wins.

use std::borrow::Cow;
use std::collections::HashMap;

/// A host name is at most this large (RFC 1035 §2.3.4); larger ones match nothing.
pub const MAX_HOST_SIZE: usize = 255;

/// Domains, each with a number.
#[derive(Debug, Default)]
pub struct Domains {
    by_name: HashMap<Box<str>, u32, ahash::RandomState>,
}

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
        Ok(self.by_name.insert(name.into_owned().into_boxed_str(), value))
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_name.is_empty()
    }

    /// The longest domain that `host` equals or lies under. Case, a trailing dot, a port and the script do not matter.
    #[must_use]
    pub fn lookup(&self, host: &str) -> Option<DomainMatch<'_>> {
        let name = normalise(host)?;
        let mut rest = &*name;
        loop {
            if let Some((domain, value)) = self.by_name.get_key_value(rest) {
                return Some(DomainMatch { domain, value: *value });
            }
            rest = rest.split_once('.')?.1;
        }
    }
}

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
    let fits = |label: &str| !label.is_empty() && label.len() <= 63 && label.bytes().all(is_label_byte);
    (name.len() <= MAX_HOST_SIZE && name.split('.').all(fits)).then_some(Cow::Owned(name))
}

/// Whether a host is written as [`normalise`] would write it: labels of lower-case letters, digits, hyphens and underscores.
fn is_normal(host: &str) -> bool {
    let mut label_size = 0;
    for byte in host.bytes() {
        match byte {
            b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' => label_size += 1,
            b'.' if (1..=63).contains(&label_size) => label_size = 0,
            _ => return false,
        }
    }
    (1..=63).contains(&label_size) && host.len() <= MAX_HOST_SIZE
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
