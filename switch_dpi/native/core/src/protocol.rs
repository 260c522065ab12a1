//! What a protocol is to the engine: a descriptor, a probe, and (where there is something to read) an inspector.
//!
//! A protocol is one file in `protocols/`, which exports `pub const DESCRIPTOR: Descriptor`. The build script finds it.
//! A probe is a pure function of what it is shown. Ports order the candidates; a probe never gates on them.

use crate::attributes::Attribute;
use crate::frame::Address;

/// Which end of the flow sent the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// The end that sent the first packet.
    Originator,
    /// The other end.
    Responder,
}

impl Direction {
    /// The direction of what is sent back.
    #[must_use]
    pub const fn opposite(self) -> Self {
        match self {
            Self::Originator => Self::Responder,
            Self::Responder => Self::Originator,
        }
    }

    /// That of two things which belongs to this end; the originator's stands first.
    pub const fn of<T>(self, both: &mut [T; 2]) -> &mut T {
        let [originator, responder] = both;
        match self {
            Self::Originator => originator,
            Self::Responder => responder,
        }
    }
}

/// What carries the payload. TCP and UDP have ports, which only order the candidates; where the number of the carried protocol
/// stands in the carrier's header, that number is the protocol's name, and only those who name it are asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Transport {
    /// A reassembled byte stream (RFC 9293).
    Tcp,
    /// Datagrams (RFC 768).
    Udp,
    /// User data of SCTP DATA chunks with this payload protocol identifier (RFC 9260 §3.3.1).
    Sctp(u32),
    /// Payload of IP with this protocol number (IANA "Assigned Internet Protocol Numbers").
    Ip(u8),
    /// Payload of a frame with this EtherType (IEEE 802).
    EtherType(u16),
    /// Payload of IEEE 802.2 LLC with this destination service access point, from the control field's end on.
    Llc(u8),
    /// Payload of IEEE 802.2 SNAP with this organisation and protocol.
    Snap(u32, u16),
    /// Payload of a PPP frame with this protocol number that is not IP (RFC 1661 §2).
    Ppp(u16),
}

impl Transport {
    /// Whether the bytes come as a stream, not as datagrams.
    #[must_use]
    pub const fn is_stream(self) -> bool {
        matches!(self, Self::Tcp)
    }
}

/// What a probe or an inspector is shown.
#[derive(Clone, Copy, Debug)]
pub struct Sample<'a> {
    /// Stream or datagrams.
    pub transport: Transport,
    /// Who sent `data`.
    pub direction: Direction,
    /// Stream: all bytes of this direction so far, from its first byte, in order (at most the engine's stream limit).
    /// Datagram: the payload of this one datagram.
    pub data: &'a [u8],
    /// Stream: the same of the other direction. Datagram: the first bytes (up to [`MAX_PREVIOUS`]) of the datagram before
    /// this one in the same direction; empty when there was none.
    pub other: &'a [u8],
    /// Datagram: the first bytes (up to [`MAX_PREVIOUS`]) of the last datagram in the other direction; empty when there was
    /// none. Stream: always empty.
    pub reverse: &'a [u8],
    /// The originator's port.
    pub originator_port: u16,
    /// The responder's port.
    pub responder_port: u16,
}

impl Sample<'_> {
    /// No bytes of a stream between two ports that mean nothing: a base for others, `Sample { data, ..Sample::EMPTY }`.
    pub const EMPTY: Sample<'static> = Sample {
        transport: Transport::Tcp,
        direction: Direction::Originator,
        data: &[],
        other: &[],
        reverse: &[],
        originator_port: 50_000,
        responder_port: 50_001,
    };
}

/// How much of the previous datagram is kept: enough for the fixed headers that probes compare (RTP has 12 bytes).
pub const MAX_PREVIOUS: usize = 64;

/// Why a probe said yes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// 0 to 100. 100: cannot be anything else; below 60 another protocol may take the flow.
    pub confidence: u8,
    /// What was recognised, for people: `"ClientHello"`, `"SSH identification string"`.
    pub what: &'static str,
    /// Where in `data` it stands.
    pub offset: u16,
    /// How many bytes it takes.
    pub size: u16,
}

/// A probe's answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Probe {
    /// It is this protocol.
    Match(Evidence),
    /// It is not, and more bytes will not change that.
    No,
    /// So far it could be.
    NeedMore,
}

/// An inspector's answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// The verdict may still depend on what follows; show me more.
    NeedMore,
    /// All that the verdict needs is known, but there may be more metadata (a response to a request); show me more.
    Settled,
    /// Nothing more is wanted.
    Done,
}

/// A metadata value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Text, UTF-8; bytes that are not are replaced.
    Text(String),
    /// A number.
    Uint(u64),
    /// Anything else.
    Bytes(Vec<u8>),
}

impl Value {
    /// How many bytes it takes in memory, about.
    #[must_use]
    pub fn size(&self) -> usize {
        size_of::<(Attribute, Self)>()
            + match self {
                Self::Text(text) => text.len(),
                Self::Bytes(bytes) => bytes.len(),
                Self::Uint(_) => 0,
            }
    }
}

