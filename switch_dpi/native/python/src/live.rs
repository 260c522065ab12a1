//! A live interface: a thread of its own reads the ring and runs the engine; Python takes events from a queue.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use appsteer_capture::ring::{Ring, RingError, RingOptions};
use appsteer_core::engine::{Engine, Frame};
use appsteer_core::report::event::{Event, Sink};
use appsteer_core::signatures::Signatures as Loaded;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::engine::named;
use crate::errors::CaptureError;
use crate::options::EngineOptions;
use crate::queue::EventQueue;
use crate::record::{FlowEvent, OwnedEvent};
use crate::signatures::Signatures;

/// The thread looks this often whether it should stop, and lets time pass for idle flows.
const TICK: Duration = Duration::from_millis(100);
/// Counters are published this often: asking the kernel for its own costs a system call.
const STATS_EVERY: Duration = Duration::from_millis(50);
/// After an interface went down.
const DOWN_PAUSE: Duration = Duration::from_millis(500);
/// A waiting `poll` looks this often for signals such as Ctrl-C.
const SIGNAL_CHECK: Duration = Duration::from_millis(200);

/// An interface under inspection.
#[pyclass(frozen, module = "switch_dpi._native")]
pub struct LiveCapture {
    shared: Arc<Shared>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Default)]
struct Shared {
    queue: EventQueue,
    stop: AtomicBool,
    stats: Mutex<Vec<(&'static str, u64)>>,
    failure: Mutex<Option<String>>,
    /// Signatures that the thread is to take before the next packet.
    next: Mutex<Option<Arc<Loaded>>>,
    has_next: AtomicBool,
}

#[pymethods]
impl LiveCapture {
    #[new]
    #[pyo3(signature = (interface, signatures, options=None, *, low_latency=true))]
    fn new(
        interface: &str,
        signatures: &Signatures,
        options: Option<&EngineOptions>,
        low_latency: bool,
    ) -> PyResult<Self> {
        let ring_options = if low_latency { RingOptions::low_latency() } else { RingOptions::default() };
        let ring = Ring::open(interface, &ring_options).map_err(capture_error)?;
        let options = options.map(|given| given.options).unwrap_or_default();
        let engine = Engine::new(Arc::clone(&signatures.loaded), options);
        let shared = Arc::new(Shared::default());
        let worker = Worker { ring, engine, shared: Arc::clone(&shared), interrupted: 0, told: None };
        let name = format!("dpi-{interface}");
        let thread = thread::Builder::new().name(name).spawn(move || worker.run());
        let thread = thread.map_err(|error| CaptureError::new_err(format!("{interface}: no thread: {error}")))?;
        Ok(Self { shared, thread: Mutex::new(Some(thread)) })
    }

    /// Up to `max_events` events; waits at most `timeout_s` for the first one.
    fn poll(&self, py: Python<'_>, timeout_s: f64, max_events: usize) -> PyResult<Vec<FlowEvent>> {
        let timeout = Duration::try_from_secs_f64(timeout_s)
            .map_err(|_| PyValueError::new_err(format!("timeout_s is {timeout_s}, but should be 0 or more")))?;
        let mut left = timeout;
        loop {
            let slice = left.min(SIGNAL_CHECK);
            let closed = self.shared.queue.is_closed(); // asked before: nothing comes after it, so no event is left behind
            let events = py.detach(|| self.shared.queue.wait(slice, max_events));
            if !events.is_empty() {
                return events.into_iter().map(|event| event.into_python(py)).collect();
            }
            if closed {
                return self.raise_failure().map(|()| Vec::new());
            }
            py.check_signals()?;
            left = left.saturating_sub(slice);
            if left.is_zero() {
                return Ok(Vec::new());
            }
        }
    }

    /// Flows whose first packet is read from now on are classified with other signatures; those under way end with the
    /// ones that they began with. No packet waits for it.
    fn replace_signatures(&self, signatures: &Signatures) {
        *self.shared.next.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&signatures.loaded));
        self.shared.has_next.store(true, Ordering::Release);
    }

    /// Counters by name: the engine's, the ring's, the queue's.
    fn stats<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let stats = PyDict::new(py);
        let engine = self.shared.stats.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for (name, value) in engine.into_iter().chain(self.shared.queue.counters()) {
            stats.set_item(name, value)?;
        }
        Ok(stats)
    }

    /// Stops the thread; a waiting `poll` returns. May be called twice.
    fn close(&self, py: Python<'_>) {
        py.detach(|| self.stop());
    }
}

