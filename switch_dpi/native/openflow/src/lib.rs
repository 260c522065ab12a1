//! The agent's hot OpenFlow paths, as threads without Python's lock.
//!
//! Owns what has to be fast: relaying between a switch and its controller ([`relay`]). What messages mean is Python's to
//! say (`switch_dpi/shim/session.py`); this crate only knows where one ends and whether Python wants to see it.
#![forbid(unsafe_code)]

mod delays;
pub mod descriptor;
pub mod interest;
pub mod labels;
mod lane;
mod mailbox;
pub mod marks;
mod outgoing;
pub mod records;
pub mod relay;
pub mod sink;
pub mod values;
