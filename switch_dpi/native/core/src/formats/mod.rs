//! Formats on the wire that several protocols share, or that one protocol's file would be too long with.

pub mod bencode;
pub mod ber;
pub mod bittorrent_peers;
pub mod checks;
pub mod coap_message;
pub mod dcerpc_calls;
pub mod dcerpc_interfaces;
pub mod dns_family;
mod dns_message;
pub mod documents;
pub mod enet;
pub mod gtp;
pub mod h323;
pub mod http;
pub mod iso_on_tcp;
pub mod memcached_binary;
pub mod nmea_sentence;
pub mod quic;
pub mod reply_protocols;
pub mod sdp;
pub mod stun_message;
pub mod sun_rpc;
pub mod tds;
pub mod tls;
pub mod utf16;
pub mod utp;
pub mod x509;
