//! A live interface as Python sees it: events, or records as lines, from a queue that threads of their own fill.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use appsteer_capture::ring::RingOptions;
use appsteer_core::engine::Ends;
use appsteer_core::frame::Address;
use appsteer_core::report::event::{Event, EventKind, Sink};
use appsteer_core::report::json;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::line_queue::LineQueue;
use crate::marks::{MarkSink, Marking, SinkPlace};
use crate::options::{EngineOptions, thread_count};
use crate::queue::EventQueue;
use crate::record::{FlowEvent, OwnedEvent};
use crate::signatures::Signatures;
use crate::workers::{Outlet, Wanted, Workers};

/// A waiting call looks this often for signals such as Ctrl-C.
const SIGNAL_CHECK: Duration = Duration::from_millis(200);
/// Lines are handed over in pieces of about this size, or when they are so old.
const PIECE_SIZE: usize = 1 << 16;
const PIECE_AGE: Duration = Duration::from_millis(100);

/// Threads that make marks come before those that only tell of them.
const PRECEDENCE: i32 = 5;

/// An interface under inspection.
#[pyclass(frozen, module = "switch_dpi._native")]
pub struct LiveCapture {
    queue: Arc<EventQueue>,
    workers: Workers,
    marks: SinkPlace,
}

struct Batch {
    events: Vec<OwnedEvent>,
    queue: Arc<EventQueue>,
    marking: Marking,
    /// Python will hear of the marks that are made.
    may_mark: bool,
}

impl Sink for Batch {
    fn event(&mut self, event: Event<'_>) {
        let mark = if self.may_mark { self.marking.mark(&event) } else { None };
        self.events.push(OwnedEvent::from(event).marked(mark));
    }
}

impl Outlet for Batch {
    fn hand_over(&mut self, _is_last: bool) {
        self.marking.flush(); // before Python hears of it
        if !self.events.is_empty() {
            self.queue.push(self.events.drain(..));
            self.may_mark = self.queue.has_room();
        } else if !self.may_mark {
            self.may_mark = self.queue.has_room();
        }
    }

    fn close(&self) {
        self.queue.close();
    }
}

#[pymethods]
impl LiveCapture {
    #[new]
    #[pyo3(signature = (interface, signatures, options=None, *, low_latency=true, threads=1))]
    fn new(
        interface: &str,
        signatures: &Signatures,
        options: Option<&EngineOptions>,
        low_latency: bool,
        threads: usize,
    ) -> PyResult<Self> {
        let ring = if low_latency { RingOptions::low_latency() } else { RingOptions::default() };
        let options = options.map(|given| given.options).unwrap_or_default();
        let precedence = if low_latency { PRECEDENCE } else { 0 };
        let wanted = Wanted { interface, ring, options, threads: thread_count(threads)?, precedence };
        let queue = Arc::new(EventQueue::default());
        let marks = SinkPlace::default();
        let outlet = || Batch {
            events: Vec::new(),
            queue: Arc::clone(&queue),
            marking: Marking::new(Arc::clone(&marks)),
            may_mark: true,
        };
        let workers = Workers::start(&wanted, &signatures.loaded, outlet)?;
        Ok(Self { queue, workers, marks })
    }

    /// From now on engines mark the connections of flows by themselves, as far as the sink has rules for it. Once.
    fn mark_with(&self, sink: &MarkSink) -> PyResult<()> {
        let set = self.marks.set(Arc::clone(&sink.sink));
        set.map_err(|_| PyValueError::new_err("the capture has a sink for its marks already"))
    }

    /// Up to `max_events` events; waits at most `timeout_s` for the first one.
    fn poll(&self, py: Python<'_>, timeout_s: f64, max_events: usize) -> PyResult<Vec<FlowEvent>> {
        let events = waiting(py, timeout_s, |slice| {
            let closed = self.queue.is_closed(); // asked before: nothing comes after it, so no event is left behind
            let events = self.queue.wait(slice, max_events);
            (!events.is_empty() || closed).then_some(events)
        })?;
        match events {
            None => Ok(Vec::new()),
            Some(events) if events.is_empty() => self.workers.raise_failure().map(|()| Vec::new()),
            Some(events) => events.into_iter().map(|event| event.into_python(py)).collect(),
        }
    }

    /// Flows whose first packet is read from now on are classified with other signatures; those under way end with the
    /// ones that they began with. No packet waits for it.
    fn replace_signatures(&self, signatures: &Signatures) {
        self.workers.replace_signatures(&signatures.loaded);
    }

    /// Inspections go as far as these options say from the next packet on: packets, bytes, time; the others change nothing.
    fn set_depth(&self, options: &EngineOptions) {
        self.workers.set_depth(&options.options);
    }

    /// Flows (protocol number, and address and port of both ends) begin anew with their next packet, without an event.
    fn forget(&self, flows: Vec<(u8, IpAddr, u16, IpAddr, u16)>) {
        let ends = flows.into_iter().map(|(protocol, one, port, other, other_port)| {
            Ends::new(protocol, (address(one), port), (address(other), other_port))
        });
        self.workers.forget(&ends.collect::<Vec<_>>());
    }

