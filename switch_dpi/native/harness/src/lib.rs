//! Hostile input for the engine, and what must hold whatever is sent: shared by the fuzz targets, the tests that replay their
//! inputs, and the commands `torture` and `noise` of `appsteer-bench`.
//!
//! A rule that is broken is told as text; a panic of the engine goes through to whoever called.
#![forbid(unsafe_code)]

pub mod bounds;
pub mod engine;
pub mod input;
pub mod packets;
pub mod parsers;
pub mod probes;
pub mod random;
pub mod seeds;
pub mod torture;

/// That every rule held, or which did not.
pub type Held = Result<(), String>;

/// A fuzz target.
pub struct Target {
    /// Name of the target, and of the folders with its inputs.
    pub name: &'static str,
    /// Plays an input.
    pub play: fn(&[u8]) -> Held,
}

/// All fuzz targets.
pub const TARGETS: &[Target] = &[
    Target { name: "frame", play: parsers::frame },
    Target { name: "tunnels", play: parsers::tunnels },
    Target { name: "signatures", play: parsers::signatures },
    Target { name: "capture", play: parsers::capture },
    Target { name: "probes", play: probes::play },
    Target { name: "engine", play: engine::play },
];

/// Fails with `text` unless the rule holds.
///
/// # Errors
/// The text.
pub fn must(holds: bool, text: impl FnOnce() -> String) -> Held {
    if holds { Ok(()) } else { Err(text()) }
}
