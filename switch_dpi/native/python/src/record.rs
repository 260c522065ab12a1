//! Records and events as Python objects.

use appsteer_core::protocol::Value;
use appsteer_core::report::event::{Event, EventKind};
use appsteer_core::report::record::{AttributeName, FlowRecord as Record, wire_value};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList};

/// What is known of a flow.
#[pyclass(frozen, module = "switch_dpi._native")]
pub struct FlowRecord {
    record: Record,
}

impl FlowRecord {
    pub(crate) fn new(record: Record) -> Self {
        Self { record }
    }
}

/// Getters for fields that need no conversion.
macro_rules! getters {
    ($($name:ident: $kind:ty = $record:ident => $value:expr;)*) => {
        #[pymethods]
        impl FlowRecord {
            $(#[getter]
            fn $name(&self) -> $kind {
                let $record = &self.record;
                $value
            })*

            /// By attribute name; an attribute with several values has a list of them.
            #[getter]
            fn metadata<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
                metadata(py, &self.record.metadata)
            }

            /// By attribute id, values as on the wire: UTF-8, or a number big-endian in as few bytes as it needs.
            #[getter]
            fn metadata_ids<'py>(&self, py: Python<'py>) -> Vec<(u16, Bound<'py, PyBytes>)> {
                let values = self.record.metadata.iter();
                values.map(|(attribute, value)| (attribute.id, PyBytes::new(py, &wire_value(value)))).collect()
            }

            fn __repr__(&self) -> String {
                let r = &self.record;
                format!(
                    "<FlowRecord {} {}:{} > {}:{} {} {}>",
                    r.flow_id, r.source, r.source_port, r.destination, r.destination_port, r.path, r.state.name()
                )
            }
        }
    };
}

getters! {
    flow_id: u64 = r => r.flow_id;
    src: &str = r => &r.source;
    sport: u16 = r => r.source_port;
    dst: &str = r => &r.destination;
    dport: u16 = r => r.destination_port;
    l4: u8 = r => r.protocol_number;
    vlan: u16 = r => r.vlan;
    ip_version: u8 = r => r.ip_version;
    packets_c2s: u64 = r => r.volume[0].packets;
    packets_s2c: u64 = r => r.volume[1].packets;
    bytes_c2s: u64 = r => r.volume[0].bytes;
    bytes_s2c: u64 = r => r.volume[1].bytes;
    first_seen_ns: u64 = r => r.first_seen_ns;
    last_seen_ns: u64 = r => r.last_seen_ns;
    app_id: u32 = r => r.app_id;
    mark_id: u32 = r => r.mark_id;
    site: &str = r => &r.site;
    parent_flow_id: u64 = r => r.parent;
    is_tunnelled: bool = r => r.is_tunnelled;
    app: &str = r => &r.app;
    app_key: &str = r => &r.app_key;
    protocol: &str = r => &r.protocol;
    path: &str = r => &r.path;
    category_id: u8 = r => r.category_id;
    category: &str = r => &r.category;
    state: u8 = r => r.state as u8;
    verdict_packet: u64 = r => r.verdict_packet;
    confidence: u8 = r => r.confidence;
    evidence: &str = r => &r.evidence;
}

fn metadata<'py>(py: Python<'py>, values: &[(AttributeName, Value)]) -> PyResult<Bound<'py, PyDict>> {
    let members = PyDict::new(py);
    for (attribute, value) in values {
        let (name, value) = (attribute.name.as_ref(), python_value(py, value)?);
        match members.get_item(name)? {
            None => members.set_item(name, value)?,
            Some(list) if list.is_instance_of::<PyList>() => list.call_method1("append", (value,)).map(|_| ())?,
            Some(first) => members.set_item(name, [first, value])?,
        }
    }
    Ok(members)
}

fn python_value<'py>(py: Python<'py>, value: &Value) -> PyResult<Bound<'py, PyAny>> {
    match value {
        Value::Text(text) => Ok(text.into_pyobject(py)?.into_any()),
        Value::Uint(number) => Ok(number.into_pyobject(py)?.into_any()),
        Value::Bytes(bytes) => Ok(PyBytes::new(py, bytes).into_any()),
    }
}

/// Something that happened to a flow.
#[pyclass(frozen, get_all, module = "switch_dpi._native")]
pub struct FlowEvent {
    kind: &'static str,
    reason: &'static str,
    at_ns: u64,
    record: Py<FlowRecord>,
}

#[pymethods]
impl FlowEvent {
    fn __repr__(&self) -> String {
        format!("<FlowEvent {} {} {}>", self.kind, self.reason, self.record.get().__repr__())
    }
}

/// An event on its way from the engine to Python.
pub(crate) struct OwnedEvent {
    pub(crate) kind: EventKind,
    at_ns: u64,
    record: Record,
}

impl From<Event<'_>> for OwnedEvent {
    fn from(event: Event<'_>) -> Self {
        Self { kind: event.kind, at_ns: event.at_ns, record: Record::from(event.flow) }
    }
}

/// How many bytes a value takes in memory, about.
fn value_size(value: &Value) -> usize {
    let held = match value {
        Value::Text(text) => text.len(),
        Value::Bytes(bytes) => bytes.len(),
        Value::Uint(_) => 0,
    };
    std::mem::size_of::<(AttributeName, Value)>() + held
}

impl OwnedEvent {
    pub(crate) fn metadata_size(&self) -> usize {
        self.record.metadata.iter().map(|(_, value)| value_size(value)).sum()
    }

    pub(crate) fn into_python(self, py: Python<'_>) -> PyResult<FlowEvent> {
        let reason = match self.kind {
            EventKind::Ended(reason) => reason.name(),
            EventKind::New | EventKind::Verdict => "",
        };
        let record = Py::new(py, FlowRecord::new(self.record))?;
        Ok(FlowEvent { kind: self.kind.name(), reason, at_ns: self.at_ns, record })
    }
}
