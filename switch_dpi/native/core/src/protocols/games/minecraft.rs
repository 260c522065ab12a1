//! Minecraft, Java edition, over TCP ("Java Edition protocol" of the Minecraft wiki): the handshake, the answer to a status
//! request, and the ping of clients before 1.7. Numbers of variable size have seven bits a byte, the least first.

use crate::bytes::Reader;
use crate::probing::answers::matched;
use crate::probing::beginnings::{Beginning, begins};
use crate::probing::examples::{client, server};
use crate::probing::readers::Reading;
use crate::protocol::{Descriptor, Example, Findings, FirstBytes, Probe, Progress, Sample, Transport};

/// What old clients ping with, and how it is answered: "§1" in UTF-16 behind a size.
const OLD_PING: &[u8] = b"\xfe\x01\xfa\x00\x0b\x00M\x00C\x00|";
/// The address in a handshake has at most 255 characters; launchers append data of their own.
const MAX_ADDRESS_SIZE: u32 = 1024;
/// Bytes of a number.
const MAX_NUMBER_SIZE: usize = 5;
/// A status begins with it.
const STATUS: &[u8] = b"{\"";

/// Minecraft.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "minecraft-java",
    name: "Minecraft",
    selector: 941,
    category: "games",
    transports: &[Transport::Tcp],
    ports: &[25565],
    first_bytes: FirstBytes::Where(|byte| byte >= 7),
    max_probe_size: 1100,
    probe,
    inspector: Some(|| Box::new(Reading(read))),
    app: "minecraft",
    examples: EXAMPLES,
    ..Descriptor::BASE
};

/// What a stream begins with.
enum Opening<'a> {
    Handshake(&'a [u8]),
    Status,
    Partial,
    No,
}

fn probe(sample: &Sample<'_>) -> Probe {
    match begins(sample.data, OLD_PING) {
        Beginning::Whole => return matched(100, "old ping", 11),
        Beginning::Partial => return Probe::NeedMore,
        Beginning::Other => {}
    }
    match opening(sample.data) {
        Opening::Handshake(_) => matched(90, "handshake", 8),
        Opening::Status => matched(85, "status", 6),
        Opening::Partial => Probe::NeedMore,
        Opening::No => Probe::No,
    }
}

/// Both begin with the packet's size and number 0.
fn opening(data: &[u8]) -> Opening<'_> {
    let mut reader = Reader::new(data);
    let Some(size) = number(&mut reader) else { return short(data) };
    let inner = reader.rest().len();
    match reader.u8() {
        None => return short(data),
        Some(0) if size >= 7 => {}
        Some(_) => return Opening::No,
    }
    let Some(second) = number(&mut reader) else { return short(data) };
    if begins(reader.rest(), STATUS) == Beginning::Whole {
        let number_size = inner - 1 - reader.rest().len();
        let fits = u64::from(second) + 1 + number_size as u64 == u64::from(size);
        return if fits { Opening::Status } else { Opening::No };
    }
    if reader.rest() == b"{" {
        return Opening::Partial;
    }
    handshake(reader, u64::from(size), inner)
}

/// Address, port, what is wanted: status, log-in, or transfer.
fn handshake<'a>(mut reader: Reader<'a>, size: u64, inner: usize) -> Opening<'a> {
    let Some(address_size) = number(&mut reader) else { return short(reader.rest()) };
    if !(1..=MAX_ADDRESS_SIZE).contains(&address_size) {
        return Opening::No;
    }
    let address_size = usize::try_from(address_size).unwrap_or(usize::MAX);
    let so_far = reader.rest().get(..address_size).unwrap_or(reader.rest());
    let name = so_far.split(|byte| *byte == 0).next().unwrap_or_default();
    if so_far.first() == Some(&0)
        || !name.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b':'))
    {
        return Opening::No;
    }
    let (Some(_), Some(_port), Some(wanted)) = (reader.take(address_size), reader.u16(), reader.u8()) else {
        return Opening::Partial;
    };
    let taken = inner - reader.rest().len();
    if (1..=3).contains(&wanted) && taken as u64 == size { Opening::Handshake(name) } else { Opening::No }
}

/// Of a stream that ends within a number.
fn short(data: &[u8]) -> Opening<'_> {
    let is_endless =
        data.len() >= MAX_NUMBER_SIZE && data.iter().rev().take(MAX_NUMBER_SIZE).all(|byte| byte & 0x80 != 0);
    if is_endless { Opening::No } else { Opening::Partial }
}

fn number(reader: &mut Reader<'_>) -> Option<u32> {
    let mut value = 0;
    for index in 0..MAX_NUMBER_SIZE {
        let byte = reader.u8()?;
        value |= u32::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

fn read(sample: &Sample<'_>, found: &mut Findings) -> Progress {
    if let Opening::Handshake(name) = opening(sample.data) {
        found.set_host(name);
    }
    Progress::Settled
}

const EXAMPLES: &[Example] = &[
    client("handshake for a status", b"\x17\x00\xfa\x05\x10play.example.org\x63\xdd\x01\x01\x00"),
    client("handshake of a modded client", b"\x13\x00\xfb\x05\x0cmc.lan\0FML2\0\x63\xdd\x02"),
    server("status", b"\x1d\x00\x1b{\"version\":{\"name\":\"1.20\"}}"),
    client("ping of an old client", b"\xfe\x01\xfa\x00\x0b\x00M\x00C\x00|\x00P\x00i\x00n\x00g\x00H\x00o\x00s\x00t"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_streams_are_let_go() {
        for data in
            [&b"\x16\x03\x01"[..], b"GET ", b"\xff\xff\xff\xff\xff", b"\x17\x00\xfa\x05\x10\x00", b"\x30\x82\x01"]
        {
            assert_eq!(probe(&Sample { data, ..Sample::EMPTY }), Probe::No, "{data:?}");
        }
    }

    #[test]
    fn the_address_is_the_host() {
        let mut found = Findings::default();
        read(&Sample { data: EXAMPLES[1].data, ..Sample::EMPTY }, &mut found);
        assert_eq!(found.host(), Some("mc.lan"));
    }
}
