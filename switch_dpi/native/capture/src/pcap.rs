//! The pcap format (draft-ietf-opsawg-pcap): a file header, then records of a header and a packet.
#![forbid(unsafe_code)]

use std::io::Read;

use crate::buffer::{Buffer, ByteOrder};
use crate::file::{CaptureError, Found, MAX_PACKET_SIZE, Step};

/// Magic, version, zone, accuracy, snapshot size, link type.
const FILE_HEADER_SIZE: usize = 24;
/// Seconds, fraction, captured size, original size.
const RECORD_HEADER_SIZE: usize = 16;
/// As above, then interface, protocol and packet type: what patched libpcaps of the 1990s wrote.
const PATCHED_RECORD_HEADER_SIZE: usize = 24;
/// Where the captured size stands in a record header.
const CAPTURED_SIZE_AT: usize = 8;
/// Where the link type stands in the file header.
const LINK_TYPE_AT: usize = 20;
/// The upper half of that field says whether frames end in a check sequence.
const LINK_TYPE_MASK: u32 = 0xFFFF;

/// Times in microseconds.
const MICROSECONDS: u32 = 0xA1B2_C3D4;
/// Times in nanoseconds.
const NANOSECONDS: u32 = 0xA1B2_3C4D;
/// Times in microseconds, longer record headers.
const PATCHED: u32 = 0xA1B2_CD34;

/// What the file header says of all records.
pub(crate) struct Pcap {
    order: ByteOrder,
    fraction_ns: u64,
    header_size: usize,
    link_type: u32,
}

impl Pcap {
    /// Reads the file header; `None` when it is not one.
    pub(crate) fn begin<R: Read>(buffer: &mut Buffer<R>) -> Result<Option<Self>, CaptureError> {
        let header = buffer.peek(FILE_HEADER_SIZE).map_err(|source| CaptureError::Read { offset: 0, source })?;
        let Some(begun) = header.and_then(Self::from_header) else {
            return Ok(None);
        };
        buffer.take(FILE_HEADER_SIZE).map_err(|source| CaptureError::Read { offset: 0, source })?;
        Ok(Some(begun))
    }

    /// Reads the next record.
    #[inline]
    pub(crate) fn step<R: Read>(&mut self, buffer: &mut Buffer<R>) -> Result<Step, CaptureError> {
        let offset = buffer.offset();
        let header = match buffer.peek(self.header_size) {
            Ok(header) => header.and_then(|bytes| self.record(bytes)),
            Err(source) => return Err(CaptureError::Read { offset, source }),
        };
        let Some(record) = header else {
            return Ok(Step::End);
        };
        if record.captured > MAX_PACKET_SIZE {
            let rule = "a packet has at most 262,144 captured bytes";
            return Err(CaptureError::Malformed { offset, rule, value: record.captured as u64 });
        }
        match buffer.take(self.header_size + record.captured) {
            Ok(Some(taken)) => Ok(Step::Packet(Found {
                at_ns: record.at_ns,
                link_type: self.link_type,
                original_size: record.original_size,
                data: taken.start + self.header_size..taken.end,
            })),
            Ok(None) => Ok(Step::Cut(offset)),
            Err(source) => Err(CaptureError::Read { offset, source }),
        }
    }

    fn from_header(header: &[u8]) -> Option<Self> {
        [ByteOrder::Little, ByteOrder::Big].into_iter().find_map(|order| {
            let (fraction_ns, header_size) = match order.u32(header, 0)? {
                MICROSECONDS => (1_000, RECORD_HEADER_SIZE),
                NANOSECONDS => (1, RECORD_HEADER_SIZE),
                PATCHED => (1_000, PATCHED_RECORD_HEADER_SIZE),
                _ => return None,
            };
            let link_type = order.u32(header, LINK_TYPE_AT)? & LINK_TYPE_MASK;
            Some(Self { order, fraction_ns, header_size, link_type })
        })
    }

    #[inline]
    fn record(&self, header: &[u8]) -> Option<Record> {
        let seconds = u64::from(self.order.u32(header, 0)?);
        let fraction = u64::from(self.order.u32(header, 4)?);
        Some(Record {
            at_ns: seconds * 1_000_000_000 + fraction * self.fraction_ns,
            captured: self.order.u32(header, CAPTURED_SIZE_AT)? as usize,
            original_size: self.order.u32(header, CAPTURED_SIZE_AT + 4)?,
        })
    }
}

struct Record {
    at_ns: u64,
    captured: usize,
    original_size: u32,
}
