//! How labels are made, as Python says it.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use appsteer_openflow::labels::{LabelRules as Rules, Risks as SharedRisks};
use appsteer_openflow::values::{Form, Operation, Test};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

/// Attribute, form, operation (a number of `ofext.attributes.Operation`), operands, bits.
type RawTest = (u16, String, u8, Vec<Vec<u8>>, u128);

/// Risks of a catalogue's applications.
#[pyclass(frozen, module = "switch_dpi._native")]
pub struct Risks {
    by_app: SharedRisks,
}

#[pymethods]
impl Risks {
    #[new]
    fn new(by_app: HashMap<u32, u8>) -> Self {
        Self { by_app: by_app.into() }
    }

    /// Of an App-ID; 0 when none is known.
    fn of(&self, app_id: u32) -> u8 {
        self.by_app.get(&app_id).copied().unwrap_or_default()
    }
}

/// Predicates and risks, in a form in which they are found fast.
#[pyclass(frozen, module = "switch_dpi._native")]
pub struct LabelRules {
    pub(crate) rules: Arc<Rules>,
}

#[pymethods]
impl LabelRules {
    #[new]
    #[pyo3(signature = (*, risks, tests, confidences, by_path))]
    fn new(risks: &Risks, tests: Vec<RawTest>, confidences: Vec<(u8, u8, u128)>, by_path: bool) -> PyResult<Self> {
        let tests: PyResult<Vec<_>> = tests.into_iter().map(test).collect();
        Ok(Self { rules: Arc::new(Rules::new(Arc::clone(&risks.by_app), tests?, confidences, by_path)) })
    }

    /// Bits of a flow's metadata and confidence; None when a value has to be read as Python reads it.
    fn bits(&self, confidence: u8, metadata: Vec<(u16, Bound<'_, PyBytes>)>) -> Option<u128> {
        self.rules.bits(confidence, metadata.iter().map(|(id, value)| (*id, Cow::Borrowed(value.as_bytes()))))
    }

    /// What follows from App-ID and path.
    fn learn(&self, app_id: u32, path: &str, bits: u128) {
        self.rules.learn(app_id, path, bits);
    }
}

fn test((attribute, form, operation, operands, bits): RawTest) -> PyResult<(u16, Test)> {
    let form = match form.as_str() {
        "host" => Form::Host,
        "text" => Form::Text,
        "bytes" => Form::Bytes,
        "number" => Form::Number,
        _ => return Err(PyValueError::new_err(format!("{form:?} is none of host, text, bytes, number"))),
    };
    let operation = match operation {
        1 | 6 => Operation::Equals,
        2 => Operation::Prefix,
        3 => Operation::Suffix,
        4 => Operation::Contains,
        5 => Operation::Range,
        7 => Operation::Present,
        _ => return Err(PyValueError::new_err(format!("operation {operation} is none of 1 to 7"))),
    };
    Ok((attribute, Test { form, operation, operands, bits }))
}
