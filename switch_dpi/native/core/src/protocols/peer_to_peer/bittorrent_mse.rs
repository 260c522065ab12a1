//! BitTorrent behind Message Stream Encryption (the "MSE/PE" specification of Azureus) that both ends agreed to end with the
//! handshake: a key of 96 random bytes, padding, and then the peers' handshake in the clear. Peers who go on encrypted
//! send nothing but random bytes, and are not known.

use crate::probing::examples::{client, server};
use crate::probing::search::find;
use crate::protocol::{Descriptor, Evidence, Example, Probe, Sample, Transport};

/// The public key of the exchange, 768 bits.
const KEY_SIZE: usize = 96;
/// The most padding in one place.
const MAX_PADDING_SIZE: usize = 512;
/// Two digests, verification constant, crypto method, two sizes.
const FIELDS_SIZE: usize = 20 + 20 + 8 + 4 + 2 + 2;
/// The clear handshake's beginning (BEP 3).
const HANDSHAKE: &[u8] = b"\x13BitTorrent protocol";
const MAX_PROBE_SIZE: usize = KEY_SIZE + 2 * MAX_PADDING_SIZE + FIELDS_SIZE + HANDSHAKE.len();
/// So many bytes of text in a row are no random key.
const TEXT_SIZE: usize = 16;
/// Nor is a key whose first bytes are zero mostly.
const START_SIZE: usize = 32;
const MAX_ZEROS: usize = 8;

/// BitTorrent, encrypted handshake.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "bittorrent-mse",
    name: "BitTorrent",
    selector: 901,
    category: "peer-to-peer",
    risk: Some(80),
    tags: &["encrypted"],
    transports: &[Transport::Tcp],
    max_probe_size: MAX_PROBE_SIZE,
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    let data = sample.data;
    let is_text = |byte: &u8| matches!(byte, b'\t' | b'\r' | b'\n' | b' '..=b'~');
    let zeros = data.iter().take(START_SIZE).filter(|byte| **byte == 0).count();
    if zeros > MAX_ZEROS || data.get(..TEXT_SIZE).is_some_and(|start| start.iter().all(is_text)) {
        return Probe::No;
    }
    let window = data.get(KEY_SIZE..data.len().min(MAX_PROBE_SIZE)).unwrap_or_default();
    match find(window, HANDSHAKE) {
        Some(offset) => Probe::Match(Evidence {
            confidence: 95,
            what: "handshake behind an encrypted one",
            offset: u16::try_from(KEY_SIZE + offset).unwrap_or(u16::MAX),
            size: 20,
        }),
        None if data.len() < MAX_PROBE_SIZE => Probe::NeedMore,
        None => Probe::No,
    }
}

const EXAMPLES: &[Example] = &[
    server("key of 96 bytes, no padding, method and the clear handshake", b"\xfd\x11\x32\xaa\xee\xbe\xf0\x5d\xb3\x4a\x46\xc5\x4a\x4b\xa1\x9e\xfb\x32\x56\xdc\xe6\xd0\x32\x06\x87\x34\xcd\x05\x67\x80\x10\xd6\xf6\x35\x52\xbc\x0f\x29\x48\xed\x88\x99\xe0\xe3\xb8\x82\x5a\x0a\xd0\x40\x58\x1b\xf2\xe5\x45\x2b\x4f\x85\xd2\xe1\xf1\xa7\x63\xac\x57\xbd\x74\xa5\x80\x44\xd9\xb5\xf9\x0f\x6e\x1f\x14\x44\xb3\x2c\x90\x11\xc2\x77\x21\x5e\xd3\x08\x19\xba\x4c\xe6\x3b\x9a\x02\xf7\x6c\x88\x31\x52\xaf\x1d\x64\xe0\x79\x92\x05\xcb\x36\xde\x13BitTorrent protocol\0\0\0\0\0\x18\0\x05"),
    client("the same of the other end", b"\x5a\x05\xbe\x68\xa0\xa5\x35\x13\x40\x59\xa9\x17\xfb\x02\x89\xa6\x01\x5b\xfc\x74\xf7\x48\x9c\x7e\x81\x17\x20\x8c\x71\x9e\xef\xec\x27\x4d\x02\x3b\xbf\xcb\x55\x70\x10\x9d\xa9\x21\x17\x92\xd3\xa7\x24\x0f\x45\x3a\xcf\x91\x6a\x5b\x85\xaf\x08\x77\xa5\x3a\x69\x89\x52\x0c\x3a\x10\x53\x36\x41\x76\x69\x34\xdb\x31\x9c\xb8\xa4\x11\x66\x0e\xd7\x25\x98\xf3\x42\x6a\xb0\x1c\xe8\x57\x93\x2d\xc4\x70\x3f\x81\x13BitTorrent protocol\0\0\0\0\0\x18\0\x05"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_long_streams_are_let_go() {
        let sample = |data| probe(&Sample { data, ..Sample::EMPTY });
        assert_eq!(sample(b"GET /announce HTTP/1.1\r\n"), Probe::No);
        assert_eq!(sample(b"GET / \0\0\0\0\0\0\0\0\0\0"), Probe::No);
        assert_eq!(sample(&[0x90; MAX_PROBE_SIZE]), Probe::No);
        assert_eq!(sample(&[0x90; MAX_PROBE_SIZE - 1]), Probe::NeedMore);
    }
}
