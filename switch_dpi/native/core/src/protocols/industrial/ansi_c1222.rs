//! ANSI C12.22 (IEEE 1703, RFC 6142), meters over TCP and UDP: an ACSE unit whose elements must add up and end with user
//! information.

use crate::probing::answers::{Verdict, answer, matched};
use crate::probing::cursor::{Cursor, require};
use crate::probing::examples::{client, reply};
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

/// [APPLICATION 0].
const ACSE: u8 = 0x60;
/// User information, the last element; what calls and is called stands before it.
const USER_INFORMATION: u8 = 0xbe;
/// External encoding, then octets (RFC 6142; C12.22 §5.3.4).
const EXTERNAL: u8 = 0x28;
const MAX_SIZE: usize = 0x4000;
/// Elements before the user information.
const MAX_ELEMENTS: usize = 12;

/// ANSI C12.22.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "ansi-c1222",
    name: "ANSI_C1222",
    selector: 371,
    category: "industrial",
    transports: &[Transport::Tcp, Transport::Udp],
    ports: &[1153],
    first_bytes: FirstBytes::Of(&[ACSE]),
    max_probe_size: 512,
    probe: |sample| answer(judge(sample)),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn judge(sample: &Sample<'_>) -> Verdict {
    let mut cursor = Cursor::of(sample);
    cursor.literal(&[ACSE])?;
    let size = length(&mut cursor)?;
    require((10..MAX_SIZE).contains(&size))?;
    let end = cursor.position() + size;
    require(sample.transport.is_stream() || end == sample.data.len())?;
    let mut has_invocation = false;
    for _ in 0..MAX_ELEMENTS {
        // context, called and calling titles, qualifiers and invocations, mechanism, authentication
        let tag = cursor.byte(|tag| matches!(tag, 0xa1..=0xa9 | 0x8b | 0xac | USER_INFORMATION))?;
        let size = length(&mut cursor)?;
        require(cursor.position() + size <= end)?;
        if tag == USER_INFORMATION {
            require(has_invocation && cursor.position() + size == end)?;
            cursor.byte(|kind| matches!(kind, EXTERNAL | 0x04 | 0xa0 | 0x81))?;
            return Ok(matched(80, "ACSE unit with user information", cursor.position()));
        }
        has_invocation |= tag == 0xa8;
        if tag == 0xa8 {
            let mut value = cursor;
            value.literal(&[0x02])?; // an integer
        }
        cursor.take(size)?;
    }
    Err(Probe::No)
}

/// Length of BER, one to three bytes (X.690 §8.1.3).
fn length(cursor: &mut Cursor<'_>) -> Result<usize, Probe> {
    match cursor.u8()? {
        size if size < 0x80 => Ok(size.into()),
        0x81 => cursor.u8().map(usize::from),
        0x82 => cursor.u16().map(usize::from),
        _ => Err(Probe::No),
    }
}

const EXAMPLES: &[Example] = &[
    client("identification of a meter", b"\x60\x21\xa2\x06\x80\x04\x7b\x01\x02\x03\xa6\x06\x80\x04\x7b\x01\x02\x04\xa8\x03\x02\x01\x05\xbe\x0a\x28\x08\x81\x06\x90\x00\x00\x00\x00\x20"),
    reply("its answer", b"\x60\x21\xa2\x06\x80\x04\x7b\x01\x02\x04\xa6\x06\x80\x04\x7b\x01\x02\x03\xa8\x03\x02\x01\x06\xbe\x0a\x28\x08\x81\x06\x90\x00\x00\x00\x00\x00"),
];
