//! What a protocol is to the engine: a descriptor, a probe, and (where there is something to read) an inspector.
//!
//! A protocol is one file in `protocols/`, which exports `pub const DESCRIPTOR: Descriptor`. The build script finds it.
//! A probe is a pure function of what it is shown. Ports order the candidates; a probe never gates on them.

use crate::attributes::Attribute;

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

/// What carries the payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Transport {
    /// A reassembled byte stream (RFC 9293).
    Tcp,
    /// Datagrams (RFC 768).
    Udp,
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
    /// The originator's port.
    pub originator_port: u16,
    /// The responder's port.
    pub responder_port: u16,
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
    dropped: u32,
}

impl Findings {
    /// Nothing.
    pub const EMPTY: Findings = Findings { values: Vec::new(), size: 0, host: None, dropped: 0 };

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
    /// How many bytes of a direction the probe may ask for before the answer is no.
    pub max_probe_size: usize,
    /// Says whether a sample is this protocol.
    pub probe: fn(&Sample<'_>) -> Probe,
    /// Makes the reader of a claimed flow; `None` where there is nothing to read.
    pub inspector: Option<fn() -> Box<dyn Inspector>>,
    /// Held by a test that runs over all protocols.
    pub examples: &'static [Example],
}
