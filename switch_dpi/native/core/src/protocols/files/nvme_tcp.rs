//! NVMe over TCP (NVM Express, "TCP Transport Specification" 1.0 §3): units of type, flags, header size, data offset, size.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

/// Size of both initialisation units (§3.6.2.2, §3.6.2.3).
const INITIALISATION: &[u8] = b"\0\x80\0\x80\0\0\0\0\0";

/// NVMe over TCP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "nvme-tcp",
    name: "NVMe/TCP",
    selector: 580,
    category: "file-transfer",
    risk: Some(60),
    transports: &[Transport::Tcp],
    ports: &[4420, 8009],
    first_bytes: FirstBytes::Of(&[0, 1, 4, 5]),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[initialisation, capsule];

fn probe(sample: &Sample<'_>) -> Probe {
    any_form(sample, FORMS)
}

/// ICReq and ICResp: format 0, alignment of data at most 31.
fn initialisation(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.within(0, 1)?;
    cursor.literal(INITIALISATION)?;
    cursor.within(0, 31)?;
    cursor.within(0, 3)?;
    Ok((100, "NVMe connection initialisation"))
}

/// CapsuleCmd (72 bytes) and CapsuleResp (24 bytes) in the middle of a session.
fn capsule(cursor: &mut Cursor<'_>) -> Recognised {
    let (kind, flags) = (cursor.within(4, 5)?, cursor.within(0, 3)?);
    let header: u32 = if kind == 4 { 72 } else { 24 };
    cursor.literal(&[u8::try_from(header).unwrap_or_default()])?;
    let offset = cursor.u8()?;
    let size = cursor.u32_le()?;
    require(size == header + 4 * u32::from(flags & 1) || (offset >= 72 && kind == 4 && size < 0x10_0000))?;
    require(kind == 5 || cursor.take(2)?.last().is_some_and(|flags| flags & 0x3c == 0))?;
    Ok((70, "NVMe capsule"))
}

const EXAMPLES: &[Example] = &[
    client("initialisation", b"\0\0\x80\0\x80\0\0\0\0\0\0\0\x01\0\0\0"),
    server("initialisation answered", b"\x01\0\x80\0\x80\0\0\0\0\0\0\0\0\0\x02\0"),
    client("connect", b"\x04\0\x48\x48\x48\x04\0\0\x7f\x40\0\0\x01\0\0\0"),
];
