//! Weather stations of Fine Offset, such as Ecowitt and EasyWeather ("Data exchange protocol", V1.6): mark, command, size and sum of bytes.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::{client, query, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Transport};

/// EasyWeather.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "ecowitt-gateway",
    name: "EasyWeather",
    selector: 1745,
    category: "iot",
    transports: &[Transport::Tcp, Transport::Udp],
    ports: &[45000, 46000, 59387],
    first_bytes: FirstBytes::Of(b"\xff"),
    max_probe_size: 80,
    probe: |sample| any_form(sample, FORMS),
    app: "ecowitt",
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[message];

fn message(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(b"\xff\xff")?;
    let command = cursor.u8()?;
    require(matches!(command, 0x0a..=0x60))?;
    let is_long = matches!(command, 0x12 | 0x27 | 0x3c | 0x57 | 0x58);
    let mut ahead = *cursor;
    let short = usize::from(ahead.u8()?);
    let (size, counted) = if is_long && short == 0 { (usize::from(ahead.u8()?), 3) } else { (short, 2) };
    require((3..=76).contains(&size) && size > counted)?;
    let body = ahead.take(size - counted - 1)?;
    let sum = ahead.u8()?;
    require(sum == body.iter().fold(command.wrapping_add(size as u8), |sum, byte| sum.wrapping_add(*byte)))?;
    require(cursor.sample.transport.is_stream() || ahead.rest().is_empty())?;
    *cursor = ahead;
    let is_usual = [45_000, 46_000, 59_387].into_iter().any(|port| cursor.sample.is_at_port(&[port]));
    Ok((if is_usual { 75 } else { 59 }, "command with its sum"))
}

const EXAMPLES: &[Example] = &[
    query("search", b"\xff\xff\x12\x03\x15"),
    client("version", b"\xff\xff\x50\x03\x53"),
    server("its answer", b"\xff\xff\x50\x0c\x08GW1000V1\x4a"),
];