/// Bounds what one flow may remember; a peer chooses how much it sends.
pub const MAX_VALUES: usize = 64;
/// The longest text or bytes kept of one value: names, URLs and user agents fit, bodies do not.
pub const MAX_VALUE_SIZE: usize = 2048;

/// What an inspector found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    values: Vec<(Attribute, Value)>,
    size: usize,
    host: Option<String>,
    subject: Option<String>,
    service: Option<&'static str>,
    expected: Vec<Expectation>,
    resolved: Vec<Resolved>,
    dropped: u32,
}

/// An address that stands behind the name that was looked up ([`Findings::set_subject`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resolved {
    /// The address.
    pub address: Address,
    /// How long the answer holds (RFC 1035 §3.2.1).
    pub ttl_s: u32,
}

/// How many addresses one answer may bring.
pub const MAX_RESOLVED: usize = 32;

/// A flow that this one has announced: FTP's data connection, the media of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expectation {
    /// What will carry it: TCP or UDP.
    pub transport: Transport,
    /// The address of one end as it was announced; `None` stands for the end of this flow that announced it.
    pub address: Option<Address>,
    /// Who announced it.
    pub by: Direction,
    /// The port of that end.
    pub port: u16,
    /// Key of the native protocol that it will speak.
    pub protocol: &'static str,
}

/// How many flows one flow may announce, at most, between two packets.
pub const MAX_EXPECTED: usize = 16;

impl Findings {
    /// Nothing.
    pub const EMPTY: Findings = Findings {
        values: Vec::new(),
        size: 0,
        host: None,
        subject: None,
        service: None,
        expected: Vec::new(),
        resolved: Vec::new(),
        dropped: 0,
    };

    /// Adds text, unless the same value is already there. Bytes that are not UTF-8 are replaced.
    pub fn text(&mut self, attribute: Attribute, text: &[u8]) {
        let kept = text.get(..MAX_VALUE_SIZE).unwrap_or(text);
        self.add(attribute, Value::Text(String::from_utf8_lossy(kept).into_owned()));
    }

    /// Adds a number, unless the same value is already there.
    pub fn uint(&mut self, attribute: Attribute, number: u64) {
        self.add(attribute, Value::Uint(number));
    }

    /// Adds bytes, unless the same value is already there.
    pub fn bytes(&mut self, attribute: Attribute, bytes: &[u8]) {
        let kept = bytes.get(..MAX_VALUE_SIZE).unwrap_or(bytes);
        self.add(attribute, Value::Bytes(kept.to_vec()));
    }

    /// Names the server that the flow goes to (SNI, Host): application signatures are matched on it, so a name that is only
    /// spoken of (a DNS question) is not for here. The first one stays.
    pub fn set_host(&mut self, name: &[u8]) {
        if self.host.is_none() && !name.is_empty() {
            let kept = name.get(..MAX_VALUE_SIZE).unwrap_or(name);
            let host = String::from_utf8_lossy(kept).into_owned();
            self.size += host.len();
            self.host = Some(host);
        }
    }

    /// Names the host that a look-up is about (a DNS question). Its application names the record, but the flow is not that
    /// application's: a resolver's flow asks for many. The first one stays.
    pub fn set_subject(&mut self, name: &[u8]) {
        if self.subject.is_none() && !name.is_empty() {
            let kept = name.get(..MAX_VALUE_SIZE).unwrap_or(name);
            let subject = String::from_utf8_lossy(kept).into_owned();
            self.size += subject.len();
            self.subject = Some(subject);
        }
    }

    /// The name that was asked for.
    #[must_use]
    pub fn subject(&self) -> Option<&str> {
        self.subject.as_deref()
    }

    /// Names what runs on top, by the key of an application or of a protocol: `"webdav"` over HTTP. The first one stays; an
    /// application that the host tells counts more.
    pub fn set_service(&mut self, key: &'static str) {
        self.service.get_or_insert(key);
    }

    /// What runs on top.
    #[must_use]
    pub fn service(&self) -> Option<&'static str> {
        self.service
    }

    /// Announces another flow. Past [`MAX_EXPECTED`] they are counted as dropped.
    pub fn expect(&mut self, expectation: Expectation) {
        if self.expected.contains(&expectation) {
            return;
        }
        if self.expected.len() < MAX_EXPECTED {
            self.expected.push(expectation);
        } else {
            self.dropped = self.dropped.saturating_add(1);
        }
    }

    /// Tells an address that was answered, at most [`MAX_RESOLVED`] between two packets.
    pub fn resolve(&mut self, resolved: Resolved) {
        if self.resolved.len() < MAX_RESOLVED {
            self.resolved.push(resolved);
        } else {
            self.dropped = self.dropped.saturating_add(1);
        }
    }

    /// Gives away the addresses that were answered since the last call.
    pub fn take_resolved(&mut self) -> Vec<Resolved> {
        std::mem::take(&mut self.resolved)
    }

    /// Gives away what was announced since the last call.
    pub fn take_expected(&mut self) -> Vec<Expectation> {
        std::mem::take(&mut self.expected)
    }

    /// The server's name, as it stood on the wire.
    #[must_use]
    pub fn host(&self) -> Option<&str> {
        self.host.as_deref()
    }

    /// What was found, in the order of finding.
    #[must_use]
    pub fn values(&self) -> &[(Attribute, Value)] {
        &self.values
    }

    /// Whether nothing was found that is worth keeping.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty() && self.host.is_none() && self.subject.is_none()
    }

    /// How many bytes all of it takes in memory, about.
    #[must_use]
    pub fn size(&self) -> usize {
        self.size
    }

    /// How many values did not fit in [`MAX_VALUES`].
    #[must_use]
    pub fn dropped(&self) -> u32 {
        self.dropped
    }

    fn add(&mut self, attribute: Attribute, value: Value) {
        if self.values.iter().any(|(a, v)| *a == attribute && *v == value) {
            return;
        }
        if self.values.len() < MAX_VALUES {
            self.size += value.size();
            self.values.push((attribute, value));
        } else {
            self.dropped = self.dropped.saturating_add(1);
        }
    }
}

