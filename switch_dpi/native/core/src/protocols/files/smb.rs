//! SMB 2 and 3 ([MS-SMB2]) over TCP: a size in three bytes behind a zero, then the header. What named pipes carry of DCE/RPC tells
//! its interfaces, and the ports that it answers.

use crate::bytes::Reader;
use crate::formats::dcerpc_calls::{Calls, fragment_size};
use crate::formats::utf16;
use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::{client, server, telling};
use crate::probing::numbers::{size_of_u32, u16_le_at, u32_le_at};
use crate::protocol::attributes::Attribute;
use crate::protocol::{Descriptor, Example, Findings, FirstBytes, Inspector, Probe, Progress, Sample, Transport};

const MAGIC: &[u8] = b"\xfeSMB";
/// Frame header and SMB 2 header (§2.1, §2.2.1).
const HEADER_SIZE: usize = 4 + 64;
const NEGOTIATE: u16 = 0;
const TREE_CONNECT: u16 = 3;
const READ: u16 = 8;
const WRITE: u16 = 9;
const IOCTL: u16 = 11;
/// FSCTL_PIPE_TRANSCEIVE ([MS-FSCC] §2.3): a call and its answer in one exchange.
const PIPE_TRANSCEIVE: u32 = 0x0011_c017;
/// Messages looked at: a share is connected to and a pipe is bound within these.
const MAX_MESSAGES: u8 = 48;

/// SMB 2 and 3.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "smb",
    name: "SMBv23",
    selector: 555,
    category: "file-transfer",
    transports: &[Transport::Tcp],
    ports: &[445],
    first_bytes: FirstBytes::Of(&[0]),
    max_probe_size: 256,
    probe,
    inspector: Some(|| Box::<Smb>::default()),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[header, offer];

fn probe(sample: &Sample<'_>) -> Probe {
    any_form(sample, FORMS)
}

/// SMB 2 header (its size is 64), transform header, compression header (§2.2.1, §2.2.41, §2.2.42).
fn header(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(b"\0")?;
    require(cursor.u24()? >= 16)?;
    let kind = cursor.any_literal(&[MAGIC, b"\xfdSMB", b"\xfcSMB"])?;
    if kind == 0 {
        cursor.literal(b"\x40\0")?;
    }
    Ok((100, "SMB 2 header"))
}

/// SMB 1's negotiation with dialects of SMB 2 in it, answered in SMB 2 (§3.3.5.3).
fn offer(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(b"\0")?;
    cursor.u24()?;
    cursor.literal(b"\xffSMB\x72")?;
    let mut answer = cursor.of_peer();
    answer.literal(b"\0")?;
    answer.u24()?;
    answer.literal(MAGIC)?;
    Ok((100, "SMB 2 negotiation"))
}

/// Reads the chosen dialect and the shares.
#[derive(Debug, Default)]
struct Smb {
    positions: [usize; 2],
    messages: u8,
    calls: Calls,
}

impl Inspector for Smb {
    fn feed(&mut self, sample: &Sample<'_>, found: &mut Findings) -> Progress {
        let position = sample.direction.of(&mut self.positions);
        while let Some(frame) = sample.data.get(*position..)
            && let Some([_, a, b, c]) = frame.first_chunk::<4>()
        {
            let size = usize::try_from(u32::from_be_bytes([0, *a, *b, *c])).unwrap_or_default() + 4;
            let Some(message) = frame.get(..size) else { break };
            read_message(message, found);
            if let Some(fragment) = fragment_in_pipe(message) {
                self.calls.read(fragment, found);
            }
            *position = position.saturating_add(size);
            self.messages = self.messages.saturating_add(1);
        }
        if self.messages >= MAX_MESSAGES { Progress::Done } else { Progress::Settled }
    }
}

/// §2.2.4: the dialect stands at offset 4 of the answer; §2.2.9: the path's offset counts from the header.
fn read_message(message: &[u8], found: &mut Findings) -> Option<()> {
    let (head, body) = message.split_at_checked(HEADER_SIZE)?;
    let at = |data: &[u8], offset: usize| data.get(offset..)?.first_chunk::<2>().map(|b| u16::from_le_bytes(*b));
    if head.get(4..8)? != MAGIC {
        return None;
    }
    let (command, is_response) = (at(head, 16)?, at(head, 20)? & 1 == 1);
    match (command, is_response) {
        (NEGOTIATE, true) => found.uint(Attribute::SmbDialect, at(body, 4)?.into()),
        (TREE_CONNECT, false) => {
            let mut path = Reader::new(message.get(4 + usize::from(at(body, 4)?)..)?);
            found.text(Attribute::SmbShare, utf16::decode_le(path.take(usize::from(at(body, 6)?))?).as_bytes());
        }
        _ => {}
    }
    Some(())
}

