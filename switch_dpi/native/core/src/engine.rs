//! The engine: frames and times in, flow events out.
//!
//! Time never runs backwards here: a packet that is older than the one before it is taken to be as old as that one.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::candidates::PortTable;
use crate::event::{EndReason, Event, EventKind, FlowView, Sink};
use crate::flow::{Flow, FlowKey, Label, State};
use crate::frame::{Packet, Refused, Segment, TcpFlags, decode};
use crate::inspection::{Inspection, Outcome};
use crate::network_protocols;
use crate::options::{Options, SECOND_NS};
use crate::protocol::{Direction, Transport};
use crate::signatures::Signatures;
use crate::table::{FlowTable, List, Place};

/// A closed connection stays so long for its last packets: several retransmission timeouts (RFC 6298 §2).
const CLOSED_LINGER_NS: u64 = 10 * SECOND_NS;
/// Inspections kept for the next flows, so that a flow needs no new buffers.
const MAX_SPARE_INSPECTIONS: usize = 256;

/// What the engine has seen and done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Frames fed.
    pub packets: u64,
    /// Bytes on the wire of these.
    pub bytes: u64,
    /// Frames of a link type that is not known.
    pub unknown_link: u64,
    /// Frames that carry no IP.
    pub not_ip: u64,
    /// Frames that are cut short or contradict themselves.
    pub malformed: u64,
    /// Fragments without ports; they belong to no flow here.
    pub later_fragments: u64,
    /// Flows begun.
    pub flows: u64,
    /// Flows that reached a verdict.
    pub classified: u64,
    /// Flows that were given up.
    pub gave_up: u64,
    /// Flows that had to make room ([`Options::max_flows`]).
    pub evicted: u64,
    /// Flows given up for memory ([`Options::max_held_bytes`]).
    pub held_bytes_exceeded: u64,
    /// Metadata values that did not fit ([`crate::protocol::MAX_VALUES`], [`Options::max_held_bytes`]).
    pub values_dropped: u64,
}

impl Counters {
    /// All of them with their names.
    #[must_use]
    pub const fn named(&self) -> [(&'static str, u64); 12] {
        [
            ("packets", self.packets),
            ("bytes", self.bytes),
            ("unknown_link", self.unknown_link),
            ("not_ip", self.not_ip),
            ("malformed", self.malformed),
            ("later_fragments", self.later_fragments),
            ("flows", self.flows),
            ("classified", self.classified),
            ("gave_up", self.gave_up),
            ("evicted", self.evicted),
            ("held_bytes_exceeded", self.held_bytes_exceeded),
            ("values_dropped", self.values_dropped),
        ]
    }
}

/// A captured frame.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    /// When it was seen.
    pub at_ns: u64,
    /// See [`crate::frame::link_type`].
    pub link_type: u32,
    /// Bytes on the wire; the capture may hold less.
    pub original_size: u32,
    /// From the link layer's header on.
    pub data: &'a [u8],
}

/// One flow table and all that is needed to fill it. Nothing is shared but the signatures.
pub struct Engine {
    options: Options,
    signatures: Arc<Signatures>,
    network_category: u8,
    ports: PortTable,
    table: FlowTable,
    waiting: VecDeque<Waiting>,
    #[expect(clippy::vec_box, reason = "the boxes move between here and the flows; unboxing would allocate again")]
    spare: Vec<Box<Inspection>>,
    held_bytes: usize,
    found_bytes: usize,
    now_ns: u64,
    next_id: u64,
    counters: Counters,
}

/// A packet on its way to its flow.
struct Arrival<'a> {
    key: FlowKey,
    hash: u64,
    sender_is_low: bool,
    frame: Frame<'a>,
    packet: Packet<'a>,
}

/// A flow that was new, in the order of their first packets. When more have begun within the inspection's time-out than the
/// table holds, the earliest are given up before it.
struct Waiting {
    since_ns: u64,
    place: Place,
    id: u64,
}

