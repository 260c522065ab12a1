//! The work on one flow until its verdict, and on its metadata a little longer: pure, no table, no clock.

use crate::classification::candidates::{Candidates, PortTable};
use crate::flow::stream::Stream;
use crate::frame::{DataChunks, Segment, TcpFlags};
use crate::options::Options;
use crate::protocol::{
    Direction, Evidence, Expectation, Findings, Inspector, MAX_PREVIOUS, Probe, Progress, Sample, Transport,
};
use crate::protocols::ALL;

/// Below this, another protocol may take the flow ([`Evidence::confidence`]).
pub const FIRM: u8 = 60;
/// From here on, who is found where it usually is need not be compared with all others.
const SURE_AT_HOME: u8 = 80;
/// An announced flow is what was announced, unless its own bytes leave no doubt that it is something else.
const ANNOUNCED: Evidence = Evidence { confidence: 90, what: "announced by another flow", offset: 0, size: 0 };

/// A flow that was only heard of is that where nothing firm says otherwise.
const HEARD_OF: Evidence = Evidence { confidence: 55, what: "told of by another flow", offset: 0, size: 0 };

/// A protocol that claimed the flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    index: u16,
    /// Why.
    pub evidence: Evidence,
}

impl Claim {
    /// Of the protocol at this place in [`ALL`], or behind it in what the signatures declare.
    #[must_use]
    pub fn new(index: usize, evidence: Evidence) -> Self {
        Self { index: u16::try_from(index).unwrap_or(u16::MAX), evidence }
    }

    /// Its place; see [`crate::signatures::Signatures::protocol`].
    #[must_use]
    pub fn index(&self) -> usize {
        self.index.into()
    }

    /// Whether both are the same, at a glance: evidence that reads alike may still count as another.
    pub(crate) fn is(&self, other: &Self) -> bool {
        let (ours, theirs) = (&self.evidence, &other.evidence);
        self.index == other.index
            && std::ptr::eq(ours.what, theirs.what)
            && (ours.confidence, ours.offset, ours.size) == (theirs.confidence, theirs.offset, theirs.size)
    }

    /// How sure another protocol must be to take an announced flow.
    const fn gives_way_at(&self) -> u8 {
        if self.evidence.confidence < FIRM { FIRM } else { 100 }
    }

    /// Whether what the flow's packets carry is to be looked at: its protocol is a tunnel, for certain.
    #[must_use]
    pub fn opens_tunnels(&self) -> bool {
        self.evidence.confidence >= FIRM && ALL.get(self.index()).is_some_and(|protocol| protocol.tunnel.is_some())
    }
}

/// What a packet's payload led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// More is needed.
    Undecided,
    /// The protocol is known, the verdict may still depend on what follows.
    Claimed,
    /// The verdict stands; `open` when more metadata may follow.
    Settled {
        /// Whether the inspection goes on.
        open: bool,
    },
    /// No protocol is left, or the budget is used up.
    GaveUp,
}

impl Outcome {
    /// Whether the inspection is over with it.
    #[must_use]
    pub const fn is_last(self) -> bool {
        matches!(self, Self::Settled { open: false } | Self::GaveUp)
    }
}

/// A flow's payload seen so far, and who may still claim it.
pub struct Inspection {
    transport: Transport,
    originator_port: u16,
    responder_port: u16,
    sides: [Side; 2],
    packets: u32,
    work: Work,
}

impl Default for Inspection {
    fn default() -> Self {
        Self {
            transport: Transport::Tcp,
            originator_port: 0,
            responder_port: 0,
            sides: Default::default(),
            packets: 0,
            work: Work::default(),
        }
    }
}

#[derive(Default)]
struct Side {
    stream: Stream,
    previous: Vec<u8>,
}

impl Inspection {
    /// Begins anew for another flow.
    pub fn begin(&mut self, transport: Transport, ports: (u16, u16), table: &PortTable) {
        self.transport = transport;
        (self.originator_port, self.responder_port) = ports;
        self.work.begin(table.all(transport));
        for side in &mut self.sides {
            side.stream.reset();
            side.previous.clear();
        }
        self.packets = 0;
    }

    /// The sequence number of the next segment of a TCP stream, as far as is known.
    #[must_use]
    pub fn next_sequence(&self, direction: Direction) -> Option<u32> {
        let [originator, responder] = &self.sides;
        let side = if direction == Direction::Originator { originator } else { responder };
        side.stream.next_sequence()
    }

