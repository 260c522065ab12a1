//! The engine: frames and times in, flow events out.
//!
//! Time never runs backwards here: a packet that is older than the one before it is taken to be as old as that one.

mod counters;
mod generations;
mod inspect;
mod tunnels;

#[cfg(test)]
pub(crate) mod tests;

use std::sync::Arc;

pub use counters::{Counters, HeldBytes};
use generations::Generations;

use crate::classification::guess::{Guess, Guesses, Source};
use crate::classification::inspection::{FIRM, Inspection};
use crate::flow::deadlines::{Deadlines, Entry};
use crate::flow::expected::Expected;
use crate::flow::table::{BATCH, FlowTable, Place};
use crate::flow::{Closing, Flow, FlowKey, Label, Origin, State, Via};
use crate::frame::fragments::{Assembled, Fragments};
use crate::frame::{Decoded, Packet, Piece, Refused, Segment, TcpFlags, decode};
use crate::options::{Options, SECOND_NS};
use crate::protocol::Direction;
use crate::report::event::{EndReason, Event, EventKind, FlowView, Sink};
use crate::signatures::Signatures;

/// A closed connection stays so long for its last packets: several retransmission timeouts (RFC 6298 §2).
const CLOSED_LINGER_NS: u64 = 10 * SECOND_NS;
/// A flow whose verdict stands is looked into for more metadata so long (an answer to a request), and no longer.
const SETTLED_PATIENCE_NS: u64 = 5 * SECOND_NS;
/// When the table is full, the flow idle for longest among so many makes room.
const EVICTION_CHOICE: usize = 64;

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
    generations: Generations,
    table: FlowTable,
    fragments: Fragments,
    expected: Expected,
    guesses: Guesses,
    deadlines: Deadlines,
    due: Vec<Entry>,
    clock_hand: Place,
    #[expect(clippy::vec_box, reason = "the boxes move between here and the flows; unboxing would allocate again")]
    spare: Vec<Box<Inspection>>,
    held_bytes: usize,
    found_bytes: usize,
    now_ns: u64,
    next_id: u64,
    id_step: u64,
    counters: Counters,
}

/// A packet on its way to its flow.
struct Arrival<'a> {
    key: FlowKey,
    hash: u64,
    sender_is_low: bool,
    packet: Packet<'a>,
    via: Via,
    frames: u32,
    bytes: u64,
}

/// What was found in a frame.
enum Opened<'a> {
    Packet(Arrival<'a>),
    Piece(Piece<'a>, Via),
    Refused(Refused),
}

impl Opened<'_> {
    fn hash(&self) -> Option<u64> {
        if let Opened::Packet(arrival) = self { Some(arrival.hash) } else { None }
    }
}

impl Engine {
    /// An empty engine.
    #[must_use]
    pub fn new(signatures: Arc<Signatures>, options: Options) -> Self {
        Self {
            options: Options { max_flows: options.max_flows.clamp(1, Place::MAX as usize - 1), ..options },
            generations: Generations::new(signatures),
            table: FlowTable::new(),
            fragments: Fragments::default(),
            expected: Expected::default(),
            guesses: Guesses::default(),
            deadlines: Deadlines::default(),
            due: Vec::new(),
            clock_hand: 0,
            spare: Vec::new(),
            held_bytes: 0,
            found_bytes: 0,
            now_ns: 0,
            next_id: 1,
            id_step: 1,
            counters: Counters::default(),
        }
    }

    /// Makes this engine number `index` of `count` that share the traffic of one link: no two of them give a flow the same id.
    /// To be called before the first frame.
    pub fn number_flows(&mut self, index: usize, count: usize) {
        self.next_id = 1 + index as u64;
        self.id_step = count.max(1) as u64;
    }

    /// Flows that begin from now on are classified with these signatures; those under way finish with the ones that they began
    /// with. What was learned for guesses is forgotten: it names applications of the old set.
    pub fn replace_signatures(&mut self, signatures: Arc<Signatures>) {
        self.generations.replace(signatures);
        self.guesses = Guesses::default();
        self.expected = Expected::default();
    }

