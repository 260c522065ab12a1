//! The pcapng format (draft-ietf-opsawg-pcapng): blocks in sections, each section with interfaces of its own.
//!
//! Reads packets from enhanced, simple and the obsolete packet blocks; passes over every other block without keeping it.
#![forbid(unsafe_code)]

use std::io::{self, Read};
use std::ops::Range;

use crate::buffer::{Buffer, ByteOrder};
use crate::file::{CaptureError, Found, MAX_PACKET_SIZE, Step};

/// The first bytes of a file: the type of a section header block reads the same in both byte orders.
pub(crate) const MAGIC: [u8; 4] = [0x0A, 0x0D, 0x0D, 0x0A];

const SECTION_HEADER: u32 = 0x0A0D_0D0A;
const INTERFACE_DESCRIPTION: u32 = 1;
const OBSOLETE_PACKET: u32 = 2;
const SIMPLE_PACKET: u32 = 3;
const ENHANCED_PACKET: u32 = 6;

const BYTE_ORDER_MAGIC: u32 = 0x1A2B_3C4D;
/// Type and total length before a block's body, total length again after it.
const BLOCK_HEAD_SIZE: usize = 8;
const BLOCK_TAIL_SIZE: usize = 4;
/// What must be there to tell a block's type, length and (of a section header) byte order.
const SMALLEST_BLOCK_SIZE: usize = BLOCK_HEAD_SIZE + BLOCK_TAIL_SIZE;
/// The largest block that is kept in memory: a packet, and options that nobody writes at more than a fraction of this.
const MAX_BLOCK_SIZE: usize = 4 * MAX_PACKET_SIZE;
/// Interfaces of one section; the obsolete packet block counts them in 16 bits.
const MAX_INTERFACES: usize = 1 << 16;

const OPTION_END: u16 = 0;
const OPTION_TIME_RESOLUTION: u16 = 9;
const OPTION_TIME_OFFSET: u16 = 14;

/// What the current section has said so far.
pub(crate) struct Pcapng {
    order: ByteOrder,
    interfaces: Vec<Interface>,
    last_ns: u64,
}

impl Default for Pcapng {
    fn default() -> Self {
        Self { order: ByteOrder::Little, interfaces: Vec::new(), last_ns: 0 }
    }
}

impl Pcapng {
    /// Reads blocks up to and including the next packet.
    #[inline]
    pub(crate) fn step<R: Read>(&mut self, buffer: &mut Buffer<R>) -> Result<Step, CaptureError> {
        loop {
            let offset = buffer.offset();
            let failed = |source: io::Error| CaptureError::Read { offset, source };
            let Some(head) = buffer.peek(SMALLEST_BLOCK_SIZE).map_err(failed)? else {
                return Ok(Step::End);
            };
            let Block { kind, size } = self.block(head).map_err(|broken| broken.at(offset))?;
            if !matches!(
                kind,
                ENHANCED_PACKET | SIMPLE_PACKET | OBSOLETE_PACKET | INTERFACE_DESCRIPTION | SECTION_HEADER
            ) {
                if !buffer.skip(size as u64).map_err(failed)? {
                    return Ok(Step::Cut(offset));
                }
                continue;
            }
            if size > MAX_BLOCK_SIZE {
                return Err(Broken("a block of this type has at most 1,048,576 bytes", size as u64).at(offset));
            }
            let Some(taken) = buffer.take(size).map_err(failed)? else {
                return Ok(Step::Cut(offset));
            };
            let found = self.read_block(kind, buffer.bytes(taken.clone())).map_err(|broken| broken.at(offset))?;
            if let Some(found) = found {
                let data = taken.start + found.data.start..taken.start + found.data.end;
                return Ok(Step::Packet(Found { data, ..found }));
            }
        }
    }

