//! The relay of an OpenFlow session as Python sees it.

use std::os::fd::{IntoRawFd, OwnedFd};
use std::os::unix::net::UnixDatagram;
use std::time::Duration;

use appsteer_openflow::descriptor;
use appsteer_openflow::interest::Interest;
use appsteer_openflow::relay::{self as native, Answer};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{IntoPyDict, PyBytes};

/// A thread without Python's lock between two sockets.
#[pyclass(frozen, module = "switch_dpi._native")]
pub struct Relay {
    relay: native::Relay,
}

/// What there is to do beside relaying.
#[pyclass(frozen, get_all, module = "switch_dpi._native")]
pub struct RelayTurn {
    from_switch: Py<PyBytes>,
    from_controller: Py<PyBytes>,
    has_room: bool,
    ended: Option<String>,
}

/// Message types with the bytes of which such a message holds one.
type Wanted = Vec<(u8, Vec<Vec<u8>>)>;

#[pymethods]
impl Relay {
    #[new]
    #[pyo3(signature = (switch, controller, *, from_switch, from_controller, extended, rest_of_switch, rest_of_controller))]
    fn new(
        switch: &Bound<'_, PyAny>,
        controller: &Bound<'_, PyAny>,
        from_switch: Wanted,
        from_controller: Wanted,
        extended: Vec<u8>,
        rest_of_switch: Vec<u8>,
        rest_of_controller: Vec<u8>,
    ) -> PyResult<Self> {
        let end = |socket, wanted: &Wanted, rest| -> PyResult<native::End> {
            Ok(native::End { socket: taken(socket)?, interest: interest(wanted, &extended), rest })
        };
        let switch = end(switch, &from_switch, rest_of_switch)?;
        let controller = end(controller, &from_controller, rest_of_controller)?;
        Ok(Self { relay: native::Relay::start(switch, controller)? })
    }

    /// Waits for something to do, `timeout_s` at most.
    #[pyo3(signature = (timeout_s=None))]
    fn wait(&self, py: Python<'_>, timeout_s: Option<f64>) -> PyResult<RelayTurn> {
        let timeout = timeout_s.map(Duration::try_from_secs_f64).transpose();
        let timeout = timeout.map_err(|error| PyValueError::new_err(format!("timeout_s is {timeout_s:?}: {error}")))?;
        let turn = py.detach(|| self.relay.wait(timeout));
        Ok(RelayTurn {
            from_switch: PyBytes::new(py, &turn.from_switch).unbind(),
            from_controller: PyBytes::new(py, &turn.from_controller).unbind(),
            has_room: turn.has_room,
            ended: turn.ended,
        })
    }

    /// Sends whole messages, in the place of those of the last turn.
    #[pyo3(signature = (to_switch, to_controller, *, is_whole, is_held, is_extended))]
    fn answer(&self, to_switch: &[u8], to_controller: &[u8], is_whole: bool, is_held: bool, is_extended: bool) {
        self.relay.answer(to_switch, to_controller, Answer { is_whole, is_held, is_extended });
    }

    /// Sends whole messages to the controller when nothing else is to be sent to it.
    fn publish(&self, messages: &[u8]) {
        self.relay.publish(messages.to_vec());
    }

    /// Lets `wait` return.
    fn wake(&self) {
        self.relay.wake();
    }

    /// Sends what the sockets take and closes them.
    fn stop(&self, py: Python<'_>) {
        py.detach(|| self.relay.stop());
    }
}

fn interest(wanted: &Wanted, extended: &[u8]) -> Interest {
    let mut interest = Interest::none();
    for (kind, needles) in wanted {
        let needles: Vec<&[u8]> = needles.iter().map(Vec::as_slice).collect();
        interest.add(*kind, &needles);
    }
    extended.iter().for_each(|kind| interest.defer(*kind));
    interest
}

/// Takes the descriptor out of a `socket.socket`, which is closed for Python afterwards.
pub(crate) fn taken(socket: &Bound<'_, PyAny>) -> PyResult<OwnedFd> {
    let module = socket.py().import("socket")?;
    let class = module.getattr("socket")?;
    if !socket.is_instance(&class)? {
        return Err(PyTypeError::new_err(format!("expected a socket, not {}", socket.get_type())));
    }
    let number = socket.call_method0("fileno")?;
    if number.extract::<i32>()? < 0 {
        return Err(PyValueError::new_err("the socket is closed"));
    }
    let (near, far) = UnixDatagram::pair()?;
    let far = class.call((), Some(&[("fileno", far.into_raw_fd())].into_py_dict(socket.py())?))?;
    module.call_method1("send_fds", (&far, (PyBytes::new(socket.py(), b"\0"),), (number,)))?;
    far.call_method0("close")?;
    socket.call_method0("close")?;
    Ok(descriptor::receive(&near)?)
}
