//! What is kept of one flow.

pub(crate) mod deadlines;
pub(crate) mod expected;
mod index;
mod key;
pub mod stream;
pub(crate) mod table;

pub use key::FlowKey;

use crate::classification::guess::{Guess, Server};
use crate::classification::inspection::{Claim, Inspection};
use crate::flow::table::Place;
use crate::frame::{Address, Layers, Segment, TcpFlags, ip_protocol};
use crate::protocol::values::Kept;
use crate::protocol::{Direction, Transport};
use crate::signatures::clues::Clue;

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

/// What runs above a flow's protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Upper {
    /// An application, by its place in the signatures.
    App(u32),
    /// Another protocol, by its place in [`crate::protocols::ALL`].
    Protocol(u16),
    /// A site that no application is known for, by its selector ([`crate::signatures::sites`]).
    Site(u32),
}

/// What the flow is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Label {
    /// Not known.
    #[default]
    None,
    /// What is thought before the flow has said anything, or when it said nothing that is known.
    Guess(Guess),
    /// A native protocol, and what runs above it.
    Native {
        /// Who claimed it, and why.
        claim: Claim,
        /// See above.
        upper: Option<Upper>,
        /// Whether `upper` is what the flow asks about, not what it is (a DNS look-up).
        is_about: bool,
        /// What an application's entry told it by; none where another rule did.
        clue: Option<Clue>,
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
    /// Whether anything was sent.
    spoke: bool,
}

impl Closing {
    pub(crate) fn note(&mut self, flags: TcpFlags, is_reset: bool, payload: &[u8], direction: Direction) {
        self.rst |= is_reset;
        self.note_payload(payload);
        if flags.fin() {
            *direction.of(&mut self.fin) = true;
        }
    }

    pub(crate) fn note_payload(&mut self, payload: &[u8]) {
        self.spoke |= !payload.is_empty();
    }

    /// Closed before anything was said.
    pub(crate) fn is_silent(self) -> bool {
        self.is_closed() && !self.spoke
    }

    pub(crate) fn has_fin(self, direction: Direction) -> bool {
        let [originator, responder] = self.fin;
        match direction {
            Direction::Originator => originator,
            Direction::Responder => responder,
        }
    }

    pub(crate) fn has_spoken(self) -> bool {
        self.spoke
    }

    pub(crate) fn is_reset(self) -> bool {
        self.rst
    }

    pub(crate) fn is_closed(self) -> bool {
        self.rst || self.fin == [true, true]
    }
}

/// Through which flow a packet came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Via {
    /// How many tunnels there are around it.
    pub depth: u8,
    /// See [`crate::protocol::Carried::scope`].
    pub scope: u32,
    /// Number of the tunnel's flow; 0 outside of tunnels.
    pub tunnel: u64,
    /// And its place in the table.
    pub place: Place,
}

/// Which of what a verdict rests on was known when it was last looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Known {
    /// A bit each: host, subject, service.
    pub names: u8,
    /// How many values that may tell an application.
    pub clues: u8,
}

/// A flow in the table: four lines of the processor's cache. What each packet of a classified flow needs is in the first two.
#[repr(C, align(64))]
pub(crate) struct Flow {
    pub key: FlowKey,
    pub last_seen_ns: u64,
    pub volume: [Volume; 2],
    pub inspection: Option<Box<Inspection>>,
    pub id: u64,
    pub state: State,
    pub closing: Closing,
    pub originator_is_low: bool,
    /// Whether its protocol carries other flows.
    pub is_tunnel: bool,
    pub known: Known,
    /// Whether its first packet was what opens such a flow: a SYN (or the answer to one) in TCP, anything elsewhere.
    pub is_opened: bool,
    /// Type · 256 + code of the first message, if this is ICMP; otherwise 0.
    pub icmp_kind: u16,
    /// Which set of signatures it began with.
    pub generation: u32,
    /// Sequence number of TCP's SYN-ACK; none was seen: 0.
    pub answered_at: u32,
    pub verdict_packet: u32,
    pub first_seen_ns: u64,
    pub label: Label,
    /// What was thought at the first packet.
    pub first_guess: Option<Guess>,
    pub layers: Layers,
    pub origin: Option<Box<Origin>>,
    pub found: Kept,
}

/// The flow that another one comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Origin {
    /// Number of the flow that announced it, or that carries it.
    pub parent: u64,
    /// Path of the flow that carries it.
    pub tunnel_path: Option<Box<str>>,
}

impl Flow {
    pub(crate) fn new(key: FlowKey, id: u64, at_ns: u64, layers: Layers, originator_is_low: bool) -> Self {
        Self {
            key,
            id,
            layers,
            originator_is_low,
            known: Known::default(),
            state: State::Inspecting,
            closing: Closing::default(),
            is_opened: true,
            icmp_kind: 0,
            generation: 0,
            answered_at: 0,
            first_seen_ns: at_ns,
            last_seen_ns: at_ns,
            volume: [Volume::default(); 2],
            verdict_packet: 0,
            is_tunnel: false,
            label: Label::None,
            first_guess: None,
            origin: None,
            inspection: None,
            found: Kept::default(),
        }
    }

