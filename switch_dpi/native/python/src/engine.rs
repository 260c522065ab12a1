//! An engine that is fed frame by frame.

use std::sync::{Arc, Mutex, PoisonError};

use appsteer_core::engine::{Engine as Core, Frame};
use appsteer_core::report::event::{Event, Sink};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::options::EngineOptions;
use crate::record::{FlowEvent, OwnedEvent};
use crate::signatures::Signatures;

/// Takes frames and gives back what they led to.
#[pyclass(frozen, module = "switch_dpi._native")]
pub struct Engine {
    core: Mutex<Core>,
}

struct Collected(Vec<OwnedEvent>);

impl Sink for Collected {
    fn event(&mut self, event: Event<'_>) {
        self.0.push(OwnedEvent::from(event));
    }
}

#[pymethods]
impl Engine {
    #[new]
    #[pyo3(signature = (signatures, options=None))]
    fn new(signatures: &Signatures, options: Option<&EngineOptions>) -> Self {
        let options = options.map(|given| given.options).unwrap_or_default();
        Self { core: Mutex::new(Core::new(Arc::clone(&signatures.loaded), options)) }
    }

    /// Takes in a frame that was seen at `at_ns`; link type 1 is Ethernet.
    #[pyo3(signature = (frame, at_ns, link_type=1))]
    fn feed(&self, py: Python<'_>, frame: &[u8], at_ns: u64, link_type: u32) -> PyResult<Vec<FlowEvent>> {
        let original_size = u32::try_from(frame.len()).unwrap_or(u32::MAX);
        let frame = Frame { at_ns, link_type, original_size, data: frame };
        self.run(py, |core, sink| core.feed(frame, sink))
    }

    /// Lets time pass.
    fn advance(&self, py: Python<'_>, now_ns: u64) -> PyResult<Vec<FlowEvent>> {
        self.run(py, |core, sink| core.advance(now_ns, sink))
    }

    /// New flows are classified with other signatures; those under way end with the ones that they began with.
    fn replace_signatures(&self, signatures: &Signatures) {
        let mut core = self.core.lock().unwrap_or_else(PoisonError::into_inner);
        core.replace_signatures(Arc::clone(&signatures.loaded));
    }

    /// Ends all flows.
    fn finish(&self, py: Python<'_>) -> PyResult<Vec<FlowEvent>> {
        self.run(py, |core, sink| core.finish(sink))
    }

    /// Counters by name.
    fn stats<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let core = self.core.lock().unwrap_or_else(PoisonError::into_inner);
        let stats = PyDict::new(py);
        for (name, value) in named(&core) {
            stats.set_item(name, value)?;
        }
        Ok(stats)
    }
}

impl Engine {
    fn run(&self, py: Python<'_>, work: impl FnOnce(&mut Core, &mut Collected)) -> PyResult<Vec<FlowEvent>> {
        let mut collected = Collected(Vec::new());
        {
            let mut core = self.core.lock().unwrap_or_else(PoisonError::into_inner);
            work(&mut core, &mut collected);
        }
        collected.0.into_iter().map(|event| event.into_python(py)).collect()
    }
}

/// An engine's counters by name.
pub(crate) fn named(core: &Core) -> Vec<(&'static str, u64)> {
    let mut all = core.counters().named().to_vec();
    all.push(("flows_now", core.flow_count() as u64));
    all
}
