//! TLS as far as an observer can read it: records, the hello messages and certificates in them, and what they name.

pub mod family;
pub mod fingerprint;
pub mod handshake;
pub mod services;
pub mod start_tls;
