//! Fingerprints of hello messages: JA3 and JA3S (MD5 over numbers in decimal), JA4 (a readable part and two hashes over sorted
//! numbers, so that shuffled extensions change nothing). Values reserved by RFC 8701 are left out of all of them.

use std::fmt::Write as _;

use md5::{Digest, Md5};
use sha2::Sha256;

use crate::attributes::Attribute;
use crate::bytes::Reader;
use crate::protocol::Findings;
use crate::tls_handshake::{ClientHello, EXTENSION_ALPN, EXTENSION_SERVER_NAME, ServerHello, is_grease};

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
/// What stands for the hash of nothing.
const NOTHING: &str = "000000000000";

/// Adds both fingerprints of a whole ClientHello.
pub fn report_client(hello: &ClientHello<'_>, carrier: Carrier, found: &mut Findings) {
    found.text(Attribute::TlsJa3, ja3(hello).as_bytes());
    found.text(Attribute::TlsJa4, ja4(hello, carrier).as_bytes());
}

/// Adds the fingerprint of a ServerHello.
pub fn report_server(hello: &ServerHello<'_>, found: &mut Findings) {
    let extensions = decimal(hello.extension_types());
    let text = format!("{},{},{extensions}", hello.legacy_version, hello.cipher_suite);
    found.text(Attribute::TlsJa3s, hexadecimal(&Md5::digest(text)).as_bytes());
}

/// JA3: `version,suites,extensions,groups,point formats`, each list in decimal with hyphens.
#[must_use]
pub fn ja3(hello: &ClientHello<'_>) -> String {
    let text = format!(
        "{},{},{},{},{}",
        hello.legacy_version,
        decimal(numbers(hello.cipher_suites)),
        decimal(hello.extension_types()),
        decimal(numbers(hello.groups)),
        decimal(hello.point_formats.iter().map(|format| u16::from(*format))),
    );
    hexadecimal(&Md5::digest(text))
}

/// JA4: carrier, version, whether a name is asked for, both counts, first and last letter of the first ALPN; the suites; the
/// extensions less name and ALPN, with the signature algorithms in their order.
#[must_use]
pub fn ja4(hello: &ClientHello<'_>, carrier: Carrier) -> String {
    let mut suites: Vec<u16> = numbers(hello.cipher_suites).filter(|number| !is_grease(*number)).collect();
    let mut extensions: Vec<u16> = hello.extension_types().filter(|number| !is_grease(*number)).collect();
    let letter = match carrier {
        Carrier::Stream => 't',
        Carrier::Datagrams => 'd',
        Carrier::Quic => 'q',
    };
    let name = if extensions.contains(&EXTENSION_SERVER_NAME) { 'd' } else { 'i' };
    let (suite_count, extension_count) = (suites.len().min(99), extensions.len().min(99));
    suites.sort_unstable();
    extensions.retain(|kind| !matches!(*kind, EXTENSION_SERVER_NAME | EXTENSION_ALPN));
    extensions.sort_unstable();
    let mut second = four_digits(extensions.into_iter());
    let signatures = four_digits(numbers(hello.signature_algorithms).filter(|number| !is_grease(*number)));
    if !signatures.is_empty() {
        second = format!("{second}_{signatures}");
    }
    format!(
        "{letter}{}{name}{suite_count:02}{extension_count:02}{}_{}_{}",
        version_digits(hello.highest_version()),
        alpn_letters(hello),
        short_hash(&four_digits(suites.into_iter())),
        short_hash(&second),
    )
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
fn alpn_letters(hello: &ClientHello<'_>) -> String {
    let Some(protocol) = hello.alpn().next() else { return "00".to_owned() };
    let (Some(first), Some(last)) = (protocol.first(), protocol.last()) else { return "00".to_owned() };
    if first.is_ascii_alphanumeric() && last.is_ascii_alphanumeric() {
        return format!("{}{}", char::from(*first), char::from(*last));
    }
    format!("{:x}{:x}", first >> 4, last & 0x0f)
}

fn numbers(list: &[u8]) -> impl Iterator<Item = u16> + use<'_> {
    let mut reader = Reader::new(list);
    std::iter::from_fn(move || reader.u16())
}

fn decimal(numbers: impl Iterator<Item = u16>) -> String {
    joined(numbers.filter(|number| !is_grease(*number)), '-', |text, number| write!(text, "{number}"))
}

fn four_digits(numbers: impl Iterator<Item = u16>) -> String {
    joined(numbers, ',', |text, number| write!(text, "{number:04x}"))
}

fn joined(
    numbers: impl Iterator<Item = u16>,
    separator: char,
    add: impl Fn(&mut String, u16) -> std::fmt::Result,
) -> String {
    let mut text = String::new();
    for number in numbers {
        if !text.is_empty() {
            text.push(separator);
        }
        let _infallible = add(&mut text, number);
    }
    text
}

fn short_hash(text: &str) -> String {
    if text.is_empty() {
        return NOTHING.to_owned();
    }
    let mut digits = hexadecimal(&Sha256::digest(text));
    digits.truncate(KEPT_DIGITS);
    digits
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _infallible = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tls_handshake::parse_client_hello;
    use crate::tls_handshake::tests::{client_hello, server_name};

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
    fn nothing_has_its_own_digits() {
        let hello = client_hello(b"");
        let hello = parse_client_hello(&hello).unwrap();
        assert!(ja4(&hello, Carrier::Quic).starts_with("q12i010000_"));
        assert!(ja4(&hello, Carrier::Quic).ends_with("_000000000000"));
        // 771,4865,,,
        assert_eq!(ja3(&hello), hexadecimal(&Md5::digest("771,4865,,,")));
    }
}
