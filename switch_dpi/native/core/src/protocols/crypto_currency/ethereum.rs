//! Ethereum's node discovery v4 over UDP (devp2p, "discv4"): hash, signature, type and an RLP list (Yellow Paper, appendix B);
//! big-endian. Version 5 and RLPx are encrypted from their first byte.

use crate::bytes::Reader;
use crate::probing::answers::matched_if;
use crate::probing::examples::{query, reply};
use crate::probing::numbers::u8_at;
use crate::protocol::{Descriptor, Example, Probe, Sample, Transport};

/// Where the signature's recovery id stands: 0 or 1.
const RECOVERY_AT: usize = 32 + 64;
/// Where the type stands.
const KIND_AT: usize = RECOVERY_AT + 1;
/// Items of the largest list (ping and its extensions).
const MAX_ITEMS: usize = 16;
/// A time of the Unix era as RLP has it: four bytes.
const TIME_SIZE: usize = 4;

/// Ethereum node discovery.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "ethereum",
    name: "Ethereum",
    selector: 931,
    category: "crypto-currency",
    tags: &["encrypted"],
    transports: &[Transport::Udp],
    ports: &[30301, 30303],
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    let data = sample.data;
    let (Some(0 | 1), Some(kind @ 1..=6)) = (u8_at(data, RECOVERY_AT), u8_at(data, KIND_AT)) else { return Probe::No };
    let fits = data.get(KIND_AT + 1..).is_some_and(|list| is_message(kind, list));
    matched_if(fits, 85, "discovery message", 100)
}

/// An item of RLP.
#[derive(Clone, Copy)]
struct Item<'a> {
    is_list: bool,
    payload: &'a [u8],
}

/// Ping, pong, find node, neighbours, request for a record, record: each has its first item, and all but the last a time.
fn is_message(kind: u8, data: &[u8]) -> bool {
    let mut reader = Reader::new(data);
    let Some(list) = item(&mut reader).filter(|list| list.is_list && reader.is_empty()) else { return false };
    let mut items = Reader::new(list.payload);
    let Some(first) = item(&mut items) else { return false };
    let first_fits = match kind {
        1 => !first.is_list && matches!(first.payload, [3..=5]),
        2 | 4 => first.is_list,
        3 => !first.is_list && first.payload.len() == 64,
        5 => is_time(&first),
        _ => !first.is_list && first.payload.len() == 32,
    };
    let mut has_time = is_time(&first);
    let mut has_record = false;
    for _ in 0..MAX_ITEMS {
        if items.is_empty() {
            break;
        }
        let Some(item) = item(&mut items) else { return false };
        has_time |= is_time(&item);
        has_record |= item.is_list;
    }
    first_fits && items.is_empty() && if kind == 6 { has_record } else { has_time }
}

const fn is_time(item: &Item<'_>) -> bool {
    !item.is_list && item.payload.len() == TIME_SIZE
}

/// A byte below 0x80 is itself; then strings and lists of up to 55 bytes, and longer ones with the size of their size.
fn item<'a>(reader: &mut Reader<'a>) -> Option<Item<'a>> {
    let whole = reader.rest();
    let first = reader.u8()?;
    let (is_list, size) = match first {
        0..=0x7f => return Some(Item { is_list: false, payload: whole.get(..1)? }),
        0x80..=0xb7 => (false, usize::from(first - 0x80)),
        0xb8 => (false, usize::from(reader.u8()?)),
        0xb9 => (false, usize::from(reader.u16()?)),
        0xc0..=0xf7 => (true, usize::from(first - 0xc0)),
        0xf8 => (true, usize::from(reader.u8()?)),
        0xf9 => (true, usize::from(reader.u16()?)),
        _ => return None, // larger than a datagram
    };
    Some(Item { is_list, payload: reader.take(size)? })
}

const EXAMPLES: &[Example] = &[
    query("ping", b"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\x01\x01\xdc\x04\xcb\x84\xc0\x00\x02\x07\x82\x76\x5f\x82\x76\x5f\xc9\x84\xc0\x00\x02\x08\x82\x76\x5f\x80\x84\x65\x90\x01\xa5"),
    query("request for a record", b"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\x00\x05\xc5\x84\x65\x90\x01\xa5"),
    reply("pong", b"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\x01\x02\xf0\xc9\x84\xc0\x00\x02\x07\x82\x76\x5f\x80\xa00123456789abcdef0123456789abcdef\x84\x65\x90\x01\xa5"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_fills_the_datagram() {
        let mut data = EXAMPLES[0].data.to_vec();
        data.push(0);
        assert_eq!(probe(&Sample { data: &data, ..Sample::EMPTY }), Probe::No);
        data.truncate(120);
        assert_eq!(probe(&Sample { data: &data, ..Sample::EMPTY }), Probe::No);
    }
}
