//! DRDA: DB2, Derby and Informix (The Open Group, DRDA V5 Vol. 3: DDM): size, magic D0, format, correlation, then the
//! object's size and code point, big-endian.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, Probe, Sample, Transport};

/// Bytes of a data stream structure's header.
const HEADER_SIZE: u16 = 6;
/// Code points of commands and replies that begin a conversation or are met in its middle (DDM §"Code points").
const CODE_POINTS: &[u16] = &[
    0x1041, 0x1443, 0x106d, 0x14ac, 0x106e, 0x1219, 0x2001, 0x2201, 0x2014, 0x200c, 0x200b, 0x2008, 0x200a, 0x200d,
    0x200e, 0x200f, 0x2005, 0x2205, 0x2206, 0x220b, 0x220c, 0x2218, 0x2408, 0x2411, 0x2412, 0x2413, 0x2414, 0x241a,
    0x241b, 0x121c, 0x1210, 0x1218, 0x1232, 0x1233, 0x1245, 0x124c, 0x1254, 0x2203, 0x2204, 0x2207, 0x2211, 0x2212,
    0x221d, 0x220e, 0x220f, 0x2006,
];

/// DRDA.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "drda",
    name: "DRDA",
    selector: 509,
    category: "database",
    transports: &[Transport::Tcp],
    ports: &[446, 1527, 50000],
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[structure];

fn probe(sample: &Sample<'_>) -> Probe {
    any_form(sample, FORMS)
}

fn structure(cursor: &mut Cursor<'_>) -> Recognised {
    let size = cursor.u16()?;
    require(size >= HEADER_SIZE + 4)?;
    cursor.literal(b"\xd0")?;
    let format = cursor.u8()?;
    require(matches!(format & 0x0f, 1..=5) && format & 0x80 == 0)?;
    cursor.take(2)?;
    require(cursor.u16()? == size - HEADER_SIZE)?;
    require(CODE_POINTS.contains(&cursor.u16()?))?;
    Ok((95, "DRDA data stream structure"))
}

const EXAMPLES: &[Example] = &[
    client(
        "exchange of attributes",
        b"\0\x1e\xd0\x41\0\x01\0\x18\x10\x41\0\x08\x11\x5e\x84\x82\xf2\x40\0\x0c\x14\x04\x14\x03\0\x07\x24\x07\0\x07",
    ),
    server("attributes answered", b"\0\x12\xd0\x43\0\x01\0\x0c\x14\x43\0\x08\x11\x5e\x84\x82\xf2\x40"),
    client("security", b"\0\x10\xd0\x01\0\x02\0\x0a\x10\x6d\0\x06\x11\xa2\0\x03"),
];
