//! What may be asked of an engine while it runs, beside other signatures.

use std::collections::HashSet;

use super::Engine;
use crate::flow::FlowKey;
use crate::flow::table::Place;
use crate::frame::{Address, ip_protocol};
use crate::options::Options;
use crate::report::event::{EndReason, Event, Sink};

/// A flow by its protocol number and its ends, whichever of them began it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Ends {
    protocol: u8,
    low: (Address, u16),
    high: (Address, u16),
}

impl Ends {
    /// The flow between two ends. Ports count where the protocol has some.
    #[must_use]
    pub fn new(protocol: u8, one: (Address, u16), other: (Address, u16)) -> Self {
        let [one, other] = [one, other].map(|(address, port)| (address, if has_ports(protocol) { port } else { 0 }));
        let (low, high) = if one <= other { (one, other) } else { (other, one) };
        Self { protocol, low, high }
    }

    fn of(key: &FlowKey) -> Self {
        Self::new(key.protocol_number(), key.low(), key.high())
    }
}

impl Engine {
    /// How far inspections go from now on, those under way too: packets, bytes of each direction, time. Of flows that have
    /// begun already the time ends when it would have.
    pub fn set_depth(&mut self, depth: &Options) {
        self.options.max_inspected_packets = depth.max_inspected_packets;
        self.options.max_stream_bytes = depth.max_stream_bytes;
        self.options.inspect_timeout_ns = depth.inspect_timeout_ns;
    }

    /// Forgets flows, in whatever VLAN or tunnel, without a word: the next packet of each begins it anew. How many there were.
    pub fn forget(&mut self, flows: &HashSet<Ends>) -> usize {
        let found: Vec<Place> = self
            .table
            .flows()
            .filter(|(_, flow)| flows.contains(&Ends::of(&flow.key)))
            .map(|(place, _)| place)
            .collect();
        for place in &found {
            self.end(*place, Some(EndReason::Evicted), &mut Silence);
        }
        found.len()
    }
}

struct Silence;

impl Sink for Silence {
    fn event(&mut self, _event: Event<'_>) {}
}

fn has_ports(protocol: u8) -> bool {
    matches!(protocol, ip_protocol::TCP | ip_protocol::UDP | ip_protocol::SCTP)
}
