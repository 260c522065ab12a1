//! A capture file through several engines: one thread reads, and gives each engine's thread the packets of its share.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread;

use appsteer_capture::Packet;
use appsteer_capture::file::CaptureFile;
use appsteer_core::engine::{Engine, Frame};
use appsteer_core::frame::share_of;
use appsteer_core::report::event::Sink;

use crate::engine::named;
use crate::workers::{Counters, add_up, locked};

/// A batch is handed over at this size: small enough to be in the processor's cache still, large enough to make waking rare.
const BATCH_SIZE: usize = 1 << 18;
/// Batches that wait for an engine, and results that wait for the reader of them all.
const WAITING: usize = 4;

/// What the threads tell of themselves.
#[derive(Default)]
pub(crate) struct Progress {
    pub(crate) packets: AtomicU64,
    pub(crate) bytes: AtomicU64,
    pub(crate) truncated_at: Mutex<Option<u64>>,
    pub(crate) failure: Mutex<Option<String>>,
    pub(crate) stats: Mutex<Counters>,
}

/// What an engine found, for the one who takes it away.
pub(crate) trait Results: Sink + Send + 'static {
    /// The same with nothing in it.
    fn fresh(&self) -> Self;

    /// Whether there is so much that it should be taken.
    fn is_ready(&self) -> bool;
}

/// Packets of one share.
#[derive(Default)]
struct Batch {
    bytes: Vec<u8>,
    places: Vec<Place>,
}

struct Place {
    at_ns: u64,
    end: usize,
    original_size: u32,
    link_type: u32,
}

impl Batch {
    fn add(&mut self, packet: &Packet<'_>) {
        self.bytes.extend_from_slice(packet.data);
        let (at_ns, original_size, link_type) = (packet.at_ns, packet.original_size, packet.link_type);
        self.places.push(Place { at_ns, end: self.bytes.len(), original_size, link_type });
    }

    fn frames(&self) -> impl Iterator<Item = Frame<'_>> {
        let starts = std::iter::once(0).chain(self.places.iter().map(|place| place.end));
        self.places.iter().zip(starts).map(|(place, start)| Frame {
            at_ns: place.at_ns,
            link_type: place.link_type,
            original_size: place.original_size,
            data: self.bytes.get(start..place.end).unwrap_or_default(),
        })
    }

    fn clear(&mut self) {
        self.bytes.clear();
        self.places.clear();
    }
}

/// Starts the threads; they end when the file does, or when nobody takes results any more.
pub(crate) fn start<R: Results>(
    file: CaptureFile,
    engines: Vec<Engine>,
    progress: &Arc<Progress>,
    found: &R,
) -> Receiver<R> {
    let (results, taken) = sync_channel(WAITING);
    let (emptied, empty) = sync_channel(engines.len() * (WAITING + 2));
    let mut shares = Vec::new();
    for engine in engines {
        let (filled, batches) = sync_channel(WAITING);
        shares.push((Batch::default(), filled));
        let (results, emptied, progress, found) =
            (results.clone(), emptied.clone(), Arc::clone(progress), found.fresh());
        thread::spawn(move || work(engine, found, &batches, (&emptied, &results), &progress));
    }
    let progress = Arc::clone(progress);
    thread::spawn(move || read(file, shares, &empty, &progress));
    taken
}

/// Fills batches until the file ends, breaks, or nobody wants it.
fn read(
    mut file: CaptureFile,
    mut shares: Vec<(Batch, SyncSender<Batch>)>,
    empty: &Receiver<Batch>,
    progress: &Progress,
) {
    let count = shares.len();
    let (mut packets, mut bytes) = (0, 0);
    let failure = loop {
        let packet = match file.next() {
            Ok(Some(packet)) => packet,
            Ok(None) => break None,
            Err(error) => break Some(error.to_string()),
        };
        packets += 1;
        bytes += u64::from(packet.original_size);
        let share = share_of(packet.link_type, packet.data, count);
        let Some((batch, filled)) = shares.get_mut(share) else { continue };
        batch.add(&packet);
        if batch.bytes.len() >= BATCH_SIZE {
            progress.packets.store(packets, Ordering::Relaxed);
            progress.bytes.store(bytes, Ordering::Relaxed);
            let next = empty.try_recv().unwrap_or_default();
            if filled.send(std::mem::replace(batch, next)).is_err() {
                return;
            }
        }
    };
    progress.packets.store(packets, Ordering::Relaxed);
    progress.bytes.store(bytes, Ordering::Relaxed);
    *locked(&progress.truncated_at) = file.truncated_at();
    *locked(&progress.failure) = failure;
    for (batch, filled) in shares {
        let _nobody_wants_it = filled.send(batch);
    }
}

/// Feeds an engine; its results go out as they come together, the last ones when no more packets come.
fn work<R: Results>(
    mut engine: Engine,
    mut found: R,
    batches: &Receiver<Batch>,
    (emptied, results): (&SyncSender<Batch>, &SyncSender<R>),
    progress: &Progress,
) {
    for mut batch in batches {
        engine.feed_all(batch.frames(), &mut found);
        batch.clear();
        let _reader_has_enough = emptied.try_send(batch);
        if found.is_ready() {
            let next = found.fresh();
            if results.send(std::mem::replace(&mut found, next)).is_err() {
                return;
            }
        }
    }
    engine.finish(&mut found);
    add_up(&mut locked(&progress.stats), named(&engine));
    let _nobody_wants_it = results.send(found);
}
