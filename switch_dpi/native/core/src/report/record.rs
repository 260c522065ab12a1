//! A flow as it was, for keeps: with texts made when they are asked for, or with all of them made.

use std::borrow::Cow;
use std::sync::Arc;

use crate::flow::{Flow, State, Volume};
use crate::protocol::attributes::Attribute;
use crate::protocol::{Field, Value};
use crate::report::event::FlowView;
use crate::signatures::Signatures;

/// Key and name of what could not be told.
pub const UNKNOWN: (&str, &str) = ("unknown", "Unknown");

/// A flow as it was when an event told of it. Texts are made when they are asked for, not before.
pub struct KeptFlow {
    flow: Box<Flow>,
    signatures: Arc<Signatures>,
}

impl KeptFlow {
    pub(crate) fn new(flow: Flow, signatures: Arc<Signatures>) -> Self {
        Self { flow: Box::new(flow), signatures }
    }

    /// What is known of it.
    #[must_use]
    pub fn view(&self) -> FlowView<'_> {
        FlowView::new(&self.flow, &self.signatures)
    }

    /// Bytes of its metadata.
    #[must_use]
    pub fn metadata_size(&self) -> usize {
        self.flow.found.size()
    }
}

/// What is known of a flow, copied from the engine; the fields are those of [`FlowView`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlowRecord {
    /// See [`FlowView::id`].
    pub flow_id: u64,
    /// The originator's address.
    pub source: String,
    /// The originator's port; of an ICMP echo, its identifier.
    pub source_port: u16,
    /// The responder's address.
    pub destination: String,
    /// The responder's port; of ICMP, type · 256 + code of the first message.
    pub destination_port: u16,
    /// Protocol number above IP.
    pub protocol_number: u8,
    /// VLAN id, 0 for none.
    pub vlan: u16,
    /// 4 or 6.
    pub ip_version: u8,
    /// Sent by the originator, and by the responder.
    pub volume: [Volume; 2],
    /// Nanoseconds since 1970.
    pub first_seen_ns: u64,
    /// Nanoseconds since 1970.
    pub last_seen_ns: u64,
    /// App-ID.
    pub app_id: u32,
    /// App-ID that a switch is told; see [`FlowView::mark_id`].
    pub mark_id: u32,
    /// See [`FlowView::site`]; empty for none.
    pub site: String,
    /// See [`FlowView::parent`]; 0 for none.
    pub parent: u64,
    /// See [`FlowView::is_tunnelled`].
    pub is_tunnelled: bool,
    /// Name of the application, or of the protocol, or `Unknown`.
    pub app: String,
    /// Key of the same.
    pub app_key: String,
    /// Name of the protocol, or `Unknown`.
    pub protocol: String,
    /// `eth.ip.tcp.tls.youtube`.
    pub path: String,
    /// Number of the category.
    pub category_id: u8,
    /// Key of the category.
    pub category: String,
    /// See [`FlowView::risk`].
    pub risk: u8,
    /// How far the classification is.
    pub state: State,
    /// The packet at which the verdict fell, from 1; 0 before.
    pub verdict_packet: u64,
    /// 0 to 100.
    pub confidence: u8,
    /// For people.
    pub evidence: String,
    /// In the order of finding.
    pub metadata: Vec<(AttributeName, Value)>,
}

/// An attribute by itself: its set may be gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttributeName {
    /// The number on the wire.
    pub id: u16,
    /// The dotted name.
    pub name: Cow<'static, str>,
}

impl From<FlowView<'_>> for FlowRecord {
    fn from(view: FlowView<'_>) -> Self {
        let ((source, source_port), (destination, destination_port)) = (view.originator(), view.responder());
        let (app_key, app) = view.app_or_protocol().unwrap_or(UNKNOWN);
        let category = view.category();
        Self {
            flow_id: view.id(),
            source: source.text(view.ip_version()).to_string(),
            source_port,
            destination: destination.text(view.ip_version()).to_string(),
            destination_port,
            protocol_number: view.protocol_number(),
            vlan: view.vlan(),
            ip_version: view.ip_version(),
            volume: view.volume(),
            first_seen_ns: view.first_seen_ns(),
            last_seen_ns: view.last_seen_ns(),
            app_id: view.app_id().0,
            mark_id: view.mark_id().0,
            site: view.site().unwrap_or_default(),
            parent: view.parent().unwrap_or(0),
            is_tunnelled: view.is_tunnelled(),
            app: app.to_owned(),
            app_key: app_key.to_owned(),
            protocol: view.protocol().map_or(UNKNOWN.1, |(_, name)| name).to_owned(),
            path: view.path().to_string(),
            category_id: category.map_or(0, |category| category.id),
            category: category.map_or(UNKNOWN.0, |category| category.key.as_str()).to_owned(),
            risk: view.risk(),
            state: view.state(),
            verdict_packet: view.verdict_packet(),
            confidence: view.confidence(),
            evidence: view.evidence().to_string(),
            metadata: view.metadata().map(|(id, field)| (attribute_name(&view, id), field.to_value())).collect(),
        }
    }
}

fn attribute_name(view: &FlowView<'_>, id: u16) -> AttributeName {
    let native = Attribute::by_id(id).map(|attribute| Cow::Borrowed(attribute.name()));
    AttributeName { id, name: native.unwrap_or_else(|| Cow::Owned(view.attribute_name(id).to_owned())) }
}

/// A value as it travels on the wire: text as UTF-8, a number big-endian in as few bytes as it needs (at least one).
#[must_use]
pub fn wire_value(value: Field<'_>) -> Cow<'_, [u8]> {
    match value {
        Field::Text(text) => Cow::Borrowed(text.as_bytes()),
        Field::Bytes(bytes) => Cow::Borrowed(bytes),
        Field::Uint(number) => {
            let bytes = number.to_be_bytes();
            let leading = (number.leading_zeros() / 8).min(7) as usize;
            Cow::Owned(bytes.get(leading..).unwrap_or(&bytes).to_vec())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_travel_in_as_few_bytes_as_they_need() {
        assert_eq!(*wire_value(Field::Uint(0)), [0]);
        assert_eq!(*wire_value(Field::Uint(0x0304)), [3, 4]);
        assert_eq!(*wire_value(Field::Uint(u64::MAX)), [255; 8]);
    }
}