    /// Another flow has said that this one will speak a protocol: one of its ends, or (by hearsay) somebody else.
    pub fn announce(&mut self, index: usize, is_hearsay: bool) {
        self.work.announced = Some(Claim::new(index, if is_hearsay { HEARD_OF } else { ANNOUNCED }));
    }

    /// The protocol that claimed the flow, if one did.
    #[must_use]
    pub fn claim(&self) -> Option<Claim> {
        self.work.claim
    }

    /// What was found so far.
    #[must_use]
    pub fn findings(&self) -> &Findings {
        &self.work.findings
    }

    /// Whether other flows were announced or told of since they were taken last.
    #[must_use]
    pub fn has_news(&self) -> bool {
        self.work.findings.has_news()
    }

    /// Gives away the flows that this one has announced since the last call.
    pub fn take_expected(&mut self) -> Vec<Expectation> {
        self.work.findings.take_expected()
    }

    /// Gives away the flows that this one has told of as others' since the last call.
    pub fn take_heard_of(&mut self) -> Vec<Expectation> {
        self.work.findings.take_heard_of()
    }

    /// Forgets the addresses that were answered.
    pub fn clear_resolved(&mut self) {
        self.work.findings.clear_resolved();
    }

    /// How many bytes are held: payload, and what was found in it.
    #[must_use]
    pub fn held_size(&self) -> usize {
        self.sides.iter().map(|side| side.stream.held_size()).sum::<usize>() + self.work.findings.size()
    }

    /// Reads something of most lines of the processor's cache that it lies in.
    pub(crate) fn touch(&self) -> u64 {
        u64::from(self.packets) ^ u64::from(self.work.settled) ^ self.work.candidates.touch() ^ self.held_size() as u64
    }

    /// Looks at a packet.
    pub fn look(
        &mut self,
        direction: Direction,
        segment: &Segment<'_>,
        table: &PortTable,
        options: &Options,
    ) -> Outcome {
        match *segment {
            Segment::Tcp { sequence, flags, payload, .. } => {
                self.look_at_stream(direction, (sequence, flags), payload, table, options)
            }
            Segment::Udp([]) => Outcome::Undecided,
            Segment::Udp(payload) | Segment::Numbered(_, payload) => {
                self.look_at_datagram((self.transport, direction), payload, table, options)
            }
            Segment::Sctp(chunks) => self.look_at_chunks(direction, chunks, table, options),
        }
    }

    /// What stands when nothing more will come.
    #[must_use]
    pub fn finish(&mut self) -> Outcome {
        if self.work.claim.is_none() {
            self.work.claim = self.work.announced.or(self.work.fallback);
        }
        if self.work.claim.is_some() { Outcome::Settled { open: false } } else { Outcome::GaveUp }
    }

    fn look_at_stream(
        &mut self,
        direction: Direction,
        (sequence, flags): (u32, TcpFlags),
        payload: &[u8],
        table: &PortTable,
        options: &Options,
    ) -> Outcome {
        let [ours, theirs] = split(&mut self.sides, direction);
        let mut first = sequence;
        if flags.syn() {
            ours.stream.begin(sequence);
            first = first.wrapping_add(1); // data on a SYN stands behind it (RFC 7413)
        }
        if payload.is_empty() {
            return Outcome::Undecided;
        }
        self.packets += 1;
        let max_size = options.max_stream_bytes;
        let is_beginning = ours.stream.is_empty_at(first);
        let is_unwanted = self.work.is_done_with(direction);
        if is_unwanted {
            ours.stream.skip(first, payload.len());
        }
        if is_unwanted || !is_beginning && !ours.stream.push(first, payload, max_size, options.reassemble) {
            return self.within_budget(Outcome::Undecided, false, options);
        }
        // what often says it all is read where it lies, and kept only if it will be asked for again
        let beginning = payload.get(..max_size).unwrap_or(payload);
        let sample = Sample {
            transport: Transport::Tcp,
            direction,
            data: if is_beginning { beginning } else { ours.stream.data() },
            other: theirs.stream.data(),
            reverse: &[],
            originator_port: self.originator_port,
            responder_port: self.responder_port,
        };
        let outcome = self.work.step(&sample, table);
        let full = sample.data.len() >= max_size;
        if is_beginning && !outcome.is_last() && !self.work.is_done_with(direction) {
            ours.stream.push(first, payload, max_size, options.reassemble);
        }
        self.within_budget(outcome, full, options)
    }

