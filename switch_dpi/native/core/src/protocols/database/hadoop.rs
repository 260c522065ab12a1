//! Hadoop: RPC (Hadoop, Server.java, "hrpc") and HDFS data transfer (DataTransferProtocol, version 28).

use crate::probing::cursor::{Cursor, Form, Recognised, any_form};
use crate::probing::examples::client;
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

/// Hadoop RPC.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "hadoop",
    name: "Hadoop RPC",
    selector: 629,
    category: "database",
    risk: Some(60),
    transports: &[Transport::Tcp],
    ports: &[8020, 9000, 9866, 50010],
    first_bytes: FirstBytes::Of(b"h\0"),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[rpc, data];

fn probe(sample: &Sample<'_>) -> Probe {
    any_form(sample, FORMS)
}

/// `hrpc`, version 9, service class, authentication.
fn rpc(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(b"hrpc")?;
    cursor.within(3, 10)?;
    cursor.take(1)?;
    cursor.one_of(&[0x00, 0x50, 0x51, 0xdf])?;
    Ok((100, "Hadoop RPC header"))
}

/// Version 28, operation, then a message whose inmost first field is the block pool.
fn data(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(b"\0\x1c")?;
    cursor.within(80, 89)?;
    for _ in 0..14 {
        let byte = cursor.u8()?;
        if byte == b'B' {
            cursor.literal(b"P-")?;
            return Ok((90, "HDFS data transfer"));
        }
    }
    Err(Probe::No)
}

const EXAMPLES: &[Example] = &[
    client("RPC", b"hrpc\x09\0\0\0\0\0\x1e\x10\x08\x02\x10\0\x18\x05"),
    client("block wanted", b"\0\x1c\x51\x9a\x01\x0a\x38\x0a\x36\x0a\x2b\x0a\x27BP-1234567890-192.0.2.7-1700000000000"),
];
