//! Nintendo's peer to peer play: Pia (magic number 32ab9864), PRUDP version 1 of the game servers (ead0), and the
//! check of the address translation before a match (16 bytes); from the NintendoClients wiki. Over UDP. Pia and the checks are
//! big-endian, PRUDP is little-endian.

use crate::probing::answers::{matched, matched_if};
use crate::probing::examples::{query, reply};
use crate::probing::numbers::{u8_at, u16_le_at, u32_at};
use crate::probing::search::has;
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

/// Pia packets of every version begin with it.
const PIA: &[u8] = b"\x32\xab\x98\x64";
/// PRUDP version 1.
const PRUDP: &[u8] = b"\xea\xd0\x01";
/// Magic, version, sizes, header and signature of PRUDP version 1.
const PRUDP_HEADER_SIZE: usize = 2 + 12 + 16;
/// Type, port, address, own address.
const CHECK_SIZE: usize = 16;
/// Types of the checks that the server answers.
const CHECKS: std::ops::RangeInclusive<u32> = 101..=103;

/// Nintendo.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "nintendo-pia",
    name: "Nintendo",
    selector: 911,
    category: "games",
    transports: &[Transport::Udp],
    ports: &[10025, 33334, 33335, 34343],
    first_bytes: FirstBytes::Of(&[0x32, 0xea, 0x00]),
    probe,
    app: "nintendo",
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    let data = sample.data;
    if data.starts_with(PIA) {
        // 1 and 2: plain and encrypted; later the version, its first bit telling the encryption
        return matched_if(u8_at(data, 4).is_some_and(|kind| matches!(kind & 0x7f, 1..=15)), 90, "Pia header", 5);
    }
    if data.starts_with(PRUDP) {
        return matched_if(is_prudp(data), 90, "PRUDP header", 14);
    }
    let Some(kind) = u32_at(data, 0).filter(|kind| CHECKS.contains(kind)) else { return Probe::No };
    if data.len() != CHECK_SIZE {
        return Probe::No;
    }
    if data.iter().skip(4).all(|byte| *byte == 0) || u32_at(sample.reverse, 0) == Some(kind) {
        return matched(65, "check of the address translation", 16);
    }
    if sample.reverse.is_empty() { Probe::NeedMore } else { Probe::No }
}

/// The sizes of options and payload fill the datagram, or there is another packet behind.
fn is_prudp(data: &[u8]) -> bool {
    let (Some(options), Some(payload)) = (u8_at(data, 3), u16_le_at(data, 4)) else { return false };
    let size = PRUDP_HEADER_SIZE + usize::from(options) + usize::from(payload);
    data.len() == size || has(data, size, PRUDP)
}

const EXAMPLES: &[Example] = &[
    query("Pia, encrypted", b"\x32\xab\x98\x64\x02\x56\x03\xcb\x96\x01\x33\xe0\xc6\x48\xf8\x34\x93\xfb\x68\xc9\xe9\xcd\xf0\x41\x45\x05\x09\x19\x8b\x26\xbd\x1f\x11\x22\x33\x44"),
    reply("Pia of version 5", b"\x32\xab\x98\x64\x85\x01\x00\x01\x51\x77\x9e\x10\x02\x42\x5a\xc1\x90"),
    query("PRUDP SYN", b"\xea\xd0\x01\x08\x00\x00\xa1\xaf\x00\xc0\x00\x00\x00\x00\x11\x22\x33\x44\x55\x66\x77\x88\x99\xaa\xbb\xcc\xdd\xee\xff\x00\x00\x04\x04\x07\x00\x00\x80\x00"),
    query("check of the address translation", b"\x00\x00\x00\x65\0\0\0\0\0\0\0\0\0\0\0\0"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answered_check_is_known_by_its_type() {
        let data = b"\x00\x00\x00\x65\x00\x00\xda\x6b\xc0\x00\x02\x07\x0a\x00\x00\x05";
        assert_eq!(probe(&Sample { data, ..Sample::EMPTY }), Probe::NeedMore);
        assert!(matches!(probe(&Sample { data, reverse: EXAMPLES[3].data, ..Sample::EMPTY }), Probe::Match(_)));
        assert_eq!(probe(&Sample { data, reverse: PIA, ..Sample::EMPTY }), Probe::No);
    }
}
