//! LonTalk over IP (ANSI/CEA-852, ISO/IEC 14908-4): data and configuration packets of LonWorks channels.

use crate::probing::answers::{Verdict, answer};
use crate::probing::cursor::{Cursor, require};
use crate::probing::examples::query;
use crate::protocol::{Descriptor, Example, FirstBytes, Sample, Transport};

/// Size, version, type, extension, flags, vendor, session, sequence number, timestamp.
const HEADER_SIZE: usize = 20;
const VERSION: u8 = 1;
/// The lower bits of the flags name the protocol: 0 is that of ISO/IEC 14908-1, 1 that of EIA-600.
const PROTOCOL_MASK: u8 = 0x1f;

/// LonTalk over IP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "cnp-ip",
    name: "CNP-IP",
    selector: 312,
    category: "industrial",
    transports: &[Transport::Udp, Transport::Tcp],
    ports: &[1628, 1629],
    first_bytes: FirstBytes::Where(|byte| byte < 0x08),
    probe: |sample| answer(judge(sample)),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn judge(sample: &Sample<'_>) -> Verdict {
    let mut cursor = Cursor::of(sample);
    let size = usize::from(cursor.u16()?);
    require((HEADER_SIZE..0x0800).contains(&size))?;
    require(sample.transport.is_stream() || size == sample.data.len())?;
    cursor.literal(&[VERSION])?;
    cursor.byte(|kind| matches!(kind, 0x01 | 0x03..=0x09 | 0x60..=0x7f))?;
    let extension = usize::from(cursor.u8()?) * 4;
    require(HEADER_SIZE + extension <= size)?;
    cursor.byte(|flags| flags & PROTOCOL_MASK <= 1 && flags & 0xc0 == 0)?;
    let vendor = cursor.u16()?;
    let confidence = if sample.transport.is_stream() || vendor != 0 { 55 } else { 80 };
    require(confidence > 55 || extension == 0)?;
    cursor.array::<12>()?;
    cursor.matched(confidence, "LonTalk/IP header")
}

const EXAMPLES: &[Example] = &[
    query("data packet", b"\x00\x1c\x01\x01\x00\x00\x00\x00\x6b\x8b\x45\x67\x00\x00\x00\x01\x00\x00\x00\x00\x09\x01\xa9\x01\xaa\x01\x23\x45"),
    query("request for the channel's routing", b"\x00\x18\x01\x63\x00\x00\x00\x00\x00\x00\x00\x2a\x00\x00\x00\x05\x00\x00\x00\x00\x00\x01\x00\x00"),
];
