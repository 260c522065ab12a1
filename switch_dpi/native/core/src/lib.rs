//! AppSteer's classification engine. No I/O, no clock, no Python: frames and times in, flow events out.
#![forbid(unsafe_code)]

pub mod attributes;
pub mod bytes;
pub mod lines;
pub mod protocol;
pub mod quic;
pub mod reply_protocols;
pub mod tls_handshake;

/// The native protocols, one file each.
pub mod protocols {
    include!(concat!(env!("OUT_DIR"), "/protocols.rs"));
}

#[cfg(test)]
mod examples;
