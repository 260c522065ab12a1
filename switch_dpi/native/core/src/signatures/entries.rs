//! What an application's entry has beside domains: read, checked, looked up, and tried by examples.

use std::collections::HashMap;
use std::fmt;
use std::net::IpAddr;

use toml::Spanned;

use super::files::{Place, RawApp, RawExample, SignatureError};
use super::{Example, Loading, Signatures};
use crate::frame::Address;
use crate::protocol::findings::Findings;
use crate::signatures::clues::{Clue, Clues};
use crate::signatures::networks::{MAX_NETWORKS, Network, Networks};

/// What an application can be looked up by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Given {
    /// What a flow says.
    Clue(Clue),
    /// The server's address.
    Address,
}

impl Given {
    /// All of them.
    pub const ALL: [Given; 6] = [
        Given::Clue(Clue::Host),
        Given::Clue(Clue::Certificate),
        Given::Clue(Clue::Alpn),
        Given::Clue(Clue::UserAgent),
        Given::Clue(Clue::Fingerprint),
        Given::Address,
    ];

    /// As it is called in an `[[example]]`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Given::Clue(Clue::Host) => "host",
            Given::Clue(Clue::Certificate) => "certificate",
            Given::Clue(Clue::Alpn) => "alpn",
            Given::Clue(Clue::UserAgent) => "user_agent",
            Given::Clue(Clue::Fingerprint) => "tls_fingerprint",
            Given::Address => "address",
        }
    }
}

impl fmt::Display for Given {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

impl Signatures {
    /// The application that a value tells, by its place, and the entry that says so.
    #[must_use]
    pub fn lookup(&self, given: Given, value: &str) -> Option<(u32, String)> {
        let by_domain =
            || self.match_host(value.strip_prefix("*.").unwrap_or(value)).map(|(app, by)| (app, by.domain.to_owned()));
        match given {
            Given::Clue(Clue::Host) => self.match_host(value).map(|(app, found)| (app, found.domain.to_owned())),
            Given::Clue(clue) => {
                let found = self.clues.lookup(clue, value).map(|(app, entry)| (app, entry.to_owned()));
                found.or_else(|| by_domain().filter(|_| clue == Clue::Certificate))
            }
            Given::Address => {
                let address = match value.parse().ok()? {
                    IpAddr::V4(address) => Address::from_v4(address.octets()),
                    IpAddr::V6(address) => Address::from_v6(address.octets()),
                };
                Some((self.networks.find(address)?, self.networks.network_of(address)?.to_string()))
            }
        }
    }

    /// What tells applications beside host names.
    pub(crate) fn clues(&self) -> &Clues {
        &self.clues
    }

    /// Whether anything but a host name may tell an application.
    pub(crate) fn has_clues(&self) -> bool {
        self.has_clues
    }

    /// The networks of applications.
    #[must_use]
    pub fn networks(&self) -> &Networks {
        &self.networks
    }

    /// The application that an entry tells from what was found in a flow, by its place, and by what.
    pub(crate) fn told_by(&self, found: &Findings) -> Option<(u32, Clue)> {
        let host = found.host();
        let by_domain = host.and_then(|host| self.match_host(host)).map(|(app, _)| app);
        let asks_no_name = found.host_is_certified() || host.is_none();
        if let Some(app) = by_domain.filter(|_| !asks_no_name) {
            return Some((app, Clue::Host));
        }
        let by_entry = if found.clue_count() > 0 { self.clues.find(found.fields(), asks_no_name) } else { None };
        let by_entry = by_entry.map(|by| (by.app, by.clue));
        match (by_entry, by_domain) {
            (Some((_, Clue::Certificate)), _) | (_, None) => by_entry,
            (_, Some(app)) => Some((app, Clue::Certificate)),
        }
    }

    /// The examples that do not hold, each as an error at its place.
    #[must_use]
    pub fn failed_examples(&self) -> Vec<SignatureError> {
        self.examples.iter().filter_map(|example| self.try_example(example)).collect()
    }

