//! Dante's control and monitoring over UDP, as open clients describe it: a mark, the datagram's size, a number, the device, and
//! the maker's name (Audinate). Big-endian.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::query;
use crate::protocol::{Descriptor, Example, FirstBytes, Transport};

/// Dante.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "dante-control",
    name: "Dante",
    selector: 1874,
    category: "streaming-protocol",
    transports: &[Transport::Udp],
    ports: &[8700, 8702, 8705, 8708],
    first_bytes: FirstBytes::Of(&[0xff]),
    probe: |sample| any_form(sample, FORMS),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[message];

fn message(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(&[0xff, 0xff])?;
    require(usize::from(cursor.u16()?) == cursor.size())?;
    cursor.u16()?; // number
    cursor.u16()?;
    cursor.u64()?; // device
    cursor.literal(b"Audinate")?;
    Ok((100, "message of Dante"))
}

const EXAMPLES: &[Example] = &[query(
    "make and model wanted",
    b"\xff\xff\0\x20\x0f\xdb\0\0\x52\x54\0\x38\x5e\xba\0\0Audinate\x07\x31\0\xc1\0\0\0\0",
)];
