//! The engine under a Python interface (`switch_dpi/_native.pyi`): conversions and threads, no knowledge of its own.
#![deny(unsafe_code)]

mod catalogue;
mod engine;
mod errors;
mod labels;
mod line_queue;
mod live;
mod marks;
mod options;
mod queue;
mod record;
mod relay;
mod replay;
mod shared_replay;
mod signatures;
mod workers;

use mimalloc::MiMalloc;
use pyo3::prelude::*;

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

#[pymodule]
fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let py = module.py();
    module.add("NativeError", py.get_type::<errors::NativeError>())?;
    module.add("SignatureError", py.get_type::<errors::SignatureError>())?;
    module.add("CaptureError", py.get_type::<errors::CaptureError>())?;
    module.add_class::<signatures::Signatures>()?;
    module.add_class::<signatures::HostMatch>()?;
    module.add_class::<catalogue::AppInfo>()?;
    module.add_class::<catalogue::CategoryInfo>()?;
    module.add_class::<catalogue::AttributeInfo>()?;
    module.add_class::<catalogue::Catalogue>()?;
    module.add_class::<record::FlowRecord>()?;
    module.add_class::<record::FlowEvent>()?;
    module.add_class::<options::EngineOptions>()?;
    module.add_class::<engine::Engine>()?;
    module.add_class::<replay::Replay>()?;
    module.add_class::<live::LiveCapture>()?;
    module.add_class::<live::LiveRecords>()?;
    module.add_class::<marks::MarkSink>()?;
    module.add_class::<labels::Risks>()?;
    module.add_class::<labels::LabelRules>()?;
    module.add_class::<relay::Relay>()?;
    module.add_class::<relay::RelayTurn>()?;
    module.add_function(wrap_pyfunction!(catalogue::catalogue, module)?)
}