/// Reads a flow that a probe has claimed. Feeding a stream byte by byte gives the same findings as all at once.
pub trait Inspector: Send {
    /// Looks at the next bytes (see [`Sample::data`]: a stream is shown from its first byte each time it has grown).
    fn feed(&mut self, sample: &Sample<'_>, found: &mut Findings) -> Progress;
}

/// Bytes and what must be said of them; every protocol carries its own.
#[derive(Clone, Copy, Debug)]
pub struct Example {
    /// What it shows.
    pub title: &'static str,
    /// Stream or datagram.
    pub transport: Transport,
    /// Who sends it.
    pub direction: Direction,
    /// The payload.
    pub data: &'static [u8],
    /// Attribute and the value that it must have (numbers in decimal).
    pub expect: &'static [(Attribute, &'static str)],
}

/// Which first bytes a protocol's payload can have: who cannot have begun so is not even asked. It holds for both directions and
/// for every packet that the probe does not refuse; a test tries each protocol's examples and many changed ones against it.
#[derive(Clone, Copy)]
pub enum FirstBytes {
    /// Every byte is possible.
    Any,
    /// One of these.
    Of(&'static [u8]),
    /// Those for which it says true.
    Where(fn(u8) -> bool),
}

impl FirstBytes {
    /// Whether a payload may begin with `byte`.
    #[must_use]
    pub fn allows(self, byte: u8) -> bool {
        match self {
            Self::Any => true,
            Self::Of(bytes) => bytes.contains(&byte),
            Self::Where(allows) => allows(byte),
        }
    }
}

/// What a tunnel's packet carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Carried<'a> {
    /// How to read `data`: a number of [`crate::frame::link_type`] (Ethernet, raw IP, PPP).
    pub link_type: u32,
    /// The inner frame or packet.
    pub data: &'a [u8],
    /// What keeps equal inner addresses apart (a VXLAN network identifier); 0 where the tunnel has no such thing, or gives
    /// each direction its own.
    pub scope: u32,
}

/// Finds what a packet of a tunnel carries; `None` for its control messages.
pub type OpenTunnel = fn(&[u8]) -> Option<Carried<'_>>;

/// A protocol, as the engine knows it.
#[derive(Clone, Copy)]
pub struct Descriptor {
    /// `"tls"`: lower case, unique, used in policies and paths.
    pub key: &'static str,
    /// `"TLS"`: for people.
    pub name: &'static str,
    /// Selector in engine 20, 1 to 9,999; never reused.
    pub selector: u32,
    /// Key of its category in `plugins/categories.toml`.
    pub category: &'static str,
    /// What it runs over.
    pub transports: &'static [Transport],
    /// Where it usually runs: these are tried first there, and everywhere else too.
    pub ports: &'static [u16],
    /// Which first bytes its payload can have.
    pub first_bytes: FirstBytes,
    /// How many bytes of a direction the probe may ask for before the answer is no.
    pub max_probe_size: usize,
    /// Says whether a sample is this protocol.
    pub probe: fn(&Sample<'_>) -> Probe,
    /// Makes the reader of a claimed flow; `None` where there is nothing to read.
    pub inspector: Option<fn() -> Box<dyn Inspector>>,
    /// Key of the application in `plugins/apps` that its flows belong to (`"zoom"` for Zoom's media); empty for a protocol that
    /// is nobody's in particular.
    pub app: &'static str,
    /// Finds what a packet of a claimed flow carries, where the protocol is a tunnel; the inner flow is classified for itself.
    pub tunnel: Option<OpenTunnel>,
    /// Held by a test that runs over all protocols.
    pub examples: &'static [Example],
}

impl Descriptor {
    /// What most protocols have: `Descriptor { key: …, ..Descriptor::BASE }` must at least name key, name, selector, category,
    /// transports, probe and examples.
    pub const BASE: Descriptor = Descriptor {
        key: "",
        name: "",
        selector: 0,
        category: "network",
        transports: &[],
        ports: &[],
        first_bytes: FirstBytes::Any,
        max_probe_size: 64,
        probe: |_| Probe::No,
        inspector: None,
        app: "",
        tunnel: None,
        examples: &[],
    };
}
