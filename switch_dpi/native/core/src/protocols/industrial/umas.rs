//! UMAS, how Schneider Electric's engineering tools talk to controllers: function 0x5A of Modbus/TCP, as described by public
//! research (session key, function, data; answers carry 0xFE or 0xFD).

use crate::probing::answers::{Verdict, answer};
use crate::probing::cursor::{Cursor, require};
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, Sample, Transport};

/// Function code of Modbus that carries it.
const MODBUS_FUNCTION: u8 = 0x5a;
/// Controllers take data units of up to 1,024 bytes.
const MAX_LENGTH: u16 = 1_030;

/// UMAS.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "umas",
    name: "UMAS",
    selector: 301,
    category: "industrial",
    risk: Some(60),
    transports: &[Transport::Tcp],
    ports: &[502],
    probe: |sample| answer(judge(sample)),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn judge(sample: &Sample<'_>) -> Verdict {
    let mut cursor = Cursor::of(sample);
    cursor.u16()?;
    cursor.literal(&[0, 0])?;
    let length = cursor.u16()?;
    require((4..=MAX_LENGTH).contains(&length))?;
    cursor.u8()?; // unit
    cursor.literal(&[MODBUS_FUNCTION])?;
    cursor.u8()?; // session key
    cursor.byte(is_function)?;
    cursor.matched(85, "UMAS in Modbus function 90")
}

/// Functions of requests, and the two answers.
const fn is_function(code: u8) -> bool {
    matches!(code, 0x01..=0x06 | 0x0a | 0x10..=0x12 | 0x20..=0x29 | 0x30..=0x3f | 0x40..=0x42 | 0x50..=0x5f | 0x70..=0x75 | 0xfd | 0xfe)
}

const EXAMPLES: &[Example] = &[
    client("read the controller's id", b"\x00\x01\x00\x00\x00\x05\x00\x5a\x00\x02\x00"),
    server("done", b"\x00\x01\x00\x00\x00\x08\x00\x5a\x00\xfe\x06\x30\x00\x00"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::Probe;

    #[test]
    fn other_functions_are_modbus() {
        let data = b"\x00\x01\x00\x00\x00\x06\x01\x03\x00\x00\x00\x0a";
        assert_eq!(answer(judge(&Sample { data, ..Sample::EMPTY })), Probe::No);
    }
}
