//! From frames to the flows that their packets belong to.

use super::Engine;
use crate::flow::table::{BATCH, Place};
use crate::flow::{FlowKey, Via};
use crate::frame::fragments::Assembled;
use crate::frame::{Decoded, Layers, Packet, Piece, Refused, Segment, decode, decode_any, decode_plain, plain_key};
use crate::report::event::Sink;

/// Where the headers of most frames end: Ethernet, IPv4, TCP without options.
const HEADERS_END: usize = 53;

/// A captured frame.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    /// When it was seen.
    pub at_ns: u64,
    /// See [`crate::frame::link_type`].
    pub link_type: u32,
    /// Bytes on the wire; the capture may hold less.
    pub original_size: u32,
    /// From the link layer's header on.
    pub data: &'a [u8],
}

/// A packet on its way to its flow.
pub(super) struct Arrival<'a> {
    pub key: FlowKey,
    pub sender_is_low: bool,
    pub layers: Layers,
    pub segment: Segment<'a>,
    pub via: Via,
    /// Frames that it came in, and their bytes on the wire.
    pub volume: (u32, u64),
}

impl Engine {
    /// Takes in a frame.
    pub fn feed(&mut self, frame: Frame<'_>, sink: &mut impl Sink) {
        self.feed_near(&frame, None, sink);
    }