impl Engine {
    /// An empty engine.
    #[must_use]
    pub fn new(signatures: Arc<Signatures>, options: Options) -> Self {
        Self {
            network_category: signatures.category_by_key(network_protocols::CATEGORY),
            options: Options { max_flows: options.max_flows.clamp(1, Place::MAX as usize - 1), ..options },
            signatures,
            ports: PortTable::default(),
            table: FlowTable::new(),
            waiting: VecDeque::new(),
            spare: Vec::new(),
            held_bytes: 0,
            found_bytes: 0,
            now_ns: 0,
            next_id: 1,
            counters: Counters::default(),
        }
    }

    /// Takes in a frame.
    pub fn feed(&mut self, frame: Frame<'_>, sink: &mut impl Sink) {
        self.counters.packets += 1;
        self.counters.bytes += u64::from(frame.original_size);
        self.advance(frame.at_ns, sink);
        let packet = match decode(frame.link_type, frame.data) {
            Ok(packet) => packet,
            Err(reason) => return self.count_refused(reason),
        };
        let (key, sender_is_low) = FlowKey::of(&packet);
        let hash = self.table.hash(&key);
        let arrival = Arrival { key, hash, sender_is_low, frame, packet };
        match self.table.find(hash, &key) {
            Some(place) if !self.begins_again(place, &packet) => self.take_in(place, &arrival, false, sink),
            found => {
                if let Some(place) = found {
                    self.end(place, None, sink);
                }
                let place = self.begin(&arrival, sink);
                self.take_in(place, &arrival, true, sink);
            }
        }
    }

    /// Lets time pass: flows that are idle for too long end, inspections that take too long are given up.
    pub fn advance(&mut self, now_ns: u64, sink: &mut impl Sink) {
        self.now_ns = self.now_ns.max(now_ns);
        for list in List::ALL {
            let timeout = match list {
                List::Tcp => self.options.idle_timeout_tcp_ns,
                List::Closed => CLOSED_LINGER_NS,
                List::Other => self.options.idle_timeout_udp_ns,
            };
            while let Some((place, flow)) = self.table.oldest(list)
                && flow.last_seen_ns.saturating_add(timeout) <= self.now_ns
            {
                self.end(place, None, sink);
            }
        }
        while let Some(front) = self.waiting.front()
            && (front.since_ns.saturating_add(self.options.inspect_timeout_ns) <= self.now_ns
                || self.waiting.len() > self.options.max_flows)
        {
            let (place, id) = (front.place, front.id);
            self.waiting.pop_front();
            self.give_up_waiting(place, id, sink);
        }
    }

    /// Ends all flows, in the order of their last packets within each kind.
    pub fn finish(&mut self, sink: &mut impl Sink) {
        for list in List::ALL {
            while let Some((place, _)) = self.table.oldest(list) {
                self.end(place, Some(EndReason::Shutdown), sink);
            }
        }
    }

    /// What was seen and done so far.
    #[must_use]
    pub fn counters(&self) -> Counters {
        self.counters
    }

    /// Flows in the table.
    #[must_use]
    pub fn flow_count(&self) -> usize {
        self.table.len()
    }

    fn count_refused(&mut self, reason: Refused) {
        let counter = match reason {
            Refused::LinkType(_) => &mut self.counters.unknown_link,
            Refused::NotIp => &mut self.counters.not_ip,
            Refused::Malformed(_) => &mut self.counters.malformed,
            Refused::LaterFragment => &mut self.counters.later_fragments,
        };
        *counter += 1;
    }

    /// A SYN on a closed connection opens another one between the same ports.
    fn begins_again(&self, place: Place, packet: &Packet<'_>) -> bool {
        let Segment::Tcp { flags, .. } = packet.segment else { return false };
        flags.syn() && !flags.ack() && self.table.get(place).is_some_and(|flow| flow.closing.is_closed())
    }

