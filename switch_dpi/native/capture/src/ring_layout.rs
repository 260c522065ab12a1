//! How the kernel lays packets out in a ring: blocks of packets of any size (TPACKET_V3), or slots of one size (TPACKET_V2).
#![forbid(unsafe_code)]

use std::mem;

use crate::ring_options::{HandOver, RingOptions};

/// Destination and source address, before which nothing stands in an Ethernet frame.
pub(crate) const ETHERNET_ADDRESSES_SIZE: usize = 12;
/// The addresses and the type.
pub(crate) const ETHERNET_HEADER_SIZE: u32 = 14;
/// Tag protocol identifier and tag control information (IEEE 802.1Q §9.3).
pub(crate) const VLAN_TAG_SIZE: usize = 4;
/// The tag protocol identifier of a packet whose status does not name one.
const DEFAULT_TPID: u16 = 0x8100;
/// How many slots are taken at once: enough to make polls rare, few enough to hand slots back while others are filled.
const MAX_SLOTS: usize = 256;

/// What changes hands, and where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layout {
    /// A block at a time.
    Blocks { count: usize },
    /// A packet at a time.
    Slots { count: usize, per_block: usize, size: usize },
}

impl Layout {
    pub(crate) fn of(options: &RingOptions) -> Self {
        let count = options.block_count as usize;
        match options.hand_over {
            HandOver::Blocks => Self::Blocks { count },
            HandOver::Packets => {
                let per_block = (options.block_size / options.frame_size.max(1)) as usize;
                Self::Slots { count: count * per_block, per_block, size: options.frame_size as usize }
            }
        }
    }

    pub(crate) fn version(self) -> libc::tpacket_versions {
        match self {
            Self::Blocks { .. } => libc::tpacket_versions::TPACKET_V3,
            Self::Slots { .. } => libc::tpacket_versions::TPACKET_V2,
        }
    }

    /// How many units go round.
    pub(crate) fn units(self) -> usize {
        match self {
            Self::Blocks { count } | Self::Slots { count, .. } => count,
        }
    }

    /// How many units are taken at once.
    pub(crate) fn max_run(self) -> usize {
        match self {
            Self::Blocks { .. } => 1,
            Self::Slots { count, .. } => MAX_SLOTS.min(count),
        }
    }

    /// Block and offset of the word by which a unit changes hands; units are counted round and round.
    pub(crate) fn status_at(self, unit: usize) -> (usize, usize) {
        match self {
            Self::Blocks { count } => {
                let at = mem::offset_of!(libc::tpacket_block_desc, hdr);
                (unit % count, at + mem::offset_of!(libc::tpacket_hdr_v1, block_status))
            }
            Self::Slots { count, per_block, size } => {
                let slot = unit % count;
                (slot / per_block, slot % per_block * size + mem::offset_of!(libc::tpacket2_hdr, tp_status))
            }
        }
    }
}

/// What both versions say of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) at_ns: u64,
    /// Where the frame begins, from the header on.
    pub(crate) frame_at: usize,
    pub(crate) captured: usize,
    pub(crate) original_size: u32,
    /// The tag that is missing in the frame, as it was on the wire.
    pub(crate) tag: Option<[u8; VLAN_TAG_SIZE]>,
    /// Bytes of the header itself.
    pub(crate) size: usize,
}

impl Header {
    pub(crate) fn from_v3(header: &libc::tpacket3_hdr) -> Self {
        let control = (header.hv1.tp_vlan_tci & 0xFFFF) as u16;
        Self {
            at_ns: nanoseconds(header.tp_sec, header.tp_nsec),
            frame_at: header.tp_mac.into(),
            captured: header.tp_snaplen as usize,
            original_size: header.tp_len,
            tag: tag(header.tp_status, header.hv1.tp_vlan_tpid, control),
            size: mem::size_of::<libc::tpacket3_hdr>(),
        }
    }

    pub(crate) fn from_v2(header: &libc::tpacket2_hdr) -> Self {
        Self {
            at_ns: nanoseconds(header.tp_sec, header.tp_nsec),
            frame_at: header.tp_mac.into(),
            captured: header.tp_snaplen as usize,
            original_size: header.tp_len,
            tag: tag(header.tp_status, header.tp_vlan_tpid, header.tp_vlan_tci),
            size: mem::size_of::<libc::tpacket2_hdr>(),
        }
    }
}

fn nanoseconds(seconds: u32, rest: u32) -> u64 {
    u64::from(seconds) * 1_000_000_000 + u64::from(rest)
}

fn tag(status: u32, tpid: u16, control: u16) -> Option<[u8; VLAN_TAG_SIZE]> {
    if status & libc::TP_STATUS_VLAN_VALID == 0 {
        return None;
    }
    let tpid = if status & libc::TP_STATUS_VLAN_TPID_VALID == 0 { DEFAULT_TPID } else { tpid };
    let ([a, b], [c, d]) = (tpid.to_be_bytes(), control.to_be_bytes());
    Some([a, b, c, d])
}
