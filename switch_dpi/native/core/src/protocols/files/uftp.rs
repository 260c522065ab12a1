//! UFTP, multicast of files (Dennis Bush, UFTP protocol specification, versions 4 and 5), big-endian.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::{query, reply};
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

/// UFTP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "uftp",
    name: "UFTP",
    selector: 639,
    category: "file-transfer",
    risk: Some(60),
    transports: &[Transport::Udp],
    ports: &[1044],
    first_bytes: FirstBytes::Of(&[0x40, 0x50]),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[message];

fn probe(sample: &Sample<'_>) -> Probe {
    any_form(sample, FORMS)
}

/// Version, function, sequence, source, group, instance, timers, reserved; the message's own header repeats the function.
fn message(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.one_of(&[0x40, 0x50])?;
    let function = cursor.within(1, 18)?;
    cursor.take(2 + 4 + 4)?;
    cursor.take(3)?;
    cursor.literal(b"\0")?;
    cursor.literal(&[function])?;
    let words = usize::from(cursor.u8()?);
    require(words >= 1 && words * 4 <= cursor.size().saturating_sub(16))?;
    // reserved fields of the announcement, the registration and what says that it is over
    if matches!(function, 1 | 2 | 5 | 6 | 9 | 10 | 11) {
        cursor.take(1)?;
    }
    let is_usual = cursor.sample.is_at_port(&[1044]);
    Ok((if is_usual { 75 } else { 55 }, "UFTP message"))
}

const EXAMPLES: &[Example] = &[

    query("announcement", b"\x50\x01\0\x01\xc0\0\x02\x07\x12\x34\x56\x78\x01\x5e\x0c\0\x01\x09\x02\0\0\0\0\0\x60\0\0\0\x12\x34\x05\x14\xe6\0\0\x05\xe6\0\0\x05\0\0\0\0\0\0\0\0\0\0\0\0"),
    reply("registration", b"\x50\x02\0\x01\xc0\0\x02\x08\x12\x34\x56\x78\x01\x5e\0\0\x02\x04\0\0\0\0\0\0\x60\0\0\0\x12\x34\x05\x14"),
];
