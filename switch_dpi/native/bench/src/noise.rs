//! What the engine makes of bytes that mean nothing: every claim is a false positive. Goal: no firm one.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;
use std::thread;

use appsteer_core::classification::inspection::FIRM;
use appsteer_core::engine::{Engine, Frame};
use appsteer_core::frame::{Address, link_type};
use appsteer_core::options::Options;
use appsteer_core::protocol::{Direction, Transport};
use appsteer_core::protocols::ALL;
use appsteer_core::report::event::{Event, EventKind, Sink};
use appsteer_core::signatures::Signatures;
use appsteer_harness::packets::{Ends, flag};
use appsteer_harness::random::Random;

use crate::Outcome;

/// Payloads of each kind, unless said otherwise.
pub const USUAL_COUNT: usize = 10_000_000;

/// What a flow of noise consists of.
#[derive(Clone, Copy)]
enum Kind {
    /// The first segment of one end.
    Stream,
    /// The first segments of both ends.
    StreamPair,
    /// One datagram.
    Datagram,
    /// Two datagrams of one end, or a datagram and an answer.
    DatagramPair,
}

const KINDS: &[(&str, Kind)] = &[
    ("TCP, one end", Kind::Stream),
    ("TCP, both ends", Kind::StreamPair),
    ("UDP", Kind::Datagram),
    ("UDP, two", Kind::DatagramPair),
];

/// Flows are ended after so many.
const BATCH: u64 = 1024;
/// What fits in an Ethernet frame behind the headers of IPv4 and TCP.
const MAX_PAYLOAD: usize = 1460;

/// Bytes of a payload that are printed.
const SHOWN: usize = 64;
/// The flows' addresses begin here (45.0.0.0, above the originator's), and may be so many.
const FIRST_ADDRESS: u32 = 0x2d00_0000;
const MAX_NUMBER: u64 = 0x3fff_ffff;
/// A size, and how many of a hundred payloads are below it: most packets are small or full.
const SIZES: &[(usize, usize)] = &[(40, 25), (120, 50), (400, 65), (1200, 80)];

/// Claims by protocol and confidence.
#[derive(Default)]
struct Claims(BTreeMap<(String, u8), Tally>);

#[derive(Default)]
struct Tally {
    flows: u64,
    /// Number of the first one's flow.
    first: u64,
}

/// Plays `count` flows of each kind, and prints who claimed how many with which confidence.
pub fn print(signatures: &Arc<Signatures>, count: usize) -> Outcome<()> {
    let threads = thread::available_parallelism().map_or(1, usize::from) as u64;
    let share = (count as u64).div_ceil(threads);
    let mut firm = 0;
    println!("{:15} {:28} {:>10} {:>9} {:>12}", "payloads", "protocol", "confidence", "flows", "of a million");
    for (name, kind) in KINDS {
        let tallies: Vec<Claims> = thread::scope(|scope| {
            let numbers = (0..threads).map(|thread| thread * share..(thread + 1) * share);
            let running: Vec<_> = numbers.map(|part| scope.spawn(|| play(signatures, *kind, part))).collect();
            running.into_iter().filter_map(|thread| thread.join().ok()).collect()
        });
        firm += show(name, *kind, &merged(tallies), share * threads);
    }
    println!("firm claims (confidence {FIRM} or more): {firm}");
    if firm == 0 { Ok(()) } else { Err(format!("{firm} flows that mean nothing were claimed for certain").into()) }
}

fn play(signatures: &Arc<Signatures>, kind: Kind, numbers: Range<u64>) -> Claims {
    let options = Options { max_flows: 2 * BATCH as usize, guess: false, ..Options::default() };
    let mut engine = Engine::new(Arc::clone(signatures), options);
    let (mut claims, mut frame, usual) = (Claims::default(), Vec::new(), ports(kind.transport()));
    for number in numbers {
        let mut random = random_of(kind, number);
        let ends = ends(number, &usual, &mut random);
        let at_ns = number * 1_000_000;
        for (direction, payload) in payloads(kind, &mut random) {
            if kind.transport() == Transport::Tcp {
                ends.tcp(&mut frame, direction, ([1, 0], flag::DATA), &payload);
            } else {
                ends.udp(&mut frame, direction, &payload);
            }
            let original_size = u32::try_from(frame.len()).unwrap_or(u32::MAX);
            engine.feed(Frame { at_ns, link_type: link_type::ETHERNET, original_size, data: &frame }, &mut claims);
        }
        if number % BATCH == 0 {
            engine.finish(&mut claims);
        }
    }
    engine.finish(&mut claims);
    claims
}

