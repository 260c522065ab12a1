//! Applications and categories from their data files: parsed, checked, and looked up by host name.
//!
//! A file holds `[[app]]` tables (`id`, `key`, `name`, `category`, `domains`, and optionally `owner`, `risk`, `tags`, and what tells it
//! beside domains: [`clues`], [`networks`]), `[[category]]` tables (`id`, `key`, `name`, `risk`, `about`), `[[protocol]]`
//! tables ([`crate::declared`]), and `[[example]]` tables (`host` or another value, `app`) that say what a host name should be
//! found as. Every error names file and line.

pub mod clues;
pub mod domains;
mod entries;
mod files;
pub mod networks;
mod risks;
pub mod sites;

use std::collections::HashMap;

use toml::Spanned;

pub use entries::Given;
use entries::ReadNetworks;
pub(crate) use files::Place;
use files::{RawApp, RawCategory, parse_all};
pub use files::{SignatureError, SourceFile};

use crate::classification::candidates::PortTable;
use crate::declared::{DeclaredSet, RawProtocol, try_all};
use crate::flow::Upper;
use crate::protocol::Descriptor;
use crate::protocol::attributes::AttributeInfo;
use crate::protocols;
use crate::report::app_id::{AppId, FIRST_APPLICATION};
use crate::signatures::clues::Clues;
use crate::signatures::domains::{DomainMatch, Domains, NotADomain};
use crate::signatures::networks::Networks;
use crate::signatures::sites::FIRST_SITE;

/// An application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct App {
    /// App-ID.
    pub id: AppId,
    /// `youtube`.
    pub key: String,
    /// `YouTube`.
    pub name: String,
    /// Number of its category.
    pub category_id: u8,
    /// 0 to [`crate::protocol::MAX_RISK`]: its own, else its category's.
    pub risk: u8,
    /// Who runs it; empty when not said.
    pub owner: String,
    /// Free words.
    pub tags: Vec<String>,
}

/// A category.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Category {
    /// 0 is `unknown`.
    pub id: u8,
    /// `video`.
    pub key: String,
    /// `Video`.
    pub name: String,
    /// 0 to [`crate::protocol::MAX_RISK`]: that of applications and protocols that do not say their own.
    pub risk: u8,
    /// What belongs to it.
    pub about: String,
}

/// All that the data files say.
#[derive(Debug)]
pub struct Signatures {
    apps: Vec<App>,
    categories: Vec<Category>,
    domains: Domains,
    clues: Clues,
    has_clues: bool,
    networks: Networks,
    by_key: HashMap<String, u32>,
    ports: PortTable,
    protocol_categories: Vec<u8>,
    protocol_risks: Vec<u8>,
    protocol_apps: Vec<Option<u32>>,
    declared: DeclaredSet,
    examples: Vec<Example>,
}

/// What a data file says that a host name, or whatever else is given, should be found as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// Name of the file, as it was given.
    pub file: String,
    /// Counted from 1.
    pub line: usize,
    /// What is given.
    pub given: Given,
    /// Name, user agent, address.
    pub value: String,
    /// Key of the application; empty: no application may claim it.
    pub app: String,
}

/// A protocol of a set, native or declared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProtocolInfo<'a> {
    /// `tls`.
    pub key: &'a str,
    /// `TLS`.
    pub name: &'a str,
    /// Selector in engine 20.
    pub selector: u32,
}

impl Default for Signatures {
    fn default() -> Self {
        Self {
            apps: Vec::new(),
            categories: vec![unknown_category()],
            domains: Domains::default(),
            clues: Clues::default(),
            has_clues: false,
            networks: Networks::default(),
            by_key: HashMap::new(),
            ports: PortTable::default(),
            protocol_categories: vec![0; protocols::ALL.len()],
            protocol_risks: vec![0; protocols::ALL.len()],
            protocol_apps: vec![None; protocols::ALL.len()],
            examples: Vec::new(),
            declared: DeclaredSet::default(),
        }
    }
}

