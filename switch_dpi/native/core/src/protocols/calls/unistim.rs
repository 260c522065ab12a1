//! UNIStim, of Nortel's and Avaya's telephones: reliable datagrams of commands.

use crate::bytes::Reader;
use crate::probing::answers::matched;
use crate::probing::examples::{query, reply};
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

/// Sequence number (4), kind, direction.
const HEADER_SIZE: usize = 6;
const PAYLOAD: u8 = 2;
const FROM_SERVER: u8 = 2;
/// Addresses of the managers to which commands go, and theirs with the top bit when they answer.
const MANAGERS: &[u8] = &[0x00, 0x10, 0x11, 0x12, 0x13, 0x16, 0x17, 0x19, 0x1a, 0x1b, 0x1e, 0x1f];

/// UNIStim.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "unistim",
    name: "UNIStim",
    selector: 763,
    category: "voip",
    transports: &[Transport::Udp],
    ports: &[5000, 5100, 4100, 7300],
    first_bytes: FirstBytes::Of(&[0x00, 0xff]),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

/// Small sequence numbers (all ones begin a session), and commands whose sizes fill the datagram.
fn probe(sample: &Sample<'_>) -> Probe {
    let mut reader = Reader::new(sample.data);
    let (Some(sequence), Some(kind), Some(direction)) = (reader.u32(), reader.u8(), reader.u8()) else {
        return Probe::No;
    };
    if (sequence > 0xffff && sequence != u32::MAX) || kind > PAYLOAD || !matches!(direction, 1 | 2) {
        return Probe::No;
    }
    if kind < PAYLOAD {
        let fits = matches!(sample.data.len(), HEADER_SIZE | 10);
        return if fits { Probe::NeedMore } else { Probe::No };
    }
    if direction != FROM_SERVER && reader.take(4).is_none() {
        return Probe::No; // a telephone tells its number first
    }
    match count_commands(reader) {
        0 => Probe::No,
        1 if sample.reverse.len() < HEADER_SIZE => matched(62, "UNIStim command", HEADER_SIZE),
        _ => matched(80, "UNIStim commands", HEADER_SIZE),
    }
}

/// Manager, size of all, command; 0 when they do not fill the datagram.
fn count_commands(mut reader: Reader<'_>) -> usize {
    let mut count = 0;
    while let Some(manager) = reader.u8() {
        let is_known = MANAGERS.contains(&(manager & 0x7f));
        let Some(size) = reader.u8().filter(|size| is_known && *size >= 3) else { return 0 };
        if reader.take(usize::from(size) - 2).is_none() {
            return 0;
        }
        count += 1;
    }
    count
}

const EXAMPLES: &[Example] = &[
    reply("a server asks for the firmware", b"\x00\x00\x00\x01\x02\x02\x1e\x05\x12\x00\x78\x16\x03\x05"),
    query("a telephone tells it", b"\x00\x00\x00\x02\x02\x01\xa1\xb2\xc3\xd4\x9e\x08\x120604D\x99\x04\x00\x01"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_that_do_not_fit_are_refused() {
        for data in
            [&b"\0\0\0\x01\x02\x02\x1e\x06\x12\0\x78"[..], b"\0\0\0\x01\x03\x02", b"\0\x01\0\x01\x02\x02\x1e\x03\x01"]
        {
            assert_eq!(probe(&Sample { transport: Transport::Udp, data, ..Sample::EMPTY }), Probe::No, "{data:?}");
        }
    }
}
