//! AppSteer's classification engine. No I/O, no clock, no Python: frames and times in, flow events out.
#![forbid(unsafe_code)]

pub mod answers;
pub mod app_id;
pub mod attributes;
pub mod bencode;
pub mod ber;
pub mod bytes;
pub mod candidates;
pub mod checker;
pub mod checks;
pub mod coap_message;
pub mod dcerpc_interfaces;
mod deadlines;
pub mod declared;
pub mod dns_family;
pub mod documents;
pub mod domains;
pub mod enet;
pub mod engine;
pub mod event;
mod expected;
pub mod fields;
mod findings;
pub mod flow;
mod fragments;
pub mod frame;
pub mod gtp;
pub mod guess;
pub mod http_message;
pub mod http_services;
pub mod inner_packets;
pub mod inspection;
pub mod iso_on_tcp;
pub mod json;
pub mod lines;
pub mod marks;
pub mod matching;
pub mod memcached_binary;
pub mod nmea_sentence;
pub mod options;
pub mod protocol;
pub mod quic;
pub mod readers;
pub mod record;
pub mod reply_protocols;
pub mod sdp;
pub mod signatures;
pub mod sites;
pub mod start_tls;
pub mod stream;
pub mod stun_message;
pub mod sun_rpc;
mod table;
pub mod tds;
pub mod tls_family;
pub mod tls_fingerprint;
pub mod tls_handshake;
pub mod tls_services;
pub mod utf16;
pub mod utp;
pub mod x509;

/// The native protocols, one file each.
pub mod protocols {
    include!(concat!(env!("OUT_DIR"), "/protocols.rs"));
}

#[cfg(test)]
mod declared_tests;
#[cfg(test)]
mod engine_tests;
#[cfg(test)]
mod examples;
