//! What a packet ring is asked for, what it counts, and how it fails.
#![forbid(unsafe_code)]

use std::fmt;
use std::io;

/// The most memory one ring may take; the kernel cannot swap it.
pub const MAX_RING_SIZE: u64 = 1 << 30;
/// A frame's slot begins at a multiple of this (`TPACKET_ALIGNMENT`).
const FRAME_ALIGNMENT: u32 = 16;
/// The kernel's header, the sender's address and the room for a VLAN tag must fit into a frame's slot.
const MIN_FRAME_SIZE: u32 = 128;
/// An IPv6 and a TCP header behind Ethernet and two tags still fit.
const MIN_SNAP_SIZE: u32 = 96;

/// Packets that begin with an Ethernet header (<https://www.tcpdump.org/linktypes.html>).
pub(crate) const ETHERNET_LINK_TYPE: u32 = 1;

/// Hardware types (`ARPHRD_`, linux/if_arp.h) and the link types of their packets.
const LINK_TYPES: &[(u16, u32)] = &[
    (1, ETHERNET_LINK_TYPE),   // Ethernet
    (772, ETHERNET_LINK_TYPE), // loopback: Ethernet headers with zero addresses
    (0xFFFE, 101),             // none, such as tun devices: the IP header comes first
    (519, 101),                // none, with raw IP
];

/// When the kernel hands packets over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HandOver {
    /// In blocks (TPACKET_V3), when one is full or after `block_timeout_ms`: fewest wake-ups, and any size of packet fits. A
    /// packet waits half the time-out at the median.
    #[default]
    Blocks,
    /// Each at once (TPACKET_V2): the shortest wait. A packet takes a slot of `frame_size`; what does not fit is cut off.
    Packets,
}

/// How large a ring is, and what gets into it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RingOptions {
    /// When packets are handed over.
    pub hand_over: HandOver,
    /// Bytes of a block, a multiple of the page size. A block is handed over when it is full.
    pub block_size: u32,
    /// How many blocks; all but one may be waiting for the reader before packets are dropped.
    pub block_count: u32,
    /// Bytes of a packet's slot, a multiple of 16; with [`HandOver::Blocks`] packets take the room that they need instead.
    pub frame_size: u32,
    /// A block with packets is handed over after this many milliseconds, full or not; at least 1, which is the kernel's finest.
    pub block_timeout_ms: u32,
    /// How many bytes of a packet are kept.
    pub snap_size: u32,
    /// Leaves out what this host sends on the interface.
    pub ignore_outgoing: bool,
    /// Lets the card pass frames that are addressed to others.
    pub promiscuous: bool,
}

impl Default for RingOptions {
    /// 16 MiB: 130 ms of a full gigabit link. A full block takes 2 ms to fill there, so the time-out decides when it comes.
    fn default() -> Self {
        Self {
            hand_over: HandOver::Blocks,
            block_size: 256 * 1024,
            block_count: 64,
            frame_size: 2048,
            block_timeout_ms: 1,
            snap_size: 65_535,
            ignore_outgoing: true,
            promiscuous: true,
        }
    }
}

impl RingOptions {
    /// For few packets whose time matters: each at once, in 32 MiB of slots for frames of up to 16,000 bytes.
    #[must_use]
    pub fn low_latency() -> Self {
        Self { hand_over: HandOver::Packets, block_count: 128, frame_size: 16 * 1024, ..Self::default() }
    }

    /// For as many packets as come: blocks of 1 MiB, or what came in 10 ms, so that few wake-ups bring many packets; 64 MiB,
    /// 130 ms of 4 Gbit/s, for a reader that has to wait for its processor.
    #[must_use]
    pub fn high_rate() -> Self {
        Self { block_size: 1 << 20, block_timeout_ms: 10, ..Self::default() }
    }