/// The DCE/RPC fragment that a message writes to a pipe, has read from it, or exchanges with it (§2.2.19 to §2.2.22, §2.2.31,
/// §2.2.32): offsets count from the header.
fn fragment_in_pipe(message: &[u8]) -> Option<&[u8]> {
    let (head, body) = message.split_at_checked(HEADER_SIZE)?;
    let is_response = u16_le_at(head, 20)? & 1 == 1;
    let (offset, size) = match (u16_le_at(head, 16)?, is_response) {
        (WRITE, false) => (u16_le_at(body, 2)?.into(), u32_le_at(body, 4)?),
        (READ, true) => (u32::from(*body.get(2)?), u32_le_at(body, 4)?),
        (IOCTL, false) if u32_le_at(body, 4)? == PIPE_TRANSCEIVE => (u32_le_at(body, 24)?, u32_le_at(body, 28)?),
        (IOCTL, true) if u32_le_at(body, 4)? == PIPE_TRANSCEIVE => (u32_le_at(body, 32)?, u32_le_at(body, 36)?),
        _ => return None,
    };
    let data = message.get(size_of_u32(offset).checked_add(4)?..)?.get(..size_of_u32(size))?;
    let is_version_5 = matches!(data, [5, 0 | 1, 0..=19, _, 0 | 0x10, ..]);
    data.get(..fragment_size(data).filter(|_| is_version_5)?)
}

const EXAMPLES: &[Example] = &[
    client(
        "negotiation",
        b"\0\0\0f\xfeSMB\x40\0\0\0\0\0\0\0\0\0\x1f\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\xff\xfe\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x24\0\x01\0\x01\0\0\0\x7f\0\0\0abcdefghijklmnop\0\0\0\0\0\0\0\0\x11\x03",
    ),
    telling(
        client(
            "tree connect",
            b"\0\0\0R\xfeSMB\x40\0\0\0\0\0\0\0\x03\0\x1f\0\0\0\0\0\0\0\0\0\x03\0\0\0\0\0\0\0\xff\xfe\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x09\0\0\0H\0\x0a\0\x5c\0\x5c\0a\0\x5c\0b\0",
        ),
        &[(Attribute::SmbShare, "\\\\a\\b")],
    ),
    telling(
        client(
            "a pipe is bound to the server service",
            b"\0\0\0\xb8\xfeSMB\x40\0\x01\0\0\0\0\0\x09\0\x1f\0\0\0\0\0\0\0\0\0\x06\0\0\0\0\0\0\0\xff\xfe\0\0\x01\0\0\0\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\
            \x31\0\x70\0\x48\0\0\0\0\0\0\0\0\0\0\0abcdefghijklmnop\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\
            \x05\0\x0b\x03\x10\0\0\0\x48\0\0\0\x01\0\0\0\xb8\x10\xb8\x10\0\0\0\0\x01\0\0\0\0\0\x01\0\xc8\x4f\x32\x4b\x70\x16\xd3\x01\x12\x78\x5a\x47\xbf\x6e\xe1\x88\x03\0\0\0\x04\x5d\x88\x8a\xeb\x1c\xc9\x11\x9f\xe8\x08\0\x2b\x10\x48\x60\x02\0\0\0",
        ),
        &[(Attribute::DcerpcInterface, "srvsvc")],
    ),
    server("encrypted", b"\0\0\0\x60\xfdSMBabcdefghijklmnop"),
    telling(
        server(
            "negotiation answered",
            b"\0\0\0\x80\xfeSMB\x40\0\0\0\0\0\0\0\0\0\x1f\0\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\xff\xfe\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0A\0\x01\0\x11\x03\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x7f\0\0\0\0\0\x10\0\0\0\x10\0\0\0\x10\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x80\0\0\0\0\0\0\0",
        ),
        &[(Attribute::SmbDialect, "785")],
    ),
];
