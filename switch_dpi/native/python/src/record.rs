//! Records and events as Python objects.

use std::sync::Arc;

use appsteer_core::protocol::Field;
use appsteer_core::report::event::{Event, EventKind, FlowView};
use appsteer_core::report::record::{KeptFlow, UNKNOWN, wire_value};
use appsteer_openflow::records::Record;
use appsteer_openflow::sink::EngineMark;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList};

use crate::labels::LabelRules;

/// What is known of a flow; each text is made when it is asked for.
#[pyclass(frozen, module = "switch_dpi._native")]
pub struct FlowRecord {
    flow: KeptFlow,
}

impl FlowRecord {
    pub(crate) fn new(flow: KeptFlow) -> Self {
        Self { flow }
    }
}

/// Getters for fields that need no conversion.
macro_rules! getters {
    ($($name:ident: $kind:ty = $record:ident => $value:expr;)*) => {
        #[pymethods]
        impl FlowRecord {
            $(#[getter]
            fn $name(&self) -> $kind {
                let $record = self.flow.view();
                $value
            })*

            /// By attribute name; an attribute with several values has a list of them.
            #[getter]
            fn metadata<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
                metadata(py, &self.flow.view())
            }

            /// By attribute id, values as on the wire: UTF-8, or a number big-endian in as few bytes as it needs.
            #[getter]
            fn metadata_ids<'py>(&self, py: Python<'py>) -> Vec<(u16, Bound<'py, PyBytes>)> {
                let values = self.flow.view().metadata();
                values.map(|(id, value)| (id, PyBytes::new(py, &wire_value(value)))).collect()
            }

            fn __repr__(&self) -> String {
                let r = self.flow.view();
                let (src, dst, path, state) = (self.src(), self.dst(), r.path(), r.state().name());
                format!("<FlowRecord {} {src}:{} > {dst}:{} {path} {state}>", r.id(), self.sport(), self.dport())
            }
        }
    };
}

getters! {
    flow_id: u64 = r => r.id();
    src: String = r => r.originator().0.text(r.ip_version()).to_string();
    sport: u16 = r => r.originator().1;
    dst: String = r => r.responder().0.text(r.ip_version()).to_string();
    dport: u16 = r => r.responder().1;
    l4: u8 = r => r.protocol_number();
    vlan: u16 = r => r.vlan();
    ip_version: u8 = r => r.ip_version();
    packets_c2s: u64 = r => r.volume()[0].packets;
    packets_s2c: u64 = r => r.volume()[1].packets;
    bytes_c2s: u64 = r => r.volume()[0].bytes;
    bytes_s2c: u64 = r => r.volume()[1].bytes;
    first_seen_ns: u64 = r => r.first_seen_ns();
    last_seen_ns: u64 = r => r.last_seen_ns();
    app_id: u32 = r => r.app_id().0;
    mark_id: u32 = r => r.mark_id().0;
    site: String = r => r.site().unwrap_or_default();
    parent_flow_id: u64 = r => r.parent().unwrap_or(0);
    is_tunnelled: bool = r => r.is_tunnelled();
    is_opened: bool = r => r.is_opened();
    app: &str = r => r.app_or_protocol().unwrap_or(UNKNOWN).1;
    app_key: &str = r => r.app_or_protocol().unwrap_or(UNKNOWN).0;
    protocol: &str = r => r.protocol().unwrap_or(UNKNOWN).1;
    path: String = r => r.path().to_string();
    category_id: u8 = r => r.category().map_or(0, |category| category.id);
    category: &str = r => r.category().map_or(UNKNOWN.0, |category| category.key.as_str());
    risk: u8 = r => r.risk();
    state: u8 = r => r.state() as u8;
    verdict_packet: u64 = r => r.verdict_packet();
    confidence: u8 = r => r.confidence();
    evidence: String = r => r.evidence().to_string();
}

fn metadata<'py>(py: Python<'py>, flow: &FlowView<'_>) -> PyResult<Bound<'py, PyDict>> {
    let members = PyDict::new(py);
    for (id, value) in flow.metadata() {
        let (name, value) = (flow.attribute_name(id), python_value(py, value)?);
        match members.get_item(name)? {
            None => members.set_item(name, value)?,
            Some(list) if list.is_instance_of::<PyList>() => list.call_method1("append", (value,)).map(|_| ())?,
            Some(first) => members.set_item(name, [first, value])?,
        }
    }
    Ok(members)
}

