//! Alcatel-Lucent's NOE telephones: UA over UDP. A connection begins with tagged parameters; data keep two sequence numbers.

use crate::bytes::Reader;
use crate::probing::answers::matched;
use crate::probing::examples::{query, reply};
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

const CONNECT: u8 = 0;
const DATA: u8 = 7;
/// Version, window, packet size, losses, keep-alive, quality of service and others.
const MAX_PARAMETER: u8 = 0x0d;

/// NOE.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "noe",
    name: "NOE",
    selector: 764,
    category: "voip",
    transports: &[Transport::Udp],
    ports: &[32512, 32640],
    first_bytes: FirstBytes::Where(|byte| byte <= DATA),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    match sample.data {
        [CONNECT, ..] if is_connect(sample.data) => matched(75, "NOE connect", sample.data.len()),
        [1..=6] => Probe::NeedMore, // answers and keep-alives are one byte
        [DATA, 0, _, 0, _] => Probe::NeedMore,
        [DATA, 0, _, 0, _, high, low, ..] => {
            let size = usize::from(u16::from_be_bytes([*high, *low]));
            let is_chain = matches!(sample.other, [DATA, 0, _, 0, _, ..]) && matches!(sample.reverse, [1..=7, ..]);
            match is_chain && size + 7 <= sample.data.len() {
                true => matched(70, "NOE data in sequence", 7),
                false => Probe::NeedMore,
            }
        }
        _ => Probe::No,
    }
}

/// At least four parameters in rising order, of one or two bytes, which fill the datagram.
fn is_connect(data: &[u8]) -> bool {
    let mut reader = Reader::new(data);
    reader.take(1);
    let (mut count, mut last) = (0, None);
    while let Some(kind) = reader.u8() {
        let Some(size @ 1..=2) = reader.u8() else { return false };
        if kind > MAX_PARAMETER || last.is_some_and(|last| kind <= last) || reader.take(size.into()).is_none() {
            return false;
        }
        (count, last) = (count + 1, Some(kind));
    }
    count >= 4
}

const EXAMPLES: &[Example] = &[
    query("a telephone connects", b"\x00\x00\x01\x01\x01\x01\x01\x02\x02\x05\xdc\x03\x01\x03\x05\x01\x14\x06\x01\x00"),
    reply("from the other end", b"\x00\x00\x01\x02\x01\x01\x05\x02\x02\x05\x78\x05\x01\x0a"),
];
