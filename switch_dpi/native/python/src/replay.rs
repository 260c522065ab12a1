//! A capture file through an engine, or through several that share its packets.

use std::collections::VecDeque;
use std::sync::atomic::Ordering;
use std::sync::mpsc::Receiver;
use std::sync::{Arc, Mutex, MutexGuard};

use appsteer_capture::file::CaptureFile;
use appsteer_core::engine::{Engine, Frame};
use appsteer_core::options::Options;
use appsteer_core::report::event::{Event, EventKind, Sink};
use appsteer_core::report::json;
use appsteer_core::report::record::KeptFlow;
use appsteer_core::signatures::Signatures as Loaded;
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::engine::named;
use crate::errors::CaptureError;
use crate::live::dictionary;
use crate::options::{EngineOptions, thread_count};
use crate::record::FlowRecord;
use crate::shared_replay::{self, Progress, Results};
use crate::signatures::Signatures;
use crate::workers::{Counters, locked};

/// Packets between two looks at what was found.
const BATCH_PACKETS: usize = 4096;
/// Text is handed over in pieces of about this size.
const PIECE_SIZE: usize = 1 << 18;
/// Records are, by the hundred.
const PIECE_RECORDS: usize = 256;

/// Iterates over the records of a capture file, each when its flow has ended.
#[pyclass(frozen, module = "switch_dpi._native")]
pub struct Replay {
    path: String,
    state: Mutex<State>,
}

struct State {
    source: Source,
    ready: Records,
}

enum Source {
    Alone(Box<Alone>),
    Shared(Shared),
}

/// One engine, which works when it is asked for more.
struct Alone {
    file: CaptureFile,
    engine: Engine,
    ended: bool,
    failure: Option<String>,
    packets: u64,
    bytes: u64,
}

/// Several engines in threads of their own, which begin when they are first asked.
struct Shared {
    progress: Arc<Progress>,
    step: Step,
}

enum Step {
    Waiting(CaptureFile, Vec<Engine>),
    Records(Receiver<Records>),
    Lines(Receiver<Lines>),
    Ended,
}

#[derive(Default)]
struct Records(VecDeque<KeptFlow>);

impl Sink for Records {
    fn event(&mut self, event: Event<'_>) {
        if matches!(event.kind, EventKind::Ended(_)) {
            self.0.push_back(event.flow.keep());
        }
    }
}

impl Results for Records {
    fn fresh(&self) -> Self {
        Self::default()
    }

    fn is_ready(&self) -> bool {
        self.0.len() >= PIECE_RECORDS
    }
}

struct Lines {
    capture: Arc<str>,
    text: String,
}

impl Sink for Lines {
    fn event(&mut self, event: Event<'_>) {
        if matches!(event.kind, EventKind::Ended(_)) {
            // Writing to a String cannot fail.
            let _infallible = json::write_record(&mut self.text, &self.capture, &event.flow);
        }
    }
}

impl Results for Lines {
    fn fresh(&self) -> Self {
        Self { capture: Arc::clone(&self.capture), text: String::new() }
    }

    fn is_ready(&self) -> bool {
        self.text.len() >= PIECE_SIZE
    }
}

impl Alone {
    /// Feeds a batch; at the end of the file, or where it breaks, ends all flows.
    fn advance(&mut self, sink: &mut impl Sink) {
        for _ in 0..BATCH_PACKETS {
            match self.file.next() {
                Ok(Some(packet)) => {
                    self.packets += 1;
                    self.bytes += u64::from(packet.original_size);
                    let (at_ns, link_type) = (packet.at_ns, packet.link_type);
                    let frame = Frame { at_ns, link_type, original_size: packet.original_size, data: packet.data };
                    self.engine.feed(frame, sink);
                }
                Ok(None) => self.ended = true,
                Err(error) => {
                    self.failure = Some(error.to_string());
                    self.ended = true;
                }
            }
            if self.ended {
                return self.engine.finish(sink);
            }
        }
    }
}

impl Shared {
    fn records(&mut self) -> Result<Option<Records>, TakenOtherwise> {
        if matches!(self.step, Step::Waiting(..))
            && let Step::Waiting(file, engines) = std::mem::replace(&mut self.step, Step::Ended)
        {
            self.step = Step::Records(shared_replay::start(file, engines, &self.progress, &Records::default()));
        }
        match &self.step {
            Step::Records(received) => Ok(received.recv().ok()),
            Step::Lines(_) => Err(TakenOtherwise),
            Step::Waiting(..) | Step::Ended => Ok(None),
        }
    }

    fn lines(&mut self, capture: &str) -> Result<Option<Lines>, TakenOtherwise> {
        if matches!(self.step, Step::Waiting(..))
            && let Step::Waiting(file, engines) = std::mem::replace(&mut self.step, Step::Ended)
        {
            let empty = Lines { capture: capture.into(), text: String::new() };
            self.step = Step::Lines(shared_replay::start(file, engines, &self.progress, &empty));
        }
        match &self.step {
            Step::Lines(received) => Ok(received.recv().ok()),
            Step::Records(_) => Err(TakenOtherwise),
            Step::Waiting(..) | Step::Ended => Ok(None),
        }
    }
}

/// Engines in threads make either records or lines.
struct TakenOtherwise;

