//! What the engine says about flows, lent to a [`Sink`]: nothing is copied for a reader who does not want it.

use std::fmt;
use std::sync::Arc;

use crate::classification::guess::Guess;
use crate::flow::{Flow, Label, State, Upper, Volume};
use crate::frame::{Address, ip_protocol};
use crate::protocol::{Field, Fields, Transport};
use crate::report::app_id::AppId;
use crate::report::record::KeptFlow;
use crate::signatures::clues::Clue;
use crate::signatures::sites::registrable_domain;
use crate::signatures::{App, Category, ProtocolInfo, Signatures};

/// Takes events; the loan ends with the call.
pub trait Sink {
    /// Something happened to a flow.
    fn event(&mut self, event: Event<'_>);
}

/// Something that happened to a flow.
#[derive(Clone, Copy)]
pub struct Event<'a> {
    /// What happened.
    pub kind: EventKind,
    /// When, by the engine's clock.
    pub at_ns: u64,
    /// The flow as it is now.
    pub flow: FlowView<'a>,
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// The first packet of a flow.
    New,
    /// State, protocol or application have changed.
    Verdict,
    /// The flow has left the table.
    Ended(EndReason),
}

impl EventKind {
    /// `new`, `verdict`, `ended`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            EventKind::New => "new",
            EventKind::Verdict => "verdict",
            EventKind::Ended(_) => "ended",
        }
    }
}

/// Why a flow has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndReason {
    /// No packets for as long as its timeout.
    Idle,
    /// Both ends closed it.
    Fin,
    /// One end reset it.
    Rst,
    /// It had to make room.
    Evicted,
    /// The engine was stopped.
    Shutdown,
}

impl EndReason {
    /// `idle`, `fin`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            EndReason::Idle => "idle",
            EndReason::Fin => "fin",
            EndReason::Rst => "rst",
            EndReason::Evicted => "evicted",
            EndReason::Shutdown => "shutdown",
        }
    }
}

/// A flow, and what its numbers mean.
#[derive(Clone, Copy)]
pub struct FlowView<'a> {
    flow: &'a Flow,
    signatures: &'a Arc<Signatures>,
}

impl<'a> FlowView<'a> {
    pub(crate) fn new(flow: &'a Flow, signatures: &'a Arc<Signatures>) -> Self {
        Self { flow, signatures }
    }

    /// A copy that outlives the flow.
    #[must_use]
    pub fn keep(&self) -> KeptFlow {
        KeptFlow::new(self.flow.snapshot(), Arc::clone(self.signatures))
    }

