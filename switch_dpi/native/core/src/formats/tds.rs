//! What Microsoft's and Sybase's databases share: TDS packets ([MS-TDS] §2.2.3, TDS 5.0 Functional Specification).

use crate::probing::cursor::{Checked, Cursor, require};

/// The packet header (§2.2.3.1).
pub const HEADER_SIZE: usize = 8;
/// Login of TDS 4.2 and 5.0.
pub const LOGIN: u8 = 0x02;
/// What a server sends.
pub const RESPONSE: u8 = 0x04;
/// A login record up to its TDS version: five names of 30 bytes with their sizes, flags, and the remote password of 255 bytes.
const LOGIN_VERSION_AT: usize = 458;

/// A packet header: type and size.
#[derive(Clone, Copy, Debug)]
pub struct Header {
    /// Type of the message (§2.2.3.1.1).
    pub kind: u8,
    /// Size of the packet with its header.
    pub size: usize,
}

/// Reads a packet header; the window is always zero, and only five bits of the status are in use.
pub fn header(cursor: &mut Cursor<'_>, kinds: &[u8]) -> Checked<Header> {
    let kind = cursor.one_of(kinds)?;
    cursor.within(0, 0x1f)?;
    let size = usize::from(cursor.u16()?);
    require((HEADER_SIZE..=32_767).contains(&size))?;
    cursor.take(3)?; // server's process, packet number
    cursor.literal(b"\0")?;
    Ok(Header { kind, size })
}

/// Reads the login record of TDS 4.2 and 5.0 and gives its version's first byte.
pub fn old_login_version(cursor: &mut Cursor<'_>) -> Checked<u8> {
    require(header(cursor, &[LOGIN])?.size == 512)?;
    for _ in 0..4 {
        cursor.take(30)?; // host, user, password, process
        cursor.within(0, 30)?;
    }
    cursor.take(LOGIN_VERSION_AT - 124)?;
    let version = cursor.one_of(&[4, 5])?;
    cursor.all(1, |byte| matches!(byte, 0 | 2 | 6))?;
    cursor.zeros(2)?;
    Ok(version)
}
