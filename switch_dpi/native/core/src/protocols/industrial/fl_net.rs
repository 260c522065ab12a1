//! FL-net (JEM 1479, OPCN-2), controllers of Japanese factories over UDP: a mark, then the size of the whole frame, big-endian.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::query;
use crate::protocol::{Descriptor, Example, FirstBytes, Transport};

/// Mark, size, and the rest of the header.
const HEADER_SIZE: usize = 64;

/// FL-net.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "fl-net",
    name: "FL-net",
    selector: 1873,
    category: "industrial",
    transports: &[Transport::Udp],
    ports: &[55_000, 55_001, 55_002, 55_003],
    first_bytes: FirstBytes::Of(b"F"),
    probe: |sample| any_form(sample, FORMS),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[frame];

fn frame(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(b"FACN")?;
    let size = usize::try_from(cursor.u32()?).unwrap_or(usize::MAX);
    require(size >= HEADER_SIZE && size == cursor.size())?;
    Ok((100, "FL-net frame"))
}

const EXAMPLES: &[Example] = &[query("token", &TOKEN)];

const TOKEN: [u8; HEADER_SIZE] = {
    let mut data = [0; HEADER_SIZE];
    let (head, _) = data.split_at_mut(8);
    head.copy_from_slice(b"FACN\0\0\0\x40");
    data
};
