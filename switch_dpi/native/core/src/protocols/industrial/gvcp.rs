//! GVCP, the control protocol of GigE Vision cameras over UDP (AIA GigE Vision 2.0 §15): commands and acknowledgements.

use crate::probing::answers::{Verdict, answer};
use crate::probing::cursor::{Cursor, require};
use crate::probing::examples::{query, reply};
use crate::protocol::{Descriptor, Example, FirstBytes, Sample, Transport};

/// First byte of a command; an acknowledgement begins with its status, which is zero when all is well.
const COMMAND: u8 = 0x42;
const HEADER_SIZE: usize = 8;
/// Largest command or acknowledgement.
const MAX_SIZE: usize = 576;

/// GVCP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "gvcp",
    name: "GVCP",
    selector: 385,
    category: "industrial",
    transports: &[Transport::Udp],
    ports: &[3956],
    first_bytes: FirstBytes::Of(&[COMMAND, 0]),
    probe: |sample| answer(judge(sample)),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn judge(sample: &Sample<'_>) -> Verdict {
    let mut cursor = Cursor::of(sample);
    let is_command = cursor.byte(|first| matches!(first, 0 | COMMAND))? == COMMAND;
    cursor.byte(|flags| if is_command { flags & 0x0e == 0 } else { flags == 0 })?;
    let code = cursor.u16()?;
    // discovery, forced address, resend, registers and memory, events; an acknowledgement is the next odd number
    let command = if is_command { code } else { code.wrapping_sub(1) };
    require(matches!(
        command,
        0x0002 | 0x0004 | 0x0040 | 0x0080 | 0x0082 | 0x0084 | 0x0086 | 0x00c0 | 0x00c2 | 0x0100
    ))?;
    let size = usize::from(cursor.u16()?);
    require(size + HEADER_SIZE == sample.data.len() && sample.data.len() <= MAX_SIZE)?;
    require(cursor.u16()? != 0)?; // request id
    let is_discovery = command == 0x0002;
    require(!is_discovery || size == if is_command { 0 } else { 248 })?;
    cursor.matched(if is_command || is_discovery { 75 } else { 55 }, "GVCP header")
}

const EXAMPLES: &[Example] = &[
    query("discovery", b"\x42\x11\x00\x02\x00\x00\xff\xff"),
    query("a register is read", b"\x42\x01\x00\x80\x00\x04\x00\x05\x00\x00\x0a\x00"),
    reply("its value", b"\x00\x00\x00\x81\x00\x04\x00\x05\x00\x00\x00\x02"),
];
