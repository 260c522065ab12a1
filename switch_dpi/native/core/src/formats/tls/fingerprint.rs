//! Fingerprints of hello messages: JA3 and JA3S (MD5 over numbers in decimal), JA4 (a readable part and two hashes over sorted
//! numbers, so that shuffled extensions change nothing). Values reserved by RFC 8701 are left out of all of them.

use std::cell::RefCell;
use std::hash::{BuildHasher, Hash, Hasher};

use md5::{Digest, Md5};
use sha2::Sha256;

use crate::formats::tls::handshake::{
    ClientHello, EXTENSION_ALPN, EXTENSION_SERVER_NAME, ServerHello, is_grease, numbers,
};
use crate::protocol::Findings;
use crate::protocol::attributes::Attribute;

/// What carries a hello: JA4's first letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carrier {
    /// TLS over a stream.
    Stream,
    /// DTLS.
    Datagrams,
    /// QUIC.
    Quic,
}

/// Hexadecimal digits of a hash that JA4 keeps.
const KEPT_DIGITS: usize = 12;
/// Hexadecimal digits of an MD5.
const JA3_SIZE: usize = 32;
/// What stands for the hash of nothing.
const NOTHING: &str = "000000000000";

/// Adds both fingerprints of a whole ClientHello.
pub fn report_client(hello: &ClientHello<'_>, carrier: Carrier, found: &mut Findings) {
    RECENT.with_borrow_mut(|recent| {
        let (ja3, ja4) = recent.client(hello, carrier);
        found.string(Attribute::TlsJa3, ja3);
        found.string(Attribute::TlsJa4, ja4);
    });
}

thread_local! {
    static RECENT: RefCell<Recent> = RefCell::default();
}

/// The same programs say hello again and again: what was hashed lately is not hashed anew.
#[derive(Default)]
struct Recent {
    hasher: foldhash::fast::RandomState,
    /// Both fingerprints of a client, one behind the other.
    clients: Memory<Box<str>>,
    servers: Memory<Box<str>>,
}

impl Recent {
    /// JA3 and JA4.
    fn client(&mut self, hello: &ClientHello<'_>, carrier: Carrier) -> (&str, &str) {
        let print = self.client_print(hello, carrier);
        let both = self.clients.of(print, || (ja3(hello) + &ja4(hello, carrier)).into());
        both.split_at_checked(JA3_SIZE).unwrap_or_default()
    }

    fn client_print(&self, hello: &ClientHello<'_>, carrier: Carrier) -> u64 {
        let mut hasher = self.hasher.build_hasher();
        hasher.write_u8(carrier as u8);
        hasher.write_u16(hello.legacy_version);
        hasher.write_u16(hello.highest_version());
        for list in [hello.cipher_suites, hello.groups, hello.point_formats, hello.signature_algorithms] {
            hasher.write_usize(list.len());
            hasher.write(list);
        }
        hello.extension_types().for_each(|kind| hasher.write_u16(kind));
        hello.alpn().next().unwrap_or_default().hash(&mut hasher);
        hasher.finish()
    }

    fn server_print(&self, hello: &ServerHello<'_>) -> u64 {
        let mut hasher = self.hasher.build_hasher();
        hasher.write_u16(hello.legacy_version);
        hasher.write_u16(hello.cipher_suite);
        hello.extension_types().for_each(|kind| hasher.write_u16(kind));
        hasher.finish()
    }
}

/// What was made of the latest hellos. A place is one hello's, by a hash of what the fingerprints are made of, seeded at random;
/// another one that meets it there takes it.
struct Memory<T> {
    first: Option<(u64, T)>,
    others: Vec<Option<(u64, T)>>,
}

impl<T> Default for Memory<T> {
    fn default() -> Self {
        Self { first: None, others: (1..REMEMBERED).map(|_| None).collect() }
    }
}

const REMEMBERED: usize = 2048;

impl<T> Memory<T> {
    fn of(&mut self, print: u64, make: impl FnOnce() -> T) -> &T {
        let at = usize::try_from(print >> 32).unwrap_or(0) % REMEMBERED;
        let place = self.others.get_mut(at).unwrap_or(&mut self.first);
        let known = place.take().filter(|(other, _)| *other == print);
        &place.insert(known.unwrap_or_else(|| (print, make()))).1
    }
}

