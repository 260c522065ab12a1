//! From a flow's payload to its verdict.

use super::{Engine, SETTLED_PATIENCE_NS};
use crate::classification::guess::{Guess, Guesses, Server, Source};
use crate::classification::inspection::{Claim, Outcome};
use crate::flow::deadlines::Entry;
use crate::flow::expected::Announced;
use crate::flow::table::Place;
use crate::flow::{Flow, Known, Label, Origin, State, Upper};
use crate::frame::{Segment, ip_protocol};
use crate::options::SECOND_NS;
use crate::protocol::{Direction, Expectation, Findings, Resolved, Transport};
use crate::protocols::ALL;
use crate::report::event::{EventKind, Sink};
use crate::signatures::Signatures;
use crate::signatures::clues::Clue;
use crate::signatures::sites;

/// Inspections kept for the next flows, so that a flow needs no new buffers.
const MAX_SPARE_INSPECTIONS: usize = 256;

impl Engine {
    /// What a new flow is given: an inspection, unless no protocol runs over its carrier, and a guess.
    pub(super) fn prepare(&mut self, flow: &mut Flow) {
        let carrier = flow.carrier();
        let ports = self.generations.current().ports();
        if ports.all(carrier).is_empty() && carrier != Transport::Ip(ip_protocol::SCTP) {
            flow.state = State::GaveUp;
            self.counters.gave_up += 1;
            return;
        }
        let mut inspection = self.spare.pop().unwrap_or_default();
        inspection.begin(carrier, (flow.originator().1, flow.responder().1), ports);
        let may_be_announced =
            [flow.responder().1, flow.originator().1].iter().any(|port| self.expected.may_have(*port));
        let announced = if may_be_announced { self.announced(flow) } else { None };
        if let Some(announced) = announced {
            self.counters.announced += 1;
            let tunnel_path = flow.tunnel_path().map(Into::into);
            flow.origin = Some(Box::new(Origin { parent: announced.parent, tunnel_path }));
            inspection.announce(usize::from(announced.protocol), announced.is_hearsay);
        }
        flow.inspection = Some(inspection);
        flow.first_guess = match announced {
            Some(Announced { protocol, upper, is_hearsay, .. }) => {
                let confidence = if is_hearsay { 50 } else { 90 };
                Some(Guess { protocol: Some(protocol), upper, confidence, source: Source::Announced })
            }
            None => self.guess(flow),
        };
        if let Some(guess) = flow.first_guess {
            self.counters.guessed += 1;
            (flow.state, flow.label, flow.verdict_packet) = (State::Guessed, Label::Guess(guess), 1);
        }
    }

    /// Says what a new flow is known or guessed to be before its payload was looked at.
    pub(super) fn publish_first(&self, place: Place, sink: &mut impl Sink) {
        if self.table.get(place).is_some_and(|flow| flow.state != State::Inspecting) {
            self.publish(place, EventKind::Verdict, sink);
        }
    }

    pub(super) fn inspect(
        &mut self,
        place: Place,
        direction: Direction,
        segment: &Segment<'_>,
        closed: bool,
        sink: &mut impl Sink,
    ) {
        let Some(flow) = self.table.get_mut(place) else { return };
        let Some(inspection) = flow.inspection.as_mut() else { return };
        let held_elsewhere = self.held_bytes.saturating_sub(inspection.held_size());
        let ports = self.generations.get(flow.generation).ports();
        let mut outcome = inspection.look(direction, segment, ports, &self.options);
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
        let news = inspection.has_news().then(|| (inspection.take_expected(), inspection.take_heard_of()));
        if !inspection.findings().resolved().is_empty() {
            self.learn_addresses(place);
        }
        if outcome != Outcome::Undecided {
            self.conclude(place, outcome, sink);
        }
        if let Some((expected, heard_of)) = news {
            self.learn_flows(place, &expected, false);
            self.learn_flows(place, &heard_of, true);
        }
    }

    /// Writes an outcome into the flow, and says so when the verdict has changed.
    pub(super) fn conclude(&mut self, place: Place, outcome: Outcome, sink: &mut impl Sink) {
        if self.apply(place, outcome) {
            self.publish(place, EventKind::Verdict, sink);
        }
    }

