//! Heroes of the Storm, as observed: datagrams with a header of 20 bytes, of which the first four are the flow's own (zero from
//! the server), the 14 from the server's are all zero, and 0x40 with 0x00 or 0x10 follows; then numbers that grow. Over UDP,
//! big-endian; what follows the header is encrypted.

use crate::probing::answers::matched_if;
use crate::probing::examples::reply;
use crate::probing::numbers::{u8_at, u16_at, u32_at};
use crate::probing::search::has;
use crate::protocol::{Descriptor, Example, Probe, Sample, Transport};

/// The header.
const HEADER_SIZE: usize = 20;
/// Where the flags stand, and the number behind them.
const FLAGS_AT: usize = 14;
const NUMBER_AT: usize = 16;
/// Numbers of datagrams in a row differ by no more.
const MAX_STEP: u16 = 512;

/// Heroes of the Storm.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "heroes-of-the-storm",
    name: "Heroes of the Storm",
    selector: 913,
    category: "games",
    transports: &[Transport::Udp],
    ports: &[1119, 3724],
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    let data = sample.data;
    if !has_flags(data) {
        return Probe::No;
    }
    if has(data, 0, &[0; FLAGS_AT]) {
        return matched_if(
            u8_at(data, NUMBER_AT + 1).is_some() && u32_at(data, NUMBER_AT) != Some(0),
            80,
            "header of a server",
            20,
        );
    }
    let (Some(number), Some(before)) = (u16_at(data, NUMBER_AT), u16_at(sample.other, NUMBER_AT)) else {
        return Probe::NeedMore;
    };
    let goes_on = has_flags(sample.other)
        && u32_at(data, 0) == u32_at(sample.other, 0)
        && u32_at(data, 0).is_some_and(|id| id & 0xff == 0)
        && number.wrapping_sub(before) <= MAX_STEP;
    matched_if(goes_on, 70, "headers in a row", 20)
}

fn has_flags(data: &[u8]) -> bool {
    data.len() >= HEADER_SIZE && (has(data, FLAGS_AT, &[0x40, 0x00]) || has(data, FLAGS_AT, &[0x40, 0x10]))
}

const EXAMPLES: &[Example] = &[
    reply(
        "server, with payload",
        b"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x40\x00\x09\xef\x65\xde\x5a\x0c\x7b\xa6\x30\x97\xd8\x0b",
    ),
    reply("server, without payload", b"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x40\x10\x4b\x69\x83\x99"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_is_known_by_two_headers() {
        let data = b"\xe6\x5d\x34\x00\x2f\x9d\xbb\x13\x81\xe6\xd0\x76\x79\x64\x40\x00\x1a\xc0\x63\xbf";
        let other = b"\xe6\x5d\x34\x00\x97\x27\x14\xf7\x3f\x95\xaa\xe0\x3e\x36\x40\x00\x1a\xbc\x63\xb3";
        assert_eq!(probe(&Sample { data, ..Sample::EMPTY }), Probe::NeedMore);
        assert!(matches!(probe(&Sample { data, other, ..Sample::EMPTY }), Probe::Match(_)));
        assert_eq!(probe(&Sample { data: other, other: data, ..Sample::EMPTY }), Probe::No, "numbers run back");
    }
}