/// Adds the fingerprint of a ServerHello.
pub fn report_server(hello: &ServerHello<'_>, found: &mut Findings) {
    RECENT.with_borrow_mut(|recent| {
        let print = recent.server_print(hello);
        found.string(Attribute::TlsJa3s, recent.servers.of(print, || ja3s(hello).into()));
    });
}

/// JA3S: `version,suite,extensions`; 32 hexadecimal digits.
fn ja3s(hello: &ServerHello<'_>) -> String {
    let mut text = Digits::default();
    text.decimal(hello.legacy_version);
    text.push(b',');
    text.decimal(hello.cipher_suite);
    text.push(b',');
    text.decimals(hello.extension_types());
    md5(&text)
}

/// JA3: `version,suites,extensions,groups,point formats`, each list in decimal with hyphens; 32 hexadecimal digits.
#[must_use]
pub fn ja3(hello: &ClientHello<'_>) -> String {
    let mut text = Digits::default();
    text.decimal(hello.legacy_version);
    text.push(b',');
    text.decimals(numbers(hello.cipher_suites));
    text.push(b',');
    text.decimals(hello.extension_types());
    text.push(b',');
    text.decimals(numbers(hello.groups));
    text.push(b',');
    text.decimals(hello.point_formats.iter().map(|format| u16::from(*format)));
    md5(&text)
}

/// JA4: carrier, version, whether a name is asked for, both counts, first and last letter of the first ALPN; the suites; the
/// extensions less name and ALPN, with the signature algorithms in their order.
#[must_use]
pub fn ja4(hello: &ClientHello<'_>, carrier: Carrier) -> String {
    let mut suites: Vec<u16> = numbers(hello.cipher_suites).filter(|number| !is_grease(*number)).collect();
    let mut extensions: Vec<u16> = hello.extension_types().filter(|number| !is_grease(*number)).collect();
    let mut fingerprint = Digits::default();
    fingerprint.push(match carrier {
        Carrier::Stream => b't',
        Carrier::Datagrams => b'd',
        Carrier::Quic => b'q',
    });
    fingerprint.0.extend_from_slice(version_digits(hello.highest_version()).as_bytes());
    fingerprint.push(if extensions.contains(&EXTENSION_SERVER_NAME) { b'd' } else { b'i' });
    fingerprint.two_decimals(suites.len());
    fingerprint.two_decimals(extensions.len());
    fingerprint.0.extend_from_slice(&alpn_letters(hello));
    suites.sort_unstable();
    let mut listed = Digits::default();
    listed.four_digits(suites.into_iter());
    fingerprint.push(b'_');
    fingerprint.short_hash(&listed);
    extensions.retain(|kind| !matches!(*kind, EXTENSION_SERVER_NAME | EXTENSION_ALPN));
    extensions.sort_unstable();
    listed.0.clear();
    listed.four_digits(extensions.into_iter());
    let mut signatures = numbers(hello.signature_algorithms).filter(|number| !is_grease(*number)).peekable();
    if signatures.peek().is_some() {
        listed.push(b'_');
        listed.four_digits(signatures);
    }
    fingerprint.push(b'_');
    fingerprint.short_hash(&listed);
    fingerprint.into_text()
}

fn version_digits(version: u16) -> &'static str {
    match version {
        0x0304 => "13",
        0x0303 => "12",
        0x0302 => "11",
        0x0301 => "10",
        0x0300 => "s3",
        0xfeff => "d1",
        0xfefd => "d2",
        0xfefc => "d3",
        _ => "00",
    }
}

/// First and last letter of the first protocol offered; hexadecimal digits where they are none.
fn alpn_letters(hello: &ClientHello<'_>) -> [u8; 2] {
    match hello.alpn().next().map(|protocol| (protocol.first(), protocol.last())) {
        Some((Some(first), Some(last))) if first.is_ascii_alphanumeric() && last.is_ascii_alphanumeric() => {
            [*first, *last]
        }
        Some((Some(first), Some(last))) => [hex_digit(first >> 4), hex_digit(last & 0x0f)],
        _ => *b"00",
    }
}

fn md5(text: &Digits) -> String {
    let mut digits = Digits::default();
    digits.hexadecimal(&Md5::digest(&text.0));
    digits.into_text()
}

const fn hex_digit(value: u8) -> u8 {
    if value < 10 { b'0' + value } else { b'a' + value - 10 }
}

/// Text that numbers are written to; a hello has a hundred of them, and `write!` would be most of the work.
#[derive(Default)]
struct Digits(Vec<u8>);

