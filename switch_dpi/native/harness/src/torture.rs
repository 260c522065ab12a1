//! Recorded packets, played in ways in which no network plays them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use appsteer_core::engine::{Engine, Frame};
use appsteer_core::frame::{Address, Decoded, Packet, Segment, TcpFlags, decode, ip_protocol, link_type};
use appsteer_core::options::Options;
use appsteer_core::protocol::Direction;
use appsteer_core::signatures::Signatures;

use crate::Held;
use crate::bounds::{Auditor, Verdicts};
use crate::packets::{Ends, flag};
use crate::random::{Random, mangle};

/// A packet of a capture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// When it was seen.
    pub at_ns: u64,
    /// See [`link_type`].
    pub link_type: u32,
    /// Bytes on the wire.
    pub original_size: u32,
    /// Bytes captured.
    pub data: Vec<u8>,
}

/// A way to play a capture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// As it was recorded.
    AsRecorded,
    /// TCP's payload byte by byte, UDP's datagrams over IPv4 in fragments of eight bytes.
    InPieces,
    /// Packets change places with near ones.
    Reordered,
    /// The last packet first.
    Backwards,
    /// Every packet cut off at every length, the flow going on.
    Cut,
    /// Every packet cut off at every length, each the first of its flow.
    CutAlone,
    /// Bytes changed, doubled, taken out.
    Flipped,
}

/// All manners, with their names.
pub const MANNERS: &[(&str, Manner)] = &[
    ("as recorded", Manner::AsRecorded),
    ("in pieces", Manner::InPieces),
    ("reordered", Manner::Reordered),
    ("backwards", Manner::Backwards),
    ("cut", Manner::Cut),
    ("cut, alone", Manner::CutAlone),
    ("flipped", Manner::Flipped),
];

/// Near is within so many packets.
const REACH: usize = 16;
/// Each packet is changed so many times.
const FLIPS: usize = 8;
/// The sizes of a whole datagram that [`Ends::pieces`] cuts into no more pieces than the engine waits for.
const MAX_CUT_DATAGRAM: usize = 1000;
/// Headers of Ethernet and IPv4.
const BEFORE_UDP: usize = 14 + 20;

/// What was played, and what came of it.
#[derive(Debug, Default)]
pub struct Report {
    /// Frames fed.
    pub frames: u64,
    /// The longest that one frame took.
    pub slowest: Duration,
    /// What the flows were called.
    pub verdicts: Verdicts,
}

/// Small limits, so that they are reached; a byte is a packet here, so that their number is none.
#[must_use]
pub fn options() -> Options {
    Options {
        max_flows: 1024,
        max_held_bytes: 4 << 20,
        max_fragment_bytes: 1 << 20,
        max_inspected_packets: u32::MAX,
        ..Options::default()
    }
}

/// Plays packets; of those that are cut, every `stride`th.
///
/// # Errors
/// Says which bound was broken.
pub fn play(
    packets: &[Recorded],
    manner: Manner,
    signatures: &Arc<Signatures>,
    stride: usize,
) -> Result<Report, String> {
    let options = options();
    let engine = Engine::new(Arc::clone(signatures), options);
    let mut player = Player { engine, auditor: Auditor::default(), options, report: Report::default() };
    let mut random = Random::new(0x5eed_0004);
    match manner {
        Manner::AsRecorded => packets.iter().try_for_each(|packet| player.feed(packet, &packet.data))?,
        Manner::InPieces => packets.iter().try_for_each(|packet| player.feed_in_pieces(packet))?,
        Manner::Reordered => {
            let places = reordered(packets.len(), &mut random);
            places.iter().filter_map(|at| packets.get(*at)).try_for_each(|packet| player.feed(packet, &packet.data))?;
        }
        Manner::Backwards => packets.iter().rev().try_for_each(|packet| player.feed(packet, &packet.data))?,
        Manner::Cut => packets.iter().step_by(stride).try_for_each(|packet| player.feed_cut(packet, false))?,
        Manner::CutAlone => packets.iter().step_by(stride).try_for_each(|packet| player.feed_cut(packet, true))?,
        Manner::Flipped => {
            for packet in packets {
                for _ in 0..FLIPS {
                    player.feed(packet, &mangle(&packet.data, &mut random))?;
                }
            }
        }
    }
    player.finish()?;
    player.report.verdicts = player.auditor.verdicts;
    Ok(player.report)
}

