//! Signatures, loaded from texts.

use std::sync::Arc;

use appsteer_core::signatures::{Signatures as Loaded, SourceFile};
use pyo3::prelude::*;

use crate::errors::SignatureError;

/// What the engine knows of applications and categories.
#[pyclass(frozen, module = "switch_dpi._native")]
pub struct Signatures {
    pub(crate) loaded: Arc<Loaded>,
}

#[pymethods]
impl Signatures {
    /// Reads (file name, TOML text) pairs.
    #[staticmethod]
    fn load(files: Vec<(String, String)>) -> PyResult<Self> {
        let files: Vec<_> = files.iter().map(|(name, text)| SourceFile { name, text }).collect();
        let loaded = Loaded::load(&files).map_err(|error| SignatureError::new_err(error.to_string()))?;
        Ok(Self { loaded: Arc::new(loaded) })
    }

    /// App-ID of the application whose domain the host lies in.
    fn match_host(&self, host: &str) -> Option<u32> {
        let (index, _) = self.loaded.match_host(host)?;
        self.loaded.app(index).map(|app| app.id.0)
    }
}
