//! How long the engine takes for a capture in memory, with full records in binary form.

use std::fs;
use std::sync::Arc;
use std::thread;
use std::time::Instant;

use appsteer_core::engine::Engine;
use appsteer_core::options::{Options, SECOND_NS};
use appsteer_core::protocol::Field;
use appsteer_core::report::event::{Event, EventKind, FlowView, Sink};
use appsteer_core::signatures::Signatures;
use mimalloc::MiMalloc;

use crate::Outcome;
use crate::memory::Memory;

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// Between two rounds so much time passes that no flow of one lives in the next.
const PAUSE_NS: u64 = 3600 * SECOND_NS;
/// A live table holds what a busy link has.
const MAX_FLOWS: usize = 1 << 21;

/// Records as an exporter would send them; overwritten, as if each batch had been sent.
#[derive(Default)]
struct Exporter {
    batch: Vec<u8>,
    records: u64,
}

const BATCH_SIZE: usize = 1 << 16;

impl Sink for Exporter {
    fn event(&mut self, event: Event<'_>) {
        if matches!(event.kind, EventKind::Ended(_)) {
            if self.batch.len() > BATCH_SIZE {
                self.batch.clear();
            }
            self.records += 1;
            self.write(&event.flow);
        }
    }
}

impl Exporter {
    fn write(&mut self, view: &FlowView<'_>) {
        let ends = [view.originator(), view.responder()];
        for (address, port) in ends {
            self.batch.extend(address.0.to_be_bytes());
            self.batch.extend(port.to_be_bytes());
        }
        for volume in view.volume() {
            self.batch.extend(volume.packets.to_be_bytes());
            self.batch.extend(volume.bytes.to_be_bytes());
        }
        for number in [view.first_seen_ns(), view.last_seen_ns(), view.id(), view.verdict_packet()] {
            self.batch.extend(number.to_be_bytes());
        }
        self.batch.extend(view.app_id().0.to_be_bytes());
        self.batch.extend([view.protocol_number(), view.ip_version(), view.state() as u8, view.confidence()]);
        for (id, value) in view.metadata() {
            self.batch.extend(id.to_be_bytes());
            match value {
                Field::Text(text) => self.field(text.as_bytes()),
                Field::Bytes(bytes) => self.field(bytes),
                Field::Uint(number) => self.field(&number.to_be_bytes()),
            }
        }
    }

    fn field(&mut self, bytes: &[u8]) {
        self.batch.extend((bytes.len() as u32).to_be_bytes());
        self.batch.extend(bytes);
    }
}

/// What one thread did in one round.
struct Round {
    flows: usize,
    records: u64,
    /// Bytes of memory in use before its flows were ended.
    resident: usize,
}

pub fn measure(signatures: &Arc<Signatures>, capture: &str, rounds: usize, threads: usize) -> Outcome<()> {
    let memory = Memory::load(capture, threads)?;
    let options = Options { max_flows: MAX_FLOWS, ..Options::default() };
    let mut engines: Vec<Engine> = (0..threads).map(|_| Engine::new(Arc::clone(signatures), options)).collect();
    let (mut seconds, mut flows, mut records, mut in_use) = (Vec::new(), 0, 0, 0);
    for round in 0..=rounds {
        let later_ns = (memory.span_ns() + PAUSE_NS) * round as u64;
        let before = resident();
        let began = Instant::now();
        let done: Vec<Round> = thread::scope(|scope| {
            let running: Vec<_> = engines
                .iter_mut()
                .enumerate()
                .map(|(shard, engine)| {
                    let memory = &memory;
                    scope.spawn(move || play(engine, memory, shard, later_ns))
                })
                .collect();
            running.into_iter().filter_map(|thread| thread.join().ok()).collect()
        });
        if round > 0 {
            seconds.push(began.elapsed().as_secs_f64()); // the first round warms up
        } else {
            in_use = done.iter().map(|round| round.resident).max().unwrap_or(0).saturating_sub(before);
        }
        flows = done.iter().map(|round| round.flows).sum();
        records = done.iter().map(|round| round.records).sum();
    }
    let listed: Vec<String> = seconds.iter().map(|seconds| format!("{seconds:.6}")).collect();
    println!(
        "{{\"seconds\":[{}],\"packets\":{},\"flows\":{records},\"live_flows\":{flows},\"bytes_in_use\":{in_use}}}",
        listed.join(","),
        memory.len()
    );
    Ok(())
}

fn play(engine: &mut Engine, memory: &Memory, shard: usize, later_ns: u64) -> Round {
    let mut exporter = Exporter::default();
    engine.feed_all(memory.frames(shard, later_ns), &mut exporter);
    let (flows, resident) = (engine.flow_count(), resident());
    engine.finish(&mut exporter);
    Round { flows, records: exporter.records, resident }
}

/// Memory of this process that is not swapped out, in bytes (proc(5), statm); 0 where that file is not.
pub fn resident() -> usize {
    const PAGE_SIZE: usize = 4096;
    let text = fs::read_to_string("/proc/self/statm").unwrap_or_default();
    text.split_whitespace().nth(1).and_then(|pages| pages.parse().ok()).map_or(0, |pages: usize| pages * PAGE_SIZE)
}