    /// Whether a RST ends the connection. While there is no verdict it does where its receiver would believe it: at the
    /// sequence number that is expected next (RFC 5961 §3.2), or, of one who has said nothing, with an acknowledgment of
    /// what was sent to it (RFC 9293 §3.10.7.3). Any other may be sent to be rid of the inspection, or belongs to the last
    /// connection between these ports and was overtaken by the SYN of this one.
    pub(crate) fn believes_reset(&self, direction: Direction, segment: &Segment<'_>) -> bool {
        let Segment::Tcp { sequence, acknowledgment, flags, .. } = *segment else { return false };
        let Some(inspection) = self.inspection.as_ref().filter(|_| !self.state.is_settled()) else { return true };
        match (inspection.next_sequence(direction), inspection.next_sequence(direction.opposite())) {
            (Some(next), _) if self.closing.has_fin(direction) => [next, next.wrapping_add(1)].contains(&sequence),
            (Some(next), _) => next == sequence,
            (None, Some(sent)) => flags.ack() && acknowledgment == sent,
            (None, None) => true,
        }
    }

    /// Reads something of the lines that each packet needs.
    pub(crate) fn touch(&self) -> u64 {
        self.last_seen_ns ^ self.id
    }

    /// Reads something of the other lines, and of the inspection, of a flow that is inspected.
    pub(crate) fn touch_inspected(&self) -> u64 {
        self.inspection.as_ref().map_or(0, |inspection| inspection.touch() ^ self.touch_others())
    }

    /// Reads something of all that its record needs.
    pub(crate) fn touch_record(&self) -> u64 {
        self.touch_inspected() ^ self.touch_others() ^ self.found.touch()
    }

    fn touch_others(&self) -> u64 {
        self.first_seen_ns ^ u64::from(self.origin.is_some())
    }

    /// What is known of it, without what its inspection needs to go on.
    pub(crate) fn snapshot(&self) -> Self {
        let found = self.inspection.as_ref().map_or_else(|| self.found.clone(), |running| running.findings().keep());
        Self { inspection: None, origin: self.origin.clone(), found, ..*self }
    }

    /// Path of the flow that carries it.
    pub(crate) fn tunnel_path(&self) -> Option<&str> {
        self.origin.as_ref()?.tunnel_path.as_deref()
    }

    /// The protocol that claimed it.
    pub(crate) fn claim(&self) -> Option<Claim> {
        if let Label::Native { claim, .. } = self.label { Some(claim) } else { None }
    }

    pub(crate) fn is_tcp(&self) -> bool {
        self.key.carrier() == Transport::Tcp
    }

    pub(crate) fn is_icmp(&self) -> bool {
        matches!(self.key.carrier(), Transport::Ip(ip_protocol::ICMP | ip_protocol::ICMPV6))
    }

    pub(crate) fn carrier(&self) -> Transport {
        self.key.carrier()
    }

    pub(crate) fn protocol_number(&self) -> u8 {
        self.key.protocol_number()
    }

    pub(crate) fn ip_version(&self) -> u8 {
        self.key.ip_version()
    }

    pub(crate) fn vlan(&self) -> u16 {
        self.key.vlan()
    }

    pub(crate) fn originator(&self) -> (Address, u16) {
        if self.originator_is_low { self.key.low() } else { self.key.high() }
    }

    pub(crate) fn responder(&self) -> (Address, u16) {
        if self.originator_is_low { self.key.high() } else { self.key.low() }
    }

    pub(crate) fn direction(&self, sender_is_low: bool) -> Direction {
        if sender_is_low == self.originator_is_low { Direction::Originator } else { Direction::Responder }
    }

    pub(crate) fn packets(&self) -> u64 {
        self.volume.iter().map(|volume| volume.packets).sum()
    }

    pub(crate) fn count(&mut self, direction: Direction, (packets, bytes): (u32, u64)) {
        let volume = direction.of(&mut self.volume);
        volume.packets += u64::from(packets);
        volume.bytes += bytes;
    }

    /// Counts a packet if that is all there is to do: the flow is classified, carries no others, and neither begins nor ends with
    /// it. Says whether that was so.
    #[inline(always)]
    pub(crate) fn only_counts(
        &mut self,
        sender_is_low: bool,
        segment: &Segment<'_>,
        volume: (u32, u64),
        now_ns: u64,
    ) -> bool {
        if self.inspection.is_some() || self.is_tunnel {
            return false;
        }
        if let Segment::Tcp { flags, payload, .. } = *segment {
            if flags.begins_or_ends() {
                return false;
            }
            self.closing.note_payload(payload);
        }
        self.count(self.direction(sender_is_low), volume);
        self.last_seen_ns = now_ns;
        true
    }

    /// Address, port and transport of the end that is asked for service.
    pub(crate) fn server(&self) -> Option<Server> {
        let (address, port) = self.responder();
        matches!(self.key.carrier(), Transport::Tcp | Transport::Udp).then_some((address, port, self.is_tcp()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a packet of a classified flow touches lies in the first two lines of the processor's cache, or near them.
    #[test]
    fn a_flow_is_small() {
        assert!(size_of::<Option<Flow>>() <= 256, "{}", size_of::<Option<Flow>>());
        assert!(std::mem::offset_of!(Flow, label) <= 152, "{}", std::mem::offset_of!(Flow, label));
    }
}
