//! GE SRTP (service request transport protocol) of GE Fanuc controllers over TCP, as described by public research: headers of
//! 56 bytes, little-endian, opened by one of zeros.

use crate::probing::answers::{Verdict, answer};
use crate::probing::cursor::{Cursor, require};
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Sample, Transport};

const REQUEST: u8 = 2;
const RESPONSE: u8 = 3;
/// First byte of the opening and of the answer to it; nothing else is in the first, little in the second.
const OPENING: [u8; 2] = [0, 1];
const HEADER_SIZE: usize = 56;
/// Mailbox of a controller's service request processor.
const MAILBOX: [u8; 4] = [0x10, 0x0e, 0, 0];

/// GE SRTP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "ge-srtp",
    name: "GE-SRTP",
    selector: 321,
    category: "industrial",
    risk: Some(60),
    transports: &[Transport::Tcp],
    ports: &[18_245, 18_246],
    first_bytes: FirstBytes::Of(&[0, 1, REQUEST, RESPONSE, 8]),
    max_probe_size: 3 * HEADER_SIZE,
    probe: |sample| answer(judge(sample)),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn judge(sample: &Sample<'_>) -> Verdict {
    let mut cursor = Cursor::of(sample);
    let mut kind = cursor.byte(|kind| matches!(kind, 0..=3 | 8))?;
    if OPENING.contains(&kind) {
        for _ in 1..HEADER_SIZE {
            cursor.byte(|byte| byte <= 0x0f)?; // the answer has some small numbers
        }
        kind = cursor.byte(|kind| matches!(kind, REQUEST | RESPONSE | 8))?;
    }
    cursor.array::<8>()?; // sequence number, size of text
    cursor.byte(|byte| byte <= 2)?;
    cursor.array::<7>()?;
    cursor.byte(|byte| byte <= 2)?;
    cursor.literal(&[0; 8])?;
    cursor.array::<5>()?; // time, reserved, sequence number again
    cursor.byte(|message| matches!(message, 0x80 | 0xc0 | 0x94 | 0xd4 | 0xd1))?;
    let (source, destination) = (cursor.array::<4>()?, cursor.array::<4>()?);
    require(source == MAILBOX || destination == MAILBOX)?;
    require(kind == REQUEST || kind == RESPONSE || kind == 8)?;
    cursor.matched(95, "SRTP header with a mailbox")
}

const EXAMPLES: &[Example] = &[
    client("request for the controller's state", b"\x02\x00\x01\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\xc0\x00\x00\x00\x00\x10\x0e\x00\x00\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"),
    server("acknowledged", b"\x03\x00\x01\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\xd4\x10\x0e\x00\x00\x00\x00\x00\x00\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"),
];
