//! The engine's limits: every one named, with a default and its reason.

/// What bounds an engine in memory and effort.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Flows in the table; the one not seen for longest makes room. 2^18 need about 100 MB.
    pub max_flows: usize,
    /// A TCP flow without packets for so long has ended. Longer than NAT's common 5 minutes, far below RFC 5382's 2 hours.
    pub idle_timeout_tcp_ns: u64,
    /// The same for everything else; RFC 4787 REQ-5 recommends 5 minutes and allows 2.
    pub idle_timeout_udp_ns: u64,
    /// Bytes kept in order of each direction: one TLS record, or the headers of an HTTP message, at its largest usual.
    pub max_stream_bytes: usize,
    /// Packets with payload that are looked into, both directions together.
    pub max_inspected_packets: u32,
    /// A flow without a verdict for so long is given up.
    pub inspect_timeout_ns: u64,
    /// Bytes kept over all flows that are inspected; a flow that would exceed it is given up. The others may keep as much
    /// metadata; what would exceed that is dropped.
    pub max_held_bytes: usize,
    /// Whether IP packets are put together from their fragments; otherwise the first one counts as the packet.
    pub defragment: bool,
    /// Bytes of fragments that wait for others.
    pub max_fragment_bytes: usize,
    /// Whether TCP segments that come too early wait for those before them; otherwise they are not read.
    pub reassemble: bool,
    /// Whether flows inside tunnels are classified too, beside the tunnel itself.
    pub open_tunnels: bool,
    /// Whether flows are guessed at their first packet, from names looked up, earlier verdicts and networks of applications.
    pub guess: bool,
}

impl Options {
    /// What each of `count` engines may take that share the traffic of one link, so that all together take no more than one.
    #[must_use]
    pub fn shared_by(self, count: usize) -> Self {
        let count = count.max(1);
        Self {
            max_flows: self.max_flows.div_ceil(count),
            max_held_bytes: self.max_held_bytes.div_ceil(count),
            max_fragment_bytes: self.max_fragment_bytes.div_ceil(count),
            ..self
        }
    }
}

/// Nanoseconds in a second.
pub const SECOND_NS: u64 = 1_000_000_000;

impl Default for Options {
    fn default() -> Self {
        Self {
            max_flows: 1 << 18,
            idle_timeout_tcp_ns: 600 * SECOND_NS,
            idle_timeout_udp_ns: 180 * SECOND_NS,
            max_stream_bytes: 18 * 1024,
            max_inspected_packets: 32,
            inspect_timeout_ns: 60 * SECOND_NS,
            max_held_bytes: 256 << 20,
            defragment: true,
            max_fragment_bytes: 16 << 20,
            reassemble: true,
            open_tunnels: true,
            guess: true,
        }
    }
}
