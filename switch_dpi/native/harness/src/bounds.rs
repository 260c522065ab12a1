//! What bounds hold for whatever the engine says of a flow.

use std::collections::{BTreeMap, BTreeSet};

use appsteer_core::engine::Engine;
use appsteer_core::frame::Address;
use appsteer_core::options::Options;
use appsteer_core::protocol::{Evidence, Field, Fields, MAX_VALUE_SIZE, MAX_VALUES};
use appsteer_core::report::event::{Event, EventKind, FlowView, Sink};
use appsteer_core::report::json;

use crate::{Held, must};

/// A byte that is not UTF-8 becomes a character of three bytes.
const MAX_TEXT_SIZE: usize = 3 * MAX_VALUE_SIZE;
/// Pairs of ends that are told apart.
const MAX_NOTED: usize = 4096;

/// Values found are few, and none is large.
///
/// # Errors
/// Names the attribute and its size, or the number of values.
pub fn check_fields(fields: Fields<'_>) -> Held {
    let mut count = 0_usize;
    for (id, field) in fields {
        count += 1;
        let (size, limit) = match field {
            Field::Text(text) => (text.len(), MAX_TEXT_SIZE),
            Field::Bytes(bytes) => (bytes.len(), MAX_VALUE_SIZE),
            Field::Uint(_) => (0, 0),
        };
        must(size <= limit, || format!("attribute {id} has {size} bytes, more than {limit}"))?;
    }
    must(count <= MAX_VALUES, || format!("{count} values, more than {MAX_VALUES}"))
}

/// Evidence is in percent and has a name.
///
/// # Errors
/// Says which is missing.
pub fn check_evidence(evidence: &Evidence) -> Held {
    let Evidence { confidence, what, .. } = *evidence;
    must((1..=100).contains(&confidence), || format!("confidence {confidence} for {what:?}"))?;
    must(!what.is_empty(), || "evidence without a name".to_owned())
}

/// What the flows between two ends were called when they ended; the ends as text, the lower one first.
pub type Verdicts = BTreeMap<String, BTreeSet<String>>;

/// Reads every event as an exporter would, and checks it.
#[derive(Default)]
pub struct Auditor {
    /// Flows begun.
    pub begun: u64,
    /// Flows ended.
    pub ended: u64,
    /// What was wrong first.
    pub broken: Option<String>,
    /// What the flows were called that have ended.
    pub verdicts: Verdicts,
    line: String,
}

impl Sink for Auditor {
    fn event(&mut self, event: Event<'_>) {
        match event.kind {
            EventKind::New => self.begun += 1,
            EventKind::Ended(_) => {
                self.ended += 1;
                self.note(&event.flow);
            }
            EventKind::Verdict => {}
        }
        self.line.clear();
        let written = json::write_record(&mut self.line, "", &event.flow);
        let confident = must(event.flow.confidence() <= 100, || format!("confidence {}", event.flow.confidence()));
        let times =
            must(event.flow.first_seen_ns() <= event.flow.last_seen_ns(), || "ends before it begins".to_owned());
        let checked = check_fields(event.flow.metadata()).and(confident).and(times);
        if let Err(text) = checked.and(written.map_err(|error| error.to_string())) {
            self.broken.get_or_insert(text);
        }
    }
}

impl Auditor {
    fn note(&mut self, flow: &FlowView<'_>) {
        if self.verdicts.len() < MAX_NOTED {
            let (one, other) = (flow.originator(), flow.responder());
            let version = flow.ip_version();
            let text = |(address, port): (Address, u16)| format!("{} {port}", address.text(version));
            let ends = format!("{} {} {}", flow.protocol_number(), text(one.min(other)), text(one.max(other)));
            self.verdicts.entry(ends).or_default().insert(flow.protocol().map_or("", |(key, _)| key).to_owned());
        }
    }

    /// What holds between two packets.
    ///
    /// # Errors
    /// Names the limit that was passed, or what an event has broken.
    pub fn check(&mut self, engine: &Engine, options: &Options) -> Held {
        if let Some(text) = self.broken.take() {
            return Err(text);
        }
        let (flows, held) = (engine.flow_count(), engine.held());
        must(flows <= options.max_flows, || format!("{flows} flows, more than {}", options.max_flows))?;
        for (what, size, limit) in [
            ("inspected", held.inspected, options.max_held_bytes),
            ("found", held.found, options.max_held_bytes),
            ("fragments", held.fragments, options.max_fragment_bytes),
        ] {
            must(size <= limit, || format!("{what}: {size} bytes held, more than {limit}"))?;
        }
        let (begun, ended) = (self.begun, self.ended);
        must(begun == ended + flows as u64, || format!("{begun} flows begun, {ended} ended, {flows} in the table"))
    }

    /// What holds when all flows have been ended.
    ///
    /// # Errors
    /// As [`Auditor::check`].
    pub fn check_end(&mut self, engine: &Engine, options: &Options) -> Held {
        self.check(engine, options)?;
        let held = engine.held();
        must(held.inspected + held.found + held.fragments == 0, || format!("held without a flow: {held:?}"))
    }
}
