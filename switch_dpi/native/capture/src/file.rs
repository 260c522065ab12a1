//! Capture files: pcap and pcapng, whichever the file turns out to be.
//!
//! A file that was cut short yields every packet that is whole and then ends; [`CaptureReader::truncated_at`] tells where. A
//! file that contradicts its format ends with a [`CaptureError`] that names the offset.
#![forbid(unsafe_code)]

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::ops::Range;
use std::path::Path;

use crate::Packet;
use crate::buffer::Buffer;
use crate::pcap::Pcap;
use crate::pcapng::Pcapng;

/// The largest packet that is believed: libpcap's and Wireshark's greatest snapshot size; GSO frames have at most 64 KiB.
pub const MAX_PACKET_SIZE: usize = 256 * 1024;

/// A capture on disk.
pub type CaptureFile = CaptureReader<File>;

/// A capture from any byte source, read from its beginning to its end.
pub struct CaptureReader<R> {
    buffer: Buffer<R>,
    format: Format,
    ended: bool,
    truncated_at: Option<u64>,
}

impl CaptureFile {
    /// Opens a pcap or pcapng file.
    ///
    /// # Errors
    /// [`CaptureError::Open`] when the file cannot be opened, else as [`CaptureReader::new`].
    pub fn open(path: impl AsRef<Path>) -> Result<Self, CaptureError> {
        Self::new(File::open(path).map_err(|source| CaptureError::Open { source })?)
    }
}

impl<R: Read> CaptureReader<R> {
    /// Reads the first bytes of `source` and tells the format from them. The source needs no buffer of its own.
    ///
    /// # Errors
    /// [`CaptureError::UnknownFormat`] when it is neither, [`CaptureError::Read`] when the source fails,
    /// [`CaptureError::Malformed`] when the header contradicts itself.
    pub fn new(source: R) -> Result<Self, CaptureError> {
        let mut buffer = Buffer::new(source);
        let magic = match buffer.peek(4).map_err(|source| CaptureError::Read { offset: 0, source })? {
            Some(bytes) => bytes.first_chunk().copied(),
            None => None,
        };
        let format = match magic {
            Some(crate::pcapng::MAGIC) => Format::Pcapng(Pcapng::default()),
            _ => Format::Pcap(Pcap::begin(&mut buffer)?.ok_or(CaptureError::UnknownFormat { magic })?),
        };
        Ok(Self { buffer, format, ended: false, truncated_at: None })
    }

    /// The next packet; `None` at the end, and ever after an error.
    ///
    /// # Errors
    /// [`CaptureError::Read`] when the source fails, [`CaptureError::Malformed`] when what follows cannot be a record.
    #[inline]
    #[expect(clippy::should_implement_trait, reason = "Iterator cannot lend: the packet borrows the reader")]
    pub fn next(&mut self) -> Result<Option<Packet<'_>>, CaptureError> {
        if self.ended {
            return Ok(None);
        }
        let step = match &mut self.format {
            Format::Pcap(pcap) => pcap.step(&mut self.buffer),
            Format::Pcapng(pcapng) => pcapng.step(&mut self.buffer),
        };
        match step {
            Ok(Step::Packet(found)) => Ok(Some(found.lend(&self.buffer))),
            Ok(Step::End) => {
                self.ended = true;
                if !self.buffer.is_empty() {
                    self.truncated_at = Some(self.buffer.offset());
                }
                Ok(None)
            }
            Ok(Step::Cut(offset)) => {
                self.ended = true;
                self.truncated_at = Some(offset);
                Ok(None)
            }
            Err(error) => {
                self.ended = true;
                Err(error)
            }
        }
    }

    /// Where the record begins that the end of the file cuts off; `None` for a whole file, and before the end is reached.
    #[must_use]
    pub fn truncated_at(&self) -> Option<u64> {
        self.truncated_at
    }
}

enum Format {
    Pcap(Pcap),
    Pcapng(Pcapng),
}

/// What a format found at the reader's position.
pub(crate) enum Step {
    Packet(Found),
    /// The source ended: between records when nothing is left in the buffer, else inside the record at its position.
    End,
    /// The source ended inside the record that begins at this offset.
    Cut(u64),
}

/// A packet whose bytes are still in the buffer.
pub(crate) struct Found {
    pub(crate) at_ns: u64,
    pub(crate) link_type: u32,
    pub(crate) original_size: u32,
    pub(crate) data: Range<usize>,
}

impl Found {
    #[inline]
    fn lend<R: Read>(self, buffer: &Buffer<R>) -> Packet<'_> {
        let data = buffer.bytes(self.data);
        let captured = u32::try_from(data.len()).unwrap_or(u32::MAX);
        Packet { at_ns: self.at_ns, link_type: self.link_type, original_size: self.original_size.max(captured), data }
    }
}

/// Why a capture cannot be read, or not to its end; which one, its reader knows.
#[derive(Debug)]
pub enum CaptureError {
    /// The file cannot be opened.
    Open {
        /// What the system said.
        source: io::Error,
    },
    /// Reading failed.
    Read {
        /// How far the reader had come.
        offset: u64,
        /// What the system said.
        source: io::Error,
    },
    /// The first bytes are those of no known format.
    UnknownFormat {
        /// The first four bytes; `None` when there are fewer.
        magic: Option<[u8; 4]>,
    },
    /// The file contradicts its format.
    Malformed {
        /// Where the record begins that does.
        offset: u64,
        /// The rule that is broken.
        rule: &'static str,
        /// The value that breaks it.
        value: u64,
    },
}

impl fmt::Display for CaptureError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open { source } => write!(out, "{source}"),
            Self::Read { offset, source } => write!(out, "at byte {offset}: {source}"),
            Self::UnknownFormat { magic: Some([a, b, c, d]) } => {
                write!(out, "neither pcap nor pcapng: begins with {a:02x} {b:02x} {c:02x} {d:02x}")
            }
            Self::UnknownFormat { magic: None } => {
                write!(out, "neither pcap nor pcapng: shorter than 4 bytes")
            }
            Self::Malformed { offset, rule, value } => write!(out, "at byte {offset}: {rule}, but it is {value}"),
        }
    }
}

impl std::error::Error for CaptureError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Open { source } | Self::Read { source, .. } => Some(source),
            Self::UnknownFormat { .. } | Self::Malformed { .. } => None,
        }
    }
}