    /// Counters by name: the engines', the rings', the queue's.
    fn stats<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        dictionary(py, self.workers.stats().into_iter().chain(self.queue.counters()))
    }

    /// What each ring counted.
    fn rings<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyDict>>> {
        self.workers.rings().into_iter().map(|counters| dictionary(py, counters)).collect()
    }

    /// Stops the threads; a waiting `poll` returns. May be called twice.
    fn close(&self, py: Python<'_>) {
        self.queue.close();
        py.detach(|| self.workers.stop());
    }
}

/// The records of an interface's flows as lines of JSON.
#[pyclass(frozen, module = "switch_dpi._native")]
pub struct LiveRecords {
    queue: Arc<LineQueue>,
    workers: Workers,
}

struct Lines {
    interface: String,
    text: String,
    records: u64,
    since: Instant,
    queue: Arc<LineQueue>,
}

impl Sink for Lines {
    fn event(&mut self, event: Event<'_>) {
        if matches!(event.kind, EventKind::Ended(_)) {
            // Writing to a String cannot fail.
            let _infallible = json::write_record(&mut self.text, &self.interface, &event.flow);
            self.records += 1;
        }
    }
}

impl Outlet for Lines {
    fn hand_over(&mut self, is_last: bool) {
        if is_last || self.text.len() >= PIECE_SIZE || self.since.elapsed() >= PIECE_AGE {
            self.queue.push(&self.text, self.records);
            self.text.clear();
            (self.records, self.since) = (0, Instant::now());
        }
    }

    fn close(&self) {
        self.queue.close();
    }
}

#[pymethods]
impl LiveRecords {
    #[new]
    #[pyo3(signature = (interface, signatures, options=None, *, threads=1))]
    fn new(
        interface: &str,
        signatures: &Signatures,
        options: Option<&EngineOptions>,
        threads: usize,
    ) -> PyResult<Self> {
        let options = options.map(|given| given.options).unwrap_or_default();
        let wanted = Wanted {
            interface,
            ring: RingOptions::high_rate(),
            options,
            threads: thread_count(threads)?,
            precedence: 0,
        };
        let queue = Arc::new(LineQueue::default());
        let outlet = || Lines {
            interface: interface.to_owned(),
            text: String::new(),
            records: 0,
            since: Instant::now(),
            queue: Arc::clone(&queue),
        };
        let workers = Workers::start(&wanted, &signatures.loaded, outlet)?;
        Ok(Self { queue, workers })
    }

    /// Lines that came; empty when none did within `timeout_s`, None when there will be no more.
    fn json_lines(&self, py: Python<'_>, timeout_s: f64) -> PyResult<Option<String>> {
        let text = waiting(py, timeout_s, |slice| {
            let closed = self.queue.is_closed(); // asked before, as in `poll`
            let text = self.queue.wait(slice);
            (!text.is_empty() || closed).then_some(text)
        })?;
        match text {
            None => Ok(Some(String::new())),
            Some(text) if text.is_empty() => self.workers.raise_failure().map(|()| None),
            Some(text) => Ok(Some(text)),
        }
    }

    /// Counters by name: the engines', the rings', the queue's.
    fn stats<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        dictionary(py, self.workers.stats().into_iter().chain([("records_lost", self.queue.lost())]))
    }

    /// What each ring counted.
    fn rings<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyDict>>> {
        self.workers.rings().into_iter().map(|counters| dictionary(py, counters)).collect()
    }

    /// Stops the threads and ends all flows; their lines are still there. May be called twice.
    fn close(&self, py: Python<'_>) {
        py.detach(|| self.workers.stop());
        self.queue.close();
    }
}

/// Calls `step` with slices of the time until it has something; signals are looked at between them.
fn waiting<T: Send>(
    py: Python<'_>,
    timeout_s: f64,
    mut step: impl FnMut(Duration) -> Option<T> + Send,
) -> PyResult<Option<T>> {
    let mut left = Duration::try_from_secs_f64(timeout_s)
        .map_err(|_| PyValueError::new_err(format!("timeout_s is {timeout_s}, but should be 0 or more")))?;
    loop {
        let slice = left.min(SIGNAL_CHECK);
        if let Some(found) = py.detach(|| step(slice)) {
            return Ok(Some(found));
        }
        py.check_signals()?;
        left = left.saturating_sub(slice);
        if left.is_zero() {
            return Ok(None);
        }
    }
}

fn address(given: IpAddr) -> Address {
    match given {
        IpAddr::V4(four) => Address::from_v4(four.octets()),
        IpAddr::V6(six) => Address::from_v6(six.octets()),
    }
}

/// Counters as Python has them.
pub(crate) fn dictionary<'py>(
    py: Python<'py>,
    counters: impl IntoIterator<Item = (&'static str, u64)>,
) -> PyResult<Bound<'py, PyDict>> {
    let all = PyDict::new(py);
    for (name, value) in counters {
        all.set_item(name, value)?;
    }
    Ok(all)
}
