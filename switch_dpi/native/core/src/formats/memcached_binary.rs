//! The binary protocol that memcached and Couchbase share (memcached wiki, "BinaryProtocolRevamped"): a header of 24 bytes,
//! big-endian.

use crate::probing::cursor::{Checked, Cursor, require};

/// First byte of a request.
pub const REQUEST: u8 = 0x80;
/// First byte of a response.
pub const RESPONSE: u8 = 0x81;
/// Keys have at most this many bytes.
const MAX_KEY_SIZE: u16 = 250;
/// Values of more than this are refused by default (20 MiB in Couchbase).
const MAX_BODY_SIZE: u32 = 32 * 1024 * 1024;

/// The fields that tell apart the commands.
#[derive(Clone, Copy, Debug)]
pub struct Header {
    /// Whether a server sent it.
    pub is_response: bool,
    /// Command.
    pub opcode: u8,
    /// Size of the key.
    pub key_size: u16,
    /// Size of the extras.
    pub extras_size: u8,
    /// Virtual bucket of a request, status of a response.
    pub status: u16,
    /// Size of extras, key and value.
    pub body_size: u32,
}

/// Reads a header and checks that its sizes agree, and that data types that no one has are not named.
pub fn header(cursor: &mut Cursor<'_>) -> Checked<Header> {
    let is_response = cursor.one_of(&[REQUEST, RESPONSE])? == RESPONSE;
    let opcode = cursor.u8()?;
    let key_size = cursor.u16()?;
    require(key_size <= MAX_KEY_SIZE)?;
    let extras_size = cursor.within(0, 24)?;
    cursor.within(0, 7)?;
    let status = cursor.u16()?;
    let body_size = cursor.u32()?;
    require(body_size <= MAX_BODY_SIZE && body_size >= u32::from(key_size) + u32::from(extras_size))?;
    cursor.take(12)?; // opaque, check and set
    Ok(Header { is_response, opcode, key_size, extras_size, status, body_size })
}