    /// The signatures that new flows are classified with.
    #[must_use]
    pub fn signatures(&self) -> &Arc<Signatures> {
        self.generations.current()
    }

    /// Takes in a frame.
    pub fn feed(&mut self, frame: Frame<'_>, sink: &mut impl Sink) {
        self.note(&frame, sink);
        self.take_frame(frame.link_type, frame.data, frame.original_size, Via::default(), sink);
    }

    /// Takes in frames, in their order. What they need of the memory is asked for side by side, so that this takes less time than
    /// one by one.
    pub fn feed_all<'a>(&mut self, frames: impl IntoIterator<Item = Frame<'a>>, sink: &mut impl Sink) {
        let mut frames = frames.into_iter().fuse();
        loop {
            let batch: [Option<(Frame<'a>, Opened<'a>)>; BATCH] = std::array::from_fn(|_| {
                let frame = frames.next()?;
                Some((frame, self.open(frame.link_type, frame.data, frame.original_size, Via::default())))
            });
            self.table.bring_near(batch.iter().flatten().filter_map(|(_, opened)| opened.hash()));
            for (frame, opened) in batch.iter().flatten() {
                self.note(frame, sink);
                self.take(opened, frame.original_size, sink);
            }
            if batch.last().is_none_or(Option::is_none) {
                return;
            }
        }
    }

    fn note(&mut self, frame: &Frame<'_>, sink: &mut impl Sink) {
        self.counters.packets += 1;
        self.counters.bytes += u64::from(frame.original_size);
        self.advance(frame.at_ns, sink);
    }

    /// Lets time pass: flows that are idle for too long end, inspections that take too long are given up.
    pub fn advance(&mut self, now_ns: u64, sink: &mut impl Sink) {
        self.now_ns = self.now_ns.max(now_ns);
        if !self.fragments.is_empty() {
            while let Some(beginning) = self.fragments.expire(self.now_ns, &self.options) {
                self.take_beginning(beginning, sink);
            }
        }
        if self.deadlines.is_due(self.now_ns) {
            self.look_at_due(sink);
        }
    }

    /// Ends all flows, in the order of their last packets.
    pub fn finish(&mut self, sink: &mut impl Sink) {
        while let Some(beginning) = self.fragments.drain() {
            self.take_beginning(beginning, sink);
        }
        let mut places: Vec<Place> = self.table.places().collect();
        places.sort_by_cached_key(|place| self.table.get(*place).map(|flow| (flow.last_seen_ns, flow.id)));
        for batch in places.chunks(BATCH) {
            self.table.bring_ends_near(batch.iter().copied());
            batch.iter().for_each(|place| self.end(*place, Some(EndReason::Shutdown), sink));
        }
        self.deadlines = Deadlines::default();
    }

    /// What was seen and done so far.
    #[must_use]
    pub fn counters(&self) -> Counters {
        self.counters
    }

    /// What is held now.
    #[must_use]
    pub fn held(&self) -> HeldBytes {
        HeldBytes { inspected: self.held_bytes, found: self.found_bytes, fragments: self.fragments.held() }
    }

    /// Flows in the table.
    #[must_use]
    pub fn flow_count(&self) -> usize {
        self.table.len()
    }

    fn take_frame(&mut self, link_type: u32, data: &[u8], wire_size: u32, via: Via, sink: &mut impl Sink) {
        let opened = self.open(link_type, data, wire_size, via);
        self.take(&opened, wire_size, sink);
    }

    #[inline]
    fn open<'a>(&self, link_type: u32, data: &'a [u8], wire_size: u32, via: Via) -> Opened<'a> {
        match decode(link_type, data) {
            Ok(Decoded::Whole(packet)) => Opened::Packet(self.arrival(packet, via, (1, u64::from(wire_size)))),
            Ok(Decoded::Piece(piece)) => Opened::Piece(piece, via),
            Err(reason) => Opened::Refused(reason),
        }
    }

    #[inline]
    fn arrival<'a>(&self, packet: Packet<'a>, via: Via, (frames, bytes): (u32, u64)) -> Arrival<'a> {
        let (key, sender_is_low) = FlowKey::of(&packet, via.scope);
        Arrival { key, hash: self.table.hash(&key), sender_is_low, packet, via, frames, bytes }
    }

    fn take(&mut self, opened: &Opened<'_>, wire_size: u32, sink: &mut impl Sink) {
        match opened {
            Opened::Packet(arrival) => self.take_arrival(arrival, sink),
            Opened::Piece(piece, via) => self.take_piece(piece, wire_size, *via, sink),
            Opened::Refused(reason) => self.count_refused(*reason),
        }
    }

    fn take_piece(&mut self, piece: &Piece<'_>, wire_size: u32, via: Via, sink: &mut impl Sink) {
        if self.options.defragment {
            if let Some(whole) = self.fragments.push(piece, via, (self.now_ns, wire_size)) {
                self.counters.reassembled += 1;
                self.take_assembled(&whole, sink);
            }
        } else if piece.fragment.offset == 0 {
            match piece.envelope.open(piece.payload) {
                Ok(packet) => self.take_packet(packet, via, (1, u64::from(wire_size)), sink),
                Err(reason) => self.count_refused(reason),
            }
        } else {
            self.counters.later_fragments += 1;
        }
    }

    fn take_beginning(&mut self, beginning: Option<Assembled>, sink: &mut impl Sink) {
        match beginning {
            Some(assembled) => self.take_assembled(&assembled, sink),
            None => self.counters.later_fragments += 1,
        }
    }

    fn take_assembled(&mut self, assembled: &Assembled, sink: &mut impl Sink) {
        match assembled.envelope.open(&assembled.payload) {
            Ok(packet) => self.take_packet(packet, assembled.via, (assembled.frames, assembled.bytes), sink),
            Err(reason) => self.count_refused(reason),
        }
    }

    fn take_packet(&mut self, packet: Packet<'_>, via: Via, volume: (u32, u64), sink: &mut impl Sink) {
        let arrival = self.arrival(packet, via, volume);
        self.take_arrival(&arrival, sink);
    }

    fn take_arrival(&mut self, arrival: &Arrival<'_>, sink: &mut impl Sink) {
        let (place, is_new) = match self.table.find(arrival.hash, &arrival.key) {
            Some(place) if !self.begins_again(place, &arrival.packet) => (place, false),
            Some(place) if self.tries_again(place, arrival.sender_is_low) => (place, false),
            found => {
                if let Some(place) = found {
                    self.end(place, None, sink);
                }
                (self.begin(arrival, sink), true)
            }
        };
        self.take_in(place, arrival, is_new, sink);
        self.open_tunnel(place, arrival, sink);
    }

    fn count_refused(&mut self, reason: Refused) {
        let counter = match reason {
            Refused::LinkType(_) => &mut self.counters.unknown_link,
            Refused::NotIp => &mut self.counters.not_ip,
            Refused::Malformed(_) => &mut self.counters.malformed,
        };
        *counter += 1;
    }

    /// A SYN on a closed connection opens another one between the same ports.
    fn begins_again(&self, place: Place, packet: &Packet<'_>) -> bool {
        let Segment::Tcp { flags, .. } = packet.segment else { return false };
        flags.syn() && !flags.ack() && self.table.get(place).is_some_and(|flow| flow.closing.is_closed())
    }

    /// A SYN after one that was refused, or after a connection in which nothing was said, is the same flow's next attempt: its
    /// inspection begins anew.
    fn tries_again(&mut self, place: Place, sender_is_low: bool) -> bool {
        let Some(flow) = self.table.get_mut(place) else { return false };
        if !flow.closing.is_silent() || flow.direction(sender_is_low) != Direction::Originator {
            return false;
        }
        flow.closing = Closing::default();
        let signatures = self.generations.get(flow.generation);
        let mut inspection = flow.inspection.take().or_else(|| self.spare.pop()).unwrap_or_default();
        self.held_bytes = self.held_bytes.saturating_sub(inspection.held_size());
        inspection.begin(flow.carrier(), (flow.originator().1, flow.responder().1), signatures.ports());
        self.held_bytes += inspection.held_size();
        if let Some(Guess { protocol: Some(protocol), confidence, source: Source::Announced, .. }) = flow.first_guess {
            inspection.announce(protocol.into(), confidence < FIRM);
        }
        flow.inspection = Some(inspection);
        self.counters.gave_up -= u64::from(flow.state == State::GaveUp);
        (flow.state, flow.label) = match flow.first_guess {
            Some(guess) => (State::Guessed, Label::Guess(guess)),
            None => (State::Inspecting, Label::None),
        };
        true
    }

    fn begin(&mut self, arrival: &Arrival<'_>, sink: &mut impl Sink) -> Place {
        if self.table.len() >= self.options.max_flows {
            self.evict(sink);
        }
        let flags = match arrival.packet.segment {
            Segment::Tcp { flags, .. } => flags,
            _ => TcpFlags::default(),
        };
        // Who answers a SYN is the responder, also when the SYN itself was not seen.
        let originator_is_low = arrival.sender_is_low != (flags.syn() && flags.ack());
        let id = self.next_id;
        self.next_id += self.id_step;
        self.counters.flows += 1;
        let mut flow = Flow::new(arrival.key, id, self.now_ns, arrival.packet.layers, originator_is_low);
        if let Segment::Numbered(_, [kind, code, ..]) = arrival.packet.segment
            && flow.is_icmp()
        {
            flow.icmp_kind = u16::from_be_bytes([*kind, *code]);
        }
        flow.generation = self.generations.enter();
        if let Some(tunnel) = self.table.get(arrival.via.place).filter(|tunnel| tunnel.id == arrival.via.tunnel) {
            let tunnel_path = Some(self.view(tunnel).path().to_string().into_boxed_str());
            flow.origin = Some(Box::new(Origin { parent: tunnel.id, tunnel_path }));
        }
        self.prepare(&mut flow);
        let deadline_ns = self.deadline(&flow);
        let place = self.table.insert(arrival.hash, flow);
        self.deadlines.insert(Entry { place, id: id as u32 }, deadline_ns, self.now_ns);
        place
    }

    fn take_in(&mut self, place: Place, arrival: &Arrival<'_>, is_new: bool, sink: &mut impl Sink) {
        let now_ns = self.now_ns;
        let Some(flow) = self.table.get_mut(place) else { return };
        let direction = flow.direction(arrival.sender_is_low);
        flow.count(direction, arrival.frames, arrival.bytes);
        flow.last_seen_ns = now_ns;
        let (was_closed, inspected) = (flow.closing.is_closed(), flow.inspection.is_some());
        if let Segment::Tcp { flags, payload, .. } = arrival.packet.segment {
            flow.closing.note(flags, payload, direction);
        }
        let closed = flow.closing.is_closed();
        if closed && !was_closed {
            let (id, deadline_ns) = (flow.id as u32, now_ns.saturating_add(CLOSED_LINGER_NS));
            self.deadlines.insert(Entry { place, id }, deadline_ns, now_ns); // earlier than the one it stands in
        }
        if is_new {
            self.publish(place, EventKind::New, sink);
            self.publish_first(place, sink);
        }
        if inspected {
            self.inspect(place, direction, &arrival.packet, closed, sink);
        }
    }

    /// Ends the flows whose time is over, gives up inspections that took too long, and puts the others further on.
    fn look_at_due(&mut self, sink: &mut impl Sink) {
        let mut due = std::mem::take(&mut self.due);
        self.deadlines.take(self.now_ns, &mut due);
        for (at, entry) in due.iter().copied().enumerate() {
            if at.is_multiple_of(BATCH) {
                self.table.bring_ends_near(due.iter().skip(at).take(BATCH).map(|entry| entry.place));
            }
            let Some(flow) = self.table.get(entry.place).filter(|flow| flow.id as u32 == entry.id) else { continue };
            let deadline_ns = self.deadline(flow);
            if deadline_ns > self.now_ns {
                self.deadlines.insert(entry, deadline_ns, self.now_ns);
            } else if self.idle_deadline(flow) <= self.now_ns {
                self.end(entry.place, None, sink);
            } else {
                self.give_up_waiting(entry, sink);
            }
        }
        due.clear();
        self.due = due;
    }

    fn give_up_waiting(&mut self, entry: Entry, sink: &mut impl Sink) {
        if let Some(inspection) = self.table.get_mut(entry.place).and_then(|flow| flow.inspection.as_mut()) {
            let outcome = inspection.finish();
            self.conclude(entry.place, outcome, sink);
        }
        if let Some(flow) = self.table.get(entry.place) {
            let deadline_ns = self.deadline(flow).max(self.now_ns + 1);
            self.deadlines.insert(entry, deadline_ns, self.now_ns);
        }
    }

    /// When there is something to do about a flow that says nothing more.
    fn deadline(&self, flow: &Flow) -> u64 {
        let idle_ns = self.idle_deadline(flow);
        let patience_ns = match (&flow.inspection, flow.state.is_settled()) {
            (None, _) => return idle_ns,
            (Some(_), true) => self.options.inspect_timeout_ns.min(SETTLED_PATIENCE_NS),
            (Some(_), false) => self.options.inspect_timeout_ns,
        };
        idle_ns.min(flow.first_seen_ns.saturating_add(patience_ns))
    }

    fn idle_deadline(&self, flow: &Flow) -> u64 {
        let timeout_ns = match (flow.is_tcp(), flow.closing.is_closed()) {
            (true, true) => CLOSED_LINGER_NS,
            (true, false) => self.options.idle_timeout_tcp_ns,
            (false, _) => self.options.idle_timeout_udp_ns,
        };
        flow.last_seen_ns.saturating_add(timeout_ns)
    }

    /// Makes room: of some flows the one idle for longest goes, others the next time.
    fn evict(&mut self, sink: &mut impl Sink) {
        if let Some(place) = self.table.stalest(self.clock_hand, EVICTION_CHOICE) {
            self.clock_hand = place.wrapping_add(1);
            self.counters.evicted += 1;
            self.end(place, Some(EndReason::Evicted), sink);
        }
    }

    /// Takes a flow out; without a reason given, what its packets say is the reason.
    fn end(&mut self, place: Place, reason: Option<EndReason>, sink: &mut impl Sink) {
        if let Some(inspection) = self.table.get_mut(place).and_then(|flow| flow.inspection.as_mut()) {
            let outcome = inspection.finish();
            self.apply(place, outcome); // the flow's end says it all
        }
        let Some(flow) = self.table.get(place) else { return };
        self.found_bytes -= flow.found.size();
        let reason = match reason {
            Some(EndReason::Evicted) => EndReason::Evicted,
            _ if flow.closing.is_reset() => EndReason::Rst,
            _ if flow.closing.is_closed() => EndReason::Fin,
            other => other.unwrap_or(EndReason::Idle),
        };
        sink.event(Event { kind: EventKind::Ended(reason), at_ns: self.now_ns, flow: self.view(flow) });
        self.generations.leave(flow.generation);
        self.table.remove(place);
    }

    fn publish(&self, place: Place, kind: EventKind, sink: &mut impl Sink) {
        if let Some(flow) = self.table.get(place) {
            sink.event(Event { kind, at_ns: self.now_ns, flow: self.view(flow) });
        }
    }

    fn view<'a>(&'a self, flow: &'a Flow) -> FlowView<'a> {
        FlowView::new(flow, self.generations.get(flow.generation))
    }
}
