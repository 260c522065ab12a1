//! The TLS hello messages (RFC 8446 §4, RFC 5246 §7.4), as they stand in TLS records and in QUIC CRYPTO frames.
//!
//! A message that has not arrived whole is read as far as it goes: `complete` tells. A message that breaks a rule of its
//! own is [`Malformed`], however much of it is there. Unknown versions, suites and extensions are kept as numbers.

use crate::bytes::Reader;
use crate::protocol::Findings;
use crate::protocol::attributes::Attribute;

/// Handshake message types (RFC 8446 §4).
pub const CLIENT_HELLO: u8 = 1;
/// The responder's answer.
pub const SERVER_HELLO: u8 = 2;
/// Type and size before every handshake message.
pub const MESSAGE_HEADER_SIZE: usize = 4;
/// A ClientHello is bounded by its parts: 34 + 33 + 2^16 + 256 + 2^16 bytes (RFC 8446 §4.1.2).
pub const MAX_HELLO_SIZE: usize = 34 + 33 + (1 << 16) + 256 + (1 << 16);

const MAX_SESSION_ID_SIZE: usize = 32; // RFC 5246 §7.4.1.2
const RANDOM_SIZE: usize = 32;
/// `server_name` (RFC 6066 §3).
pub const EXTENSION_SERVER_NAME: u16 = 0;
/// `application_layer_protocol_negotiation` (RFC 7301 §3.1).
pub const EXTENSION_ALPN: u16 = 16;
const EXTENSION_GROUPS: u16 = 10; // RFC 8422 §5.1.1
const EXTENSION_POINT_FORMATS: u16 = 11; // RFC 8422 §5.1.2
const EXTENSION_SIGNATURES: u16 = 13; // RFC 8446 §4.2.3
const EXTENSION_SUPPORTED_VERSIONS: u16 = 43;
const HOST_NAME: u8 = 0; // RFC 6066 §3

/// The rule that a message breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Malformed {
    /// The message is of another type.
    Type(u8),
    /// The message is larger than a hello can be.
    Size(usize),
    /// The version is none of TLS or DTLS.
    Version(u16),
    /// The session id is larger than 32 bytes.
    SessionId(u8),
    /// The list of cipher suites is empty or of odd size.
    CipherSuites(u16),
    /// A part reaches beyond the end of what holds it.
    Overrun(&'static str),
}

/// What a ClientHello says; parts that have not arrived are empty.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClientHello<'a> {
    /// `legacy_version`: at most 0x0303 in practice.
    pub legacy_version: u16,
    /// The cipher suites, two bytes each.
    pub cipher_suites: &'a [u8],
    /// The host name of `server_name` (RFC 6066 §3), as it stands on the wire.
    pub server_name: Option<&'a [u8]>,
    /// The extensions: type, size, content of each.
    pub extensions: &'a [u8],
    /// `supported_groups`, two bytes each.
    pub groups: &'a [u8],
    /// `ec_point_formats`, one byte each.
    pub point_formats: &'a [u8],
    /// `signature_algorithms`, two bytes each.
    pub signature_algorithms: &'a [u8],
    /// The whole message was there.
    pub complete: bool,
    alpn: &'a [u8],
    versions: &'a [u8],
}

impl<'a> ClientHello<'a> {
    /// The application protocols offered (RFC 7301 §3.1), in order of preference.
    pub fn alpn(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let mut list = Reader::new(self.alpn);
        std::iter::from_fn(move || list.vector8())
    }

