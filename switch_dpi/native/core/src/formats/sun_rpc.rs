//! ONC RPC (RFC 5531): calls and replies, in datagrams or behind a record mark of four bytes (§11), big-endian.

use crate::bytes::Reader;
use crate::probing::cursor::{Checked, Cursor, require};
use crate::protocol::{Probe, Sample};

/// The port mapper (RFC 1833).
pub const PORTMAP: u32 = 100_000;
/// NFS (RFC 1094, 1813, 7530).
pub const NFS: u32 = 100_003;
/// MOUNT (RFC 1813 §5).
pub const MOUNT: u32 = 100_005;
/// Programs that a network file system consists of: NFS, MOUNT, lock manager, its status monitor, quotas, ACLs.
pub const NFS_PROGRAMS: &[u32] = &[NFS, MOUNT, 100_021, 100_024, 100_011, 100_227];
/// GlusterFS: handshake, file operations of several versions, dump, command line, port mapper, call-backs.
pub const GLUSTER_PROGRAMS: &[u32] =
    &[14_398_633, 1_298_437, 123_451_501, 1_238_463, 34_123_456, 52_743_234, 1_239_873, 34_123_457];
/// A credential has at most 400 bytes (§8.2).
const MAX_CREDENTIAL_SIZE: u32 = 400;
/// Records of more than this are not believed.
const MAX_RECORD_SIZE: u32 = 16 * 1024 * 1024;

/// What a call asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Call {
    /// Transaction id.
    pub xid: u32,
    /// Program number.
    pub program: u32,
    /// Version of the program.
    pub version: u32,
    /// Procedure.
    pub procedure: u32,
    /// The program that a port mapper is asked about; 0 in other calls.
    pub asked: u32,
}

impl Call {
    /// The program that the call is about.
    #[must_use]
    pub const fn subject(&self) -> u32 {
        if self.program == PORTMAP && self.asked != 0 { self.asked } else { self.program }
    }
}

/// Skips the mark before a record of a stream: the last fragment, as all senders but few make it.
pub fn record_mark(cursor: &mut Cursor<'_>, least: u32) -> Checked<()> {
    if !cursor.sample.transport.is_stream() {
        return Ok(());
    }
    cursor.literal(b"\x80")?;
    let size = cursor.u24()?;
    require(size >= least && size < MAX_RECORD_SIZE && size % 4 == 0)
}

/// A call (§9): credential and verifier are opaque.
pub fn call(cursor: &mut Cursor<'_>) -> Checked<Call> {
    record_mark(cursor, 40)?;
    let xid = cursor.u32()?;
    cursor.literal(b"\0\0\0\0\0\0\0\x02")?;
    let (program, version, procedure) = (cursor.u32()?, cursor.u32()?, cursor.u32()?);
    require(program != 0 && version < 0x1_0000 && procedure < 0x1_0000)?;
    for _ in 0..2 {
        require(matches!(cursor.u32()?, 0..=7 | 5_519_979 | 390_039))?;
        let size = cursor.u32()?;
        require(size <= MAX_CREDENTIAL_SIZE)?;
        cursor.take(usize::try_from(size.next_multiple_of(4)).unwrap_or_default())?;
    }
    let asks = program == PORTMAP && procedure == 3;
    let asked = if asks { cursor.u32()? } else { 0 };
    Ok(Call { xid, program, version, procedure, asked })
}

/// A reply (§9): accepted with its verifier and state, or denied. Gives the transaction id.
pub fn reply(cursor: &mut Cursor<'_>) -> Checked<u32> {
    record_mark(cursor, 20)?;
    let xid = cursor.u32()?;
    cursor.literal(b"\0\0\0\x01\0\0\0")?;
    if cursor.within(0, 1)? == 1 {
        cursor.zeros(3)?;
        cursor.within(0, 1)?;
        return Ok(xid);
    }
    require(matches!(cursor.u32()?, 0..=7))?;
    let size = cursor.u32()?;
    require(size <= MAX_CREDENTIAL_SIZE)?;
    cursor.take(usize::try_from(size.next_multiple_of(4)).unwrap_or_default())?;
    cursor.zeros(3)?;
    cursor.within(0, 5)?;
    Ok(xid)
}

/// The call of the other end that a reply belongs to. A stream's first reply need not belong to the first call, a datagram's
/// is shown only in part: what is compared is the transaction id where it can be.
pub fn answered_call(cursor: &Cursor<'_>, xid: u32) -> Checked<Call> {
    let peer = cursor.of_peer();
    if peer.rest().is_empty() {
        return Err(Probe::NeedMore);
    }
    let call = head(peer.sample).ok_or(Probe::No)?;
    require(call.xid == xid || cursor.sample.transport.is_stream())?;
    Ok(call)
}

/// The call at the beginning of a sample of which the end may be cut off.
#[must_use]
pub fn head(sample: Sample<'_>) -> Option<Call> {
    let mut reader = Reader::new(sample.data);
    if sample.transport.is_stream() {
        reader.u32()?;
    }
    let xid = reader.u32()?;
    if (reader.u32()?, reader.u32()?) != (0, 2) {
        return None;
    }
    let (program, version, procedure) = (reader.u32()?, reader.u32()?, reader.u32()?);
    let asked = if program == PORTMAP && procedure == 3 { asked_program(&mut reader).unwrap_or(0) } else { 0 };
    Some(Call { xid, program, version, procedure, asked })
}

fn asked_program(reader: &mut Reader<'_>) -> Option<u32> {
    for _ in 0..2 {
        reader.u32()?;
        let size = usize::try_from(reader.u32()?).ok()?;
        reader.take(size.next_multiple_of(4))?;
    }
    reader.u32()
}