    /// Names the first option that the kernel would refuse without saying why.
    pub(crate) fn check(&self, page_size: u32) -> Result<(), RingError> {
        let rules = [
            ("block_size", self.block_size, "a multiple of the page size", is_multiple(self.block_size, page_size)),
            ("block_count", self.block_count, "at least 2", self.block_count >= 2),
            ("frame_size", self.frame_size, "a multiple of 16", is_multiple(self.frame_size, FRAME_ALIGNMENT)),
            ("frame_size", self.frame_size, "at least 128", self.frame_size >= MIN_FRAME_SIZE),
            ("frame_size", self.frame_size, "at most block_size", self.frame_size <= self.block_size),
            ("block_timeout_ms", self.block_timeout_ms, "at least 1", self.block_timeout_ms >= 1),
            ("snap_size", self.snap_size, "at least 96", self.snap_size >= MIN_SNAP_SIZE),
            ("block_count", self.block_count, "so few that the ring has at most 1 GiB", self.size() <= MAX_RING_SIZE),
        ];
        match rules.into_iter().find(|(.., holds)| !holds) {
            Some((option, value, rule, _)) => Err(RingError::BadOption { option, value, rule }),
            None => Ok(()),
        }
    }

    fn size(&self) -> u64 {
        u64::from(self.block_size) * u64::from(self.block_count)
    }
}

fn is_multiple(size: u32, unit: u32) -> bool {
    size != 0 && size.is_multiple_of(unit)
}

/// The link type of packets from an interface of this hardware type; `None` when the engine would not know it.
pub(crate) fn link_type_of(hardware: u16) -> Option<u32> {
    LINK_TYPES.iter().find(|(known, _)| *known == hardware).map(|(_, link_type)| *link_type)
}

/// What the kernel counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Packets that were put into the ring.
    pub packets: u64,
    /// Packets that came while all blocks were waiting for the reader.
    pub drops: u64,
    /// How often that began.
    pub freezes: u64,
}

impl Statistics {
    /// Adds what the kernel counted since it was last asked; its packets include the drops.
    pub(crate) fn add(&mut self, packets: u32, drops: u32, freezes: u32) {
        self.packets += u64::from(packets.saturating_sub(drops));
        self.drops += u64::from(drops);
        self.freezes += u64::from(freezes);
    }
}

/// Why a ring cannot be opened or read.
#[derive(Debug)]
pub enum RingError {
    /// No interface has this name in the thread's network namespace.
    NoSuchInterface {
        /// The name.
        interface: String,
    },
    /// The process may not open packet sockets (`CAP_NET_RAW`).
    NoPermission,
    /// An option has a value that no ring can have.
    BadOption {
        /// Its name in [`RingOptions`].
        option: &'static str,
        /// Its value.
        value: u32,
        /// What it should be.
        rule: &'static str,
    },
    /// The interface carries frames that are neither Ethernet nor IP.
    UnsupportedLink {
        /// The interface.
        interface: String,
        /// Its `ARPHRD_` number.
        hardware: u16,
    },
    /// The interface is down; the ring goes on when it is up again.
    InterfaceDown {
        /// The interface.
        interface: String,
    },
    /// The interface was deleted (or replaced by another of the same name); the ring is dead.
    InterfaceGone {
        /// The interface.
        interface: String,
    },
    /// The kernel refused a call.
    System {
        /// The call or the socket option.
        call: &'static str,
        /// What it said.
        source: io::Error,
    },
}

impl fmt::Display for RingError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSuchInterface { interface } => {
                write!(out, "{interface}: no such interface in this network namespace")
            }
            Self::NoPermission => write!(out, "packet sockets need root or the capability CAP_NET_RAW"),
            Self::BadOption { option, value, rule } => write!(out, "{option} is {value}, but should be {rule}"),
            Self::UnsupportedLink { interface, hardware } => {
                write!(out, "{interface}: hardware type {hardware} carries neither Ethernet nor IP")
            }
            Self::InterfaceDown { interface } => write!(out, "{interface} is down"),
            Self::InterfaceGone { interface } => write!(out, "{interface} was deleted"),
            Self::System { call, source } => write!(out, "{call}: {source}"),
        }
    }
}

impl std::error::Error for RingError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::System { source, .. } => Some(source),
            _ => None,
        }
    }
}
