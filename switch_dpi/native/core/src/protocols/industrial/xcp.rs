//! XCP on Ethernet (ASAM MCD-1 XCP 1.5, part 3): measurement and calibration of control units. Only the opening CONNECT has
//! marks of its own. Little-endian.

use crate::probing::fields::{Fields, Verdict, answer, require, sent};
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
    let mut fields = Fields::of(sample);
    fields.expect(CONNECT_LENGTH)?;
    let counter = fields.u16_le()?;
    require(counter <= MAX_FIRST_COUNTER)?;
    fields.expect(CONNECT)?;
    fields.byte(|mode| mode <= 1)?;
    require(fields.rest().is_empty())?;
    fields.matched(70, "XCP CONNECT")
}

const EXAMPLES: &[Example] = &[
    sent("CONNECT, normal", Transport::Udp, b"\x02\x00\x00\x00\xff\x00"),
    sent("CONNECT, user-defined", Transport::Tcp, b"\x02\x00\x01\x00\xff\x01"),
];
