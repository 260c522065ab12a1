//! The engine's limits as Python gives them.

use appsteer_capture::fanout::MAX_RINGS;
use appsteer_core::options::{Options, SECOND_NS};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

/// What bounds an engine in memory and effort; times in seconds.
#[pyclass(frozen, module = "switch_dpi._native")]
pub struct EngineOptions {
    pub(crate) options: Options,
}

#[pymethods]
impl EngineOptions {
    #[new]
    #[pyo3(signature = (*, max_flows=None, idle_timeout_tcp_s=None, idle_timeout_udp_s=None, max_stream_bytes=None,
                        max_inspected_packets=None, inspect_timeout_s=None, max_held_bytes=None,
                        defragment=None, max_fragment_bytes=None, reassemble=None, open_tunnels=None, guess=None))]
    #[expect(clippy::too_many_arguments, reason = "each is a keyword of the Python constructor")]
    fn new(
        max_flows: Option<usize>,
        idle_timeout_tcp_s: Option<f64>,
        idle_timeout_udp_s: Option<f64>,
        max_stream_bytes: Option<usize>,
        max_inspected_packets: Option<u32>,
        inspect_timeout_s: Option<f64>,
        max_held_bytes: Option<usize>,
        defragment: Option<bool>,
        max_fragment_bytes: Option<usize>,
        reassemble: Option<bool>,
        open_tunnels: Option<bool>,
        guess: Option<bool>,
    ) -> PyResult<Self> {
        let usual = Options::default();
        let options = Options {
            max_flows: positive("max_flows", max_flows, usual.max_flows)?,
            idle_timeout_tcp_ns: nanoseconds("idle_timeout_tcp_s", idle_timeout_tcp_s, usual.idle_timeout_tcp_ns)?,
            idle_timeout_udp_ns: nanoseconds("idle_timeout_udp_s", idle_timeout_udp_s, usual.idle_timeout_udp_ns)?,
            max_stream_bytes: positive("max_stream_bytes", max_stream_bytes, usual.max_stream_bytes)?,
            max_inspected_packets: positive(
                "max_inspected_packets",
                max_inspected_packets,
                usual.max_inspected_packets,
            )?,
            inspect_timeout_ns: nanoseconds("inspect_timeout_s", inspect_timeout_s, usual.inspect_timeout_ns)?,
            max_held_bytes: positive("max_held_bytes", max_held_bytes, usual.max_held_bytes)?,
            defragment: defragment.unwrap_or(usual.defragment),
            max_fragment_bytes: positive("max_fragment_bytes", max_fragment_bytes, usual.max_fragment_bytes)?,
            reassemble: reassemble.unwrap_or(usual.reassemble),
            open_tunnels: open_tunnels.unwrap_or(usual.open_tunnels),
            guess: guess.unwrap_or(usual.guess),
        };
        Ok(Self { options })
    }

    #[getter]
    fn max_flows(&self) -> usize {
        self.options.max_flows
    }

    #[getter]
    fn idle_timeout_tcp_s(&self) -> f64 {
        seconds(self.options.idle_timeout_tcp_ns)
    }

    #[getter]
    fn idle_timeout_udp_s(&self) -> f64 {
        seconds(self.options.idle_timeout_udp_ns)
    }

    #[getter]
    fn max_stream_bytes(&self) -> usize {
        self.options.max_stream_bytes
    }

    #[getter]
    fn max_inspected_packets(&self) -> u32 {
        self.options.max_inspected_packets
    }

    #[getter]
    fn inspect_timeout_s(&self) -> f64 {
        seconds(self.options.inspect_timeout_ns)
    }

    #[getter]
    fn max_held_bytes(&self) -> usize {
        self.options.max_held_bytes
    }

    #[getter]
    fn defragment(&self) -> bool {
        self.options.defragment
    }

    #[getter]
    fn max_fragment_bytes(&self) -> usize {
        self.options.max_fragment_bytes
    }

    #[getter]
    fn reassemble(&self) -> bool {
        self.options.reassemble
    }

    #[getter]
    fn open_tunnels(&self) -> bool {
        self.options.open_tunnels
    }

    #[getter]
    fn guess(&self) -> bool {
        self.options.guess
    }
}

/// How many threads share a load.
pub(crate) fn thread_count(given: usize) -> PyResult<usize> {
    match given {
        1..=MAX_RINGS => Ok(given),
        _ => Err(PyValueError::new_err(format!("threads is {given}, but should be 1 to {MAX_RINGS}"))),
    }
}

fn positive<T: PartialOrd + Default + std::fmt::Display>(name: &str, given: Option<T>, usual: T) -> PyResult<T> {
    match given {
        None => Ok(usual),
        Some(value) if value > T::default() => Ok(value),
        Some(value) => Err(PyValueError::new_err(format!("{name} is {value}, but should be at least 1"))),
    }
}

fn nanoseconds(name: &str, given: Option<f64>, usual: u64) -> PyResult<u64> {
    const MAX_S: f64 = 1e9; // 30 years
    match given {
        None => Ok(usual),
        Some(value) if value > 0.0 && value <= MAX_S => Ok((value * SECOND_NS as f64) as u64),
        Some(value) => {
            Err(PyValueError::new_err(format!("{name} is {value}, but should be above 0 and at most {MAX_S}")))
        }
    }
}

fn seconds(nanoseconds: u64) -> f64 {
    nanoseconds as f64 / SECOND_NS as f64
}
