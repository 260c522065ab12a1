//! WhatsApp's chat connection: the prologue of its Noise handshake (`WA`, version of the protocol, version of the dictionary),
//! with or without routing information before it, and the binary stream of old versions, which began alike.

use crate::bytes::Reader;
use crate::probing::answers::matched;
use crate::probing::examples::client;
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

/// Routing information is a few bytes; more is not believed.
const MAX_ROUTING_SIZE: u32 = 64;
/// A client's hello is below this.
const MAX_HELLO_SIZE: u32 = 4096;
/// Field 2 (client hello) of the handshake message, length-delimited: protocol buffers.
const CLIENT_HELLO: u8 = 0x12;
/// A list of the binary stream that came before.
const OLD_LIST: u8 = 0xf8;

/// WhatsApp's chat.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "whatsapp-chat",
    name: "WhatsApp",
    selector: 709,
    category: "messaging",
    tags: &["encrypted"],
    transports: &[Transport::Tcp],
    ports: &[5222, 443],
    first_bytes: FirstBytes::Of(b"WE"),
    probe,
    app: "whatsapp",
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    let mut reader = Reader::new(sample.data);
    let routed = match reader.rest() {
        [b'W', ..] => Some(()),
        [b'E', ..] => match read_routing(&mut reader) {
            Err(answer) => return answer,
            Ok(()) => Some(()),
        },
        [] => None,
        _ => return Probe::No,
    };
    let prologue = [
        fits(&mut reader, |byte| byte == b'W'),
        fits(&mut reader, |byte| byte == b'A'),
        fits(&mut reader, |byte| byte < 16),
        fits(&mut reader, |byte| byte < 16),
    ];
    if prologue.contains(&Some(false)) {
        return Probe::No;
    }
    let (Some(()), Some(size)) = (routed, reader.u24()) else { return Probe::NeedMore };
    match reader.u8() {
        None if size <= MAX_HELLO_SIZE => Probe::NeedMore,
        Some(CLIENT_HELLO | OLD_LIST) if (1..=MAX_HELLO_SIZE).contains(&size) => {
            matched(100, "WhatsApp prologue", sample.data.len() - reader.rest().len())
        }
        _ => Probe::No,
    }
}

/// Whether the next byte is allowed; `None` where there is none.
fn fits(reader: &mut Reader<'_>, allows: fn(u8) -> bool) -> Option<bool> {
    reader.u8().map(allows)
}

/// `ED`, 0, 1, size in three bytes, and the information itself.
fn read_routing(reader: &mut Reader<'_>) -> Result<(), Probe> {
    const MARK: &[u8] = b"ED\x00\x01";
    let known = reader.rest().len().min(MARK.len());
    if reader.rest().get(..known) != MARK.get(..known) {
        return Err(Probe::No);
    }
    reader.take(MARK.len()).ok_or(Probe::NeedMore)?;
    let size = reader.u24().ok_or(Probe::NeedMore)?;
    if size > MAX_ROUTING_SIZE {
        return Err(Probe::No);
    }
    reader.take(size as usize).map(|_| ()).ok_or(Probe::NeedMore)
}

const EXAMPLES: &[Example] = &[
    client("a client's hello", b"WA\x06\x03\x00\x00\x24\x12\x22\x0a\x200123456789abcdef0123456789abcdef"),
    client(
        "with routing information",
        b"ED\x00\x01\x00\x00\x04\x08\x05\x08\x02WA\x06\x02\x00\x00\x24\x12\x22\x0a\x200123456789abcdef0123456789abcdef",
    ),
    client(
        "the binary stream of old versions",
        b"WA\x01\x05\x00\x00\x18\xf8\x05\x01\xa5\x91\x89\xfc\x10Android-2.12.124",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_begin_alike_are_refused() {
        for data in
            [&b"WAIT\r\n"[..], b"EDIT x\r\n", b"WA\x06\x03\xff", b"WA\x06\x03\x00\x00\x24\x13", b"ED\x00\x01\x00\x01"]
        {
            let answer = probe(&Sample { data, ..Sample::EMPTY });
            assert!(!matches!(answer, Probe::Match(_)), "{data:?}");
        }
        assert_eq!(probe(&Sample { data: b"WAIT", ..Sample::EMPTY }), Probe::No);
    }
}
