//! Where packets come from: capture files and Linux packet rings.
//!
//! Owns the formats of capture files ([`file`]) and the kernel's packet ring ([`ring`]). It does not look into packets: link
//! types pass through as numbers. `unsafe` is allowed in `ring.rs` alone, which shares memory with the kernel.
#![deny(unsafe_code)]

mod buffer;
#[cfg(target_os = "linux")]
pub mod fanout;
pub mod file;
mod pcap;
mod pcapng;
#[cfg(target_os = "linux")]
pub mod ring;
#[cfg(target_os = "linux")]
mod ring_layout;
#[cfg(target_os = "linux")]
mod ring_options;

/// A packet that is borrowed from where it was read; the next read ends the loan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packet<'a> {
    /// When it was seen, in nanoseconds since 1970-01-01 UTC.
    pub at_ns: u64,
    /// Number of its link type: 1 is Ethernet (<https://www.tcpdump.org/linktypes.html>).
    pub link_type: u32,
    /// Its size on the wire, at least `data.len()`.
    pub original_size: u32,
    /// The bytes that were captured, from the link layer's header on.
    pub data: &'a [u8],
}