impl Signatures {
    /// Reads data files; categories may stand in a later file than the applications that name them.
    ///
    /// # Errors
    /// [`SignatureError`] for the first rule that a file breaks.
    pub fn load(files: &[SourceFile<'_>]) -> Result<Self, SignatureError> {
        let mut loading = Loading::default();
        let parsed = parse_all(files)?;
        for (place, raw) in &parsed {
            for category in &raw.category {
                loading.add_category(*place, category)?;
            }
        }
        for (place, raw) in &parsed {
            for app in &raw.app {
                loading.add_app(*place, app)?;
            }
            for example in &raw.example {
                loading.add_example(*place, example)?;
            }
        }
        let mut declared = Vec::new();
        for (place, raw) in &parsed {
            for protocol in &raw.protocol {
                loading.add_protocol(*place, protocol)?;
                declared.push((*place, protocol));
            }
        }
        let loaded = loading.finish();
        try_all(&declared, &loaded)?;
        Ok(loaded)
    }

    /// The application whose domain `host` lies in.
    #[must_use]
    pub fn match_host(&self, host: &str) -> Option<(u32, DomainMatch<'_>)> {
        self.domains.lookup(host).map(|found| (found.value, found))
    }

    /// The examples of the data files.
    #[must_use]
    pub fn examples(&self) -> &[Example] {
        &self.examples
    }

    /// The protocol at this place: native ones first, as in [`protocols::ALL`], then those that the files declare.
    #[must_use]
    pub fn protocol(&self, index: usize) -> Option<ProtocolInfo<'_>> {
        if let Some(native) = protocols::ALL.get(index) {
            return Some(ProtocolInfo { key: native.key, name: native.name, selector: native.selector });
        }
        let declared = self.ports.declared(index)?;
        Some(ProtocolInfo { key: &declared.key, name: &declared.name, selector: declared.selector })
    }

    /// All protocols, in the order of their places.
    pub fn protocols(&self) -> impl Iterator<Item = ProtocolInfo<'_>> {
        (0..protocols::ALL.len() + self.ports.all_declared().len()).filter_map(|index| self.protocol(index))
    }

    /// The attribute with this id, native or declared.
    #[must_use]
    pub fn attribute(&self, id: u16) -> Option<AttributeInfo<'_>> {
        self.declared.attribute(id)
    }

    /// All attributes, native ones first.
    pub fn attributes(&self) -> impl Iterator<Item = AttributeInfo<'_>> {
        self.declared.attributes()
    }

    /// What the authors of declared protocols should know: nothing of it is an error.
    #[must_use]
    pub fn warnings(&self) -> &[SignatureError] {
        self.declared.warnings()
    }

    /// The protocols, by what they can be told from.
    #[must_use]
    pub fn ports(&self) -> &PortTable {
        &self.ports
    }

    /// The application or protocol with this key.
    #[must_use]
    pub fn upper(&self, key: &str) -> Option<Upper> {
        let app = self.by_key.get(key).map(|index| Upper::App(*index));
        app.or_else(|| Some(Upper::Protocol(u16::try_from(self.ports.by_key(key)?).ok()?)))
    }

    /// The application that a native protocol belongs to, by the protocol's place in [`protocols::ALL`].
    #[must_use]
    pub fn protocol_app(&self, index: usize) -> Option<u32> {
        self.protocol_apps.get(index).copied().flatten()
    }

    /// An application by its place in [`Signatures::apps`].
    #[must_use]
    pub fn app(&self, index: u32) -> Option<&App> {
        self.apps.get(index as usize)
    }

    /// All applications, in the order of the files.
    #[must_use]
    pub fn apps(&self) -> &[App] {
        &self.apps
    }

    /// All categories, `unknown` first.
    #[must_use]
    pub fn categories(&self) -> &[Category] {
        &self.categories
    }

    /// A category by its number.
    #[must_use]
    pub fn category(&self, id: u8) -> Option<&Category> {
        self.categories.iter().find(|category| category.id == id)
    }

    /// The category of a protocol by its place; 0 when the files do not have it.
    #[must_use]
    pub fn protocol_category(&self, index: usize) -> u8 {
        self.protocol_categories.get(index).copied().unwrap_or(0)
    }

    /// The risk of a protocol by its place: its own, else its category's.
    #[must_use]
    pub fn protocol_risk(&self, index: usize) -> u8 {
        self.protocol_risks.get(index).copied().unwrap_or(0)
    }

    /// The tags of a protocol by its place.
    #[must_use]
    pub fn protocol_tags(&self, index: usize) -> Vec<&str> {
        match (protocols::ALL.get(index), self.ports.declared(index)) {
            (Some(native), _) => native.tags.to_vec(),
            (None, Some(declared)) => declared.tags.iter().map(String::as_str).collect(),
            (None, None) => Vec::new(),
        }
    }

    /// The number of the category with this key; 0 when there is none.
    #[must_use]
    pub fn category_by_key(&self, key: &str) -> u8 {
        self.categories.iter().find(|category| category.key == key).map_or(0, |category| category.id)
    }
}

fn unknown_category() -> Category {
    Category { id: 0, key: "unknown".into(), name: "Unknown".into(), risk: 0, about: "Not classified".into() }
}

struct Loading {
    result: Signatures,
    keys: HashMap<String, String>,
    ids: HashMap<u32, String>,
    networks: ReadNetworks,
}

