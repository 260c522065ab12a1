//! Signatures, loaded from texts.

use std::sync::Arc;

use appsteer_core::report::app_id::AppId;
use appsteer_core::signatures::clues::Clue;
use appsteer_core::signatures::sites;
use appsteer_core::signatures::{Given, Signatures as Loaded, SourceFile};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::errors::SignatureError;

/// What the engine knows of applications and categories.
#[pyclass(frozen, module = "switch_dpi._native")]
pub struct Signatures {
    pub(crate) loaded: Arc<Loaded>,
}

/// What a host name is found as.
#[pyclass(frozen, get_all, module = "switch_dpi._native")]
pub struct HostMatch {
    app_id: u32,
    app_key: String,
    app: String,
    category: String,
    entry: Option<String>,
}

#[pymethods]
impl HostMatch {
    fn __repr__(&self) -> String {
        format!("<HostMatch {} by {}>", self.app_key, self.entry.as_deref().unwrap_or("its registrable domain"))
    }
}

#[pymethods]
impl Signatures {
    /// Reads (file name, TOML text) pairs. Other threads run meanwhile: a large set takes a while.
    #[staticmethod]
    fn load(py: Python<'_>, files: Vec<(String, String)>) -> PyResult<Self> {
        let files: Vec<_> = files.iter().map(|(name, text)| SourceFile { name, text }).collect();
        let loaded = py.detach(|| Loaded::load(&files));
        let loaded = loaded.map_err(|error| SignatureError::new_err(error.to_string()))?;
        Ok(Self { loaded: Arc::new(loaded) })
    }

    /// What the authors of declared protocols should know, each as `file:line: what`.
    #[getter]
    fn warnings(&self) -> Vec<String> {
        self.loaded.warnings().iter().map(ToString::to_string).collect()
    }

    /// App-ID of the application whose domain the host lies in.
    fn match_host(&self, host: &str) -> Option<u32> {
        let (index, _) = self.loaded.match_host(host)?;
        self.loaded.app(index).map(|app| app.id.0)
    }

    /// The application of a host name and the entry that says so, else its site; None for what is no site's either.
    fn lookup(&self, host: &str) -> Option<HostMatch> {
        self.known(Given::Clue(Clue::Host), host).or_else(|| self.site(host))
    }

    /// The application that another value tells, by what it is as an `[[example]]` says it (`alpn`, `address`), and the entry.
    fn lookup_by(&self, given: &str, value: &str) -> PyResult<Option<HostMatch>> {
        let Some(kind) = Given::ALL.into_iter().find(|kind| kind.name() == given) else {
            let kinds = Given::ALL.map(Given::name).join(", ");
            return Err(PyValueError::new_err(format!("given is {given:?}, expected one of {kinds}")));
        };
        Ok(self.known(kind, value))
    }

    /// How many examples the files have.
    #[getter]
    fn example_count(&self) -> usize {
        self.loaded.examples().len()
    }

    /// The examples that do not hold, each as `file:line: what`.
    fn failed_examples(&self) -> Vec<String> {
        self.loaded.failed_examples().iter().map(ToString::to_string).collect()
    }
}

impl Signatures {
    fn known(&self, given: Given, value: &str) -> Option<HostMatch> {
        let (index, entry) = self.loaded.lookup(given, value)?;
        let app = self.loaded.app(index)?;
        Some(HostMatch {
            app_id: app.id.0,
            app_key: app.key.clone(),
            app: app.name.clone(),
            category: self.category(app.category_id),
            entry: Some(entry),
        })
    }

    fn site(&self, host: &str) -> Option<HostMatch> {
        let domain = sites::registrable_domain(host)?;
        Some(HostMatch {
            app_id: AppId::ours(sites::selector(&domain)).0,
            app_key: domain.clone(),
            app: domain,
            category: self.category(0),
            entry: None,
        })
    }

    fn category(&self, id: u8) -> String {
        self.loaded.category(id).map_or(String::new(), |category| category.key.clone())
    }
}
