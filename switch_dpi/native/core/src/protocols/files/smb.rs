//! SMB 2 and 3 ([MS-SMB2]) over TCP: a size in three bytes behind a zero, then the header.

use crate::protocol::attributes::Attribute;
use crate::bytes::Reader;
use crate::probing::checker::{Checker, Form, Recognised, any_form, client, require, server};
use crate::protocol::{
    Descriptor, Example, Findings, FirstBytes, Inspector, Probe, Progress, Sample, Transport,
};
use crate::formats::utf16;

const MAGIC: &[u8] = b"\xfeSMB";
/// Frame header and SMB 2 header (§2.1, §2.2.1).
const HEADER_SIZE: usize = 4 + 64;
const NEGOTIATE: u16 = 0;
const TREE_CONNECT: u16 = 3;
/// Messages looked at for the share.
const MAX_MESSAGES: u8 = 16;

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
fn header(checker: &mut Checker<'_>) -> Recognised {
    checker.literal(b"\0")?;
    require(checker.u24()? >= 16)?;
    let kind = checker.any_literal(&[MAGIC, b"\xfdSMB", b"\xfcSMB"])?;
    if kind == 0 {
        checker.literal(b"\x40\0")?;
    }
    Ok((100, "SMB 2 header"))
}

/// SMB 1's negotiation with dialects of SMB 2 in it, answered in SMB 2 (§3.3.5.3).
fn offer(checker: &mut Checker<'_>) -> Recognised {
    checker.literal(b"\0")?;
    checker.u24()?;
    checker.literal(b"\xffSMB\x72")?;
    let mut answer = checker.of_peer();
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

const EXAMPLES: &[Example] = &[
    client(
        "negotiation",
        b"\0\0\0f\xfeSMB\x40\0\0\0\0\0\0\0\0\0\x1f\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\xff\xfe\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x24\0\x01\0\x01\0\0\0\x7f\0\0\0abcdefghijklmnop\0\0\0\0\0\0\0\0\x11\x03",
    ),
    Example {
        expect: &[(Attribute::SmbShare, "\\\\a\\b")],
        ..client(
            "tree connect",
            b"\0\0\0R\xfeSMB\x40\0\0\0\0\0\0\0\x03\0\x1f\0\0\0\0\0\0\0\0\0\x03\0\0\0\0\0\0\0\xff\xfe\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x09\0\0\0H\0\x0a\0\x5c\0\x5c\0a\0\x5c\0b\0",
        )
    },
    server("encrypted", b"\0\0\0\x60\xfdSMBabcdefghijklmnop"),
    Example {
        expect: &[(Attribute::SmbDialect, "785")],
        ..server(
            "negotiation answered",
            b"\0\0\0\x80\xfeSMB\x40\0\0\0\0\0\0\0\0\0\x1f\0\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\xff\xfe\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0A\0\x01\0\x11\x03\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x7f\0\0\0\0\0\x10\0\0\0\x10\0\0\0\x10\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x80\0\0\0\0\0\0\0",
        )
    },
];
