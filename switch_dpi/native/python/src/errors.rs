//! The exceptions.

use pyo3::create_exception;
use pyo3::exceptions::PyException;

create_exception!(switch_dpi._native, NativeError, PyException, "Base of the engine's errors.");
create_exception!(
    switch_dpi._native,
    SignatureError,
    NativeError,
    "A signature file breaks a rule: `file:line: what`."
);
create_exception!(switch_dpi._native, CaptureError, NativeError, "A capture file or an interface cannot be read.");
