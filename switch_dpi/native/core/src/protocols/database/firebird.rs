//! Firebird and InterBase (Firebird documentation, "Wire Protocol"): operations of XDR words, big-endian.

use crate::bytes::Reader;
use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::{client, server, telling};
use crate::protocol::attributes::Attribute;
use crate::protocol::{
    Descriptor, Direction, Example, Findings, FirstBytes, Inspector, Probe, Progress, Sample, Transport,
};

const OP_CONNECT: u8 = 1;
const OP_ACCEPT: u8 = 3;
const OP_ACCEPT_DATA: u8 = 94;
const OP_COND_ACCEPT: u8 = 98;

/// Firebird.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "firebird-wire",
    app: "firebird",
    name: "Firebird",
    selector: 514,
    category: "database",
    transports: &[Transport::Tcp],
    ports: &[3050],
    first_bytes: FirstBytes::Of(&[0]),
    probe,
    inspector: Some(|| Box::<Firebird>::default()),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[connect, accept];

fn probe(sample: &Sample<'_>) -> Probe {
    any_form(sample, FORMS)
}

/// op_connect: operation to come (attach, create, service attach), version, architecture.
fn connect(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(&[0, 0, 0, OP_CONNECT, 0, 0, 0])?;
    cursor.one_of(&[0, 19, 20, 82])?;
    cursor.zeros(3)?;
    cursor.within(2, 3)?;
    cursor.zeros(3)?;
    cursor.within(1, 40)?;
    cursor.zeros(2)?;
    let path = usize::from(cursor.u16()?);
    require(path <= 1024)?;
    cursor.all(path, |byte| byte >= b' ')?;
    Ok((100, "Firebird connect"))
}

/// op_accept and its later forms: protocol (10, or from 11 on with the mark FFFF8000), architecture, type.
fn accept(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.zeros(3)?;
    cursor.one_of(&[OP_ACCEPT, OP_ACCEPT_DATA, OP_COND_ACCEPT])?;
    let protocol = cursor.u32()?;
    require(matches!(protocol, 8..=10 | 0xffff_800b..=0xffff_8020))?;
    cursor.zeros(3)?;
    cursor.within(1, 40)?;
    cursor.zeros(2)?;
    cursor.take(1)?; // flags, among them compression
    cursor.within(0, 5)?;
    Ok((90, "Firebird accept"))
}

/// Reads the database's path.
#[derive(Debug, Default)]
struct Firebird;

impl Inspector for Firebird {
    fn feed(&mut self, sample: &Sample<'_>, found: &mut Findings) -> Progress {
        let mut reader = Reader::new(sample.data);
        if sample.direction == Direction::Responder || reader.take(16).is_none() {
            return Progress::Settled;
        }
        let Some(size) = reader.u32() else { return Progress::Settled };
        match reader.take(usize::try_from(size).unwrap_or(usize::MAX)) {
            None if size < 4096 => Progress::Settled,
            None => Progress::Done,
            Some(path) => {
                found.text(Attribute::FirebirdDatabase, path);
                Progress::Done
            }
        }
    }
}

const EXAMPLES: &[Example] = &[
    telling(
        client("connect", b"\0\0\0\x01\0\0\0\x13\0\0\0\x03\0\0\0\x01\0\0\0\x08employee\0\0\0\x01\0\0\0\x04user"),
        &[(Attribute::FirebirdDatabase, "employee")],
    ),
    server("accept", b"\0\0\0\x03\xff\xff\x80\x0d\0\0\0\x01\0\0\0\x05"),
    server("conditional accept", b"\0\0\0\x62\xff\xff\x80\x10\0\0\0\x01\0\0\x01\x05\0\0\0\0"),
];
