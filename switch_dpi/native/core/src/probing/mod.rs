//! What probes and small inspectors are written with.

pub mod answers;
pub mod checker;
pub mod fields;
pub mod inner_packets;
pub mod lines;
pub mod marks;
pub mod matching;
pub mod readers;