    fn begin(&mut self, arrival: &Arrival<'_>, sink: &mut impl Sink) -> Place {
        if self.table.len() >= self.options.max_flows {
            self.evict(sink);
        }
        let (transport, flags) = match arrival.packet.segment {
            Segment::Tcp { flags, .. } => (Some(Transport::Tcp), flags),
            Segment::Udp(_) => (Some(Transport::Udp), TcpFlags::default()),
            Segment::Other(_) => (None, TcpFlags::default()),
        };
        // Who answers a SYN is the responder, also when the SYN itself was not seen.
        let originator_is_low = arrival.sender_is_low != (flags.syn() && flags.ack());
        let id = self.next_id;
        self.next_id += 1;
        self.counters.flows += 1;
        let mut flow = Flow::new(arrival.key, id, self.now_ns, arrival.frame.link_type, originator_is_low);
        if let Segment::Other([kind, code, ..]) = arrival.packet.segment
            && flow.is_icmp()
        {
            flow.icmp_kind = u16::from_be_bytes([*kind, *code]);
        }
        if let Some(transport) = transport {
            let mut inspection = self.spare.pop().unwrap_or_default();
            inspection.begin(transport, (flow.originator().1, flow.responder().1), &self.ports);
            flow.inspection = Some(inspection);
        }
        let list = if flow.is_tcp() { List::Tcp } else { List::Other };
        let place = self.table.insert(arrival.hash, list, flow);
        if transport.is_some() {
            self.waiting.push_back(Waiting { since_ns: self.now_ns, place, id });
        }
        place
    }

    fn take_in(&mut self, place: Place, arrival: &Arrival<'_>, is_new: bool, sink: &mut impl Sink) {
        let now_ns = self.now_ns;
        let Some(flow) = self.table.get_mut(place) else { return };
        let direction = flow.direction(arrival.sender_is_low);
        flow.count(direction, arrival.frame.original_size);
        flow.last_seen_ns = now_ns;
        if let Segment::Tcp { flags, .. } = arrival.packet.segment {
            flow.closing.note(flags, direction);
        }
        let list = list_of(flow);
        let inspected = flow.inspection.is_some();
        self.table.touch(place, list);
        if is_new {
            self.publish(place, EventKind::New, sink);
            if !inspected {
                self.label_by_number(place, sink);
            }
        }
        if inspected {
            self.inspect(place, direction, &arrival.packet, list == List::Closed, sink);
        }
    }

    fn label_by_number(&mut self, place: Place, sink: &mut impl Sink) {
        let Some(flow) = self.table.get_mut(place) else { return };
        let number = flow.protocol_number();
        flow.verdict_packet = 1;
        match network_protocols::by_number(number) {
            Some(protocol) => {
                (flow.state, flow.label) = (State::Final, Label::Network(protocol));
                self.counters.classified += 1;
            }
            None => {
                flow.state = State::GaveUp;
                self.counters.gave_up += 1;
            }
        }
        self.publish(place, EventKind::Verdict, sink);
    }

    fn inspect(&mut self, place: Place, direction: Direction, packet: &Packet<'_>, closed: bool, sink: &mut impl Sink) {
        let Some(flow) = self.table.get_mut(place) else { return };
        let Some(inspection) = flow.inspection.as_mut() else { return };
        let held_elsewhere = self.held_bytes.saturating_sub(inspection.held_size());
        let mut outcome = inspection.look(direction, &packet.segment, &self.ports, &self.options);
        self.held_bytes = held_elsewhere + inspection.held_size();
        let too_much = self.held_bytes > self.options.max_held_bytes;
        if too_much {
            self.counters.held_bytes_exceeded += 1;
        }
        if closed || too_much {
            outcome = match outcome {
                Outcome::Undecided | Outcome::Claimed => inspection.finish(),
                Outcome::Settled { .. } => Outcome::Settled { open: false },
                Outcome::GaveUp => Outcome::GaveUp,
            };
        }
        if outcome != Outcome::Undecided {
            self.conclude(place, outcome, sink);
        }
    }

    /// Writes an outcome into the flow, and says so when the verdict has changed.
    fn conclude(&mut self, place: Place, outcome: Outcome, sink: &mut impl Sink) {
        if self.apply(place, outcome) {
            self.publish(place, EventKind::Verdict, sink);
        }
    }

