//! The names in a certificate (RFC 5280), from its DER (X.690 §8): whose it is, who vouches, and for which hosts.

use crate::bytes::Reader;

/// Names kept of one certificate; some list hundreds.
const MAX_NAMES: usize = 16;
const SEQUENCE: u8 = 0x30;
const OBJECT_IDENTIFIER: u8 = 0x06;
const OCTET_STRING: u8 = 0x04;
const BOOLEAN: u8 = 0x01;
/// `version`, context-specific and constructed (RFC 5280 §4.1).
const VERSION: u8 = 0xa0;
/// `extensions`.
const EXTENSIONS: u8 = 0xa3;
/// `dNSName` of a GeneralName (§4.2.1.6).
const DNS_NAME: u8 = 0x82;
const COMMON_NAME: &[u8] = &[0x55, 4, 3]; // 2.5.4.3
const ORGANISATION: &[u8] = &[0x55, 4, 10]; // 2.5.4.10
const SUBJECT_ALTERNATIVE_NAME: &[u8] = &[0x55, 29, 17]; // 2.5.29.17

/// What a certificate says; what it does not have is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names<'a> {
    /// Common name of the subject.
    pub subject: &'a [u8],
    /// Organisation of the subject.
    pub subject_organisation: &'a [u8],
    /// Common name of the issuer.
    pub issuer: &'a [u8],
    /// Organisation of the issuer.
    pub issuer_organisation: &'a [u8],
    /// DNS names of the subject, at most sixteen.
    pub hosts: Vec<&'a [u8]>,
}

impl<'a> Names<'a> {
    /// Reads a certificate; `None` where it does not have the form of one.
    #[must_use]
    pub fn read(certificate: &'a [u8]) -> Option<Self> {
        let mut names = Self::default();
        let mut body = Der::new(Der::new(certificate).content(SEQUENCE)?);
        let mut fields = Der::new(body.content(SEQUENCE)?);
        if fields.peek() == Some(VERSION) {
            fields.any()?;
        }
        fields.any()?; // serial number
        fields.any()?; // signature algorithm
        (names.issuer, names.issuer_organisation) = read_name(fields.content(SEQUENCE)?);
        fields.any()?; // validity
        (names.subject, names.subject_organisation) = read_name(fields.content(SEQUENCE)?);
        while let Some((kind, content)) = fields.any() {
            if kind == EXTENSIONS {
                names.read_extensions(content);
            }
        }
        Some(names)
    }

    /// The host that the certificate is for: its first name that has a dot, without a wildcard.
    #[must_use]
    pub fn host(&self) -> Option<&'a [u8]> {
        self.hosts
            .iter()
            .copied()
            .chain([self.subject])
            .map(|name| name.strip_prefix(b"*.").unwrap_or(name))
            .find(|name| is_host_name(name))
    }

    fn read_extensions(&mut self, content: &'a [u8]) {
        let Some(list) = Der::new(content).content(SEQUENCE) else { return };
        let mut list = Der::new(list);
        while let Some(extension) = list.content(SEQUENCE) {
            let mut extension = Der::new(extension);
            if extension.content(OBJECT_IDENTIFIER) != Some(SUBJECT_ALTERNATIVE_NAME) {
                continue;
            }
            if extension.peek() == Some(BOOLEAN) {
                extension.any(); // critical
            }
            let Some(names) = extension.content(OCTET_STRING).and_then(|value| Der::new(value).content(SEQUENCE))
            else {
                return;
            };
            let mut names = Der::new(names);
            while let Some((kind, name)) = names.any() {
                if kind == DNS_NAME && self.hosts.len() < MAX_NAMES {
                    self.hosts.push(name);
                }
            }
        }
    }
}

/// Whether a name can be looked up: letters, digits, hyphens, dots, and one dot at least within.
fn is_host_name(name: &[u8]) -> bool {
    name.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_'))
        && name.contains(&b'.')
        && name.iter().any(u8::is_ascii_alphabetic)
}