    /// Unique within the engine, counted from 1.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.flow.id
    }

    /// Address and port of the end that began it; of an ICMP echo, its identifier.
    #[must_use]
    pub fn originator(&self) -> (Address, u16) {
        self.flow.originator()
    }

    /// Address and port of the other end; of ICMP, type · 256 + code of the first message.
    #[must_use]
    pub fn responder(&self) -> (Address, u16) {
        let (address, port) = self.flow.responder();
        (address, if self.flow.is_icmp() { self.flow.icmp_kind } else { port })
    }

    /// Whether its protocol has ports; ICMP's numbers only stand in their place.
    #[must_use]
    pub fn has_ports(&self) -> bool {
        !self.flow.is_icmp()
    }

    /// Protocol number above IP.
    #[must_use]
    pub fn protocol_number(&self) -> u8 {
        self.flow.protocol_number()
    }

    /// 4 or 6.
    #[must_use]
    pub fn ip_version(&self) -> u8 {
        self.flow.ip_version()
    }

    /// VLAN id of the innermost tag; 0 when untagged.
    #[must_use]
    pub fn vlan(&self) -> u16 {
        self.flow.vlan()
    }

    /// Sent by the originator, and by the responder.
    #[must_use]
    pub fn volume(&self) -> [Volume; 2] {
        self.flow.volume
    }

    /// Whether its beginning was seen: the first packet was a SYN or the answer to one, or it is no TCP.
    #[must_use]
    pub fn is_opened(&self) -> bool {
        self.flow.is_opened
    }

    /// When the first packet was seen.
    #[must_use]
    pub fn first_seen_ns(&self) -> u64 {
        self.flow.first_seen_ns
    }

    /// When the last packet was seen.
    #[must_use]
    pub fn last_seen_ns(&self) -> u64 {
        self.flow.last_seen_ns
    }

    /// How far the classification is.
    #[must_use]
    pub fn state(&self) -> State {
        self.flow.state
    }

    /// Number of the packet, counted from 1 over both directions, at which the verdict fell; 0 before.
    #[must_use]
    pub fn verdict_packet(&self) -> u64 {
        u64::from(self.flow.verdict_packet)
    }

    /// App-ID of what runs on top: of the application, else of the protocol; [`AppId::UNKNOWN`] after an inspection without
    /// result, [`AppId::NONE`] before.
    #[must_use]
    pub fn app_id(&self) -> AppId {
        match self.upper() {
            Some(Upper::App(index)) => self.signatures.app(index).map_or(AppId::UNKNOWN, |app| app.id),
            Some(Upper::Protocol(index)) => {
                AppId::ours(self.protocol_at(index).map_or(0, |protocol| protocol.selector))
            }
            Some(Upper::Site(selector)) => AppId::ours(selector),
            None => self.protocol_id(),
        }
    }

    /// App-ID that a switch is told. It is [`FlowView::app_id`], but a look-up is only its protocol: one flow of a resolver asks
    /// for the names of many applications.
    #[must_use]
    pub fn mark_id(&self) -> AppId {
        if self.is_about() { self.protocol_id() } else { self.app_id() }
    }

    /// The application, if there is one.
    #[must_use]
    pub fn app(&self) -> Option<&'a App> {
        match self.upper()? {
            Upper::App(index) => self.signatures.app(index),
            Upper::Protocol(_) | Upper::Site(_) => None,
        }
    }

    /// The site of the host, when it is no known application's: `example.co.uk`.
    #[must_use]
    pub fn site(&self) -> Option<String> {
        match self.upper()? {
            Upper::Site(_) => registrable_domain(self.host()?),
            Upper::App(_) | Upper::Protocol(_) => None,
        }
    }

    /// Key and name of the application or the protocol on top.
    #[must_use]
    pub fn app_or_protocol(&self) -> Option<(&'a str, &'a str)> {
        match self.upper() {
            Some(Upper::App(index)) => self.signatures.app(index).map(|app| (app.key.as_str(), app.name.as_str())),
            Some(Upper::Protocol(index)) => self.protocol_at(index).map(|protocol| (protocol.key, protocol.name)),
            Some(Upper::Site(_)) | None => self.protocol(),
        }
    }

    /// Key and name of the protocol that carries the rest.
    #[must_use]
    pub fn protocol(&self) -> Option<(&'a str, &'a str)> {
        self.native().map(|protocol| (protocol.key, protocol.name))
    }

    /// What the application, or else the protocol, is for; a look-up is for the network, whatever it asks for.
    #[must_use]
    pub fn category(&self) -> Option<&'a Category> {
        let upper = if self.is_about() { None } else { self.upper() };
        let id = match (upper, self.native_index()) {
            (Some(Upper::App(index)), _) => self.signatures.app(index).map_or(0, |app| app.category_id),
            (Some(Upper::Protocol(index)), _) => self.signatures.protocol_category(index.into()),
            (_, Some(index)) => self.signatures.protocol_category(index),
            _ => 0,
        };
        self.signatures.category(id)
    }

    /// How much harm the application, or else the protocol, can do: 0 to [`crate::protocol::MAX_RISK`]; of a look-up it is its protocol's. It is 0
    /// where nothing is known: without a result, and for a site.
    #[must_use]
    pub fn risk(&self) -> u8 {
        let upper = if self.is_about() { None } else { self.upper() };
        match upper {
            Some(Upper::App(index)) => self.signatures.app(index).map_or(0, |app| app.risk),
            Some(Upper::Protocol(index)) => self.signatures.protocol_risk(index.into()),
            Some(Upper::Site(_)) => 0,
            None => self.native_index().map_or(0, |index| self.signatures.protocol_risk(index)),
        }
    }

    /// 0 to 100.
    #[must_use]
    pub fn confidence(&self) -> u8 {
        match self.flow.label {
            Label::None => 0,
            Label::Guess(guess) => guess.confidence,
            Label::Native { claim, clue, .. } => {
                claim.evidence.confidence.min(clue.map_or(100, |clue| clue.confidence()))
            }
        }
    }

    /// What was thought at the first packet.
    #[must_use]
    pub fn first_guess(&self) -> Option<FirstGuess<'a>> {
        let guess = self.flow.first_guess?;
        let protocol = guess.protocol.and_then(|index| self.protocol_at(index)).map(|protocol| protocol.name);
        let upper = match guess.upper {
            Some(Upper::Protocol(index)) => self.protocol_at(index).map(|protocol| protocol.name),
            Some(Upper::App(index)) => self.signatures.app(index).map(|app| app.name.as_str()),
            Some(Upper::Site(_)) | None => None,
        };
        Some(FirstGuess { guess, protocol, upper })
    }

    /// Number of the flow that announced this one, or that carries it.
    #[must_use]
    pub fn parent(&self) -> Option<u64> {
        self.flow.origin.as_ref().map(|origin| origin.parent)
    }

    /// Whether the flow was found inside a tunnel.
    #[must_use]
    pub fn is_tunnelled(&self) -> bool {
        self.flow.tunnel_path().is_some()
    }

    /// Metadata by ids of attributes, in the order of finding.
    #[must_use]
    pub fn metadata(&self) -> Fields<'a> {
        match self.flow.inspection.as_ref() {
            Some(inspection) => inspection.findings().fields(),
            None => self.flow.found.fields(),
        }
    }

    /// The name of an attribute of [`FlowView::metadata`]; empty for an id that nobody has.
    #[must_use]
    pub fn attribute_name(&self, id: u16) -> &'a str {
        self.signatures.attribute(id).map_or("", |attribute| attribute.name)
    }

    /// `eth.ip.tcp.tls.youtube`.
    #[must_use]
    pub fn path(&self) -> Path<'a> {
        Path(*self)
    }

    /// What was recognised, and where: `tls.sni=www.youtube.com matches youtube.com (ClientHello, offset 0, 512 bytes)`.
    #[must_use]
    pub fn evidence(&self) -> EvidenceText<'a> {
        EvidenceText(*self)
    }

    fn host(&self) -> Option<&'a str> {
        match self.flow.inspection.as_ref() {
            Some(inspection) => inspection.findings().host(),
            None => self.flow.found.host(),
        }
    }

    /// What told the application: name of the attribute, the beginning of its value, the entry.
    fn clue(&self) -> Option<(&'a str, &'a str, &'a str)> {
        let Label::Native { clue: Some(clue), .. } = self.flow.label else { return None };
        let by_entry = || self.signatures.clues().find(self.metadata(), clue == Clue::Certificate);
        if let Some(found) = Some(clue).filter(|clue| *clue != Clue::Host).and_then(|_| by_entry()) {
            return Some((found.attribute.name(), beginning(found.value), found.entry));
        }
        let host = self.host()?;
        let (_, domain) = self.signatures.match_host(host)?;
        Some((self.host_attribute(), host, domain.domain))
    }

    fn is_about(&self) -> bool {
        matches!(self.flow.label, Label::Native { is_about: true, .. })
    }

    fn protocol_id(&self) -> AppId {
        match self.native() {
            Some(protocol) => AppId::ours(protocol.selector),
            None if self.flow.state == State::GaveUp => AppId::UNKNOWN,
            None => AppId::NONE,
        }
    }

    fn upper(&self) -> Option<Upper> {
        match self.flow.label {
            Label::None => None,
            Label::Guess(guess) => guess.upper,
            Label::Native { upper, .. } => upper,
        }
    }

    fn native_index(&self) -> Option<usize> {
        match self.flow.label {
            Label::None => None,
            Label::Guess(guess) => guess.protocol.map(usize::from),
            Label::Native { claim, .. } => Some(claim.index()),
        }
    }

    fn native(&self) -> Option<ProtocolInfo<'a>> {
        self.signatures.protocol(self.native_index()?)
    }

    fn protocol_at(&self, index: u16) -> Option<ProtocolInfo<'a>> {
        self.signatures.protocol(index.into())
    }

    /// The attribute that holds the server's name.
    fn host_attribute(&self) -> &'a str {
        let Some(host) = self.host() else { return "host" };
        let is_host =
            |field: Field<'_>| matches!(field, Field::Text(text) if text.strip_prefix("*.").unwrap_or(text) == host);
        let mut fields = self.metadata();
        fields.find(|(_, field)| is_host(*field)).map_or("host", |(id, _)| self.attribute_name(id))
    }
}

