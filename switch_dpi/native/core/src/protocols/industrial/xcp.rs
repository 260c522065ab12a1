//! XCP on Ethernet (ASAM MCD-1 XCP 1.5, part 3): measurement and calibration of control units. Only the opening CONNECT has
//! marks of its own. Little-endian.

use crate::probing::answers::{Verdict, answer};
use crate::probing::cursor::{Cursor, require};
use crate::probing::examples::{client, query};
use crate::protocol::{Descriptor, Example, FirstBytes, Sample, Transport};

/// CONNECT is a command of two bytes: 0xFF and the mode, normal or user-defined (part 2, §1.6.1.1.1).
const CONNECT_LENGTH: &[u8] = &[2, 0];
const CONNECT: &[u8] = &[0xff];
/// The master's counter begins at zero.
const MAX_FIRST_COUNTER: u16 = 0xff;

/// XCP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "xcp",
    name: "XCP",
    selector: 329,
    category: "industrial",
    transports: &[Transport::Udp, Transport::Tcp],
    ports: &[5555],
    first_bytes: FirstBytes::Of(&[2]),
    probe: |sample| answer(judge(sample)),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn judge(sample: &Sample<'_>) -> Verdict {
    let mut cursor = Cursor::of(sample);
    cursor.literal(CONNECT_LENGTH)?;
    let counter = cursor.u16_le()?;
    require(counter <= MAX_FIRST_COUNTER)?;
    cursor.literal(CONNECT)?;
    cursor.byte(|mode| mode <= 1)?;
    require(cursor.rest().is_empty())?;
    cursor.matched(70, "XCP CONNECT")
}

const EXAMPLES: &[Example] = &[
    query("CONNECT, normal", b"\x02\x00\x00\x00\xff\x00"),
    client("CONNECT, user-defined", b"\x02\x00\x01\x00\xff\x01"),
];
