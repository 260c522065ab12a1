//! Positions of aircraft in lines of text, as BaseStation and dump1090 give them on port 30003 ("Socket data and Bst files").

use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::server;
use crate::protocol::{Descriptor, Example, FirstBytes, Transport};

/// SBS BaseStation.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "sbs-basestation",
    name: "SBS BaseStation",
    selector: 1729,
    category: "travel",
    transports: &[Transport::Tcp],
    ports: &[30003, 30106],
    first_bytes: FirstBytes::Of(b"MSACI"),
    max_probe_size: 64,
    probe: |sample| any_form(sample, FORMS),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[message];

fn message(cursor: &mut Cursor<'_>) -> Recognised {
    let which = cursor.any_literal(&[b"MSG,", b"SEL,,", b"AIR,,", b"STA,,", b"CLK,,", b"ID,,"])?;
    if which == 0 {
        cursor.within(b'1', b'8')?;
        cursor.literal(b",")?;
    }
    for _ in 0..2 {
        require(cursor.text_until(b',', 6)?.iter().all(u8::is_ascii_digit))?;
    }
    let address = cursor.text_until(b',', 6)?;
    require(address.len() == 6 && address.iter().all(u8::is_ascii_hexdigit))?;
    Ok((95, "BaseStation line"))
}

const EXAMPLES: &[Example] = &[
    server(
        "position",
        b"MSG,3,1,1,4840D6,1,2024/01/02,10:11:12.000,2024/01/02,10:11:12.000,,37000,,,52.1,4.2,,,0,0,0,0\r\n",
    ),
    server("selection", b"SEL,,496,2286,4CA4E5,27215,2010/02/19,18:06:07.710,2010/02/19,18:06:07.710,RYR1427\r\n"),
];