    /// Takes in frames, in their order. What they need of the memory is asked for side by side, so that this takes less time than
    /// one by one.
    pub fn feed_all<'a>(&mut self, frames: impl IntoIterator<Item = Frame<'a>>, sink: &mut impl Sink) {
        let mut frames = frames.into_iter().fuse();
        loop {
            let batch: [Option<Frame<'a>>; BATCH] = std::array::from_fn(|_| frames.next());
            bring_headers_near(&batch);
            let near = self.bring_flows_near(&batch);
            for (frame, near) in batch.iter().zip(near) {
                let Some(frame) = frame else { return };
                self.feed_near(frame, near, sink);
            }
        }
    }

    /// Brings the flows near that plain frames belong to, and says where they stand.
    fn bring_flows_near(&self, frames: &[Option<Frame<'_>>; BATCH]) -> [Option<Place>; BATCH] {
        let mut near = [None; BATCH];
        for (place, frame) in near.iter_mut().zip(frames.iter().flatten()) {
            *place = plain_key(frame.link_type, frame.data).and_then(|key| self.table.place(self.table.hash(&key)));
        }
        self.table.bring_near(near.iter().flatten().copied());
        near
    }

    /// Takes in a frame whose flow may stand near.
    #[inline(always)]
    fn feed_near(&mut self, frame: &Frame<'_>, near: Option<Place>, sink: &mut impl Sink) {
        self.note(frame, sink);
        let volume = (1, u64::from(frame.original_size));
        match decode_plain(frame.link_type, frame.data) {
            Some(packet) => self.take_packet_near(near, &packet, Via::default(), volume, sink),
            None => {
                let decoded = decode_any(frame.link_type, frame.data);
                self.take_decoded(decoded, frame.original_size, Via::default(), sink);
            }
        }
    }

    #[inline]
    fn note(&mut self, frame: &Frame<'_>, sink: &mut impl Sink) {
        self.counters.packets += 1;
        self.counters.bytes += u64::from(frame.original_size);
        self.advance(frame.at_ns, sink);
    }

    pub(super) fn take_frame(&mut self, link_type: u32, data: &[u8], wire_size: u32, via: Via, sink: &mut impl Sink) {
        self.take_decoded(decode(link_type, data), wire_size, via, sink);
    }

    #[inline(never)]
    fn take_decoded(&mut self, decoded: Result<Decoded<'_>, Refused>, wire_size: u32, via: Via, sink: &mut impl Sink) {
        match decoded {
            Ok(Decoded::Whole(packet)) => self.take_packet(&packet, via, (1, u64::from(wire_size)), sink),
            Ok(Decoded::Piece(piece)) => self.take_piece(&piece, wire_size, via, sink),
            Err(reason) => self.count_refused(reason),
        }
    }

    fn take_piece(&mut self, piece: &Piece<'_>, wire_size: u32, via: Via, sink: &mut impl Sink) {
        if self.options.defragment {
            if let Some(whole) = self.fragments.push(piece, via, (self.now_ns, wire_size)) {
                self.counters.reassembled += 1;
                self.take_assembled(&whole, sink);
            }
        } else if piece.fragment.offset == 0 {
            match piece.envelope.open(piece.payload) {
                Ok(packet) => self.take_packet(&packet, via, (1, u64::from(wire_size)), sink),
                Err(reason) => self.count_refused(reason),
            }
        } else {
            self.counters.later_fragments += 1;
        }
    }

    pub(super) fn take_beginning(&mut self, beginning: Option<Assembled>, sink: &mut impl Sink) {
        match beginning {
            Some(assembled) => self.take_assembled(&assembled, sink),
            None => self.counters.later_fragments += 1,
        }
    }

    fn take_assembled(&mut self, assembled: &Assembled, sink: &mut impl Sink) {
        match assembled.envelope.open(&assembled.payload) {
            Ok(packet) => self.take_packet(&packet, assembled.via, (assembled.frames, assembled.bytes), sink),
            Err(reason) => self.count_refused(reason),
        }
    }

    #[inline(never)]
    fn take_packet(&mut self, packet: &Packet<'_>, via: Via, volume: (u32, u64), sink: &mut impl Sink) {
        self.take_packet_near(None, packet, via, volume, sink);
    }

    /// Takes in a packet whose flow may stand near.
    #[inline(always)]
    fn take_packet_near(
        &mut self,
        near: Option<Place>,
        packet: &Packet<'_>,
        via: Via,
        volume: (u32, u64),
        sink: &mut impl Sink,
    ) {
        let (key, sender_is_low) = FlowKey::of(packet, via.scope);
        let found = near.filter(|place| self.table.holds(*place, &key)).or_else(|| self.table.find(&key));
        if !found.is_some_and(|place| self.is_only_counted(place, sender_is_low, &packet.segment, volume)) {
            let Packet { layers, segment, .. } = *packet;
            self.take_arrival(&Arrival { key, sender_is_low, layers, segment, via, volume }, found, sink);
        }
    }

    /// Nearly every packet: its flow is classified, carries no others, and neither begins nor ends with it. True when that is so
    /// and it was counted.
    #[inline(always)]
    fn is_only_counted(
        &mut self,
        place: Place,
        sender_is_low: bool,
        segment: &Segment<'_>,
        volume: (u32, u64),
    ) -> bool {
        let now_ns = self.now_ns;
        let Some(flow) = self.table.get_mut(place).filter(|flow| flow.inspection.is_none() && !flow.is_tunnel) else {
            return false;
        };
        if let Segment::Tcp { flags, payload, .. } = *segment {
            if flags.begins_or_ends() {
                return false;
            }
            flow.closing.note_payload(payload);
        }
        flow.count(flow.direction(sender_is_low), volume);
        flow.last_seen_ns = now_ns;
        true
    }

    fn count_refused(&mut self, reason: Refused) {
        let counter = match reason {
            Refused::LinkType(_) => &mut self.counters.unknown_link,
            Refused::NotIp => &mut self.counters.not_ip,
            Refused::Malformed(_) => &mut self.counters.malformed,
        };
        *counter += 1;
    }
}

/// Reads something of each frame's headers, so that the memory brings them side by side.
fn bring_headers_near(frames: &[Option<Frame<'_>>]) {
    let read = |frame: &Frame<'_>| frame.data.first().zip(frame.data.get(HEADERS_END)).map_or(0, |(a, b)| a ^ b);
    std::hint::black_box(frames.iter().flatten().fold(0, |all, frame| all ^ read(frame)));
}