    fn look_at_datagram(
        &mut self,
        (transport, direction): (Transport, Direction),
        payload: &[u8],
        table: &PortTable,
        options: &Options,
    ) -> Outcome {
        self.packets += 1;
        let [ours, theirs] = split(&mut self.sides, direction);
        let sample = Sample {
            transport,
            direction,
            data: payload,
            other: &ours.previous,
            reverse: &theirs.previous,
            originator_port: self.originator_port,
            responder_port: self.responder_port,
        };
        let outcome = self.work.step(&sample, table);
        ours.previous.clear();
        ours.previous.extend_from_slice(payload.get(..MAX_PREVIOUS).unwrap_or(payload));
        self.within_budget(outcome, false, options)
    }

    /// The messages of an SCTP packet, each for those who name its payload protocol identifier. An association that carries
    /// nothing known is SCTP itself.
    fn look_at_chunks(&mut self, direction: Direction, chunks: &[u8], table: &PortTable, options: &Options) -> Outcome {
        if self.work.fallback.is_none() {
            let itself = Sample { transport: self.transport, direction, data: chunks, ..Sample::EMPTY };
            self.work.fallback = Work::claim_of(&itself, table.all(self.transport));
        }
        for (identifier, data) in DataChunks::new(chunks) {
            let transport = Transport::Sctp(identifier);
            let may_be = table.all(transport);
            if data.is_empty() || (may_be.is_empty() && self.work.inspector.is_none()) {
                continue;
            }
            self.work.candidates = *may_be;
            let outcome = self.look_at_datagram((transport, direction), data, table, options);
            if outcome != Outcome::Undecided && outcome != Outcome::GaveUp {
                return outcome;
            }
        }
        self.packets += 1;
        self.within_budget(Outcome::Undecided, false, options)
    }

    fn within_budget(&mut self, outcome: Outcome, full: bool, options: &Options) -> Outcome {
        let spent = full || self.packets >= options.max_inspected_packets;
        match outcome {
            Outcome::Undecided | Outcome::Claimed if spent => self.finish(),
            Outcome::Settled { open: true } if spent => Outcome::Settled { open: false },
            outcome => outcome,
        }
    }
}

fn split(sides: &mut [Side; 2], direction: Direction) -> [&mut Side; 2] {
    let [originator, responder] = sides;
    match direction {
        Direction::Originator => [originator, responder],
        Direction::Responder => [responder, originator],
    }
}

/// The parts of an inspection that change while a sample borrows its streams.
#[derive(Default)]
struct Work {
    candidates: Candidates,
    inspector: Option<Box<dyn Inspector>>,
    claim: Option<Claim>,
    /// What another flow said that this one is.
    announced: Option<Claim>,
    /// What it is if nothing better is found.
    fallback: Option<Claim>,
    settled: bool,
    findings: Findings,
}

impl Work {
    fn begin(&mut self, candidates: &Candidates) {
        self.candidates = *candidates;
        self.inspector = None;
        (self.claim, self.announced, self.fallback, self.settled) = (None, None, None, false);
        self.findings.clear();
    }

    fn step(&mut self, sample: &Sample<'_>, table: &PortTable) -> Outcome {
        if self.inspector.is_some() {
            return self.feed(sample);
        }
        if let Some(first) = sample.data.first() {
            self.candidates.retain(table.beginning(sample.transport, *first));
            self.claim = self.claim.filter(|claim| self.candidates.contains(claim.index()));
        }
        self.probe(sample, table);
        if let Some(announced) = self.announced
            && self.claim.is_none_or(|claim| claim.evidence.confidence < announced.gives_way_at())
        {
            self.claim = Some(announced);
        }
        match self.claim {
            None if self.candidates.is_empty() => Outcome::GaveUp,
            None => Outcome::Undecided,
            Some(claim) if claim.evidence.confidence < FIRM && self.has_rivals(claim) => Outcome::Claimed,
            Some(claim) => self.open_inspector(claim, sample, table),
        }
    }

    fn is_done_with(&self, direction: Direction) -> bool {
        self.inspector.as_ref().is_some_and(|inspector| inspector.is_done_with(direction))
    }