fn python_value<'py>(py: Python<'py>, value: Field<'_>) -> PyResult<Bound<'py, PyAny>> {
    match value {
        Field::Text(text) => Ok(text.into_pyobject(py)?.into_any()),
        Field::Uint(number) => Ok(number.into_pyobject(py)?.into_any()),
        Field::Bytes(bytes) => Ok(PyBytes::new(py, bytes).into_any()),
    }
}

/// Something that happened to a flow.
#[pyclass(frozen, module = "switch_dpi._native")]
pub struct FlowEvent {
    #[pyo3(get)]
    kind: &'static str,
    #[pyo3(get)]
    reason: &'static str,
    #[pyo3(get)]
    at_ns: u64,
    #[pyo3(get)]
    record: Py<FlowRecord>,
    mark: Option<EngineMark>,
}

#[pymethods]
impl FlowEvent {
    /// Number and label of the mark that the engine has made of the flow by these rules, if it has.
    fn marked_by(&self, rules: &LabelRules) -> Option<(u64, u128)> {
        let mark = self.mark.as_ref().filter(|mark| Arc::ptr_eq(&mark.rules, &rules.rules))?;
        Some((mark.number, mark.label))
    }

    /// The record of a FLOW_EVENTS message, with what only the agent knows.
    #[pyo3(signature = (*, kind, flow_id, protocol_id, end_reason))]
    fn encode<'py>(
        &self,
        py: Python<'py>,
        kind: u8,
        flow_id: u64,
        protocol_id: u32,
        end_reason: u8,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let flow = self.record.get().flow.view();
        let ((source, source_port), (destination, destination_port)) = (flow.originator(), flow.responder());
        let (Some(source), Some(destination)) = (source.ip(flow.ip_version()), destination.ip(flow.ip_version()))
        else {
            return Err(PyValueError::new_err("a flow without IP has no record"));
        };
        let [c2s, s2c] = flow.volume();
        let (path, evidence) = (flow.path().to_string(), flow.evidence().to_string());
        let record = Record {
            kind,
            flow_id,
            times_ns: [self.at_ns, flow.first_seen_ns(), flow.last_seen_ns()],
            addresses: [source, destination],
            ports: [source_port, destination_port],
            protocol_number: flow.protocol_number(),
            vlan: flow.vlan(),
            app_ids: [flow.mark_id().0, protocol_id],
            verdict: [flow.category().map_or(0, |category| category.id), flow.state() as u8, flow.confidence()],
            verdict_packet: u32::try_from(flow.verdict_packet()).unwrap_or(u32::MAX),
            counters: [c2s.packets, s2c.packets, c2s.bytes, s2c.bytes],
            path: &path,
            evidence: &evidence,
            end_reason,
        };
        let mut out = Vec::with_capacity(512);
        record.write(&mut out, flow.metadata().map(|(id, value)| (id, wire_value(value))));
        Ok(PyBytes::new(py, &out))
    }

    fn __repr__(&self) -> String {
        format!("<FlowEvent {} {} {}>", self.kind, self.reason, self.record.get().__repr__())
    }
}

/// An event on its way from the engine to Python.
pub(crate) struct OwnedEvent {
    pub(crate) kind: EventKind,
    at_ns: u64,
    mark: Option<EngineMark>,
    flow: KeptFlow,
}

impl From<Event<'_>> for OwnedEvent {
    fn from(event: Event<'_>) -> Self {
        Self { kind: event.kind, at_ns: event.at_ns, mark: None, flow: event.flow.keep() }
    }
}

impl OwnedEvent {
    /// With the mark that the flow's connection was given.
    pub(crate) fn marked(mut self, mark: Option<EngineMark>) -> Self {
        self.mark = mark;
        self
    }

    pub(crate) fn metadata_size(&self) -> usize {
        self.flow.metadata_size()
    }

    pub(crate) fn into_python(self, py: Python<'_>) -> PyResult<FlowEvent> {
        let reason = match self.kind {
            EventKind::Ended(reason) => reason.name(),
            EventKind::New | EventKind::Verdict => "",
        };
        let record = Py::new(py, FlowRecord::new(self.flow))?;
        Ok(FlowEvent { kind: self.kind.name(), reason, at_ns: self.at_ns, record, mark: self.mark })
    }
}