    fn try_example(&self, example: &Example) -> Option<SignatureError> {
        let found = self.lookup(example.given, &example.value);
        let found = found.and_then(|(index, entry)| Some((self.app(index)?, entry)));
        let key = found.as_ref().map_or("", |(app, _)| app.key.as_str());
        if key == example.app {
            return None;
        }
        let by = found.map_or("no application's".to_owned(), |(app, entry)| format!("{} by {entry}", app.key));
        let expected = if example.app.is_empty() { "no application's" } else { &example.app };
        let message = format!("example {} is {by}, expected {expected}", example.value);
        Some(SignatureError { file: example.file.clone(), line: example.line, message })
    }
}

/// Networks that were read, and whose they are.
#[derive(Default)]
pub(super) struct ReadNetworks(HashMap<Network, u32>);

impl ReadNetworks {
    pub(super) fn finish(self) -> Networks {
        Networks::new(self.0.into_iter().collect())
    }
}

impl Loading {
    /// What tells the application that is about to be pushed, beside its domains.
    pub(super) fn add_entries(&mut self, place: Place<'_>, raw: &RawApp) -> Result<(), SignatureError> {
        let key = raw.key.get_ref();
        for (clue, what, list) in [
            (Clue::Certificate, "certificate", &raw.certificates),
            (Clue::Alpn, "ALPN", &raw.alpn),
            (Clue::UserAgent, "user agent", &raw.user_agents),
            (Clue::Fingerprint, "TLS fingerprint", &raw.tls_fingerprints),
        ] {
            for item in list {
                let (text, app) = (item.get_ref(), self.next_app());
                match self.result.clues.insert(clue, text, app) {
                    Ok(None) => {}
                    Ok(Some(other)) => return Err(self.taken(place, item, what, key, other)),
                    Err(expected) => {
                        let message = format!("{what} {text:?} of {key} does not fit, expected {expected}");
                        return Err(place.error(item.span().start, message));
                    }
                }
            }
        }
        self.add_networks(place, key, &raw.networks)
    }

    fn add_networks(&mut self, place: Place<'_>, key: &str, list: &[Spanned<String>]) -> Result<(), SignatureError> {
        for item in list {
            let app = self.next_app();
            let network = Network::parse(item.get_ref()).map_err(|error| {
                place.error(item.span().start, format!("network {:?} of {key} {error}", item.get_ref()))
            })?;
            if let Some(other) = self.networks.0.insert(network, app) {
                return Err(self.taken(place, item, "network", key, other));
            }
            if self.networks.0.len() > MAX_NETWORKS {
                let message = format!("network {network} of {key} is one too many, expected {MAX_NETWORKS} at most");
                return Err(place.error(item.span().start, message));
            }
        }
        Ok(())
    }

    /// The place of the application that is about to be pushed.
    pub(super) fn next_app(&self) -> u32 {
        u32::try_from(self.result.apps.len()).unwrap_or(u32::MAX)
    }

    fn taken(&self, place: Place<'_>, item: &Spanned<String>, what: &str, key: &str, other: u32) -> SignatureError {
        let owner = self.result.app(other).map_or(key, |app| app.key.as_str());
        place.error(item.span().start, format!("{what} {} of {key} is that of {owner} already", item.get_ref()))
    }