    /// Type and total length of the block that begins with `head`; a section header block sets the byte order.
    #[inline]
    fn block(&mut self, head: &[u8]) -> Result<Block, Broken> {
        let (order, kind) = match (head.first_chunk(), ByteOrder::Little.u32(head, BLOCK_HEAD_SIZE)) {
            (Some(&MAGIC), Some(BYTE_ORDER_MAGIC)) => (ByteOrder::Little, SECTION_HEADER),
            (Some(&MAGIC), Some(magic)) if magic == BYTE_ORDER_MAGIC.swap_bytes() => (ByteOrder::Big, SECTION_HEADER),
            (Some(&MAGIC), magic) => {
                return Err(Broken("a section's byte-order magic is 0x1A2B3C4D", magic.unwrap_or(0).into()));
            }
            _ => (self.order, self.order.u32(head, 0).unwrap_or(0)),
        };
        self.order = order;
        let size = order.u32(head, 4).unwrap_or(0) as usize;
        if size < SMALLEST_BLOCK_SIZE || !size.is_multiple_of(4) {
            return Err(Broken("a block's length is at least 12 and a multiple of 4", size as u64));
        }
        Ok(Block { kind, size })
    }

    /// Reads one block; the range of a packet's data counts from the block's first byte.
    #[inline]
    fn read_block(&mut self, kind: u32, block: &[u8]) -> Result<Option<Found>, Broken> {
        let end = block.len() - BLOCK_TAIL_SIZE;
        let repeated = self.order.u32(block, end).unwrap_or(0);
        if repeated as usize != block.len() {
            return Err(Broken("a block repeats its length at its end", repeated.into()));
        }
        let content = block.get(..end).unwrap_or_default();
        match kind {
            ENHANCED_PACKET => self.enhanced(content).map(Some),
            SIMPLE_PACKET => self.simple(content).map(Some),
            OBSOLETE_PACKET => self.obsolete(content).map(Some),
            INTERFACE_DESCRIPTION => self.add_interface(content).map(|()| None),
            _ => self.begin_section(content).map(|()| None),
        }
    }

    /// §4.1: major version 1 is the only one.
    fn begin_section(&mut self, block: &[u8]) -> Result<(), Broken> {
        let major = self.order.u16(block, 12).ok_or_else(|| too_short(block))?;
        if major != 1 {
            return Err(Broken("the major version is 1", major.into()));
        }
        self.interfaces.clear();
        Ok(())
    }

    /// §4.2: link type (16 bits), reserved (16), snapshot size (32), options.
    fn add_interface(&mut self, block: &[u8]) -> Result<(), Broken> {
        if self.interfaces.len() >= MAX_INTERFACES {
            return Err(Broken("a section has at most 65,536 interfaces", MAX_INTERFACES as u64 + 1));
        }
        let link_type = self.order.u16(block, 8).ok_or_else(|| too_short(block))?;
        let snap_size = self.order.u32(block, 12).ok_or_else(|| too_short(block))?;
        let clock = Clock::from_options(self.order, block.get(16..).unwrap_or_default());
        self.interfaces.push(Interface { link_type: link_type.into(), snap_size, clock });
        Ok(())
    }

    /// §4.3: interface (32), time (two halves, the upper first), captured size, original size, data, options.
    #[inline]
    fn enhanced(&mut self, block: &[u8]) -> Result<Found, Broken> {
        let interface = self.order.u32(block, 8).ok_or_else(|| too_short(block))?;
        self.timed(block, interface)
    }

    /// Appendix A: interface (16), drops (16), then as an enhanced packet block.
    fn obsolete(&mut self, block: &[u8]) -> Result<Found, Broken> {
        let interface = self.order.u16(block, 8).ok_or_else(|| too_short(block))?;
        self.timed(block, interface.into())
    }

    #[inline]
    fn timed(&mut self, block: &[u8], number: u32) -> Result<Found, Broken> {
        let field = |at| self.order.u32(block, at).ok_or_else(|| too_short(block));
        let ticks = u64::from(field(12)?) << 32 | u64::from(field(16)?);
        let (captured, original_size) = (field(20)?, field(24)?);
        let interface = self.interface(number)?;
        let found = Found {
            at_ns: interface.clock.nanoseconds(ticks),
            link_type: interface.link_type,
            original_size,
            data: data_range(28, captured, block)?,
        };
        self.last_ns = found.at_ns;
        Ok(found)
    }