/// A user agent is as long as its sender likes.
fn beginning(value: &str) -> &str {
    const SHOWN: usize = 80;
    value.char_indices().nth(SHOWN).and_then(|(end, _)| value.get(..end)).unwrap_or(value)
}

/// Writes a path.
#[derive(Clone, Copy)]
pub struct Path<'a>(FlowView<'a>);

impl fmt::Display for Path<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let view = &self.0;
        if let Some(tunnel) = view.flow.tunnel_path() {
            write!(out, "{tunnel}.")?;
        }
        let layers = view.flow.layers;
        write!(out, "{layers}")?;
        let below = match (view.ip_version(), view.flow.carrier()) {
            (0, _) => "",
            (4, Transport::Tcp) => "ip.tcp",
            (4, Transport::Udp) => "ip.udp",
            (4, _) => "ip",
            (_, Transport::Tcp) => "ip6.tcp",
            (_, Transport::Udp) => "ip6.udp",
            _ => "ip6",
        };
        let mut dot = if layers.is_empty() { "" } else { "." };
        if !below.is_empty() {
            write!(out, "{dot}{below}")?;
            dot = ".";
        }
        if view.protocol_number() == ip_protocol::SCTP && view.protocol().is_none_or(|(key, _)| key != "sctp") {
            write!(out, "{dot}sctp")?;
            dot = ".";
        }
        if let Some((key, _)) = view.protocol() {
            write!(out, "{dot}{key}")?;
            dot = ".";
        }
        match view.upper() {
            Some(Upper::Site(_)) => view.site().map_or(Ok(()), |site| write!(out, "{dot}{site}")),
            Some(_) => view.app_or_protocol().map_or(Ok(()), |(key, _)| write!(out, "{dot}{key}")),
            None => Ok(()),
        }
    }
}

