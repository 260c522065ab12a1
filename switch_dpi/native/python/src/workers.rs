//! A live interface: threads that read its rings, each into an engine of its own. Nothing is shared but signatures and queue.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use appsteer_capture::fanout::open_rings;
use appsteer_capture::ring::{Ring, RingError, RingOptions};
use appsteer_core::engine::{Ends, Engine, Frame};
use appsteer_core::options::Options;
use appsteer_core::report::event::Sink;
use appsteer_core::signatures::Signatures;
use pyo3::PyResult;
use rustix::process::nice;

use crate::engine::named;
use crate::errors::CaptureError;

/// A thread looks this often whether it should stop, and lets time pass for idle flows.
const TICK: Duration = Duration::from_millis(100);
/// Counters are published this often: asking the kernel for its own costs a system call.
const STATS_EVERY: Duration = Duration::from_millis(50);
/// After an interface went down.
const DOWN_PAUSE: Duration = Duration::from_millis(500);

/// Where a thread's events go.
pub(crate) trait Outlet: Sink + Send + 'static {
    /// Passes on what has come together since the last call, all of it if nothing more comes.
    fn hand_over(&mut self, is_last: bool);

    /// No thread has more to say.
    fn close(&self);
}

pub(crate) type Counters = Vec<(&'static str, u64)>;

/// What is wanted of an interface.
pub(crate) struct Wanted<'a> {
    pub(crate) interface: &'a str,
    pub(crate) ring: RingOptions,
    /// For all engines together.
    pub(crate) options: Options,
    pub(crate) threads: usize,
    /// By how much the threads come before the process's others, in steps of `nice`.
    pub(crate) precedence: i32,
}

/// The threads of one interface.
pub(crate) struct Workers {
    common: Arc<Common>,
    lanes: Vec<Arc<Lane>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

/// What the threads of an interface have in common.
struct Common {
    stop: AtomicBool,
    running: AtomicUsize,
    failure: Mutex<Option<String>>,
}

/// What is told to a thread, and by it.
#[derive(Default)]
struct Lane {
    stats: Mutex<Counters>,
    /// What the thread is to do before the next packet.
    orders: Mutex<Orders>,
    has_orders: AtomicBool,
}

/// Asked of an engine while it runs.
#[derive(Default)]
struct Orders {
    signatures: Option<Arc<Signatures>>,
    depth: Option<Options>,
    forgotten: HashSet<Ends>,
}

impl Workers {
    /// Opens the rings and starts a thread for each.
    pub(crate) fn start<O: Outlet>(
        wanted: &Wanted<'_>,
        signatures: &Arc<Signatures>,
        outlet: impl Fn() -> O,
    ) -> PyResult<Self> {
        let failed = |error: &dyn std::fmt::Display| CaptureError::new_err(error.to_string());
        let rings = open_rings(wanted.interface, &wanted.ring, wanted.threads).map_err(|error| failed(&error))?;
        let count = rings.len();
        let common = Common { stop: false.into(), running: count.into(), failure: Mutex::default() };
        let mut workers = Self { common: Arc::new(common), lanes: Vec::new(), threads: Mutex::default() };
        let options = wanted.options.shared_by(count);
        for (index, ring) in rings.into_iter().enumerate() {
            let mut engine = Engine::new(Arc::clone(signatures), options);
            engine.number_flows(index, count);
            let lane = Arc::new(Lane::default());
            workers.lanes.push(Arc::clone(&lane));
            let common = Arc::clone(&workers.common);
            let worker = Worker { ring, engine, outlet: outlet(), lane, common, interrupted: 0, told: None };
            let name = format!("dpi{index}-{}", wanted.interface);
            let precedence = wanted.precedence;
            let work = move || {
                let _not_permitted = nice(-precedence); // on Linux of this thread only; then verdicts may come later
                worker.run();
            };
            match thread::Builder::new().name(name).spawn(work) {
                Ok(thread) => locked(&workers.threads).push(thread),
                Err(error) => return Err(failed(&format!("{}: no thread: {error}", wanted.interface))),
            }
        }
        Ok(workers)
    }

    /// Flows whose first packet is read from now on are classified with other signatures. No packet waits for it.
    pub(crate) fn replace_signatures(&self, signatures: &Arc<Signatures>) {
        self.order(|orders| orders.signatures = Some(Arc::clone(signatures)));
    }

    /// How far inspections go from the next packet on; of the options only the depth counts.
    pub(crate) fn set_depth(&self, depth: &Options) {
        self.order(|orders| orders.depth = Some(*depth));
    }

    /// Flows that begin anew with their next packet.
    pub(crate) fn forget(&self, flows: &[Ends]) {
        self.order(|orders| orders.forgotten.extend(flows));
    }

