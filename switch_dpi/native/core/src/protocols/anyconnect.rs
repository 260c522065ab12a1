//! Cisco AnyConnect's DTLS tunnel (draft-mavrogiannopoulos-openconnect-04 §2.3): the pre-standard version 1.0 that OpenSSL calls
//! "bad", with 0x0100 in every record. With a standard version it is DTLS like any other.

use crate::inner_packets::{found, u16_at};
use crate::protocol::{Descriptor, Direction, Example, FirstBytes, Probe, Sample, Transport};

/// Type, version, epoch, sequence number, length (RFC 4347 §4.1).
const HEADER_SIZE: usize = 13;
const VERSION: u16 = 0x0100;
const CHANGE_CIPHER: u8 = 20;
const ALERT: u8 = 21;
const HANDSHAKE: u8 = 22;
const DATA: u8 = 23;
/// A handshake message's header, and the shortest ClientHello.
const MIN_HELLO_SIZE: usize = 12 + 38;
/// A record's largest fragment (RFC 4347 §4.1).
const MAX_FRAGMENT: usize = (1 << 14) + 2048;

/// AnyConnect.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "anyconnect",
    name: "AnyConnect",
    selector: 1227,
    category: "vpn",
    transports: &[Transport::Udp],
    ports: &[443],
    first_bytes: FirstBytes::Of(&[CHANGE_CIPHER, ALERT, HANDSHAKE, DATA]),
    max_probe_size: 64,
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    let data = sample.data;
    let (Some(kind), Some(VERSION), Some(epoch), Some(size)) =
        (data.first(), u16_at(data, 1), u16_at(data, 3), u16_at(data, 11).map(usize::from))
    else {
        return Probe::No;
    };
    // the sequence number's upper half is zero: nobody sends 2^32 records
    let sequence_fits = u16_at(data, 5) == Some(0) && epoch <= 2;
    let size_fits = size > 0 && size <= MAX_FRAGMENT && HEADER_SIZE + size <= data.len();
    if !sequence_fits || !size_fits {
        return Probe::No;
    }
    let is_single = HEADER_SIZE + size == data.len();
    match *kind {
        HANDSHAKE if epoch == 0 && is_handshake(data, size) => found(95, "handshake of version 0x0100", HEADER_SIZE + 1),
        CHANGE_CIPHER if epoch == 0 && size == 3 => found(85, "change of cipher of version 0x0100", HEADER_SIZE),
        ALERT | HANDSHAKE | DATA if epoch > 0 && is_single => found(75, "record of version 0x0100", HEADER_SIZE),
        _ => Probe::No,
    }
}

/// ClientHello, ServerHello and HelloVerifyRequest; length of the message and of its fragment agree.
fn is_handshake(data: &[u8], size: usize) -> bool {
    let kind = data.get(HEADER_SIZE).copied();
    let length = data.get(HEADER_SIZE + 1..HEADER_SIZE + 4);
    let whole = data.get(HEADER_SIZE + 6..HEADER_SIZE + 9) == Some(&[0, 0, 0]) && length == data.get(HEADER_SIZE + 9..HEADER_SIZE + 12);
    match kind {
        Some(3) => whole,
        Some(1 | 2) => whole && size >= MIN_HELLO_SIZE,
        _ => false,
    }
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "ClientHello that resumes the session agreed on over TLS",
        transport: Transport::Udp,
        direction: Direction::Originator,
        data: b"\x16\x01\0\0\0\0\0\0\0\0\0\0\x56\x01\0\0\x4a\0\0\0\0\0\0\0\x4a\x01\0\
            \x5e\x10\x20\x30\x8b\x15\xc4\x9a\x3e\xd7\x60\xf2\x51\x0c\xb8\xe3\x94\x27\x6d\xaf\x18\xca\x73\x05\xde\x42\x99\x6b\xf1\x30\x8e\x57\
            \x20\x61\x19\x20\x11\x8b\x15\xc4\x9a\x3e\xd7\x60\xf2\x51\x0c\xb8\xe3\x94\x27\x6d\xaf\x18\xca\x73\x05\xde\x42\x99\x6b\xf1\x30\x8e\x57\
            \0\0\x02\0\x2f\x01\0",
        expect: &[],
    },
    Example {
        title: "data",
        transport: Transport::Udp,
        direction: Direction::Responder,
        data: b"\x17\x01\0\0\x01\0\0\0\0\0\x07\0\x20\x8b\x15\xc4\x9a\x3e\xd7\x60\xf2\x51\x0c\xb8\xe3\x94\x27\x6d\xaf\x18\xca\x73\x05\xde\x42\x99\x6b\xf1\x30\x8e\x57\x61\x19\x20\x11",
        expect: &[],
    },
];