/// Writes the evidence.
#[derive(Clone, Copy)]
pub struct EvidenceText<'a>(FlowView<'a>);

impl fmt::Display for EvidenceText<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let view = &self.0;
        let claim = match view.flow.label {
            Label::Native { claim, .. } => claim,
            Label::Guess(guess) => return out.write_str(guess.source.evidence()),
            Label::None => return Ok(()),
        };
        let found = claim.evidence;
        match view.clue() {
            Some((attribute, value, entry)) => write!(out, "{attribute}={value} matches {entry} ({}, ", found.what)?,
            None => write!(out, "{} (", found.what)?,
        }
        if let Some(declared) = view.signatures.ports().declared(claim.index()) {
            write!(out, "{}, ", declared.file)?;
        }
        write!(out, "offset {}, {} bytes)", found.offset, found.size)
    }
}

/// What was thought at a flow's first packet.
#[derive(Clone, Copy)]
pub struct FirstGuess<'a> {
    guess: Guess,
    protocol: Option<&'a str>,
    upper: Option<&'a str>,
}

impl<'a> FirstGuess<'a> {
    /// Name of the application, or else of the protocol.
    #[must_use]
    pub fn app(&self) -> Option<&'a str> {
        self.upper.or(self.protocol)
    }

    /// Name of the protocol.
    #[must_use]
    pub fn protocol(&self) -> Option<&'a str> {
        self.protocol
    }

    /// 0 to 100: how many of a hundred such guesses have come true.
    #[must_use]
    pub fn confidence(&self) -> u8 {
        self.guess.confidence
    }

    /// Where it comes from: `lookup`, `server`.
    #[must_use]
    pub fn source(&self) -> &'static str {
        self.guess.source.name()
    }
}
