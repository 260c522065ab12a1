//! Position reports of Queclink's devices ("@Track air interface protocol"): reports, acknowledgements and commands in text.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form};
use crate::probing::examples::{client, reply};
use crate::protocol::{Descriptor, Example, FirstBytes, Transport};

/// Queclink.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "queclink",
    name: "Queclink",
    selector: 1758,
    category: "maps",
    transports: &[Transport::Tcp, Transport::Udp],
    first_bytes: FirstBytes::Of(b"+"),
    max_probe_size: 16,
    probe: |sample| any_form(sample, FORMS),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[message];

fn message(cursor: &mut Cursor<'_>) -> Recognised {
    let which = cursor.any_literal(&[b"+RESP:GT", b"+BUFF:GT", b"+ACK:GT", b"+SACK:"])?;
    if which < 3 {
        cursor.all(3, |byte| byte.is_ascii_uppercase())?;
        cursor.literal(b",")?;
    } else {
        cursor.all(2, |byte| byte.is_ascii_alphanumeric())?;
    }
    Ok((95, "@Track message"))
}

const EXAMPLES: &[Example] = &[
    client(
        "a position",
        b"+RESP:GTFRI,060100,135790246811220,,,00,1,1,4.3,92,70.0,121.354335,31.222073,20090214013254$",
    ),
    reply("acknowledged", b"+SACK:11F0$"),
];
