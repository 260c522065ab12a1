//! MongoDB's wire protocol (MongoDB manual, "MongoDB Wire Protocol"): size, request id, answered id, operation, little-endian.

use crate::bytes::Reader;
use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::{client, server, telling};
use crate::protocol::attributes::Attribute;
use crate::protocol::{Descriptor, Example, Findings, Inspector, Probe, Progress, Sample, Transport};

/// Messages are no longer than this (maxMessageSizeBytes).
const MAX_MESSAGE_SIZE: u32 = 48_000_000;
/// Size, two ids, operation.
const HEADER_SIZE: usize = 16;
/// Commands reported of a flow.
const MAX_COMMANDS: usize = 8;

const OP_REPLY: u32 = 1;
const OP_QUERY: u32 = 2004;
const OP_COMPRESSED: u32 = 2012;
const OP_MSG: u32 = 2013;

/// MongoDB.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "mongodb",
    name: "MongoDB",
    selector: 506,
    category: "database",
    transports: &[Transport::Tcp],
    ports: &[27017, 27018, 27019],
    max_probe_size: 160,
    probe,
    inspector: Some(|| Box::<Mongodb>::default()),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[message];

fn probe(sample: &Sample<'_>) -> Probe {
    any_form(sample, FORMS)
}

fn message(cursor: &mut Cursor<'_>) -> Recognised {
    let size = cursor.u32_le()?;
    require((21..=MAX_MESSAGE_SIZE).contains(&size))?;
    cursor.take(8)?;
    let operation = cursor.u32_le()?;
    match operation {
        OP_MSG => {
            let flags = cursor.u32_le()?;
            require(flags & !0x0001_0003 == 0)?;
            require(cursor.within(0, 1)? == 1 || (5..=size).contains(&cursor.u32_le()?))?;
            Ok((100, "OP_MSG"))
        }
        OP_COMPRESSED => {
            require(matches!(cursor.u32_le()?, OP_REPLY | 2001..=2007 | OP_MSG))?;
            require(cursor.u32_le()? <= MAX_MESSAGE_SIZE)?;
            cursor.within(0, 3)?;
            Ok((100, "OP_COMPRESSED"))
        }
        OP_REPLY => {
            require(cursor.u32_le()? <= 0xf && size >= 36)?;
            cursor.take(8)?; // cursor
            let (_start, count) = (cursor.u32_le()?, cursor.u32_le()?);
            require(count <= 0xffff && if count == 0 { size == 36 } else { cursor.u32_le()? <= size - 36 })?;
            Ok((85, "OP_REPLY"))
        }
        2001 | 2002 | OP_QUERY | 2005 | 2006 => {
            require(cursor.u32_le()? <= 0xff)?; // flags, or zero
            let name = cursor.text_until(0, 128)?;
            require(name.contains(&b'.') && name.len() + HEADER_SIZE < size as usize)?;
            Ok((100, "MongoDB request"))
        }
        2007 => {
            require(cursor.u32_le()? == 0)?;
            let count = cursor.u32_le()?;
            require(u64::from(size) == 24 + 8 * u64::from(count))?;
            Ok((100, "OP_KILL_CURSORS"))
        }
        _ => Err(Probe::No),
    }
}

/// Reads the commands of both directions, message by message.
#[derive(Debug, Default)]
struct Mongodb {
    positions: [usize; 2],
    commands: usize,
}

impl Inspector for Mongodb {
    fn feed(&mut self, sample: &Sample<'_>, found: &mut Findings) -> Progress {
        let position = sample.direction.of(&mut self.positions);
        while let Some(rest) = sample.data.get(*position..)
            && let Some(size) = rest.first_chunk::<4>().map(|size| u32::from_le_bytes(*size))
        {
            let size = usize::try_from(size).unwrap_or(usize::MAX);
            if size < HEADER_SIZE || self.commands >= MAX_COMMANDS {
                return Progress::Done;
            }
            let Some(message) = rest.get(..size) else { break };
            if read_message(message, found).is_some() {
                self.commands += 1;
            }
            *position = position.saturating_add(size);
        }
        Progress::Settled
    }
}

/// The command's name is the first key of its document; OP_QUERY names the database before it, OP_MSG in the key `$db`.
fn read_message(message: &[u8], found: &mut Findings) -> Option<()> {
    let mut reader = Reader::new(message);
    reader.take(8)?;
    let is_request = reader.u32()? == 0;
    let operation = reader.array().map(u32::from_le_bytes)?;
    reader.u32()?; // flags
    if operation == OP_QUERY {
        let collection = take_name(&mut reader)?;
        let dot = collection.iter().position(|byte| *byte == b'.')?;
        let (database, rest) = collection.split_at_checked(dot)?;
        found.text(Attribute::MongodbDatabase, database);
        reader.take(8)?;
        if rest == b".$cmd" {
            found.text(Attribute::MongodbCommand, first_key(&mut reader)?);
        }
        return Some(());
    }
    if operation != OP_MSG || !is_request || reader.u8()? != 0 {
        return None;
    }
    found.text(Attribute::MongodbCommand, first_key(&mut reader)?);
    const DATABASE: &[u8] = b"\x02$db\0";
    let at = message.windows(DATABASE.len()).position(|window| window == DATABASE)?;
    let mut value = Reader::new(message.get(at + DATABASE.len() + 4..)?);
    found.text(Attribute::MongodbDatabase, take_name(&mut value)?);
    Some(())
}

/// The name of a BSON document's first element.
fn first_key<'a>(reader: &mut Reader<'a>) -> Option<&'a [u8]> {
    reader.take(5)?;
    take_name(reader).filter(|name| !name.is_empty() && name.iter().all(u8::is_ascii_alphanumeric))
}

fn take_name<'a>(reader: &mut Reader<'a>) -> Option<&'a [u8]> {
    let end = reader.rest().iter().position(|byte| *byte == 0)?;
    let name = reader.take(end)?;
    reader.u8()?;
    Some(name)
}

const EXAMPLES: &[Example] = &[
    telling(
        client(
            "OP_QUERY",
            b"\x3a\0\0\0\x01\0\0\0\0\0\0\0\xd4\x07\0\0\0\0\0\0admin.$cmd\0\0\0\0\0\x01\0\0\0\x13\0\0\0\x10isMaster\0\x01\0\0\0\0",
        ),
        &[(Attribute::MongodbDatabase, "admin"), (Attribute::MongodbCommand, "isMaster")],
    ),
    telling(
        client(
            "OP_MSG",
            b"\x34\0\0\0\x02\0\0\0\0\0\0\0\xdd\x07\0\0\0\0\0\0\0\x1f\0\0\0\x02find\0\x02\0\0\0a\0\x02$db\0\x05\0\0\0shop\0\0",
        ),
        &[(Attribute::MongodbDatabase, "shop"), (Attribute::MongodbCommand, "find")],
    ),
    server("OP_MSG", b"\x26\0\0\0\x09\0\0\0\x02\0\0\0\xdd\x07\0\0\0\0\0\0\0\x11\0\0\0\x01ok\0\0\0\0\0\0\0\xf0\x3f\0"),
    server(
        "OP_REPLY",
        b"\x35\0\0\0\x01\0\0\0\x01\0\0\0\x01\0\0\0\x08\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\0\0\0\x11\0\0\0\x01ok\0\0\0\0\0\0\0\xf0\x3f\0",
    ),
    client("OP_COMPRESSED", b"\x1d\0\0\0\x03\0\0\0\0\0\0\0\xdc\x07\0\0\xdd\x07\0\0\x26\0\0\0\x01abcd"),
];
