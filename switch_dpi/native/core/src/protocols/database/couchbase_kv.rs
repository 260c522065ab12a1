//! Couchbase's key-value protocol (kv_engine, "BinaryProtocol"): memcached's header with commands of its own.

use crate::formats::memcached_binary::{self, REQUEST, RESPONSE};
use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

const HELLO: u8 = 0x1f;
const SELECT_BUCKET: u8 = 0x89;
const GET_CLUSTER_CONFIG: u8 = 0xb5;
const GET_ERROR_MAP: u8 = 0xfe;
/// Requests and responses with framing extras.
const FLEXIBLE: [u8; 2] = [0x08, 0x18];

/// Couchbase, key-value service.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "couchbase-kv",
    name: "Couchbase",
    selector: 511,
    category: "database",
    transports: &[Transport::Tcp],
    ports: &[11210],
    first_bytes: FirstBytes::Of(&[REQUEST, RESPONSE, 0x08, 0x18]),
    max_probe_size: 64,
    probe,
    app: "couchbase",
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[command, flexible];

fn probe(sample: &Sample<'_>) -> Probe {
    any_form(sample, FORMS)
}

fn command(cursor: &mut Cursor<'_>) -> Recognised {
    let header = memcached_binary::header(cursor)?;
    require(header.extras_size == 0 && header.body_size < 0x10_0000)?;
    let fits = if header.is_response {
        header.status <= 0x09 || matches!(header.status, 0x20..=0x24 | 0x81..=0x8c)
    } else {
        header.status == 0
    };
    let fits_command = match header.opcode {
        HELLO => header.body_size % 2 == u32::from(header.key_size) % 2,
        SELECT_BUCKET => header.is_response || (header.key_size > 0 && header.body_size == u32::from(header.key_size)),
        GET_CLUSTER_CONFIG => header.is_response || header.body_size == 0,
        GET_ERROR_MAP => header.is_response || header.body_size == 2,
        _ => false,
    };
    require(fits && fits_command)?;
    Ok((85, "Couchbase command"))
}

/// Alternative header: sizes of framing extras and key have a byte each. Get, set and the sub-document commands.
fn flexible(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.one_of(&FLEXIBLE)?;
    let opcode = cursor.u8()?;
    let (framing, key, extras) = (cursor.within(1, 32)?, cursor.within(0, 250)?, cursor.within(0, 24)?);
    cursor.within(0, 7)?;
    require(cursor.u16()? < 1024)?;
    let body = cursor.u32()?;
    let sum = u32::from(framing) + u32::from(key) + u32::from(extras);
    require((sum..sum + 0xffff).contains(&body) && (opcode < 0x1f || matches!(opcode, 0x8a..=0x8d | 0xc5..=0xd5)))?;
    Ok((65, "Couchbase command with framing extras"))
}

const EXAMPLES: &[Example] = &[
    client("hello", b"\x80\x1f\0\x03\0\0\0\0\0\0\0\x07\0\0\0\x01\0\0\0\0\0\0\0\0sdk\0\x06\0\x07"),
    server("hello answered", b"\x81\x1f\0\0\0\0\0\0\0\0\0\x04\0\0\0\x01\0\0\0\0\0\0\0\0\0\x06\0\x07"),
    client("bucket", b"\x80\x89\0\x04\0\0\0\0\0\0\0\x04\0\0\0\x02\0\0\0\0\0\0\0\0shop"),
];
