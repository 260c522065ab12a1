//! What Microsoft's and Sybase's databases share: TDS packets ([MS-TDS] §2.2.3, TDS 5.0 Functional Specification).

use crate::probing::checker::{Checked, Checker, require};

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
pub fn header(checker: &mut Checker<'_>, kinds: &[u8]) -> Checked<Header> {
    let kind = checker.one_of(kinds)?;
    checker.within(0, 0x1f)?;
    let size = usize::from(checker.u16()?);
    require((HEADER_SIZE..=32_767).contains(&size))?;
    checker.take(3)?; // server's process, packet number
    checker.literal(b"\0")?;
    Ok(Header { kind, size })
}

/// Reads the login record of TDS 4.2 and 5.0 and gives its version's first byte.
pub fn old_login_version(checker: &mut Checker<'_>) -> Checked<u8> {
    require(header(checker, &[LOGIN])?.size == 512)?;
    for _ in 0..4 {
        checker.take(30)?; // host, user, password, process
        checker.within(0, 30)?;
    }
    checker.take(LOGIN_VERSION_AT - 124)?;
    let version = checker.one_of(&[4, 5])?;
    checker.all(1, |byte| matches!(byte, 0 | 2 | 6))?;
    checker.zeros(2)?;
    Ok(version)
}
