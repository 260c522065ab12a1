//! A capture file through an engine.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use appsteer_capture::file::CaptureFile;
use appsteer_core::engine::{Engine, Frame};
use appsteer_core::report::event::{Event, EventKind, Sink};
use appsteer_core::report::json;
use appsteer_core::report::record::FlowRecord as Record;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::engine::named;
use crate::errors::CaptureError;
use crate::options::EngineOptions;
use crate::record::FlowRecord;
use crate::signatures::Signatures;

/// Packets between two looks at what was found.
const BATCH_PACKETS: usize = 4096;
/// Text is handed over in pieces of about this size.
const PIECE_SIZE: usize = 1 << 18;

/// Iterates over the records of a capture file, each when its flow has ended.
#[pyclass(frozen, module = "switch_dpi._native")]
pub struct Replay {
    path: String,
    state: Mutex<State>,
}

struct State {
    file: CaptureFile,
    engine: Engine,
    ended: bool,
    failure: Option<String>,
    packets: u64,
    bytes: u64,
    ready: Records,
}

#[derive(Default)]
struct Records(VecDeque<Record>);

impl Sink for Records {
    fn event(&mut self, event: Event<'_>) {
        if matches!(event.kind, EventKind::Ended(_)) {
            self.0.push_back(Record::from(event.flow));
        }
    }
}

struct Lines<'a> {
    capture: &'a str,
    text: String,
}

impl Sink for Lines<'_> {
    fn event(&mut self, event: Event<'_>) {
        if matches!(event.kind, EventKind::Ended(_)) {
            // Writing to a String cannot fail.
            let _infallible = json::write_record(&mut self.text, self.capture, &event.flow);
        }
    }
}

impl State {
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

#[pymethods]
impl Replay {
    #[new]
    #[pyo3(signature = (path, signatures, options=None))]
    fn new(path: String, signatures: &Signatures, options: Option<&EngineOptions>) -> PyResult<Self> {
        let file = CaptureFile::open(&path).map_err(|error| CaptureError::new_err(format!("{path}: {error}")))?;
        let options = options.map(|given| given.options).unwrap_or_default();
        let engine = Engine::new(Arc::clone(&signatures.loaded), options);
        let ready = Records::default();
        let state = State { file, engine, ended: false, failure: None, packets: 0, bytes: 0, ready };
        Ok(Self { path, state: Mutex::new(state) })
    }

    fn __iter__(slf: PyRef<'_, Self>) -> PyRef<'_, Self> {
        slf
    }

    /// The next record. A broken file first gives the records of what could be read, and then the error.
    fn __next__(&self, py: Python<'_>) -> PyResult<Option<FlowRecord>> {
        let next = py.detach(|| {
            let mut state = self.lock();
            let mut ready = std::mem::take(&mut state.ready);
            while ready.0.is_empty() && !state.ended {
                state.advance(&mut ready);
            }
            let next = ready.0.pop_front();
            state.ready = ready;
            next
        });
        match next {
            Some(record) => Ok(Some(FlowRecord::new(record))),
            None => self.raise_failure().map(|()| None),
        }
    }

    /// The next records as JSON lines, `pcap` being `capture`; None when there are no more.
    fn json_lines(&self, py: Python<'_>, capture: &str) -> PyResult<Option<String>> {
        let text = py.detach(|| {
            let mut state = self.lock();
            let mut lines = Lines { capture, text: String::new() };
            while lines.text.len() < PIECE_SIZE && !state.ended {
                state.advance(&mut lines);
            }
            lines.text
        });
        if text.is_empty() {
            return self.raise_failure().map(|()| None);
        }
        Ok(Some(text))
    }

    /// Packets read so far.
    #[getter]
    fn packets(&self) -> u64 {
        self.lock().packets
    }

    /// Their bytes on the wire.
    #[getter]
    fn bytes(&self) -> u64 {
        self.lock().bytes
    }

    /// Where the last record begins that the end of the file cuts off; None for a whole file, and before the end.
    #[getter]
    fn truncated_at(&self) -> Option<u64> {
        self.lock().file.truncated_at()
    }

    /// The engine's counters by name.
    fn stats<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let stats = PyDict::new(py);
        for (name, value) in named(&self.lock().engine) {
            stats.set_item(name, value)?;
        }
        Ok(stats)
    }
}

impl Replay {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Once: the error at which reading stopped.
    fn raise_failure(&self) -> PyResult<()> {
        match self.lock().failure.take() {
            Some(failure) => Err(CaptureError::new_err(format!("{}: {failure}", self.path))),
            None => Ok(()),
        }
    }
}