    fn order(&self, change: impl Fn(&mut Orders)) {
        for lane in &self.lanes {
            change(&mut locked(&lane.orders));
            lane.has_orders.store(true, Ordering::Release);
        }
    }

    /// Counters by name, summed over the threads.
    pub(crate) fn stats(&self) -> Counters {
        let mut sums = Counters::new();
        for lane in &self.lanes {
            add_up(&mut sums, locked(&lane.stats).clone());
        }
        sums
    }

    /// What each ring counted.
    pub(crate) fn rings(&self) -> Vec<Counters> {
        let of_ring = |(name, value): &(&'static str, u64)| Some((name.strip_prefix("ring_")?, *value));
        self.lanes.iter().map(|lane| locked(&lane.stats).iter().filter_map(of_ring).collect()).collect()
    }

    /// Tells the threads to end, and waits until they have. May be called twice.
    pub(crate) fn stop(&self) {
        self.common.stop.store(true, Ordering::Relaxed);
        for thread in locked(&self.threads).drain(..) {
            let _panicked = thread.join(); // it has said so on standard error
        }
    }

    /// Once: why the threads ended.
    pub(crate) fn raise_failure(&self) -> PyResult<()> {
        match locked(&self.common.failure).take() {
            Some(failure) => Err(CaptureError::new_err(failure)),
            None => Ok(()),
        }
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        self.stop();
    }
}

struct Worker<O> {
    ring: Ring,
    engine: Engine,
    outlet: O,
    lane: Arc<Lane>,
    common: Arc<Common>,
    interrupted: u64,
    told: Option<Instant>,
}

impl<O: Outlet> Worker<O> {
    fn run(mut self) {
        if let Err(error) = self.read() {
            locked(&self.common.failure).get_or_insert(error.to_string());
            self.common.stop.store(true, Ordering::Relaxed); // what one ring met, the others meet
        }
        self.engine.finish(&mut self.outlet);
        self.outlet.hand_over(true);
        self.tell_stats();
        if self.common.running.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.outlet.close();
        }
    }

    /// Until it is told to stop, or can read no more.
    fn read(&mut self) -> Result<(), RingError> {
        while !self.common.stop.load(Ordering::Relaxed) {
            match self.read_block() {
                Err(RingError::InterfaceDown { .. }) => {
                    self.interrupted += 1;
                    thread::sleep(DOWN_PAUSE);
                }
                other => other?,
            }
            self.outlet.hand_over(false);
            if self.told.is_none_or(|told| told.elapsed() >= STATS_EVERY) {
                self.tell_stats();
            }
        }
        Ok(())
    }

    fn read_block(&mut self) -> Result<(), RingError> {
        let Some(mut block) = self.ring.poll(TICK)? else {
            follow_orders(&self.lane, &mut self.engine);
            self.engine.advance(now_ns(), &mut self.outlet);
            return Ok(());
        };
        follow_orders(&self.lane, &mut self.engine);
        let frames = block.packets().map(|packet| Frame {
            at_ns: packet.at_ns,
            link_type: packet.link_type,
            original_size: packet.original_size,
            data: packet.data,
        });
        self.engine.feed_all(frames, &mut self.outlet);
        Ok(())
    }

    fn tell_stats(&mut self) {
        self.told = Some(Instant::now());
        let mut stats = named(&self.engine);
        if let Ok(ring) = self.ring.statistics() {
            stats.extend([("ring_packets", ring.packets), ("ring_drops", ring.drops), ("ring_freezes", ring.freezes)]);
        }
        stats.push(("interface_down", self.interrupted));
        *locked(&self.lane.stats) = stats;
    }
}

/// What waits is done.
fn follow_orders(lane: &Lane, engine: &mut Engine) {
    if !lane.has_orders.load(Ordering::Relaxed) {
        return;
    }
    lane.has_orders.store(false, Ordering::Relaxed); // before the look: what comes after it raises the flag again
    let Orders { signatures, depth, forgotten } = std::mem::take(&mut *locked(&lane.orders));
    if let Some(signatures) = signatures {
        engine.replace_signatures(signatures);
    }
    if let Some(depth) = depth {
        engine.set_depth(&depth);
    }
    if !forgotten.is_empty() {
        engine.forget(&forgotten);
    }
}

/// The clock of the ring's time stamps.
fn now_ns() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

/// Adds counters to those of the same name.
pub(crate) fn add_up(sums: &mut Counters, counters: Counters) {
    for (name, value) in counters {
        match sums.iter_mut().find(|(known, _)| *known == name) {
            Some((_, sum)) => *sum += value,
            None => sums.push((name, value)),
        }
    }
}

/// Of a thread that panicked, what it left is taken as it is.
pub(crate) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
