//! QUIC as far as an observer can read it: long headers (RFC 8999, RFC 9000 §17.2) and Initial packets (RFC 9001 §5),
//! whose keys come from what is on the wire.

pub mod crypto_stream;
pub mod google;
pub mod initial;
pub mod packet;
pub mod version;