/// Flows that have other protocols in one of two reports, with both.
#[must_use]
pub fn differences(one: &Report, other: &Report) -> Vec<String> {
    let none = BTreeSet::new();
    let ends: BTreeSet<_> = one.verdicts.keys().chain(other.verdicts.keys()).collect();
    let of = |verdicts: &BTreeMap<_, BTreeSet<String>>, ends| verdicts.get(ends).unwrap_or(&none).clone();
    ends.into_iter()
        .map(|ends| (ends, of(&one.verdicts, ends), of(&other.verdicts, ends)))
        .filter(|(_, one, other)| one != other)
        .map(|(ends, one, other)| format!("{ends}: {one:?}, {other:?}"))
        .collect()
}

struct Player {
    engine: Engine,
    auditor: Auditor,
    options: Options,
    report: Report,
}

impl Player {
    fn feed(&mut self, packet: &Recorded, data: &[u8]) -> Held {
        self.feed_frame(packet, packet.link_type, data)
    }

    fn feed_frame(&mut self, packet: &Recorded, link_type: u32, data: &[u8]) -> Held {
        let frame = Frame { at_ns: packet.at_ns, link_type, original_size: packet.original_size, data };
        let began = Instant::now();
        self.engine.feed(frame, &mut self.auditor);
        self.report.slowest = self.report.slowest.max(began.elapsed());
        self.report.frames += 1;
        self.engine.advance(packet.at_ns, &mut self.auditor); // fragments are brought within their limit
        self.auditor.check(&self.engine, &self.options)
    }

    fn feed_cut(&mut self, packet: &Recorded, alone: bool) -> Held {
        for size in 0..=packet.data.len() {
            self.feed(packet, packet.data.get(..size).unwrap_or_default())?;
            if alone {
                self.finish()?;
            }
        }
        Ok(())
    }

    fn feed_in_pieces(&mut self, packet: &Recorded) -> Held {
        let Ok(Decoded::Whole(inner)) = decode(packet.link_type, &packet.data) else {
            return self.feed(packet, &packet.data);
        };
        let ends = ends_of(&inner);
        match inner.segment {
            Segment::Tcp { sequence, acknowledgment, flags, payload } if inner.vlan == 0 => {
                let [opens, closes] = flags_of(flags);
                self.feed_segment(packet, ends, ([sequence, acknowledgment], opens), &[])?;
                let first = sequence.wrapping_add(u32::from(flags.syn()));
                for (at, byte) in (first..).zip(payload) {
                    self.feed_segment(packet, ends, ([at, acknowledgment], flag::DATA), &[*byte])?;
                }
                let end = first.wrapping_add(u32::try_from(payload.len()).unwrap_or(0));
                self.feed_segment(packet, ends, ([end, acknowledgment], closes), &[])
            }
            Segment::Udp(payload) if inner.vlan == 0 && inner.ip_version == 4 && payload.len() <= MAX_CUT_DATAGRAM => {
                let mut whole = Vec::new();
                ends.udp(&mut whole, Direction::Originator, payload);
                let datagram = whole.get(BEFORE_UDP..).unwrap_or_default();
                ends.pieces(Direction::Originator, ip_protocol::UDP, datagram)
                    .iter()
                    .try_for_each(|piece| self.feed_frame(packet, link_type::ETHERNET, piece))
            }
            _ => self.feed(packet, &packet.data),
        }
    }

    fn feed_segment(&mut self, packet: &Recorded, ends: Ends, place: ([u32; 2], u8), payload: &[u8]) -> Held {
        let mut frame = Vec::new();
        ends.tcp(&mut frame, Direction::Originator, place, payload);
        self.feed_frame(packet, link_type::ETHERNET, &frame)
    }

    fn finish(&mut self) -> Held {
        self.engine.finish(&mut self.auditor);
        self.auditor.check_end(&self.engine, &self.options)
    }
}

/// The sender as the originator.
fn ends_of(packet: &Packet<'_>) -> Ends {
    let (Address(source), Address(destination)) = (packet.source, packet.destination);
    Ends {
        originator: (source, packet.source_port),
        responder: (destination, packet.destination_port),
        is_v6: packet.ip_version == 6,
    }
}

/// Flags of a segment before the payload, and behind it.
fn flags_of(flags: TcpFlags) -> [u8; 2] {
    let bit = |is_set: bool, bit: u8| if is_set { bit } else { 0 };
    let ack = bit(flags.ack(), flag::ACK);
    [ack | bit(flags.syn(), flag::SYN), ack | bit(flags.fin(), flag::FIN) | bit(flags.rst(), flag::RST)]
}

fn reordered(count: usize, random: &mut Random) -> Vec<usize> {
    let mut places: Vec<usize> = (0..count).collect();
    for at in 0..count {
        let other = at + random.below(REACH.min(count - at));
        places.swap(at, other);
    }
    places
}
