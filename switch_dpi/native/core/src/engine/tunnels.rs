//! What tunnels carry: flows of their own.

use super::Engine;
use super::intake::Arrival;
use crate::flow::table::Place;
use crate::flow::{Flow, Via};
use crate::frame::Segment;
use crate::protocol::Carried;
use crate::protocols::ALL;
use crate::report::event::Sink;

/// Tunnels in tunnels are opened this deep: more are rare, and a peer must not choose the work.
const MAX_TUNNELS: u8 = 4;

impl Engine {
    /// Classifies what a tunnel's packet carries, as a flow of its own.
    pub(super) fn open_tunnel(&mut self, place: Place, arrival: &Arrival<'_>, sink: &mut impl Sink) {
        if !self.options.open_tunnels || arrival.via.depth >= MAX_TUNNELS {
            return;
        }
        let Some(flow) = self.table.get(place) else { return };
        let Some(carried) = carried(flow, &arrival.segment) else { return };
        let via = Via { depth: arrival.via.depth + 1, scope: carried.scope, tunnel: flow.id, place };
        self.counters.tunnelled += 1;
        let size = u32::try_from(carried.data.len()).unwrap_or(u32::MAX);
        self.take_frame(carried.link_type, carried.data, size, via, sink);
    }
}

/// What is inside a packet of a flow that a tunnel's protocol has claimed for certain.
fn carried<'a>(flow: &Flow, segment: &Segment<'a>) -> Option<Carried<'a>> {
    let claim = flow.claim().filter(|_| flow.is_tunnel)?;
    let open = ALL.get(claim.index())?.tunnel?;
    match *segment {
        Segment::Udp(payload) | Segment::Numbered(_, payload) => open(payload),
        Segment::Tcp { .. } | Segment::Sctp(_) => None,
    }
}
