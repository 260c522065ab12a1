//! Sites that no signature knows: each registrable domain is an application of its own, without being listed anywhere.
//!
//! Its selector is computed from the name, so that agents and controllers agree on it without asking each other: the upper half
//! of the 24 bits, by FNV-1a (Fowler, Noll, Vo; 32 bits, offset basis 0x811c9dc5, prime 0x01000193) over the lower-case name, the
//! upper nine bits folded onto the lower 23. Two sites can meet in one selector: among ten thousand sites a given one
//! does with a probability of one in 800.

use crate::signatures::domains::normalise;

/// The least selector of a site.
pub const FIRST_SITE: u32 = 1 << 23;

/// The registrable domain that a host lies in (the public suffix and one label, by the Public Suffix List): `example.co.uk` of
/// `www.example.co.uk`. `None` for addresses, for names without a dot, and for public suffixes themselves.
#[must_use]
pub fn registrable_domain(host: &str) -> Option<String> {
    registrable(&normalise(host)?).map(str::to_owned)
}

/// The selector of the registrable domain that a host lies in.
#[must_use]
pub fn selector_of_host(host: &str) -> Option<u32> {
    registrable(&normalise(host)?).map(selector)
}

/// The end of a name that is its registrable domain.
fn registrable(name: &str) -> Option<&str> {
    if name.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        return None;
    }
    let domain = psl::domain(name.as_bytes()).filter(|domain| domain.suffix().is_known())?;
    name.get(name.len().checked_sub(domain.as_bytes().len())?..)
}

/// The selector of a registrable domain in engine 20.
#[must_use]
pub fn selector(domain: &str) -> u32 {
    let hash = domain.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    FIRST_SITE | (hash ^ hash >> 23) & (FIRST_SITE - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_lies_in_its_registrable_domain() {
        assert_eq!(registrable_domain("WWW.Example.CO.UK.:443").as_deref(), Some("example.co.uk"));
        assert_eq!(registrable_domain("example.com").as_deref(), Some("example.com"));
        for host in ["co.uk", "com", "localhost", "192.0.2.1", "printer.local", "", "a..b"] {
            assert_eq!(registrable_domain(host), None, "{host}");
        }
    }

    #[test]
    fn selectors_are_in_the_upper_half_and_stay_what_they_are() {
        assert_eq!(selector("example.com"), 10_283_936);
        assert!((FIRST_SITE..1 << 24).contains(&selector("example.org")));
    }
}
