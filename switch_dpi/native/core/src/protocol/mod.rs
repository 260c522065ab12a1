//! What a protocol is to the engine: a descriptor, a probe, and (where there is something to read) an inspector.
//!
//! A protocol is one file in a folder of `protocols/`, which exports `pub const DESCRIPTOR: Descriptor`. The build script finds it.
//! A probe is a pure function of what it is shown. Ports order the candidates; a probe never gates on them.

pub mod attributes;
pub(crate) mod findings;
pub(crate) mod values;

use crate::protocol::attributes::Attribute;
pub use crate::protocol::findings::{
    Expectation, Findings, MAX_EXPECTED, MAX_HEARD_OF, MAX_RESOLVED, MAX_VALUE_SIZE, MAX_VALUES, Resolved,
};
pub use crate::protocol::values::{Field, Fields, Value};

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

    /// The same of two values.
    pub fn one_of<T>(self, both: [T; 2]) -> T {
        let [originator, responder] = both;
        match self {
            Self::Originator => originator,
            Self::Responder => responder,
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
    /// Stream: the same of the other direction, unless [`Inspector::is_done_with`] it. Datagram: the first bytes (up to
    /// [`MAX_PREVIOUS`]) of the datagram before this one in the same direction; empty when there was none.
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

    /// Whether one end of the flow has one of these ports: what may break a tie, and no more.
    #[must_use]
    pub fn is_at_port(&self, ports: &[u16]) -> bool {
        ports.contains(&self.responder_port) || ports.contains(&self.originator_port)
    }
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

/// Reads a flow that a probe has claimed. Feeding a stream byte by byte gives the same findings as all at once. It is plain data, which
/// threads may look at together.
pub trait Inspector: Send + Sync {
    /// Looks at the next bytes (see [`Sample::data`]: a stream is shown from its first byte each time it has grown).
    fn feed(&mut self, sample: &Sample<'_>, found: &mut Findings) -> Progress;

    /// Whether this end of a stream need not be shown again: nothing more is wanted of it, and what it has sent is not looked up
    /// in [`Sample::other`]. It is neither kept nor put in order from then on.
    fn is_done_with(&self, _direction: Direction) -> bool {
        false
    }
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

/// The greatest risk. `plugins/README.md` says what the numbers mean.
pub const MAX_RISK: u8 = 100;

/// A protocol, as the engine knows it.
#[derive(Clone, Copy)]
pub struct Descriptor {
    /// `"tls"`: lower case, unique, used in policies and paths.
    pub key: &'static str,
    /// `"TLS"`: for people.
    pub name: &'static str,
    /// Selector in engine 20, 1 to 8,999; never reused.
    pub selector: u32,
    /// Key of its category in `plugins/categories.toml`.
    pub category: &'static str,
    /// 0 to [`MAX_RISK`], where it is not that of its category.
    pub risk: Option<u8>,
    /// Further words, as applications have them. `encrypted`: what it carries is, unless its ends agreed otherwise.
    pub tags: &'static [&'static str],
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
    /// Whether its servers have sites: a host that no signature knows becomes an application of its own ([`crate::signatures::sites`]). Elsewhere
    /// the protocol says more than the host does.
    pub serves_sites: bool,
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
        risk: None,
        tags: &[],
        transports: &[],
        ports: &[],
        first_bytes: FirstBytes::Any,
        max_probe_size: 64,
        probe: |_| Probe::No,
        inspector: None,
        app: "",
        serves_sites: false,
        tunnel: None,
        examples: &[],
    };
}
