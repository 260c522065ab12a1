//! ZUG, named so by its observers (a block chain's consensus bears that name); no description is public. As observed over UDP:
//! the datagram's size, "UG" and 0x10, a number, and the size of what is inside; big-endian.

use crate::probing::answers::matched_if;
use crate::probing::examples::{query, reply};
use crate::probing::numbers::u16_at;
use crate::probing::search::has;
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

/// Behind the size.
const MARK: &[u8] = b"UG\x10";
/// Header and seal around what is inside.
const LARGEST_FRAME: u16 = 64;

/// ZUG.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "zug",
    name: "ZUG",
    selector: 918,
    category: "crypto-currency",
    transports: &[Transport::Udp],
    ports: &[19000],
    first_bytes: FirstBytes::Where(|byte| byte < 8),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    let data = sample.data;
    let (Some(size), Some(inner)) = (u16_at(data, 0), u16_at(data, 8)) else { return Probe::No };
    let sizes_fit =
        usize::from(size) == data.len() && size.checked_sub(inner).is_some_and(|frame| frame <= LARGEST_FRAME);
    matched_if(has(data, 2, MARK) && sizes_fit, 85, "sizes and mark", 10)
}

const EXAMPLES: &[Example] = &[
    query("request", b"\x00\x1a\x55\x47\x10\xae\xa0\x41\x00\x0e\xbc\x2a\x68\xb2\x6e\x77\x43\x93\x88\x78\x72\x7c\xb2\x85\x15\x56"),
    reply("answer", b"\x00\x1e\x55\x47\x10\xb9\x8e\xbf\x00\x0c\xb5\xc6\x59\xb9\x72\x1c\x15\x9c\xc6\x83\xa9\x62\x0c\x07\xe2\x44\xcf\x18\xbe\xda"),
];
