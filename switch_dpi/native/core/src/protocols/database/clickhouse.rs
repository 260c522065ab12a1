//! ClickHouse's native protocol (ClickHouse documentation, "Native protocol"): numbers of seven bits a byte, strings behind
//! their size.

use crate::bytes::Reader;
use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::{client, server, telling};
use crate::protocol::attributes::Attribute;
use crate::protocol::{Descriptor, Example, Findings, FirstBytes, Inspector, Probe, Progress, Sample, Transport};

/// ClickHouse.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "clickhouse",
    name: "ClickHouse",
    selector: 513,
    category: "database",
    transports: &[Transport::Tcp],
    ports: &[9000],
    first_bytes: FirstBytes::Of(&[0, 2]),
    probe,
    inspector: Some(|| Box::<Clickhouse>::default()),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[hello, exception];

fn probe(sample: &Sample<'_>) -> Probe {
    any_form(sample, FORMS)
}

/// Hello of either end: packet 0, a name that says what it is.
fn hello(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(b"\0")?;
    require((10..64).contains(&cursor.u8()?))?;
    cursor.any_literal(&[b"ClickHouse", b"clickhouse", b"Clickhouse"])?;
    Ok((100, "ClickHouse hello"))
}

/// Packet 2 of a server: a code, then the exception's name.
fn exception(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(b"\x02")?;
    require(cursor.u32_le()? < 10_000)?;
    cursor.within(10, 64)?;
    cursor.literal(b"DB::")?;
    Ok((100, "ClickHouse exception"))
}

/// Reads the user of the client's hello.
#[derive(Debug, Default)]
struct Clickhouse;

impl Inspector for Clickhouse {
    fn feed(&mut self, sample: &Sample<'_>, found: &mut Findings) -> Progress {
        if sample.direction == crate::protocol::Direction::Responder {
            return Progress::Settled;
        }
        match read_user(&mut Reader::new(sample.data)) {
            Some(user) => {
                found.text(Attribute::ClickhouseUser, user);
                Progress::Done
            }
            None if sample.data.len() > 512 => Progress::Done,
            None => Progress::Settled,
        }
    }
}

/// Packet type, client's name, three numbers of its version, database, user.
fn read_user<'a>(reader: &mut Reader<'a>) -> Option<&'a [u8]> {
    reader.u8()?;
    reader.vector8()?;
    for _ in 0..3 {
        while reader.u8()? & 0x80 != 0 {}
    }
    reader.vector8()?;
    reader.vector8()
}

const EXAMPLES: &[Example] = &[
    telling(
        client("hello", b"\0\x11ClickHouse client\x17\x08\xb2\xa9\x03\x07default\x03ann\x03pwd"),
        &[(Attribute::ClickhouseUser, "ann")],
    ),
    server("hello", b"\0\x0aClickHouse\x17\x08\xb2\xa9\x03\x03UTC\x05node1\x01"),
    server("exception", b"\x02\x04\x02\0\0\x0dDB::Exception\x10DB::Exception: x"),
];