    /// `supported_versions` (RFC 8446 §4.2.1) without the reserved values of RFC 8701.
    pub fn versions(&self) -> impl Iterator<Item = u16> + use<'a> {
        numbers(self.versions).filter(|version| !is_grease(*version))
    }

    /// The highest version offered; those of DTLS count downwards (RFC 9147 §5.3).
    #[must_use]
    pub fn highest_version(&self) -> u16 {
        let newest = if self.legacy_version >> 8 == 3 { self.versions().max() } else { self.versions().min() };
        newest.unwrap_or(self.legacy_version)
    }

    /// The types of the extensions, in their order.
    pub fn extension_types(&self) -> impl Iterator<Item = u16> + use<'a> {
        Extensions(self.extensions).map(|(kind, _)| kind)
    }

    /// Adds what it says, always in the same order: the server name before all else, the version at the end.
    pub fn report(&self, found: &mut Findings) {
        match self.server_name {
            Some(name) => {
                found.host_text(Attribute::TlsSni, name);
            }
            None if !self.complete => return,
            None => {}
        }
        for protocol in self.alpn() {
            found.text(Attribute::TlsAlpn, protocol);
        }
        if self.complete {
            found.uint(Attribute::TlsVersion, self.highest_version().into());
        }
    }
}

/// What a ServerHello says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ServerHello<'a> {
    /// `legacy_version`.
    pub legacy_version: u16,
    /// The version chosen: that of `supported_versions` where present, else `legacy_version`.
    pub version: u16,
    /// The cipher suite chosen.
    pub cipher_suite: u16,
    /// The application protocol chosen (RFC 7301 §3.1).
    pub alpn: Option<&'a [u8]>,
    /// The extensions: type, size, content of each.
    pub extensions: &'a [u8],
}

impl<'a> ServerHello<'a> {
    /// The types of the extensions, in their order.
    pub fn extension_types(&self) -> impl Iterator<Item = u16> + use<'a> {
        Extensions(self.extensions).map(|(kind, _)| kind)
    }

    /// Adds what it says.
    pub fn report(&self, found: &mut Findings) {
        found.uint(Attribute::TlsVersion, u64::from(self.version));
        found.uint(Attribute::TlsCipher, u64::from(self.cipher_suite));
        if let Some(protocol) = self.alpn {
            found.text(Attribute::TlsChosenAlpn, protocol);
        }
    }
}

/// Type and content of each extension (RFC 8446 §4.2), as far as they are there; what is left is kept.
struct Extensions<'a>(&'a [u8]);

impl<'a> Iterator for Extensions<'a> {
    type Item = (u16, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let ([kind_high, kind_low, size_high, size_low], behind) = self.0.split_first_chunk::<4>()?;
        let size = u16::from_be_bytes([*size_high, *size_low]);
        let (content, rest) = behind.split_at_checked(size.into())?;
        self.0 = rest;
        Some((u16::from_be_bytes([*kind_high, *kind_low]), content))
    }
}

/// Numbers of two bytes each.
pub(super) fn numbers(list: &[u8]) -> impl Iterator<Item = u16> + use<'_> {
    list.as_chunks().0.iter().map(|number| u16::from_be_bytes(*number))
}

/// The application protocols of a ClientHello, without a look at the rest of it: whether it breaks a rule is not seen.
pub fn offered_protocols(data: &[u8]) -> impl Iterator<Item = &[u8]> {
    let list = message_body(data, CLIENT_HELLO).ok().flatten().and_then(|(body, _)| {
        let mut body = Reader::new(body);
        read_head(&mut body).ok()?;
        let size = body.u16()?;
        let there = body.rest();
        let extensions = Extensions(there.get(..usize::from(size)).unwrap_or(there));
        let (_, offer) = extensions.filter(|(kind, _)| *kind == EXTENSION_ALPN).last()?;
        Reader::new(offer).vector16()
    });
    let mut list = Reader::new(list.unwrap_or_default());
    std::iter::from_fn(move || list.vector8())
}

/// Reads a ClientHello with its handshake header; `Ok` with `complete` false when bytes are still missing.
///
/// # Errors
/// [`Malformed`] when the bytes cannot be the beginning of a ClientHello.
pub fn parse_client_hello(data: &[u8]) -> Result<ClientHello<'_>, Malformed> {
    let mut hello = ClientHello::default();
    let Some((body, whole)) = message_body(data, CLIENT_HELLO)? else {
        return Ok(hello);
    };
    match fill_client_hello(Reader::new(body), &mut hello) {
        Ok(()) => hello.complete = whole,
        Err(Stop::Short(_)) if !whole => {}
        Err(Stop::Short(part)) => return Err(Malformed::Overrun(part)),
        Err(Stop::Broken(rule)) => return Err(rule),
    }
    Ok(hello)
}

