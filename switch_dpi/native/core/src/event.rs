//! What the engine says about flows, lent to a [`Sink`]: nothing is copied for a reader who does not want it.

use std::fmt;

use crate::app_id::AppId;
use crate::attributes::Attribute;
use crate::flow::{Flow, Label, State, Volume};
use crate::frame::{Address, ip_protocol, link_type};
use crate::network_protocols::NetworkProtocol;
use crate::protocol::{Descriptor, Findings, Value};
use crate::protocols::ALL;
use crate::signatures::{App, Category, Signatures};

static NOTHING_FOUND: Findings = Findings::EMPTY;

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
    signatures: &'a Signatures,
    network_category: u8,
}

impl<'a> FlowView<'a> {
    pub(crate) fn new(flow: &'a Flow, signatures: &'a Signatures, network_category: u8) -> Self {
        Self { flow, signatures, network_category }
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
        self.flow.verdict_packet
    }

    /// The App-ID: the application's, else the protocol's.
    #[must_use]
    pub fn app_id(&self) -> AppId {
        if let Some(app) = self.app() {
            return app.id;
        }
        match (self.native(), self.network()) {
            (Some(protocol), _) => AppId::ours(protocol.selector),
            (_, Some(protocol)) => AppId::ours(protocol.selector),
            _ if self.flow.state == State::GaveUp => AppId::UNKNOWN,
            _ => AppId::NONE,
        }
    }

    /// The application above the protocol.
    #[must_use]
    pub fn app(&self) -> Option<&'a App> {
        match self.flow.label {
            Label::Native { app: Some(index), .. } => self.signatures.app(index),
            _ => None,
        }
    }

    /// Key and name of the application, or of the protocol where there is none above.
    #[must_use]
    pub fn app_or_protocol(&self) -> Option<(&'a str, &'a str)> {
        self.app().map(|app| (app.key.as_str(), app.name.as_str())).or_else(|| self.protocol())
    }

    /// Key and name of the protocol.
    #[must_use]
    pub fn protocol(&self) -> Option<(&'static str, &'static str)> {
        let native = self.native().map(|protocol| (protocol.key, protocol.name));
        native.or_else(|| self.network().map(|protocol| (protocol.key, protocol.name)))
    }

    /// The category of the application, or of the protocol.
    #[must_use]
    pub fn category(&self) -> Option<&'a Category> {
        let id = match self.flow.label {
            Label::None => 0,
            Label::Network(_) => self.network_category,
            Label::Native { claim, .. } => {
                self.app().map_or_else(|| self.signatures.protocol_category(claim.index), |app| app.category_id)
            }
        };
        self.signatures.category(id)
    }

    /// 0 to 100.
    #[must_use]
    pub fn confidence(&self) -> u8 {
        match self.flow.label {
            Label::None => 0,
            Label::Network(_) => 100,
            Label::Native { claim, .. } => claim.evidence.confidence,
        }
    }

    /// Metadata, in the order of finding.
    #[must_use]
    pub fn metadata(&self) -> &'a [(Attribute, Value)] {
        self.findings().values()
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

    fn findings(&self) -> &'a Findings {
        let running = self.flow.inspection.as_ref().map(|inspection| inspection.findings());
        running.or(self.flow.found.as_deref()).unwrap_or(&NOTHING_FOUND)
    }

    fn native(&self) -> Option<&'static Descriptor> {
        match self.flow.label {
            Label::Native { claim, .. } => ALL.get(claim.index).copied(),
            _ => None,
        }
    }

    fn network(&self) -> Option<&'static NetworkProtocol> {
        match self.flow.label {
            Label::Network(protocol) => Some(protocol),
            _ => None,
        }
    }

    /// The attribute that holds the server's name.
    fn host_attribute(&self) -> &'static str {
        let Some(host) = self.findings().host() else { return "host" };
        let holds = |value: &Value| matches!(value, Value::Text(text) if text == host);
        self.metadata().iter().find(|(_, value)| holds(value)).map_or("host", |(attribute, _)| attribute.name())
    }
}

/// Writes a path.
#[derive(Clone, Copy)]
pub struct Path<'a>(FlowView<'a>);

impl fmt::Display for Path<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let view = &self.0;
        out.write_str(match view.flow.link_type {
            link_type::ETHERNET | link_type::PPI => "eth.",
            link_type::LINUX_COOKED | link_type::LINUX_COOKED_V2 => "sll.",
            link_type::PPP => "ppp.",
            link_type::CISCO_HDLC => "chdlc.",
            link_type::NULL | link_type::LOOP => "loop.",
            _ => "",
        })?;
        if view.vlan() != 0 {
            out.write_str("vlan.")?;
        }
        out.write_str(if view.ip_version() == 4 { "ip" } else { "ip6" })?;
        match view.protocol_number() {
            ip_protocol::TCP => out.write_str(".tcp")?,
            ip_protocol::UDP => out.write_str(".udp")?,
            _ => {}
        }
        if let Some((key, _)) = view.protocol() {
            write!(out, ".{key}")?;
        }
        if let Some(app) = view.app() {
            write!(out, ".{}", app.key)?;
        }
        Ok(())
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
            Label::Network(protocol) => return out.write_str(protocol.evidence),
            Label::None => return Ok(()),
        };
        let found = claim.evidence;
        let host = view.app().and_then(|_| view.findings().host());
        match host.and_then(|host| view.signatures.match_host(host).map(|(_, domain)| (host, domain))) {
            Some((host, domain)) => {
                write!(out, "{}={host} matches {} ({}, ", view.host_attribute(), domain.domain, found.what)?;
            }
            None => write!(out, "{} (", found.what)?,
        }
        write!(out, "offset {}, {} bytes)", found.offset, found.size)
    }
}