    /// Writes an outcome into the flow; true when the verdict has changed.
    fn apply(&mut self, place: Place, outcome: Outcome) -> bool {
        let Some(flow) = self.table.get_mut(place) else { return false };
        let Some(inspection) = flow.inspection.as_ref() else { return false };
        let (was, before) = (flow.state, flow.label);
        flow.label = Label::None;
        if let Some(claim) = inspection.claim() {
            let mut app = if let Label::Native { app, .. } = before { app } else { None };
            if !flow.host_is_known
                && let Some(host) = inspection.findings().host()
            {
                flow.host_is_known = true;
                app = self.signatures.match_host(host).map(|(app, _)| app);
            }
            flow.label = Label::Native { claim, app };
        }
        flow.state = match outcome {
            Outcome::GaveUp => State::GaveUp,
            Outcome::Settled { .. } if !was.is_settled() => State::Final,
            Outcome::Settled { .. } if !same_verdict(before, flow.label) => State::Revised,
            Outcome::Settled { .. } => was,
            Outcome::Undecided | Outcome::Claimed => State::Guessed,
        };
        let changed = flow.state != was || !same_verdict(before, flow.label);
        if changed {
            flow.verdict_packet = flow.packets();
            self.counters.classified += u64::from(flow.state == State::Final);
            self.counters.gave_up += u64::from(flow.state == State::GaveUp);
        }
        if matches!(outcome, Outcome::GaveUp | Outcome::Settled { open: false }) {
            self.close_inspection(place);
        }
        changed
    }

    /// Keeps what was found, and the inspection for another flow.
    fn close_inspection(&mut self, place: Place) {
        let Some(flow) = self.table.get_mut(place) else { return };
        let Some(mut inspection) = flow.inspection.take() else { return };
        self.held_bytes = self.held_bytes.saturating_sub(inspection.held_size());
        let findings = inspection.take_findings();
        self.counters.values_dropped += u64::from(findings.dropped());
        if self.found_bytes + findings.size() > self.options.max_held_bytes {
            self.counters.values_dropped += findings.values().len() as u64;
        } else if !findings.values().is_empty() {
            self.found_bytes += findings.size();
            flow.found = Some(Box::new(findings));
        }
        if self.spare.len() < MAX_SPARE_INSPECTIONS {
            self.spare.push(inspection);
        }
    }

    fn give_up_waiting(&mut self, place: Place, id: u64, sink: &mut impl Sink) {
        let Some(flow) = self.table.get(place) else { return };
        if flow.id != id {
            return;
        }
        if let Some(inspection) = flow.inspection.as_ref() {
            let outcome = inspection.finish();
            self.conclude(place, outcome, sink);
        }
    }

    fn evict(&mut self, sink: &mut impl Sink) {
        let oldest = List::ALL.iter().filter_map(|list| self.table.oldest(*list));
        if let Some((place, _)) = oldest.min_by_key(|(_, flow)| flow.last_seen_ns) {
            self.counters.evicted += 1;
            self.end(place, Some(EndReason::Evicted), sink);
        }
    }

    /// Takes a flow out; without a reason given, what its packets say is the reason.
    fn end(&mut self, place: Place, reason: Option<EndReason>, sink: &mut impl Sink) {
        if let Some(inspection) = self.table.get(place).and_then(|flow| flow.inspection.as_ref()) {
            let outcome = inspection.finish();
            self.apply(place, outcome); // the flow's end says it all
        }
        let Some(flow) = self.table.remove(place) else { return };
        self.found_bytes -= flow.found.as_ref().map_or(0, |found| found.size());
        let reason = match reason {
            Some(EndReason::Evicted) => EndReason::Evicted,
            _ if flow.closing.is_reset() => EndReason::Rst,
            _ if flow.closing.is_closed() => EndReason::Fin,
            other => other.unwrap_or(EndReason::Idle),
        };
        let view = FlowView::new(&flow, &self.signatures, self.network_category);
        sink.event(Event { kind: EventKind::Ended(reason), at_ns: self.now_ns, flow: view });
    }

    fn publish(&self, place: Place, kind: EventKind, sink: &mut impl Sink) {
        if let Some(flow) = self.table.get(place) {
            let view = FlowView::new(flow, &self.signatures, self.network_category);
            sink.event(Event { kind, at_ns: self.now_ns, flow: view });
        }
    }
}

fn list_of(flow: &Flow) -> List {
    match (flow.is_tcp(), flow.closing.is_closed()) {
        (false, _) => List::Other,
        (true, false) => List::Tcp,
        (true, true) => List::Closed,
    }
}

fn same_verdict(one: Label, other: Label) -> bool {
    match (one, other) {
        (Label::Native { claim: a, app: b }, Label::Native { claim: c, app: d }) => a.index == c.index && b == d,
        _ => one == other,
    }
}