    pub(super) fn add_example(&mut self, place: Place<'_>, raw: &RawExample) -> Result<(), SignatureError> {
        let values = [&raw.host, &raw.certificate, &raw.alpn, &raw.user_agent, &raw.tls_fingerprint, &raw.address]
            .map(Option::as_ref);
        let mut said = Given::ALL.into_iter().zip(values).filter_map(|(given, value)| Some((given, value?)));
        let (Some((given, value)), None) = (said.next(), said.next()) else {
            let names = Given::ALL.map(Given::name).join(", ");
            return Err(place.error(raw.app.span().start, format!("an example has one of {names}")));
        };
        self.result.examples.push(Example {
            file: place.file.to_owned(),
            line: place.line(value.span().start),
            given,
            value: value.get_ref().clone(),
            app: raw.app.get_ref().clone(),
        });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{CATEGORIES, error, load};
    use super::*;

    const ENTRY: &str = "[[app]]\nid=10001\nkey=\"desk\"\nname=\"Desk\"\ncategory=\"video\"\ndomains=[]\n";
    const OTHER: &str =
        "[[app]]\nid=10002\nkey=\"other\"\nname=\"Other\"\ncategory=\"video\"\ndomains=[\"other.example\"]\n";

    fn found(signatures: &Signatures, given: Given, value: &str) -> Option<(String, String)> {
        let (app, entry) = signatures.lookup(given, value)?;
        Some((signatures.app(app)?.key.clone(), entry))
    }

    #[test]
    fn an_application_is_looked_up_by_each_of_its_entries() {
        let lines = "certificates=[\"Desk Relay\"]\nalpn=[\"desk/\"]\nuser_agents=[\"Desk/\"]\n\
                     tls_fingerprints=[\"t13d1516h2_8daaf6152771_02713d6af862\"]\nnetworks=[\"10.20.0.0/16\",\"2001:db8::/32\"]\n";
        let set = load(&[CATEGORIES, &format!("{ENTRY}{lines}{OTHER}")]).unwrap();
        for (given, value, entry) in [
            (Given::Clue(Clue::Certificate), "desk relay", "desk relay"),
            (Given::Clue(Clue::Alpn), "desk/6", "desk/"),
            (Given::Clue(Clue::UserAgent), "Mozilla/5.0 Desk/3", "desk/"),
            (
                Given::Clue(Clue::Fingerprint),
                "t13d1516h2_8daaf6152771_02713d6af862",
                "t13d1516h2_8daaf6152771_02713d6af862",
            ),
            (Given::Address, "10.20.3.4", "10.20.0.0/16"),
            (Given::Address, "2001:db8::1", "2001:db8::/32"),
        ] {
            assert_eq!(found(&set, given, value), Some(("desk".into(), entry.into())), "{given} {value}");
        }
        let by_domain = found(&set, Given::Clue(Clue::Certificate), "*.other.example");
        assert_eq!(by_domain, Some(("other".into(), "other.example".into())));
        assert_eq!((found(&set, Given::Address, "10.21.0.0"), found(&set, Given::Address, "desk")), (None, None));
    }

    #[test]
    fn an_entry_that_does_not_fit_names_file_line_and_what_was_expected() {
        let refused = |line: &str| error(&[CATEGORIES, &format!("{ENTRY}{line}\n")]);
        for (line, message) in [
            (
                "certificates=[\"*.desk.example\"]",
                "f.toml:7: certificate \"*.desk.example\" of desk does not fit, expected a domain name",
            ),
            ("alpn=[\"\"]", "f.toml:7: ALPN \"\" of desk does not fit, expected an ALPN protocol of 1 to 255"),
            (
                "user_agents=[\"/Desk\"]",
                "f.toml:7: user agent \"/Desk\" of desk does not fit, expected words of a user agent",
            ),
            (
                "tls_fingerprints=[\"abc\"]",
                "f.toml:7: TLS fingerprint \"abc\" of desk does not fit, expected a JA4 such as",
            ),
            (
                "networks=[\"10.20.3.0/16\"]",
                "f.toml:7: network \"10.20.3.0/16\" of desk has bits behind its prefix, expected 10.20.0.0/16",
            ),
            ("networks=[\"16.0.0.0/4\"]", "f.toml:7: network \"16.0.0.0/4\" of desk is too broad"),
            (
                "networks=[\"desk\"]",
                "f.toml:7: network \"desk\" of desk is no network, expected an address and a prefix",
            ),
            ("ports=[1]", "f.toml:7: unknown field `ports`"),
        ] {
            let text = refused(line);
            assert!(text.starts_with(message), "{text}");
        }
    }

    #[test]
    fn an_entry_is_one_applications() {
        for (line, what) in [
            ("certificates=[\"desk.example\"]", "certificate desk.example"),
            ("certificates=[\"Desk\"]", "certificate Desk"),
            ("alpn=[\"desk\"]", "ALPN desk"),
            ("user_agents=[\"Desk/\"]", "user agent Desk/"),
            (
                "tls_fingerprints=[\"cd08e31494f9531f560d64c695473da9\"]",
                "TLS fingerprint cd08e31494f9531f560d64c695473da9",
            ),
            ("networks=[\"10.20.0.0/16\"]", "network 10.20.0.0/16"),
        ] {
            let text = error(&[CATEGORIES, &format!("{ENTRY}{line}\n{OTHER}{line}\n")]);
            assert_eq!(text, format!("f.toml:14: {what} of other is that of desk already"));
        }
    }

    #[test]
    fn examples_of_every_kind_are_tried() {
        let examples = "alpn=[\"desk\"]\n[[example]]\nalpn=\"desk\"\napp=\"desk\"\n[[example]]\nuser_agent=\"Desk/1\"\napp=\"desk\"\n";
        let set = load(&[CATEGORIES, &format!("{ENTRY}{examples}")]).unwrap();
        let failed: Vec<String> = set.failed_examples().iter().map(ToString::to_string).collect();
        assert_eq!(failed, ["f.toml:12: example Desk/1 is no application's, expected desk"]);
        let two = "[[example]]\nhost=\"a.example\"\nalpn=\"desk\"\napp=\"\"\n";
        assert_eq!(
            error(&[two]),
            "f.toml:4: an example has one of host, certificate, alpn, user_agent, tls_fingerprint, address"
        );
        assert!(error(&["[[example]]\napp=\"\"\n"]).starts_with("f.toml:2: an example has one of"));
    }
}
