//! AppSteer's classification engine. No I/O, no clock, no Python: frames and times in, flow events out.
//!
//! A frame's way: [`frame`] finds the packet in it, [`flow`] the flow that the packet belongs to, [`classification`] asks the
//! [`protocols`] (and those that an operator [`declared`]) and looks names up in the [`signatures`], [`engine`] drives all this
//! and its timers, [`report`] is what it tells. A protocol ([`protocol`] says what that is) reads its payload with [`probing`]
//! and, where others have the same format, with [`formats`].
#![forbid(unsafe_code)]

pub mod bytes;
pub mod classification;
pub mod declared;
pub mod engine;
pub mod flow;
pub mod formats;
pub mod frame;
pub mod options;
pub mod probing;
pub mod protocol;
pub mod protocols;
pub mod report;
pub mod signatures;