impl Default for Loading {
    fn default() -> Self {
        let native = protocols::ALL.iter().map(|p: &&Descriptor| p.key);
        Self {
            result: Signatures::default(),
            keys: native.map(|key| (key.to_owned(), format!("protocol {key}"))).collect(),
            ids: HashMap::new(),
            networks: ReadNetworks::default(),
        }
    }
}

impl Loading {
    fn add_category(&mut self, place: Place<'_>, raw: &RawCategory) -> Result<(), SignatureError> {
        let (id, key) = (*raw.id.get_ref(), raw.key.get_ref());
        check_key(place, &raw.key)?;
        if id == 0 && key == "unknown" {
            return Ok(());
        }
        if let Some(other) = self.result.categories.iter().find(|c| c.id == id || c.key == *key) {
            let message = format!("category {key} ({id}) clashes with {} ({})", other.key, other.id);
            return Err(place.error(raw.id.span().start, message));
        }
        let (name, about) = (raw.name.clone(), raw.about.clone());
        let risk = risks::given(place, key, raw.risk.as_ref())?.unwrap_or(0);
        self.result.categories.push(Category { id, key: key.clone(), name, risk, about });
        Ok(())
    }

    fn add_app(&mut self, place: Place<'_>, raw: &RawApp) -> Result<(), SignatureError> {
        let (id, key) = (*raw.id.get_ref(), raw.key.get_ref());
        check_key(place, &raw.key)?;
        if !(FIRST_APPLICATION..FIRST_SITE).contains(&id) {
            let message = format!("id {id} of {key} is not between {FIRST_APPLICATION} and {}", FIRST_SITE - 1);
            return Err(place.error(raw.id.span().start, message));
        }
        if let Some(other) = self.ids.insert(id, format!("app {key}")) {
            return Err(place.error(raw.id.span().start, format!("id {id} of {key} is that of {other} already")));
        }
        if let Some(other) = self.keys.insert(key.clone(), format!("app {id}")) {
            return Err(place.error(raw.key.span().start, format!("key {key} is that of {other} already")));
        }
        let category = self.category_of(place, key, &raw.category)?;
        let (category_id, usual_risk) = (category.id, category.risk);
        let risk = risks::given(place, key, raw.risk.as_ref())?.unwrap_or(usual_risk);
        self.add_domains(place, key, &raw.domains)?;
        self.add_entries(place, raw)?;
        self.result.by_key.insert(key.clone(), self.next_app());
        self.result.apps.push(App {
            id: AppId::ours(id),
            key: key.clone(),
            name: raw.name.clone(),
            category_id,
            risk,
            owner: raw.owner.clone(),
            tags: raw.tags.clone(),
        });
        Ok(())
    }

    fn add_protocol(&mut self, place: Place<'_>, raw: &Spanned<RawProtocol>) -> Result<(), SignatureError> {
        let table = raw.get_ref();
        let (id, key) = (*table.id.get_ref(), table.key.get_ref());
        check_key(place, &table.key)?;
        if let Some(other) = self.ids.insert(id, format!("protocol {key}")) {
            return Err(place.error(table.id.span().start, format!("id {id} of {key} is that of {other} already")));
        }
        if let Some(other) = self.keys.insert(key.clone(), format!("protocol {id}")) {
            return Err(place.error(table.key.span().start, format!("key {key} is that of {other} already")));
        }
        self.category_of(place, key, &table.category)?;
        risks::given(place, key, table.risk.as_ref())?;
        self.result.declared.add(place, raw, &mut self.result.ports)
    }

    fn category_of(&self, place: Place<'_>, key: &str, wanted: &Spanned<String>) -> Result<&Category, SignatureError> {
        let found = self.result.categories.iter().find(|category| category.key == *wanted.get_ref());
        let error = || format!("category {} of {key} is not declared", wanted.get_ref());
        found.ok_or_else(|| place.error(wanted.span().start, error()))
    }

    /// The domains of the application that is about to be pushed.
    fn add_domains(&mut self, place: Place<'_>, key: &str, list: &[Spanned<String>]) -> Result<(), SignatureError> {
        let index = self.next_app();
        for domain in list {
            let text = domain.get_ref();
            match self.result.domains.insert(text, index) {
                Ok(None) => {}
                Ok(Some(other)) => {
                    let owner = self.result.app(other).map_or(key, |app| app.key.as_str());
                    let message = format!("domain {text} of {key} is that of {owner} already");
                    return Err(place.error(domain.span().start, message));
                }
                Err(NotADomain(text)) => {
                    return Err(place.error(domain.span().start, format!("{text:?} of {key} is not a domain name")));
                }
            }
        }
        Ok(())
    }