/// What a ClientHello says before the first byte that is wrong; all of it when none is.
#[must_use]
pub fn sound_part_of_client_hello(data: &[u8]) -> ClientHello<'_> {
    let mut hello = ClientHello::default();
    if let Ok(Some((body, _))) = message_body(data, CLIENT_HELLO) {
        let _where_it_stops = fill_client_hello(Reader::new(body), &mut hello);
    }
    hello
}

/// Reads a ServerHello with its handshake header; `Ok(None)` when bytes are still missing.
///
/// # Errors
/// [`Malformed`] when the bytes cannot be the beginning of a ServerHello.
pub fn parse_server_hello(data: &[u8]) -> Result<Option<ServerHello<'_>>, Malformed> {
    let Some((body, whole)) = message_body(data, SERVER_HELLO)? else {
        return Ok(None);
    };
    match read_server_hello(Reader::new(body)) {
        Ok(hello) if whole => Ok(Some(hello)),
        Ok(_) => Ok(None),
        Err(Stop::Short(_)) if !whole => Ok(None),
        Err(Stop::Short(part)) => Err(Malformed::Overrun(part)),
        Err(Stop::Broken(rule)) => Err(rule),
    }
}

enum Stop {
    Short(&'static str),
    Broken(Malformed),
}

/// Whether a value is reserved so that peers must skip it (RFC 8701 §2).
#[must_use]
pub const fn is_grease(value: u16) -> bool {
    value & 0x0f0f == 0x0a0a && value >> 8 == value & 0xff
}

/// The message's body as far as it is there, and whether that is all of it.
fn message_body(data: &[u8], wanted: u8) -> Result<Option<(&[u8], bool)>, Malformed> {
    let mut reader = Reader::new(data);
    match reader.u8() {
        None => return Ok(None),
        Some(kind) if kind != wanted => return Err(Malformed::Type(kind)),
        Some(_) => {}
    }
    let Some(size) = reader.u24() else {
        return Ok(None);
    };
    let size = size as usize;
    if size > MAX_HELLO_SIZE {
        return Err(Malformed::Size(size));
    }
    let there = reader.rest();
    Ok(Some((there.get(..size).unwrap_or(there), there.len() >= size)))
}

/// Version and cipher suites, from what stands before the extensions.
fn read_head<'a>(body: &mut Reader<'a>) -> Result<(u16, &'a [u8]), Stop> {
    let version = version(body)?;
    body.take(RANDOM_SIZE).ok_or(Stop::Short("random"))?;
    session_id(body)?;
    if version >> 8 != 3 {
        body.vector8().ok_or(Stop::Short("cookie"))?; // DTLS alone has one (RFC 6347 §4.2.1)
    }
    if let Some(&[high, low]) = body.rest().first_chunk::<2>() {
        let size = u16::from_be_bytes([high, low]);
        if size == 0 || size % 2 != 0 {
            return Err(Stop::Broken(Malformed::CipherSuites(size)));
        }
    }
    let cipher_suites = body.vector16().ok_or(Stop::Short("cipher_suites"))?;
    body.vector8().ok_or(Stop::Short("legacy_compression_methods"))?;
    Ok((version, cipher_suites))
}

fn fill_client_hello<'a>(mut body: Reader<'a>, hello: &mut ClientHello<'a>) -> Result<(), Stop> {
    (hello.legacy_version, hello.cipher_suites) = read_head(&mut body)?;
    if body.is_empty() {
        return Ok(()); // RFC 5246 §7.4.1.2: extensions may be absent
    }
    let size = body.u16().ok_or(Stop::Short("extensions"))?;
    let there = body.rest();
    let block = there.get(..usize::from(size));
    hello.extensions = block.unwrap_or(there);
    let mut extensions = Extensions(hello.extensions);
    for (kind, content) in &mut extensions {
        if is_read(kind) {
            read_extension(kind, content, hello)?;
        }
    }
    match (extensions.0, block) {
        ([], Some(_)) => Ok(()),
        ([], None) => Err(Stop::Short("extensions")),
        _ => Err(overrun(block.is_some(), "extension")),
    }
}