impl From<TakenOtherwise> for PyErr {
    fn from(_: TakenOtherwise) -> Self {
        PyRuntimeError::new_err(
            "with several threads, a replay gives either records or JSON lines: it has begun with the others",
        )
    }
}

impl State {
    fn next(&mut self) -> Result<Option<KeptFlow>, TakenOtherwise> {
        match &mut self.source {
            Source::Alone(alone) => {
                while self.ready.0.is_empty() && !alone.ended {
                    alone.advance(&mut self.ready);
                }
            }
            Source::Shared(shared) => {
                while self.ready.0.is_empty() {
                    let Some(more) = shared.records()? else { break };
                    self.ready = more;
                }
            }
        }
        Ok(self.ready.0.pop_front())
    }

    /// Empty when there are no more.
    fn lines(&mut self, capture: &str) -> Result<String, TakenOtherwise> {
        let mut lines = Lines { capture: capture.into(), text: String::new() };
        match &mut self.source {
            Source::Alone(alone) => {
                while !lines.is_ready() && !alone.ended {
                    alone.advance(&mut lines);
                }
            }
            Source::Shared(shared) => {
                while lines.text.is_empty() {
                    let Some(more) = shared.lines(capture)? else { break };
                    lines = more;
                }
            }
        }
        Ok(lines.text)
    }

    fn take_failure(&mut self) -> Option<String> {
        match &mut self.source {
            Source::Alone(alone) => alone.failure.take(),
            Source::Shared(shared) => locked(&shared.progress.failure).take(),
        }
    }

    fn volume(&self) -> (u64, u64) {
        match &self.source {
            Source::Alone(alone) => (alone.packets, alone.bytes),
            Source::Shared(shared) => {
                let Progress { packets, bytes, .. } = &*shared.progress;
                (packets.load(Ordering::Relaxed), bytes.load(Ordering::Relaxed))
            }
        }
    }

    fn stats(&self) -> Counters {
        match &self.source {
            Source::Alone(alone) => named(&alone.engine),
            Source::Shared(shared) => locked(&shared.progress.stats).clone(),
        }
    }
}

/// What reads a file, with one engine or several.
fn source(file: CaptureFile, signatures: &Arc<Loaded>, options: Options, threads: usize) -> Source {
    let engine = |index| {
        let mut engine = Engine::new(Arc::clone(signatures), options.shared_by(threads));
        engine.number_flows(index, threads);
        engine
    };
    if threads > 1 {
        let step = Step::Waiting(file, (0..threads).map(engine).collect());
        return Source::Shared(Shared { progress: Arc::default(), step });
    }
    Source::Alone(Box::new(Alone { file, engine: engine(0), ended: false, failure: None, packets: 0, bytes: 0 }))
}

#[pymethods]
impl Replay {
    #[new]
    #[pyo3(signature = (path, signatures, options=None, *, threads=1))]
    fn new(path: String, signatures: &Signatures, options: Option<&EngineOptions>, threads: usize) -> PyResult<Self> {
        let threads = thread_count(threads)?;
        let file = CaptureFile::open(&path).map_err(|error| CaptureError::new_err(format!("{path}: {error}")))?;
        let options = options.map(|given| given.options).unwrap_or_default();
        let source = source(file, &signatures.loaded, options, threads);
        Ok(Self { path, state: Mutex::new(State { source, ready: Records::default() }) })
    }

    fn __iter__(slf: PyRef<'_, Self>) -> PyRef<'_, Self> {
        slf
    }

    /// The next record. A broken file first gives the records of what could be read, and then the error.
    fn __next__(&self, py: Python<'_>) -> PyResult<Option<FlowRecord>> {
        match py.detach(|| self.lock().next())? {
            Some(record) => Ok(Some(FlowRecord::new(record))),
            None => self.raise_failure().map(|()| None),
        }
    }

    /// The next records as JSON lines, `pcap` being `capture`; None when there are no more.
    fn json_lines(&self, py: Python<'_>, capture: &str) -> PyResult<Option<String>> {
        let text = py.detach(|| self.lock().lines(capture))?;
        if text.is_empty() {
            return self.raise_failure().map(|()| None);
        }
        Ok(Some(text))
    }

    /// Packets read so far.
    #[getter]
    fn packets(&self) -> u64 {
        self.lock().volume().0
    }

    /// Their bytes on the wire.
    #[getter]
    fn bytes(&self) -> u64 {
        self.lock().volume().1
    }

    /// Where the last record begins that the end of the file cuts off; None for a whole file, and before the end.
    #[getter]
    fn truncated_at(&self) -> Option<u64> {
        match &self.lock().source {
            Source::Alone(alone) => alone.file.truncated_at(),
            Source::Shared(shared) => *locked(&shared.progress.truncated_at),
        }
    }

    /// The engines' counters by name; of several engines those that have come to their end.
    fn stats<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        dictionary(py, self.lock().stats())
    }
}

impl Replay {
    fn lock(&self) -> MutexGuard<'_, State> {
        locked(&self.state)
    }

    /// Once: the error at which reading stopped.
    fn raise_failure(&self) -> PyResult<()> {
        match self.lock().take_failure() {
            Some(failure) => Err(CaptureError::new_err(format!("{}: {failure}", self.path))),
            None => Ok(()),
        }
    }
}
