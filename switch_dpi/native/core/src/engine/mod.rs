//! The engine: frames and times in, flow events out.
//!
//! Time never runs backwards here: a packet that is older than the one before it is taken to be as old as that one.

mod counters;
mod generations;
mod inspect;
mod intake;
mod steered;
mod tunnels;

#[cfg(test)]
pub(crate) mod tests;

use std::sync::Arc;

pub use counters::{Counters, HeldBytes};
use generations::Generations;
use intake::Arrival;
pub use intake::Frame;
pub use steered::Ends;

use crate::classification::guess::{Guess, Guesses, Source};
use crate::classification::inspection::{FIRM, Inspection};
use crate::flow::deadlines::{Deadlines, Entry};
use crate::flow::expected::Expected;
use crate::flow::table::{BATCH, FlowTable, Place};
use crate::flow::{Closing, Flow, Label, Origin, State};
use crate::frame::fragments::Fragments;
use crate::frame::{Segment, TcpFlags};
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

    /// Lets time pass: flows that are idle for too long end, inspections that take too long are given up.
    pub fn advance(&mut self, now_ns: u64, sink: &mut impl Sink) {
        self.now_ns = self.now_ns.max(now_ns);
        if self.fragments.is_due(self.now_ns, &self.options) {
            self.expire_fragments(sink);
        }
        if self.deadlines.is_due(self.now_ns) {
            self.look_at_due(sink);
        }
    }

    #[inline(never)]
    fn expire_fragments(&mut self, sink: &mut impl Sink) {
        while let Some(beginning) = self.fragments.expire(self.now_ns, &self.options) {
            self.take_beginning(beginning, sink);
        }
    }

    /// Ends all flows, in the order of their last packets.
    pub fn finish(&mut self, sink: &mut impl Sink) {
        while let Some(beginning) = self.fragments.drain() {
            self.take_beginning(beginning, sink);
        }
        let mut ends: Vec<(u64, u64, Place)> =
            self.table.flows().map(|(place, flow)| (flow.last_seen_ns, flow.id, place)).collect();
        ends.sort_unstable();
        for batch in ends.chunks(BATCH) {
            self.table.bring_near(batch.iter().map(|(_, _, place)| *place), Flow::touch);
            self.table.bring_near(batch.iter().map(|(_, _, place)| *place), Flow::touch_record);
            for (_, _, place) in batch {
                self.report_end(*place, Some(EndReason::Shutdown), sink);
                self.table.empty(*place);
            }
        }
        self.table.clear();
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

    #[inline(never)]
    fn take_arrival(&mut self, arrival: &Arrival<'_>, found: Option<Place>, sink: &mut impl Sink) {
        let (place, is_new) = match found {
            Some(place) if !self.begins_again(place, &arrival.segment) => (place, false),
            Some(place) if self.tries_again(place, arrival.sender_is_low, sink) => (place, false),
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

    /// A SYN on a closed connection opens another one between the same ports. So does, on one whose end was not seen, the answer
    /// to a SYN if it numbers otherwise than the last: who is asked answers so only when the old connection is gone, while a
    /// SYN alone may be made up by whoever wants to be looked at anew. Where nothing was said or found yet it is another attempt.
    fn begins_again(&self, place: Place, segment: &Segment<'_>) -> bool {
        let (Segment::Tcp { flags, sequence, .. }, Some(flow)) = (segment, self.table.get(place)) else { return false };
        match (flags.syn(), flags.ack()) {
            (true, false) => flow.closing.is_closed(),
            (true, true) => {
                let is_other = flow.answered_at != 0 && flow.answered_at != *sequence;
                is_other && (flow.closing.has_spoken() || flow.state.is_settled())
            }
            (false, _) => false,
        }
    }

    /// A SYN after one that was refused, or after a connection in which nothing was said, is the same flow's next attempt: its
    /// inspection begins anew, and what was said of it is taken back.
    fn tries_again(&mut self, place: Place, sender_is_low: bool, sink: &mut impl Sink) -> bool {
        let Some(flow) = self.table.get_mut(place) else { return false };
        if !flow.closing.is_silent() || flow.direction(sender_is_low) != Direction::Originator {
            return false;
        }
        (flow.closing, flow.answered_at) = (Closing::default(), 0);
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
        let was_settled = flow.state.is_settled();
        (flow.state, flow.label) = match flow.first_guess {
            Some(guess) => (State::Guessed, Label::Guess(guess)),
            None => (State::Inspecting, Label::None),
        };
        if was_settled {
            self.publish(place, EventKind::Verdict, sink);
        }
        true
    }

    fn begin(&mut self, arrival: &Arrival<'_>, sink: &mut impl Sink) -> Place {
        if self.table.len() >= self.options.max_flows {
            self.evict(sink);
        }
        let flags = match arrival.segment {
            Segment::Tcp { flags, .. } => flags,
            _ => TcpFlags::default(),
        };
        // Who answers a SYN is the responder, also when the SYN itself was not seen.
        let originator_is_low = arrival.sender_is_low != (flags.syn() && flags.ack());
        let id = self.next_id;
        self.next_id += self.id_step;
        self.counters.flows += 1;
        let mut flow = Flow::new(arrival.key, id, self.now_ns, arrival.layers, originator_is_low);
        flow.is_opened = flags.syn() || !flow.is_tcp();
        if let Segment::Numbered(_, [kind, code, ..]) = arrival.segment
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
        flow.count(direction, arrival.volume);
        flow.last_seen_ns = now_ns;
        let (was_closed, inspected) = (flow.closing.is_closed(), flow.inspection.is_some());
        if let Segment::Tcp { flags, payload, sequence, .. } = arrival.segment {
            let is_reset = flags.rst() && flow.believes_reset(direction, &arrival.segment);
            flow.closing.note(flags, is_reset, payload, direction);
            if flags.syn() && flags.ack() {
                flow.answered_at = sequence;
            }
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
            self.inspect(place, direction, &arrival.segment, closed, sink);
        }
    }

    /// Ends the flows whose time is over, gives up inspections that took too long, and puts the others further on.
    #[inline(never)]
    fn look_at_due(&mut self, sink: &mut impl Sink) {
        let mut due = std::mem::take(&mut self.due);
        self.deadlines.take(self.now_ns, &mut due);
        for batch in due.chunks(BATCH) {
            self.bring_due_near(batch);
            batch.iter().for_each(|entry| self.look_at(*entry, sink));
        }
        due.clear();
        self.due = due;
    }

    fn bring_due_near(&self, due: &[Entry]) {
        self.table.bring_near(due.iter().map(|entry| entry.place), Flow::touch);
        self.table.bring_near(due.iter().map(|entry| entry.place), Flow::touch_inspected);
        let over = || due.iter().filter(|entry| self.is_over(entry)).map(|entry| entry.place);
        self.table.bring_near(over(), Flow::touch_record);
        self.table.bring_places_near(over().filter_map(|place| self.table.hash_at(place)));
    }

    fn look_at(&mut self, entry: Entry, sink: &mut impl Sink) {
        let Some(flow) = self.table.get(entry.place).filter(|flow| flow.id as u32 == entry.id) else { return };
        let deadline_ns = self.deadline(flow);
        if deadline_ns > self.now_ns {
            self.deadlines.insert(entry, deadline_ns, self.now_ns);
        } else if self.is_over(&entry) {
            self.end(entry.place, None, sink);
        } else {
            self.give_up_waiting(entry, sink);
        }
    }

    /// Whether the flow that a deadline was for has been idle for too long.
    fn is_over(&self, entry: &Entry) -> bool {
        let flow = self.table.get(entry.place).filter(|flow| flow.id as u32 == entry.id);
        flow.is_some_and(|flow| self.idle_deadline(flow) <= self.now_ns)
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
        self.report_end(place, reason, sink);
        self.table.remove(place);
    }

    fn report_end(&mut self, place: Place, reason: Option<EndReason>, sink: &mut impl Sink) {
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