    fn finish(mut self) -> Signatures {
        let native = protocols::ALL.iter().map(|p: &&Descriptor| p.category);
        let declared = self.result.ports.all_declared().iter().map(|protocol| protocol.category.as_str());
        let numbers: Vec<u8> = native.chain(declared).map(|key| self.result.category_by_key(key)).collect();
        self.result.protocol_risks = risks::of_protocols(&self.result, &numbers);
        self.result.protocol_categories = numbers;
        let apps = protocols::ALL.iter().map(|p: &&Descriptor| self.result.by_key.get(p.app).copied()).collect();
        self.result.protocol_apps = apps;
        self.result.has_clues = !self.result.clues.is_empty();
        self.result.networks = self.networks.finish();
        self.result
    }
}

fn check_key(place: Place<'_>, key: &Spanned<String>) -> Result<(), SignatureError> {
    let text = key.get_ref();
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if !text.is_empty() && text.bytes().all(fits) {
        return Ok(());
    }
    Err(place.error(key.span().start, format!("key {text:?} has characters other than a-z, 0-9 and -")))
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) const CATEGORIES: &str =
        "[[category]]\nid=3\nkey=\"video\"\nname=\"Video\"\nabout=\"Moving pictures\"\n";
    const APPS: &str =
        "[[app]]\nid=10001\nkey=\"tube\"\nname=\"Tube\"\ncategory=\"video\"\nowner=\"X\"\ndomains=[\"tube.example\"]\n";

    pub(super) fn load(texts: &[&str]) -> Result<Signatures, SignatureError> {
        let files: Vec<_> = texts.iter().map(|text| SourceFile { name: "f.toml", text }).collect();
        Signatures::load(&files)
    }

    pub(super) fn error(texts: &[&str]) -> String {
        load(texts).unwrap_err().to_string()
    }

    #[test]
    fn an_application_is_found_by_host_whatever_the_order_of_the_files() {
        let signatures = load(&[APPS, CATEGORIES]).unwrap();
        let (index, found) = signatures.match_host("www.tube.example").unwrap();
        let app = signatures.app(index).unwrap();
        assert_eq!((app.key.as_str(), app.id.0, found.domain), ("tube", 0x1400_2711, "tube.example"));
        assert_eq!(signatures.category(app.category_id).unwrap().key, "video");
    }

    #[test]
    fn examples_that_do_not_hold_are_named() {
        let examples = "[[example]]\nhost=\"WWW.tube.example\"\napp=\"tube\"\n[[example]]\nhost=\"tube.test\"\napp=\"tube\"\n\
                        [[example]]\nhost=\"tube.example\"\napp=\"\"\n";
        let signatures = load(&[CATEGORIES, APPS, examples]).unwrap();
        let failed: Vec<String> = signatures.failed_examples().iter().map(ToString::to_string).collect();
        let none = "f.toml:5: example tube.test is no application's, expected tube";
        let some = "f.toml:8: example tube.example is tube by tube.example, expected no application's";
        assert_eq!((signatures.examples().len(), failed), (3, vec![none.to_owned(), some.to_owned()]));
        assert!(error(&["[[example]]\nhost=\"a\"\n"]).contains("missing field `app`"));
    }

    #[test]
    fn errors_name_file_line_and_value() {
        assert!(error(&["[[app]]\nid=1\n"]).starts_with("f.toml:1: missing field"));
        assert_eq!(error(&[APPS]), "f.toml:5: category video of tube is not declared");
        let small = APPS.replace("10001", "77");
        assert_eq!(error(&[CATEGORIES, &small]), "f.toml:2: id 77 of tube is not between 10000 and 8388607");
        assert_eq!(error(&[CATEGORIES, APPS, APPS]), "f.toml:2: id 10001 of tube is that of app tube already");
        let taken = APPS.replace("\"tube\"", "\"tls\"");
        assert_eq!(error(&[CATEGORIES, &taken]), "f.toml:3: key tls is that of protocol tls already");
        let twice = APPS.replace("10001", "10002").replace("\"tube\"", "\"tubes\"");
        assert_eq!(
            error(&[CATEGORIES, APPS, &twice]),
            "f.toml:7: domain tube.example of tubes is that of tube already"
        );
        let bad = APPS.replace("tube.example", "tube..example");
        assert_eq!(error(&[CATEGORIES, &bad]), "f.toml:7: \"tube..example\" of tube is not a domain name");
        assert!(error(&["[[app]\n"]).starts_with("f.toml:1: "));
    }

    #[test]
    fn of_many_broken_files_the_first_one_is_named() {
        let texts: Vec<String> = (1..=64).map(|line| "\n".repeat(line) + "[[app]\n").collect();
        let mut texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        texts.insert(0, CATEGORIES);
        assert!(error(&texts).starts_with("f.toml:2: "), "{}", error(&texts));
    }
}