    /// Writes an outcome into the flow; true when the verdict has changed.
    pub(super) fn apply(&mut self, place: Place, outcome: Outcome) -> bool {
        let Some(flow) = self.table.get_mut(place) else { return false };
        let Some(inspection) = flow.inspection.as_ref() else { return false };
        let signatures = self.generations.get(flow.generation);
        let known = known_of(inspection.findings(), signatures);
        if let Outcome::Settled { open } = outcome
            && flow.state.is_settled()
            && is_as_before(flow, inspection.claim(), known)
        {
            if !open {
                self.close_inspection(place);
            }
            return false;
        }
        let (was, before) = (flow.state, flow.label);
        flow.label = match inspection.claim() {
            Some(claim) => {
                let (earlier, findings) = (std::mem::replace(&mut flow.known, known), inspection.findings());
                let label = label_as_before(claim, before, earlier == known);
                inherited(label.unwrap_or_else(|| native_label(claim, findings, signatures)), flow.first_guess)
            }
            None => without_claim(before, outcome),
        };
        let is_known = flow.label != Label::None;
        flow.is_tunnel = flow.claim().is_some_and(|claim| claim.opens_tunnels());
        flow.state = match outcome {
            Outcome::GaveUp if !is_known => State::GaveUp,
            Outcome::GaveUp if rests_on_network(flow.label) => State::Guessed, // an address alone is no verdict
            Outcome::GaveUp => State::Final,
            Outcome::Settled { .. } if !was.is_settled() => State::Final,
            Outcome::Settled { .. } if !same_verdict(before, flow.label) => State::Revised,
            Outcome::Settled { .. } => was,
            Outcome::Undecided | Outcome::Claimed => State::Guessed,
        };
        let changed = flow.state != was || !same_verdict(before, flow.label);
        if changed {
            flow.verdict_packet = u32::try_from(flow.packets()).unwrap_or(u32::MAX);
            self.counters.classified += u64::from(flow.state == State::Final);
            self.counters.gave_up += u64::from(flow.state == State::GaveUp);
            if self.options.guess && self.generations.is_current(flow.generation) {
                learn_verdict(flow, &mut self.guesses);
            }
        }
        let (settled_now, id) = (flow.state.is_settled() && !was.is_settled(), flow.id as u32);
        if matches!(outcome, Outcome::GaveUp | Outcome::Settled { open: false }) {
            self.close_inspection(place);
        } else if settled_now {
            self.deadlines.insert(Entry { place, id }, self.now_ns.saturating_add(SETTLED_PATIENCE_NS), self.now_ns);
        }
        changed
    }

    /// Keeps what was found, and the inspection for another flow.
    fn close_inspection(&mut self, place: Place) {
        let Some(flow) = self.table.get_mut(place) else { return };
        let Some(inspection) = flow.inspection.take() else { return };
        self.held_bytes = self.held_bytes.saturating_sub(inspection.held_size());
        let found = inspection.findings();
        self.counters.values_dropped += u64::from(found.dropped());
        if self.found_bytes + found.size() > self.options.max_held_bytes {
            self.counters.values_dropped += found.count() as u64;
        } else if found.size() > 0 {
            flow.found = found.keep();
            self.found_bytes += flow.found.size();
        }
        if self.spare.len() < MAX_SPARE_INSPECTIONS {
            self.spare.push(inspection);
        }
    }

    fn announced(&self, flow: &Flow) -> Option<Announced> {
        let carrier = flow.carrier();
        let ends = [flow.responder(), flow.originator()];
        ends.into_iter().find_map(|(address, port)| self.expected.find((carrier, address, port), self.now_ns))
    }

    fn guess(&self, flow: &Flow) -> Option<Guess> {
        let server = flow.server().filter(|_| self.options.guess)?;
        let told = self.guesses.guess(flow.originator().0, server, self.now_ns / SECOND_NS);
        told.or_else(|| self.guess_network(server))
    }

    /// A look-up is one whoever's resolver it goes to.
    fn guess_network(&self, (address, port, _): Server) -> Option<Guess> {
        const DNS: u16 = 53; // RFC 1035 §4.2
        let signatures = self.generations.current();
        let app = signatures.networks().find(address)?;
        if port != DNS {
            return Some(self.guesses.guess_network(None, Some(Upper::App(app))));
        }
        let protocol = signatures.ports().by_key("dns").and_then(|index| u16::try_from(index).ok())?;
        Some(self.guesses.guess_network(Some(protocol), None))
    }

    /// Remembers the flows that a flow has told of.
    fn learn_flows(&mut self, place: Place, expected: &[Expectation], is_hearsay: bool) {
        let Some(flow) = self.table.get(place) else { return };
        let signatures = self.generations.current(); // flows to come are found with it
        let is_current = self.generations.is_current(flow.generation);
        for announcement in expected {
            let Some(protocol) = signatures.ports().by_key(announcement.protocol) else { continue };
            let end = match announcement.by {
                Direction::Originator => flow.originator().0,
                Direction::Responder => flow.responder().0,
            };
            // who is only heard of, and is not the end of this flow, need not be the same application's
            let inherits = is_current && (!is_hearsay || announcement.address.is_none());
            let upper = if let Label::Native { upper, .. } = flow.label { upper.filter(|_| inherits) } else { None };
            let protocol = u16::try_from(protocol).unwrap_or(u16::MAX);
            let key = (announcement.transport, announcement.address.unwrap_or(end), announcement.port);
            self.expected.insert(key, Announced { protocol, upper, parent: flow.id, is_hearsay }, self.now_ns);
        }
    }