/// Most extensions are only counted.
const fn is_read(kind: u16) -> bool {
    matches!(
        kind,
        EXTENSION_SERVER_NAME
            | EXTENSION_ALPN
            | EXTENSION_GROUPS
            | EXTENSION_POINT_FORMATS
            | EXTENSION_SIGNATURES
            | EXTENSION_SUPPORTED_VERSIONS
    )
}

fn read_extension<'a>(kind: u16, content: &'a [u8], hello: &mut ClientHello<'a>) -> Result<(), Stop> {
    let mut content = Reader::new(content);
    match kind {
        EXTENSION_SERVER_NAME if !content.is_empty() => {
            let list = content.vector16().ok_or_else(|| overrun(true, "server_name"))?;
            let mut names = Reader::new(list);
            while let (Some(name_type), Some(name)) = (names.u8(), names.vector16()) {
                if name_type == HOST_NAME && hello.server_name.is_none() {
                    hello.server_name = Some(name);
                }
            }
        }
        EXTENSION_ALPN => {
            hello.alpn = content.vector16().ok_or_else(|| overrun(true, "application_layer_protocol_negotiation"))?;
        }
        EXTENSION_GROUPS => hello.groups = content.vector16().unwrap_or_default(),
        EXTENSION_POINT_FORMATS => hello.point_formats = content.vector8().unwrap_or_default(),
        EXTENSION_SIGNATURES => hello.signature_algorithms = content.vector16().unwrap_or_default(),
        EXTENSION_SUPPORTED_VERSIONS => {
            hello.versions = content.vector8().ok_or_else(|| overrun(true, "supported_versions"))?;
        }
        _ => {}
    }
    Ok(())
}

