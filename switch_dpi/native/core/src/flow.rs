//! What is kept of one flow.

use std::hash::{Hash, Hasher};

use crate::frame::{Address, Packet, TcpFlags, ip_protocol};
use crate::inspection::{Claim, Inspection};
use crate::network_protocols::NetworkProtocol;
use crate::protocol::{Direction, Findings};

/// Addresses, ports, protocol and VLAN, the same for both directions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlowKey {
    low: (Address, u16),
    high: (Address, u16),
    vlan: u16,
    protocol: u8,
    ip_version: u8,
}

impl FlowKey {
    /// The key of a packet's flow, and whether the sender is its lower end.
    #[must_use]
    pub fn of(packet: &Packet<'_>) -> (Self, bool) {
        let sender = (packet.source, packet.source_port);
        let receiver = (packet.destination, packet.destination_port);
        let sender_is_low = sender <= receiver;
        let (low, high) = if sender_is_low { (sender, receiver) } else { (receiver, sender) };
        let (vlan, protocol, ip_version) = (packet.vlan, packet.protocol, packet.ip_version);
        (Self { low, high, vlan, protocol, ip_version }, sender_is_low)
    }
}

impl Hash for FlowKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u128(self.low.0.0);
        state.write_u128(self.high.0.0);
        let ports = u64::from(self.low.1) << 16 | u64::from(self.high.1);
        let rest = u64::from(self.vlan) << 16 | u64::from(self.protocol) << 8 | u64::from(self.ip_version);
        state.write_u64(ports << 32 | rest);
    }
}

/// How far a flow's classification is; the numbers are those of the wire (docs/contracts.md §1: bit 0 is *settled*).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum State {
    /// Nothing known yet.
    #[default]
    Inspecting = 0b000,
    /// The verdict may still change with what the flow says next.
    Guessed = 0b010,
    /// The verdict stands.
    Final = 0b001,
    /// The verdict stands, and is another one than before.
    Revised = 0b011,
    /// Inspected without a result.
    GaveUp = 0b101,
}

impl State {
    /// No more inspection is needed for the verdict.
    #[must_use]
    pub const fn is_settled(self) -> bool {
        self as u8 & 1 == 1
    }

    /// `final`, `gave_up`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            State::Inspecting => "inspecting",
            State::Guessed => "guessed",
            State::Final => "final",
            State::Revised => "revised",
            State::GaveUp => "gave_up",
        }
    }
}

/// What the flow is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Label {
    /// Not known.
    #[default]
    None,
    /// A protocol above IP that its number tells.
    Network(&'static NetworkProtocol),
    /// A native protocol, and the application (by its place in the signatures) whose domain the host lies in.
    Native {
        /// Who claimed it, and why.
        claim: Claim,
        /// See above.
        app: Option<u32>,
    },
}

/// Packets and bytes on the wire of one direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Volume {
    /// Packets.
    pub packets: u64,
    /// Bytes, link layer included.
    pub bytes: u64,
}

/// How a TCP connection has come to its end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Closing {
    fin: [bool; 2],
    rst: bool,
}

impl Closing {
    pub(crate) fn note(&mut self, flags: TcpFlags, direction: Direction) {
        self.rst |= flags.rst();
        if flags.fin() {
            *direction.of(&mut self.fin) = true;
        }
    }

    pub(crate) fn is_reset(self) -> bool {
        self.rst
    }

    pub(crate) fn is_closed(self) -> bool {
        self.rst || self.fin == [true, true]
    }
}

/// A flow in the table.
pub(crate) struct Flow {
    pub key: FlowKey,
    pub id: u64,
    pub link_type: u32,
    pub originator_is_low: bool,
    /// Type · 256 + code of the first message, if this is ICMP; otherwise 0.
    pub icmp_kind: u16,
    pub first_seen_ns: u64,
    pub last_seen_ns: u64,
    pub volume: [Volume; 2],
    pub state: State,
    pub label: Label,
    /// The host was found and looked up; it stays the same.
    pub host_is_known: bool,
    pub verdict_packet: u64,
    pub closing: Closing,
    pub inspection: Option<Box<Inspection>>,
    pub found: Option<Box<Findings>>,
}

impl Flow {
    pub(crate) fn new(key: FlowKey, id: u64, at_ns: u64, link_type: u32, originator_is_low: bool) -> Self {
        Self {
            key,
            id,
            link_type,
            originator_is_low,
            icmp_kind: 0,
            first_seen_ns: at_ns,
            last_seen_ns: at_ns,
            volume: [Volume::default(); 2],
            state: State::Inspecting,
            label: Label::None,
            host_is_known: false,
            verdict_packet: 0,
            closing: Closing::default(),
            inspection: None,
            found: None,
        }
    }

    pub(crate) fn is_tcp(&self) -> bool {
        self.key.protocol == ip_protocol::TCP
    }

    pub(crate) fn is_icmp(&self) -> bool {
        matches!(self.key.protocol, ip_protocol::ICMP | ip_protocol::ICMPV6)
    }

    pub(crate) fn protocol_number(&self) -> u8 {
        self.key.protocol
    }

    pub(crate) fn ip_version(&self) -> u8 {
        self.key.ip_version
    }

    pub(crate) fn vlan(&self) -> u16 {
        self.key.vlan
    }

    pub(crate) fn originator(&self) -> (Address, u16) {
        if self.originator_is_low { self.key.low } else { self.key.high }
    }

    pub(crate) fn responder(&self) -> (Address, u16) {
        if self.originator_is_low { self.key.high } else { self.key.low }
    }

    pub(crate) fn direction(&self, sender_is_low: bool) -> Direction {
        if sender_is_low == self.originator_is_low { Direction::Originator } else { Direction::Responder }
    }

    pub(crate) fn packets(&self) -> u64 {
        self.volume.iter().map(|volume| volume.packets).sum()
    }

    pub(crate) fn count(&mut self, direction: Direction, size: u32) {
        let volume = direction.of(&mut self.volume);
        volume.packets += 1;
        volume.bytes += u64::from(size);
    }
}