    /// Remembers the addresses that were answered.
    fn learn_addresses(&mut self, place: Place) {
        let Some(flow) = self.table.get_mut(place) else { return };
        let Some(inspection) = flow.inspection.as_ref() else { return };
        let (findings, client) = (inspection.findings(), flow.originator().0);
        let app = match flow.label {
            Label::Native { upper: Some(Upper::App(app)), is_about: true, .. }
                if self.generations.is_current(flow.generation) =>
            {
                Some(app) // of the question
            }
            _ => findings.subject().and_then(|name| self.generations.current().match_host(name)).map(|(app, _)| app),
        };
        if let Some(app) = app.filter(|_| self.options.guess) {
            for Resolved { address, ttl_s } in findings.resolved() {
                self.guesses.learn_name(client, *address, app, (self.now_ns / SECOND_NS, *ttl_s));
            }
        }
        if let Some(inspection) = flow.inspection.as_mut() {
            inspection.clear_resolved();
        }
    }
}

/// Remembers a verdict for guesses.
fn learn_verdict(flow: &Flow, guesses: &mut Guesses) {
    if let (true, Label::Native { claim, upper, is_about, .. }, Some(server)) =
        (flow.state.is_settled(), flow.label, flow.server())
    {
        let protocol = u16::try_from(claim.index()).unwrap_or(u16::MAX);
        let upper = upper.filter(|_| !is_about); // who asks a resolver again asks about something else
        guesses.learn_verdict(server, protocol, upper, flow.first_guess);
    }
}

/// Whether a verdict rests on what it rested on when it was last looked at.
fn is_as_before(flow: &Flow, claim: Option<Claim>, known: Known) -> bool {
    flow.known == known && flow.claim().zip(claim).is_some_and(|(before, now)| before.is(&now))
}

/// What of the things that tell an application was found.
fn known_of(found: &Findings, signatures: &Signatures) -> Known {
    let names = [found.has_host(), found.has_subject(), found.service().is_some()];
    let names = names.into_iter().fold(0, |bits, is_known| bits << 1 | u8::from(is_known));
    Known { names, clues: if signatures.has_clues() { found.clue_count() } else { 0 } }
}

/// The label that a flow keeps: of the same protocol, with nothing more known, or told by its host.
fn label_as_before(claim: Claim, before: Label, same_known: bool) -> Option<Label> {
    let Label::Native { claim: earlier, upper, is_about, clue } = before else { return None };
    let stays = earlier.index() == claim.index() && (same_known || clue == Some(Clue::Host));
    stays.then_some(Label::Native { claim, upper, is_about, clue })
}

/// The label of a flow that a protocol has claimed.
fn native_label(claim: Claim, found: &Findings, signatures: &Signatures) -> Label {
    if let Some((app, clue)) = signatures.told_by(found) {
        return Label::Native { claim, upper: Some(Upper::App(app)), is_about: false, clue: Some(clue) };
    }
    let (upper, is_about) = upper_of(claim, found, signatures);
    Label::Native { claim, upper, is_about, clue: None }
}

/// A flow that says nothing of an application belongs to that of the flow that announced it. A site has no name here.
fn inherited(label: Label, first_guess: Option<Guess>) -> Label {
    let announced = first_guess.filter(|guess| guess.source == Source::Announced).and_then(|guess| guess.upper);
    match (label, announced) {
        (Label::Native { claim, upper: None, .. }, Some(upper @ (Upper::App(_) | Upper::Protocol(_)))) => {
            Label::Native { claim, upper: Some(upper), is_about: false, clue: None }
        }
        _ => label,
    }
}

/// What runs above a protocol where no application's entry tells it, and whether it is only asked about. A service that the
/// protocol has seen counts most, then the application that the protocol belongs to, then the host's site where there are sites.
fn upper_of(claim: Claim, found: &Findings, signatures: &Signatures) -> (Option<Upper>, bool) {
    let by_service = found.service().and_then(|key| signatures.upper(key));
    let by_protocol = || signatures.protocol_app(claim.index()).map(Upper::App);
    let has_site = ALL.get(claim.index()).is_some_and(|protocol| protocol.serves_sites);
    let by_site = || found.host().and_then(sites::selector_of_host).map(Upper::Site);
    if let Some(upper) = by_service.or_else(by_protocol).or_else(|| by_site().filter(|_| has_site)) {
        return (Some(upper), false);
    }
    let subject = found.subject().and_then(|name| signatures.match_host(name));
    (subject.map(|(app, _)| Upper::App(app)), true)
}

/// Who was looked up keeps its name when the flow says nothing that is known; what the server said to others does not hold here.
fn without_claim(before: Label, outcome: Outcome) -> Label {
    match (before, outcome) {
        (Label::Guess(guess), Outcome::GaveUp) if guess.source == Source::Server => Label::None,
        (Label::Guess(guess), Outcome::GaveUp) => Label::Guess(Guess { protocol: None, ..guess }),
        (Label::Guess(_), _) => before,
        _ => Label::None,
    }
}

fn rests_on_network(label: Label) -> bool {
    matches!(label, Label::Guess(Guess { source: Source::Network, .. }))
}

fn same_verdict(one: Label, other: Label) -> bool {
    match (one, other) {
        (Label::Native { claim: a, upper: b, .. }, Label::Native { claim: c, upper: d, .. }) => {
            a.index() == c.index() && b == d
        }
        _ => one == other,
    }
}
