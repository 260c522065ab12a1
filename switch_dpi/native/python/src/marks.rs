//! Marks as Python sees them, and as engines make them beside their events.

use std::net::IpAddr;
use std::sync::{Arc, OnceLock};
use std::time::{SystemTime, UNIX_EPOCH};

use appsteer_core::flow::State;
use appsteer_core::report::event::{Event, EventKind, FlowView};
use appsteer_core::report::record::wire_value;
use appsteer_openflow::labels::Verdict;
use appsteer_openflow::marks::{Connection, MarkForm};
use appsteer_openflow::sink::{EngineMark, Key, MarkSink as Sink};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::labels::LabelRules;
use crate::live::dictionary;
use crate::relay::taken;

/// Where the marks of one bridge go.
#[pyclass(frozen, module = "switch_dpi._native")]
pub struct MarkSink {
    pub(crate) sink: Arc<Sink>,
}

/// A connection as Python has it: protocol, then addresses and ports of both ends.
type Numbers = (u8, String, u16, String, u16);

#[pymethods]
impl MarkSink {
    #[new]
    #[pyo3(signature = (*, version, zone, label_mask, max_pending_size))]
    fn new(version: u8, zone: u16, label_mask: u128, max_pending_size: usize) -> Self {
        Self { sink: Arc::new(Sink::new(MarkForm { version, zone, label_mask }, max_pending_size)) }
    }

    /// Marks go to this connected socket from now on, `greeting` before all of them.
    fn attach(&self, socket: &Bound<'_, PyAny>, greeting: &[u8]) -> PyResult<()> {
        self.sink.attach(taken(socket)?, greeting);
        Ok(())
    }

    /// The connection is lost, and what waited for it.
    fn detach(&self) {
        self.sink.detach();
    }

    /// Adds whole messages that are not marks.
    fn add(&self, messages: &[u8]) {
        self.sink.add(messages);
    }

    /// Collects a mark; its number among all of them, from 1, or 0 if it will not be sent.
    #[pyo3(signature = (connection, vlan, app_id, label))]
    fn mark(&self, connection: Numbers, vlan: u16, app_id: u32, label: u128) -> u64 {
        let Ok(connection) = parsed(&connection, vlan) else {
            self.sink.refuse();
            return 0;
        };
        self.sink.mark(&connection, app_id, label).unwrap_or_default()
    }

    /// Writes what the switch takes now; OSError when it is gone.
    fn flush(&self) -> PyResult<()> {
        Ok(self.sink.flush()?)
    }

    /// How engines make labels from now on.
    fn set_rules(&self, rules: &LabelRules) {
        self.sink.set_rules(Arc::clone(&rules.rules));
    }

    /// Engines leave this connection alone from now on.
    fn reserve(&self, connection: Numbers) -> PyResult<()> {
        self.sink.reserve(Key::of(&parsed(&connection, 0)?));
        Ok(())
    }

    /// The opposite of `reserve`.
    fn release(&self, connection: Numbers) -> PyResult<()> {
        self.sink.release(&Key::of(&parsed(&connection, 0)?));
        Ok(())
    }

    /// Bytes that wait.
    #[getter]
    fn pending_size(&self) -> usize {
        self.sink.pending_size()
    }

    /// Counters by name.
    fn counters<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let counters = self.sink.counters();
        let (timed, p50_ns, p99_ns) = self.sink.delays();
        dictionary(
            py,
            [
                ("marks", counters.marks),
                ("dropped", counters.dropped),
                ("unmarkable", counters.unmarkable),
                ("by_engine", timed),
                ("delay_p50_us", p50_ns / 1000),
                ("delay_p99_us", p99_ns / 1000),
            ],
        )
    }
}

fn parsed(
    (protocol_number, source, source_port, destination, destination_port): &Numbers,
    vlan: u16,
) -> PyResult<Connection> {
    let address = |text: &str| -> PyResult<IpAddr> {
        text.parse().map_err(|_| PyValueError::new_err(format!("{text:?} is not an IPv4 or IPv6 address")))
    };
    Ok(Connection {
        source: address(source)?,
        source_port: *source_port,
        destination: address(destination)?,
        destination_port: *destination_port,
        protocol_number: *protocol_number,
        vlan,
    })
}

/// So many marks wait for each other at most: a call of the system for each would cost as much as making it, and the first of
/// many packets that have come together would wait for the last.
const MAX_TOGETHER: usize = 8;

/// Where an interface's engines find the sink, once there is one.
pub(crate) type SinkPlace = Arc<OnceLock<Arc<Sink>>>;

/// The marks that one engine makes beside its events.
pub(crate) struct Marking {
    place: SinkPlace,
    at_ns: Vec<u64>,
}

impl Marking {
    pub(crate) fn new(place: SinkPlace) -> Self {
        Self { place, at_ns: Vec::new() }
    }

    /// Marks the connection that an event is about, if the event has a result that stands whatever was known before.
    ///
    /// Python keeps an earlier verdict where an engine that came upon a flow in its middle gives up: such are its to mark.
    pub(crate) fn mark(&mut self, event: &Event<'_>) -> Option<EngineMark> {
        let sink = self.place.get()?;
        let flow = &event.flow;
        let (app_id, state) = (flow.mark_id().0, flow.state());
        let has_result = app_id != 0 && state != State::GaveUp;
        if event.kind != EventKind::Verdict || !has_result || flow.is_tunnelled() {
            return None;
        }
        let category = flow.category().map_or(0, |category| category.id);
        let verdict = Verdict { state: state as u8, category, app_id, confidence: flow.confidence() };
        let metadata = flow.metadata().map(|(id, value)| (id, wire_value(value)));
        let path = || flow.path().to_string();
        let mark = sink.mark_by_rules(&connection(flow)?, app_id, |rules| rules.label(verdict, path, metadata))?;
        self.at_ns.push(event.at_ns);
        if self.at_ns.len() >= MAX_TOGETHER {
            self.flush();
        }
        Some(mark)
    }

    /// What was marked since the last call leaves now.
    pub(crate) fn flush(&mut self) {
        if let Some(sink) = self.place.get().filter(|_| !self.at_ns.is_empty()) {
            let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            sink.flush_timed(&self.at_ns, u64::try_from(since.as_nanos()).unwrap_or(u64::MAX));
            self.at_ns.clear();
        }
    }
}

/// As the switch knows it; None for a frame without IP.
fn connection(flow: &FlowView<'_>) -> Option<Connection> {
    let ((source, source_port), (destination, destination_port)) = (flow.originator(), flow.responder());
    Some(Connection {
        source: source.ip(flow.ip_version())?,
        source_port,
        destination: destination.ip(flow.ip_version())?,
        destination_port,
        protocol_number: flow.protocol_number(),
        vlan: flow.vlan(),
    })
}