impl Kind {
    const fn transport(self) -> Transport {
        match self {
            Kind::Stream | Kind::StreamPair => Transport::Tcp,
            Kind::Datagram | Kind::DatagramPair => Transport::Udp,
        }
    }
}

impl Sink for Claims {
    fn event(&mut self, event: Event<'_>) {
        let (EventKind::Ended(_), Some((key, _))) = (event.kind, event.flow.protocol()) else { return };
        if event.flow.is_tunnelled() {
            return; // the tunnel is what was claimed
        }
        let Address(number) = event.flow.originator().0.max(event.flow.responder().0);
        let number = (number & u128::from(u32::MAX)) as u64 - u64::from(FIRST_ADDRESS);
        let tally =
            self.0.entry((key.to_owned(), event.flow.confidence())).or_insert(Tally { flows: 0, first: number });
        tally.flows += 1;
    }
}

fn merged(parts: Vec<Claims>) -> Claims {
    let mut all = Claims::default();
    for (key, tally) in parts.into_iter().flat_map(|part| part.0) {
        all.0.entry(key).or_insert(Tally { flows: 0, first: tally.first }).flows += tally.flows;
    }
    all
}

/// Prints the claims, of firm ones with their first payloads; how many are firm.
fn show(name: &str, kind: Kind, claims: &Claims, count: u64) -> u64 {
    let mut firm = 0;
    for ((key, confidence), Tally { flows, first }) in &claims.0 {
        let rate = *flows as f64 * 1e6 / count as f64;
        println!("{name:15} {key:28} {confidence:>10} {flows:>9} {rate:>12.2}");
        if *confidence >= FIRM {
            firm += flows;
            let mut random = random_of(kind, *first);
            let ends = ends(*first, &ports(kind.transport()), &mut random);
            for (direction, payload) in payloads(kind, &mut random) {
                let shown: String = payload.iter().take(SHOWN).map(|byte| format!("{byte:02x}")).collect();
                println!("    {direction:?}, responder's port {}, {} bytes: {shown}", ends.responder.1, payload.len());
            }
        }
    }
    println!("{name:15} {count} flows, {} claimed", claims.0.values().map(|tally| tally.flows).sum::<u64>());
    firm
}

/// A flow's own random numbers, so that it can be made again.
fn random_of(kind: Kind, number: u64) -> Random {
    let mut random = Random::new((number + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ kind as u64);
    random.number();
    random
}

/// Each flow has an address of its own; every second one goes to a port where some protocol usually runs, the others to any.
fn ends(number: u64, usual: &[u16], random: &mut Random) -> Ends {
    let any = u16::from_be_bytes([random.byte(), random.byte()]).max(1);
    let port = random.one_of(usual).filter(|_| number.is_multiple_of(2)).copied().unwrap_or(any);
    let address = u128::from(FIRST_ADDRESS) + u128::from(number & MAX_NUMBER);
    Ends { originator: (0x0a00_0001, 32_768 | any >> 1), responder: (address, port), is_v6: false }
}

fn ports(transport: Transport) -> Vec<u16> {
    let over = ALL.iter().filter(|protocol| protocol.transports.contains(&transport));
    over.flat_map(|protocol| protocol.ports).copied().collect()
}

fn payloads(kind: Kind, random: &mut Random) -> Vec<(Direction, Vec<u8>)> {
    let coin = random.below(2) == 0;
    let (one, other) = (Direction::Originator, Direction::Responder);
    let directions: &[Direction] = match (kind, coin) {
        (Kind::Datagram, _) | (Kind::Stream, true) => &[one],
        (Kind::Stream, false) => &[other],
        (Kind::StreamPair, false) => &[other, one],
        (Kind::DatagramPair, false) => &[one, one],
        (Kind::StreamPair | Kind::DatagramPair, true) => &[one, other],
    };
    directions.iter().map(|direction| (*direction, payload(random))).collect()
}

fn payload(random: &mut Random) -> Vec<u8> {
    let (mut least, percent) = (1, random.below(100));
    let mut size = MAX_PAYLOAD;
    for (limit, share) in SIZES {
        if percent < *share {
            size = least + random.below(limit - least);
            break;
        }
        least = *limit;
    }
    let mut bytes = vec![0; size];
    random.fill(&mut bytes);
    bytes
}