    /// The first of some protocols that takes a sample.
    fn claim_of(sample: &Sample<'_>, candidates: &Candidates) -> Option<Claim> {
        candidates.iter().find_map(|index| match (ALL.get(index)?.probe)(sample) {
            Probe::Match(evidence) => Some(Claim::new(index, evidence)),
            Probe::No | Probe::NeedMore => None,
        })
    }

    fn has_rivals(&self, claim: Claim) -> bool {
        let mut rivals = self.candidates;
        rivals.remove(claim.index());
        !rivals.is_empty()
    }

    /// Asks the candidates, those of the ports first; the most confident match becomes the claim.
    fn probe(&mut self, sample: &Sample<'_>, table: &PortTable) {
        let [one, other] =
            [sample.responder_port, sample.originator_port].map(|port| table.usual(sample.transport, port));
        let at_home = one.iter().chain(other.iter().filter(|usual| !one.contains(usual)));
        let mut at_home = at_home.map(|usual| usize::from(usual.index));
        let _ = at_home.any(|index| self.candidates.contains(index) && self.ask(index, sample, table));
        if self.claim.is_some_and(|claim| claim.evidence.confidence >= SURE_AT_HOME) {
            return;
        }
        let mut others = self.candidates;
        one.iter().chain(other).for_each(|usual| others.remove(usual.index.into()));
        let _ = others.iter().any(|index| self.ask(index, sample, table));
    }

    /// Asks one candidate; true when nobody else need be asked.
    fn ask(&mut self, index: usize, sample: &Sample<'_>, table: &PortTable) -> bool {
        let (answer, max_probe_size) = if let Some(native) = ALL.get(index) {
            ((native.probe)(sample), native.max_probe_size)
        } else {
            let Some(declared) = table.declared(index) else { return false };
            (declared.probe(sample), usize::MAX) // it knows itself when to give up
        };
        match answer {
            Probe::Match(evidence) => {
                if self.claim.is_none_or(|claim| claim.evidence.confidence < evidence.confidence) {
                    self.claim = Some(Claim::new(index, evidence));
                }
                return evidence.confidence == 100;
            }
            Probe::No => {
                self.candidates.remove(index);
                self.claim = self.claim.filter(|claim| claim.index() != index); // it takes back what it guessed
            }
            Probe::NeedMore => {
                if sample.transport == Transport::Tcp && sample.data.len() >= max_probe_size {
                    self.candidates.remove(index);
                }
            }
        }
        false
    }

    /// Shows a new inspector what both sides have sent so far.
    fn open_inspector(&mut self, claim: Claim, sample: &Sample<'_>, table: &PortTable) -> Outcome {
        self.inspector = match (ALL.get(claim.index()), table.declared(claim.index())) {
            (Some(native), _) => native.inspector.map(|make| make()),
            (None, declared) => declared.and_then(|declared| declared.inspector()),
        };
        if self.inspector.is_none() {
            return Outcome::Settled { open: false };
        }
        if sample.transport == Transport::Tcp && !sample.other.is_empty() {
            let direction = sample.direction.opposite();
            let earlier = Sample { direction, data: sample.other, other: sample.data, ..*sample };
            if self.feed(&earlier) == (Outcome::Settled { open: false }) {
                return Outcome::Settled { open: false };
            }
        }
        self.feed(sample)
    }

    fn feed(&mut self, sample: &Sample<'_>) -> Outcome {
        let Some(inspector) = self.inspector.as_mut() else { return Outcome::Settled { open: false } };
        let progress = inspector.feed(sample, &mut self.findings);
        if let Some((key, what)) = self.findings.take_goes_on()
            && let Some(index) = ALL.iter().position(|protocol| protocol.key == key)
        {
            self.claim = Some(Claim::new(index, Evidence { confidence: 100, what, offset: 0, size: 0 }));
        }
        match progress {
            Progress::Done => Outcome::Settled { open: false },
            Progress::Settled => {
                self.settled = true;
                Outcome::Settled { open: true }
            }
            Progress::NeedMore if self.settled => Outcome::Settled { open: true },
            Progress::NeedMore => Outcome::Claimed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Thousands wait for an answer at a time, each in eleven lines of the processor's cache.
    #[test]
    fn an_inspection_is_small() {
        assert!(size_of::<Inspection>() <= 704, "{}", size_of::<Inspection>());
    }
}