impl LiveCapture {
    fn stop(&self) {
        self.shared.stop.store(true, Ordering::Relaxed);
        self.shared.queue.close();
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            let _panicked = thread.join(); // it has said so on standard error
        }
    }

    fn raise_failure(&self) -> PyResult<()> {
        match self.shared.failure.lock().unwrap_or_else(PoisonError::into_inner).take() {
            Some(failure) => Err(CaptureError::new_err(failure)),
            None => Ok(()),
        }
    }
}

impl Drop for LiveCapture {
    fn drop(&mut self) {
        self.stop();
    }
}

fn capture_error(error: RingError) -> PyErr {
    CaptureError::new_err(error.to_string())
}

struct Worker {
    ring: Ring,
    engine: Engine,
    shared: Arc<Shared>,
    interrupted: u64,
    told: Option<Instant>,
}

struct Batch(Vec<OwnedEvent>);

impl Sink for Batch {
    fn event(&mut self, event: Event<'_>) {
        self.0.push(OwnedEvent::from(event));
    }
}

impl Worker {
    fn run(mut self) {
        let mut batch = Batch(Vec::new());
        let failure = self.read(&mut batch).err().map(|error| error.to_string());
        self.engine.finish(&mut batch);
        self.hand_over(&mut batch);
        self.tell_stats();
        *self.shared.failure.lock().unwrap_or_else(PoisonError::into_inner) = failure;
        self.shared.queue.close();
    }

    /// Until it is told to stop, or can read no more.
    fn read(&mut self, batch: &mut Batch) -> Result<(), RingError> {
        while !self.shared.stop.load(Ordering::Relaxed) {
            match self.read_block(batch) {
                Err(RingError::InterfaceDown { .. }) => {
                    self.interrupted += 1;
                    thread::sleep(DOWN_PAUSE);
                }
                other => other?,
            }
            self.hand_over(batch);
        }
        Ok(())
    }

    fn read_block(&mut self, batch: &mut Batch) -> Result<(), RingError> {
        let Some(mut block) = self.ring.poll(TICK)? else {
            take_next(&self.shared, &mut self.engine);
            self.engine.advance(now_ns(), batch);
            return Ok(());
        };
        for packet in block.packets() {
            take_next(&self.shared, &mut self.engine);
            let (at_ns, link_type) = (packet.at_ns, packet.link_type);
            let frame = Frame { at_ns, link_type, original_size: packet.original_size, data: packet.data };
            self.engine.feed(frame, batch);
        }
        Ok(())
    }

    fn hand_over(&mut self, batch: &mut Batch) {
        if !batch.0.is_empty() {
            self.shared.queue.push(batch.0.drain(..));
        }
        if self.told.is_none_or(|told| told.elapsed() >= STATS_EVERY) {
            self.tell_stats();
        }
    }

    fn tell_stats(&mut self) {
        self.told = Some(Instant::now());
        let mut stats = named(&self.engine);
        if let Ok(ring) = self.ring.statistics() {
            stats.extend([("ring_packets", ring.packets), ("ring_drops", ring.drops), ("ring_freezes", ring.freezes)]);
        }
        stats.push(("interface_down", self.interrupted));
        *self.shared.stats.lock().unwrap_or_else(PoisonError::into_inner) = stats;
    }
}

/// Signatures that wait become the engine's.
fn take_next(shared: &Shared, engine: &mut Engine) {
    if !shared.has_next.load(Ordering::Relaxed) {
        return;
    }
    shared.has_next.store(false, Ordering::Relaxed); // before the look: what comes after it raises the flag again
    if let Some(next) = shared.next.lock().unwrap_or_else(PoisonError::into_inner).take() {
        engine.replace_signatures(next);
    }
}

/// The clock of the ring's time stamps.
fn now_ns() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}