fn read_server_hello(mut body: Reader<'_>) -> Result<ServerHello<'_>, Stop> {
    let version = version(&mut body)?;
    let mut hello = ServerHello { legacy_version: version, version, ..ServerHello::default() };
    body.take(RANDOM_SIZE).ok_or(Stop::Short("random"))?;
    session_id(&mut body)?;
    hello.cipher_suite = body.u16().ok_or(Stop::Short("cipher_suite"))?;
    body.u8().ok_or(Stop::Short("legacy_compression_method"))?;
    if body.is_empty() {
        return Ok(hello);
    }
    hello.extensions = body.vector16().ok_or(Stop::Short("extensions"))?;
    for (kind, content) in Extensions(hello.extensions) {
        let mut content = Reader::new(content);
        match kind {
            EXTENSION_SUPPORTED_VERSIONS => hello.version = content.u16().unwrap_or(hello.version),
            EXTENSION_ALPN => hello.alpn = content.vector16().and_then(|list| Reader::new(list).vector8()),
            _ => {}
        }
    }
    Ok(hello)
}

fn version(body: &mut Reader<'_>) -> Result<u16, Stop> {
    let version = body.u16().ok_or(Stop::Short("legacy_version"))?;
    // DTLS counts down from 0xfeff (RFC 9147 §5.3); an early one had 0x0100
    if version >> 8 == 3 || is_datagram_version(version) {
        Ok(version)
    } else {
        Err(Stop::Broken(Malformed::Version(version)))
    }
}

/// Whether a version is one of DTLS: 1.0, 1.2, and that of OpenSSL before there was a standard.
#[must_use]
pub const fn is_datagram_version(version: u16) -> bool {
    matches!(version, 0xfeff | 0xfefd | 0x0100)
}

fn session_id(body: &mut Reader<'_>) -> Result<(), Stop> {
    if let Some(&size) = body.rest().first()
        && usize::from(size) > MAX_SESSION_ID_SIZE
    {
        return Err(Stop::Broken(Malformed::SessionId(size)));
    }
    body.vector8().map(|_| ()).ok_or(Stop::Short("legacy_session_id"))
}

/// A part that does not fit: broken when its holder is all there, short otherwise.
fn overrun(holder_is_whole: bool, part: &'static str) -> Stop {
    if holder_is_whole { Stop::Broken(Malformed::Overrun(part)) } else { Stop::Short(part) }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A ClientHello message with the given extensions block, for the tests of everything that carries one.
    pub(crate) fn client_hello(extensions: &[u8]) -> Vec<u8> {
        let mut body = vec![3, 3];
        body.extend([7; 32]);
        body.extend([0, 0, 2, 0x13, 0x01, 1, 0]);
        body.extend(u16::try_from(extensions.len()).unwrap().to_be_bytes());
        body.extend(extensions);
        let mut message = vec![CLIENT_HELLO];
        message.extend(&u32::try_from(body.len()).unwrap().to_be_bytes()[1..]);
        message.extend(body);
        message
    }

    /// The server_name extension.
    pub(crate) fn server_name(name: &str) -> Vec<u8> {
        let size = u16::try_from(name.len()).unwrap();
        let mut extension = vec![0, 0];
        extension.extend((size + 5).to_be_bytes());
        extension.extend((size + 3).to_be_bytes());
        extension.push(HOST_NAME);
        extension.extend(size.to_be_bytes());
        extension.extend(name.as_bytes());
        extension
    }

    fn whole() -> Vec<u8> {
        let mut extensions = server_name("www.example.org");
        extensions.extend(b"\x00\x10\x00\x0e\x00\x0c\x02h2\x08http/1.1");
        extensions.extend([0, 43, 0, 7, 6, 0x7a, 0x7a, 3, 4, 3, 3]);
        client_hello(&extensions)
    }

    #[test]
    fn a_whole_hello_is_read() {
        let message = whole();
        let hello = parse_client_hello(&message).unwrap();
        assert!(hello.complete);
        assert_eq!(hello.server_name, Some(b"www.example.org".as_slice()));
        assert_eq!(hello.alpn().collect::<Vec<_>>(), [b"h2".as_slice(), b"http/1.1"]);
        assert_eq!(hello.versions().collect::<Vec<_>>(), [0x0304, 0x0303]);
        assert_eq!(hello.highest_version(), 0x0304);
    }

    #[test]
    fn every_cut_of_a_good_hello_is_incomplete_and_never_malformed() {
        let message = whole();
        for end in 0..message.len() {
            let hello = parse_client_hello(&message[..end]).unwrap();
            assert!(!hello.complete);
            assert!(hello.server_name.is_none_or(|name| name == b"www.example.org"));
        }
    }

    #[test]
    fn a_name_is_known_before_the_rest_has_arrived() {
        let message = whole();
        assert!(parse_client_hello(&message[..message.len() - 20]).unwrap().server_name.is_some());
    }

    #[test]
    fn broken_parts_are_named() {
        let mut message = whole();
        message[4 + 34] = 33;
        assert_eq!(parse_client_hello(&message), Err(Malformed::SessionId(33)));
        let mut message = whole();
        message[4 + 36] = 3;
        assert_eq!(parse_client_hello(&message), Err(Malformed::CipherSuites(3)));
        let mut message = client_hello(&server_name("a.example"));
        message[4 + 34 + 7 + 5] = 0xff;
        assert_eq!(parse_client_hello(&message), Err(Malformed::Overrun("extension")));
        assert_eq!(parse_client_hello(&[2]), Err(Malformed::Type(2)));
        assert_eq!(parse_client_hello(&[1, 255, 0, 0]), Err(Malformed::Size(0xff_0000)));
    }

    #[test]
    fn a_server_hello_gives_the_chosen_version_and_suite() {
        let mut body = vec![3, 3];
        body.extend([9; 32]);
        body.extend([0, 0x13, 0x02, 0, 0, 6, 0, 43, 0, 2, 3, 4]);
        let mut message = vec![SERVER_HELLO, 0, 0, u8::try_from(body.len()).unwrap()];
        message.extend(body);
        let hello = parse_server_hello(&message).unwrap().unwrap();
        assert_eq!((hello.version, hello.cipher_suite), (0x0304, 0x1302));
        assert_eq!(hello.extension_types().collect::<Vec<_>>(), [43]);
        for end in 0..message.len() {
            assert_eq!(parse_server_hello(&message[..end]), Ok(None));
        }
    }
}
