//! From frames to the flows that their packets belong to.

use super::Engine;
use crate::flow::table::{BATCH, Place};
use crate::flow::{Flow, FlowKey, Via};
use crate::frame::fragments::Assembled;
use crate::frame::plain::{Plain, decode_plain};
use crate::frame::{Decoded, Layers, Packet, Piece, Refused, Segment, decode};
use crate::protocol::Transport;
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
    /// Of the key.
    pub hash: u64,
    pub sender_is_low: bool,
    pub layers: Layers,
    pub segment: Segment<'a>,
    pub via: Via,
    /// Frames that it came in, and their bytes on the wire.
    pub volume: (u32, u64),
}

/// A plain frame, and the hash of its flow's key.
struct Hashed<'a> {
    plain: Plain<'a>,
    hash: u64,
}

impl Engine {
    /// Takes in a frame.
    pub fn feed(&mut self, frame: Frame<'_>, sink: &mut impl Sink) {
        let hashed = self.hashed(&frame);
        let near = hashed.as_ref().and_then(|hashed| self.table.place(hashed.hash));
        self.feed_near(&frame, hashed.as_ref(), near, sink);
    }

    /// Takes in frames, in their order. What they need of the memory is asked for side by side, so that this takes less time than
    /// one by one.
    pub fn feed_all<'a>(&mut self, frames: impl IntoIterator<Item = Frame<'a>>, sink: &mut impl Sink) {
        let mut frames = frames.into_iter().fuse();
        loop {
            let batch: [Option<Frame<'a>>; BATCH] = std::array::from_fn(|_| frames.next());
            bring_headers_near(&batch);
            let hashed = batch.each_ref().map(|frame| self.hashed(frame.as_ref()?));
            let near = self.bring_flows_near(&hashed);
            for ((frame, hashed), near) in batch.iter().zip(&hashed).zip(near) {
                let Some(frame) = frame else { return };
                self.feed_near(frame, hashed.as_ref(), near, sink);
            }
        }
    }

    #[inline(always)]
    fn hashed<'a>(&self, frame: &Frame<'a>) -> Option<Hashed<'a>> {
        let plain = decode_plain(frame.link_type, frame.data)?;
        Some(Hashed { plain, hash: self.table.hash(&plain.key) })
    }

    /// Brings the flows near that plain frames belong to, and says where they stand.
    #[inline(always)]
    fn bring_flows_near(&self, frames: &[Option<Hashed<'_>>; BATCH]) -> [Option<Place>; BATCH] {
        self.table.bring_places_near(frames.iter().flatten().map(|frame| frame.hash));
        let near = frames.each_ref().map(|frame| self.table.place(frame.as_ref()?.hash));
        self.table.bring_near(near.iter().flatten().copied(), Flow::touch);
        for (frame, _) in frames.iter().zip(near).filter(|(_, near)| near.is_none()) {
            frame.iter().for_each(|frame| self.bring_guess_near(&frame.plain));
        }
        self.table.bring_near(near.iter().flatten().copied(), Flow::touch_inspected);
        near
    }

    /// Brings near what a flow that seems to begin will be guessed by.
    fn bring_guess_near(&self, plain: &Plain<'_>) {
        let (low, high) = (plain.key.low(), plain.key.high());
        let ((client, _), (server, port)) = if plain.sender_is_low { (low, high) } else { (high, low) };
        self.guesses.bring_near(client, (server, port, plain.key.carrier() == Transport::Tcp));
    }

    /// Takes in a frame, a plain one with its key's hash and where its flow may stand.
    #[inline(always)]
    fn feed_near(&mut self, frame: &Frame<'_>, hashed: Option<&Hashed<'_>>, near: Option<Place>, sink: &mut impl Sink) {
        self.counters.packets += 1;
        self.counters.bytes += u64::from(frame.original_size);
        self.advance(frame.at_ns, sink);
        match hashed {
            Some(hashed) => self.take_plain(hashed, near, frame.original_size, sink),
            None => self.take_frame(frame.link_type, frame.data, frame.original_size, Via::default(), sink),
        }
    }

    #[inline(always)]
    fn take_plain(&mut self, hashed: &Hashed<'_>, near: Option<Place>, wire_size: u32, sink: &mut impl Sink) {
        let Hashed { plain: Plain { key, sender_is_low, segment }, hash } = *hashed;
        let (layers, via, volume) = (Layers::ETHERNET, Via::default(), (1, u64::from(wire_size)));
        self.take(&Arrival { key, hash, sender_is_low, layers, segment, via, volume }, near, sink);
    }

    #[inline(never)]
    pub(super) fn take_frame(&mut self, link_type: u32, data: &[u8], wire_size: u32, via: Via, sink: &mut impl Sink) {
        match decode(link_type, data) {
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

    fn take_packet(&mut self, packet: &Packet<'_>, via: Via, volume: (u32, u64), sink: &mut impl Sink) {
        let Packet { layers, segment, .. } = *packet;
        let (key, sender_is_low) = FlowKey::of(packet, via.scope);
        let hash = self.table.hash(&key);
        let near = self.table.place(hash);
        self.take(&Arrival { key, hash, sender_is_low, layers, segment, via, volume }, near, sink);
    }

    /// Of nearly every packet the flow is classified, and the packet only counted. `near` is where the flow may stand.
    #[inline(always)]
    fn take(&mut self, arrival: &Arrival<'_>, near: Option<Place>, sink: &mut impl Sink) {
        let flow = near.and_then(|place| self.table.get_mut(place)).filter(|flow| flow.key == arrival.key);
        let is_there = flow.is_some();
        if flow
            .is_some_and(|flow| flow.only_counts(arrival.sender_is_low, &arrival.segment, arrival.volume, self.now_ns))
        {
            return;
        }
        let found = if is_there { near } else { self.table.find(arrival.hash, &arrival.key) };
        self.take_arrival(arrival, found, sink);
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