impl Digits {
    fn push(&mut self, byte: u8) {
        self.0.push(byte);
    }

    fn decimal(&mut self, mut number: u16) {
        let start = self.0.len();
        loop {
            self.0.push(b'0' + (number % 10) as u8);
            number /= 10;
            if number == 0 {
                break;
            }
        }
        if let Some(digits) = self.0.get_mut(start..) {
            digits.reverse();
        }
    }

    /// Two digits, 99 at most.
    fn two_decimals(&mut self, number: usize) {
        let number = u8::try_from(number.min(99)).unwrap_or(99);
        self.0.extend_from_slice(&[b'0' + number / 10, b'0' + number % 10]);
    }

    /// With hyphens between, and without the reserved ones.
    fn decimals(&mut self, numbers: impl Iterator<Item = u16>) {
        for (at, number) in numbers.filter(|number| !is_grease(*number)).enumerate() {
            if at > 0 {
                self.push(b'-');
            }
            self.decimal(number);
        }
    }

    /// Four hexadecimal digits each, with commas between.
    fn four_digits(&mut self, numbers: impl Iterator<Item = u16>) {
        for (at, number) in numbers.enumerate() {
            if at > 0 {
                self.push(b',');
            }
            let [high, low] = number.to_be_bytes();
            self.0.extend([high >> 4, high & 0x0f, low >> 4, low & 0x0f].map(hex_digit));
        }
    }

    fn short_hash(&mut self, text: &Digits) {
        if text.0.is_empty() {
            self.0.extend_from_slice(NOTHING.as_bytes());
            return;
        }
        let hash = Sha256::digest(&text.0);
        self.hexadecimal(hash.get(..KEPT_DIGITS / 2).unwrap_or(&hash));
    }

    fn hexadecimal(&mut self, bytes: &[u8]) {
        self.0.extend(bytes.iter().flat_map(|byte| [byte >> 4, byte & 0x0f].map(hex_digit)));
    }

    /// All of it is ASCII: digits, punctuation, and letters of a protocol's name that are asked for that.
    fn into_text(self) -> String {
        String::from_utf8(self.0).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::tls::handshake::parse_client_hello;
    use crate::formats::tls::handshake::tests::{client_hello, server_name};

    #[test]
    fn what_is_shuffled_and_reserved_keeps_its_ja4() {
        let parts = [
            server_name("www.example.org"),
            b"\x00\x10\x00\x05\x00\x03\x02h2".to_vec(),
            b"\x00\x0a\x00\x06\x00\x04\x1a\x1a\x00\x1d".to_vec(),
            b"\x00\x0d\x00\x04\x00\x02\x04\x03".to_vec(),
        ];
        let [name, alpn, groups, signatures] = &parts;
        let one = client_hello(&[&name[..], alpn, groups, signatures].concat());
        let other = client_hello(&[&b"\x2a\x2a\x00\x00"[..], signatures, groups, alpn, name].concat());
        let (one, other) = (parse_client_hello(&one).unwrap(), parse_client_hello(&other).unwrap());
        let fingerprint = ja4(&one, Carrier::Stream);
        assert_eq!(fingerprint, ja4(&other, Carrier::Stream));
        assert!(fingerprint.starts_with("t12d0104h2_"), "{fingerprint}");
        assert_ne!(ja3(&one), ja3(&other));
    }

    #[test]
    fn what_is_remembered_is_what_was_computed() {
        let mut recent = Recent::default();
        for round in 0..2000u16 {
            let [high, low] = (0x4000 + round % 1000).to_be_bytes();
            let hello = client_hello(&[&[high, low, 0, 0][..], &server_name("www.example.org")].concat());
            let hello = parse_client_hello(&hello).unwrap();
            let carrier = if round % 3 == 0 { Carrier::Quic } else { Carrier::Stream };
            assert_eq!(recent.client(&hello, carrier), (&*ja3(&hello), &*ja4(&hello, carrier)));
        }
    }

    #[test]
    fn nothing_has_its_own_digits() {
        let hello = client_hello(b"");
        let hello = parse_client_hello(&hello).unwrap();
        assert!(ja4(&hello, Carrier::Quic).starts_with("q12i010000_"));
        assert!(ja4(&hello, Carrier::Quic).ends_with("_000000000000"));
        // 771,4865,,,
        assert_eq!(ja3(&hello), md5(&Digits(b"771,4865,,,".to_vec())));
    }
}