/// Common name and organisation (§4.1.2.4); the last of each stands nearest to the subject.
fn read_name(content: &[u8]) -> (&[u8], &[u8]) {
    let (mut common_name, mut organisation) = (&[][..], &[][..]);
    let mut sets = Der::new(content);
    while let Some((_, set)) = sets.any() {
        let mut pairs = Der::new(set);
        while let Some(pair) = pairs.content(SEQUENCE) {
            let mut pair = Der::new(pair);
            let (Some(kind), Some((_, value))) = (pair.content(OBJECT_IDENTIFIER), pair.any()) else { continue };
            match kind {
                COMMON_NAME => common_name = value,
                ORGANISATION => organisation = value,
                _ => {}
            }
        }
    }
    (common_name, organisation)
}

/// Elements one after the other.
struct Der<'a> {
    reader: Reader<'a>,
}

impl<'a> Der<'a> {
    const fn new(data: &'a [u8]) -> Self {
        Self { reader: Reader::new(data) }
    }

    fn peek(&self) -> Option<u8> {
        self.reader.rest().first().copied()
    }

    /// The next element's tag and content; lengths of up to three bytes (a certificate has less than 2^24).
    fn any(&mut self) -> Option<(u8, &'a [u8])> {
        let tag = self.reader.u8()?;
        let size = match self.reader.u8()? {
            short @ 0..=0x7f => usize::from(short),
            0x81 => usize::from(self.reader.u8()?),
            0x82 => usize::from(self.reader.u16()?),
            0x83 => self.reader.u24()? as usize,
            _ => return None,
        };
        Some((tag, self.reader.take(size)?))
    }

    /// The content of the next element, if it has this tag.
    fn content(&mut self, tag: u8) -> Option<&'a [u8]> {
        if self.peek() == Some(tag) { self.any().map(|(_, content)| content) } else { None }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    fn element(tag: u8, content: &[u8]) -> Vec<u8> {
        let size = u16::try_from(content.len()).unwrap().to_be_bytes();
        [&[tag, 0x82, size[0], size[1]], content].concat()
    }

    fn name(kind: &[u8], text: &str) -> Vec<u8> {
        let pair = [element(OBJECT_IDENTIFIER, kind), element(0x0c, text.as_bytes())].concat();
        element(0x31, &element(SEQUENCE, &pair))
    }

    /// A certificate without key and signature, for the tests of everything that carries one.
    pub(crate) fn certificate(subject: &str, issuer: &str, hosts: &[&str]) -> Vec<u8> {
        let hosts: Vec<u8> = hosts.iter().flat_map(|host| element(DNS_NAME, host.as_bytes())).collect();
        let value = element(OCTET_STRING, &element(SEQUENCE, &hosts));
        let extension =
            [element(OBJECT_IDENTIFIER, SUBJECT_ALTERNATIVE_NAME), element(BOOLEAN, &[0xff]), value].concat();
        let fields = [
            element(VERSION, &[2, 1, 2]),
            element(2, &[1]),
            element(SEQUENCE, &[]),
            element(SEQUENCE, &[name(ORGANISATION, "Example CA"), name(COMMON_NAME, issuer)].concat()),
            element(SEQUENCE, &[]),
            element(SEQUENCE, &name(COMMON_NAME, subject)),
            element(SEQUENCE, &[]),
            element(EXTENSIONS, &element(SEQUENCE, &element(SEQUENCE, &extension))),
        ];
        element(SEQUENCE, &element(SEQUENCE, &fields.concat()))
    }

    #[test]
    fn names_are_read() {
        let data = certificate("Example", "Example Root", &["*.example.org", "example.org"]);
        let names = Names::read(&data).unwrap();
        assert_eq!((names.subject, names.issuer), (&b"Example"[..], &b"Example Root"[..]));
        assert_eq!(names.issuer_organisation, b"Example CA");
        assert_eq!(names.hosts, [&b"*.example.org"[..], b"example.org"]);
        assert_eq!(names.host(), Some(&b"example.org"[..]));
    }

    #[test]
    fn a_subject_without_a_dot_is_no_host() {
        let data = certificate("router", "router", &[]);
        assert_eq!(Names::read(&data).unwrap().host(), None);
    }

    #[test]
    fn every_cut_is_refused() {
        let data = certificate("a.example", "b", &["c.example"]);
        for end in 0..data.len() {
            assert_eq!(Names::read(&data[..end]), None);
        }
    }
}
