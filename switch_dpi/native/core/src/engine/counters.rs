//! What an engine has counted.

/// What the engine has seen and done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Frames fed.
    pub packets: u64,
    /// Bytes on the wire of these.
    pub bytes: u64,
    /// Frames of a link type that is not known.
    pub unknown_link: u64,
    /// Frames that carry neither IP nor another protocol with a number.
    pub not_ip: u64,
    /// Frames that are cut short or contradict themselves.
    pub malformed: u64,
    /// Fragments without ports that belong to no flow: [`crate::options::Options::defragment`] is off, or their packet never became whole.
    pub later_fragments: u64,
    /// Packets put together from fragments.
    pub reassembled: u64,
    /// Packets found inside tunnels.
    pub tunnelled: u64,
    /// Flows that another flow had announced.
    pub announced: u64,
    /// Flows that were guessed at their first packet.
    pub guessed: u64,
    /// Flows begun.
    pub flows: u64,
    /// Flows that reached a verdict.
    pub classified: u64,
    /// Flows that were given up.
    pub gave_up: u64,
    /// Flows that had to make room ([`crate::options::Options::max_flows`]).
    pub evicted: u64,
    /// Flows given up for memory ([`crate::options::Options::max_held_bytes`]).
    pub held_bytes_exceeded: u64,
    /// Metadata values that did not fit ([`crate::protocol::MAX_VALUES`], [`crate::options::Options::max_held_bytes`]).
    pub values_dropped: u64,
}

/// Bytes that an engine holds beside its table; each has a limit in [`crate::options::Options`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HeldBytes {
    /// Payload of flows that are inspected, and what was found in it.
    pub inspected: usize,
    /// What was found in the other flows.
    pub found: usize,
    /// Fragments that wait for others.
    pub fragments: usize,
}

impl Counters {
    /// All of them with their names.
    #[must_use]
    pub const fn named(&self) -> [(&'static str, u64); 16] {
        [
            ("packets", self.packets),
            ("bytes", self.bytes),
            ("unknown_link", self.unknown_link),
            ("not_ip", self.not_ip),
            ("malformed", self.malformed),
            ("later_fragments", self.later_fragments),
            ("reassembled", self.reassembled),
            ("tunnelled", self.tunnelled),
            ("announced", self.announced),
            ("guessed", self.guessed),
            ("flows", self.flows),
            ("classified", self.classified),
            ("gave_up", self.gave_up),
            ("evicted", self.evicted),
            ("held_bytes_exceeded", self.held_bytes_exceeded),
            ("values_dropped", self.values_dropped),
        ]
    }
}
