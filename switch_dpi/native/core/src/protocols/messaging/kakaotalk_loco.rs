//! KakaoTalk's chat protocol LOCO: the secure layer's handshake, and packets in the clear.

use crate::probing::answers::matched;
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, Probe, Sample, Transport};

/// Size of the encrypted key, kind of its encryption, kind of the cipher, each four bytes, little-endian.
const HANDSHAKE_SIZE: usize = 12;
/// Packet number (4), status (2), name (11), kind of body (1), size (4).
const HEADER_SIZE: usize = 22;
const NAME_SIZE: usize = 11;

/// KakaoTalk.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "kakaotalk-loco",
    name: "KakaoTalk",
    selector: 726,
    category: "messaging",
    transports: &[Transport::Tcp],
    ports: &[443, 995, 5228, 10009],
    probe,
    app: "kakaotalk",
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    const HANDSHAKE: [Option<u8>; HANDSHAKE_SIZE] =
        [None, Some(1), Some(0), Some(0), None, Some(0), Some(0), Some(0), None, Some(0), Some(0), Some(0)];
    let data = sample.data;
    let is_usual = |at: usize, values: &[u8]| data.get(at).is_none_or(|byte| values.contains(byte));
    let kinds_fit =
        is_usual(0, &[0x00, 0x04]) && is_usual(4, &[0x0c, 0x0d, 0x0e, 0x0f, 0x10]) && is_usual(8, &[1, 2, 3]);
    if kinds_fit && data.iter().zip(HANDSHAKE).all(|(byte, wanted)| wanted.is_none_or(|wanted| wanted == *byte)) {
        return if data.len() < HANDSHAKE_SIZE {
            Probe::NeedMore
        } else {
            matched(80, "LOCO handshake", HANDSHAKE_SIZE)
        };
    }
    probe_packet(data)
}

/// A small number, status 0, a name of capital letters filled up with zeros, and a body as BSON, whose own size is the packet's.
fn probe_packet(data: &[u8]) -> Probe {
    let name = data.get(6..).unwrap_or_default();
    let name = name.get(..NAME_SIZE).unwrap_or(name);
    let letters = name.iter().take_while(|byte| byte.is_ascii_uppercase()).count();
    let is_name = name.iter().skip(letters).all(|byte| *byte == 0);
    let head_fits = data.iter().take(6).skip(2).all(|byte| *byte == 0);
    if !is_name || !head_fits || (name.len() == NAME_SIZE && letters < 4) {
        return Probe::No;
    }
    match (data.get(17), data.get(18..HEADER_SIZE), data.get(HEADER_SIZE..HEADER_SIZE + 4)) {
        (Some(0 | 8), Some(size), Some(inner)) if size == inner => matched(90, "LOCO packet", HEADER_SIZE + 4),
        (None | Some(0 | 8), _, None) => Probe::NeedMore,
        _ => Probe::No,
    }
}

const EXAMPLES: &[Example] = &[
    client("a key is handed over", b"\x00\x01\x00\x00\x0c\x00\x00\x00\x02\x00\x00\x00\xa1\xb2\xc3\xd4\xe5\xf6\x07\x18\x29\x3a\x4b\x5c"),
    server("a packet in the clear", b"\x01\x00\x00\x00\x00\x00CHECKIN\x00\x00\x00\x00\x08\x11\x00\x00\x00\x11\x00\x00\x00\x10status\x00\x00\x00\x00\x00\x00"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_sizes_and_names_are_refused() {
        for data in
            [&b"\x00\x01\x00\x00\x0c\x00\x00\x00\x09"[..], b"\x01\0\0\0\0\0checkin", b"\x05\x01\0\x03", &[0; 40]]
        {
            assert_eq!(probe(&Sample { data, ..Sample::EMPTY }), Probe::No, "{data:?}");
        }
    }
}