    /// §4.4: original size, data. It is of the first interface and has no time: it takes that of the packet before it.
    fn simple(&self, block: &[u8]) -> Result<Found, Broken> {
        let original_size = self.order.u32(block, 8).ok_or_else(|| too_short(block))?;
        let interface = self.interface(0)?;
        let limit = if interface.snap_size == 0 { u32::MAX } else { interface.snap_size };
        let captured = original_size.min(limit);
        Ok(Found {
            at_ns: self.last_ns,
            link_type: interface.link_type,
            original_size,
            data: data_range(12, captured, block)?,
        })
    }

    #[inline]
    fn interface(&self, number: u32) -> Result<&Interface, Broken> {
        self.interfaces.get(number as usize).ok_or(Broken("a packet's interface is described before it", number.into()))
    }
}

struct Block {
    kind: u32,
    size: usize,
}

struct Interface {
    link_type: u32,
    /// 0: unlimited.
    snap_size: u32,
    clock: Clock,
}

/// How ticks of an interface become nanoseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Clock {
    unit: Unit,
    offset_ns: i128,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unit {
    /// Nanoseconds in a tick.
    Whole(u64),
    /// Ticks in a nanosecond.
    Part(u128),
    /// A tick is 2 to the minus this many seconds.
    Binary(u32),
}

impl Clock {
    /// §4.2: `if_tsresol` and `if_tsoffset`; microseconds since 1970 without them.
    fn from_options(order: ByteOrder, options: &[u8]) -> Self {
        let mut clock = Self { unit: Unit::Whole(1_000), offset_ns: 0 };
        let mut rest = options;
        while let (Some(code), Some(size)) = (order.u16(rest, 0), order.u16(rest, 2)) {
            let padded = usize::from(size).next_multiple_of(4);
            let (Some(value), false) = (rest.get(4..4 + usize::from(size)), code == OPTION_END) else {
                break;
            };
            match (code, value.first()) {
                (OPTION_TIME_RESOLUTION, Some(&resolution)) => clock.unit = Unit::from_resolution(resolution),
                (OPTION_TIME_OFFSET, _) => {
                    let seconds = order.u64(value, 0).map_or(0, |bits| bits as i64);
                    clock.offset_ns = i128::from(seconds) * 1_000_000_000;
                }
                _ => {}
            }
            rest = rest.get(4 + padded..).unwrap_or_default();
        }
        clock
    }

    /// Times before 1970 become 0, times after 2554 the largest number.
    #[inline]
    fn nanoseconds(self, ticks: u64) -> u64 {
        let ticks = u128::from(ticks);
        let since_offset = match self.unit {
            Unit::Whole(nanoseconds) => ticks * u128::from(nanoseconds),
            Unit::Part(ticks_per_ns) => ticks / ticks_per_ns,
            Unit::Binary(exponent) => (ticks * 1_000_000_000) >> exponent,
        };
        let total = i128::try_from(since_offset).unwrap_or(i128::MAX).saturating_add(self.offset_ns);
        u64::try_from(total.max(0)).unwrap_or(u64::MAX)
    }
}

impl Unit {
    /// The highest bit chooses base 2 or base 10, the others are the negated exponent.
    fn from_resolution(resolution: u8) -> Self {
        let exponent = u32::from(resolution & 0x7F);
        if resolution & 0x80 != 0 {
            Self::Binary(exponent)
        } else if exponent <= 9 {
            Self::Whole(10_u64.pow(9 - exponent))
        } else {
            Self::Part(10_u128.checked_pow(exponent - 9).unwrap_or(u128::MAX))
        }
    }
}

/// A rule and the value that breaks it, before it is known where.
struct Broken(&'static str, u64);

impl Broken {
    fn at(self, offset: u64) -> CaptureError {
        CaptureError::Malformed { offset, rule: self.0, value: self.1 }
    }
}

#[cold]
fn too_short(block: &[u8]) -> Broken {
    Broken("a block holds the fields of its type", block.len() as u64)
}

#[inline]
fn data_range(from: usize, captured: u32, block: &[u8]) -> Result<Range<usize>, Broken> {
    let size = captured as usize;
    if size > MAX_PACKET_SIZE || from + size > block.len() {
        return Err(Broken("a packet lies within its block and has at most 262,144 bytes", captured.into()));
    }
    Ok(from..from + size)
}
