//! iperf 2 (sources): packets filled with the ten digits, over TCP and UDP.

use crate::probing::answers::matched;
use crate::probing::examples::{client, query};
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

/// The headers of all versions end before this; from there on byte i is the digit i mod 10.
const PATTERN_START: usize = 120;
const PATTERN_SIZE: usize = 20;
const END: usize = PATTERN_START + PATTERN_SIZE;
/// Flags of the first word: has version 1, runs now, extends; plain digits where no header is sent.
const FIRST_BYTES: [u8; 10] = [0x00, 0x08, 0x10, 0x20, 0x40, 0x48, 0x50, 0x80, 0xc0, b'0'];

/// iperf 2.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "iperf2",
    name: "iPerf",
    selector: 1602,
    transports: &[Transport::Tcp, Transport::Udp],
    ports: &[5001],
    first_bytes: FirstBytes::Of(&FIRST_BYTES),
    max_probe_size: END,
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    if sample.data.first().is_some_and(|byte| !FIRST_BYTES.contains(byte)) {
        return Probe::No;
    }
    let digit = |index: usize| u8::try_from(index % 10).ok().map(|digit| b'0' + digit);
    let is_header = sample.data.get(1..3).is_none_or(|rest| rest == b"12" || rest.iter().all(|byte| byte & 0x3f == 0));
    let shown = sample.data.iter().enumerate().take(END).skip(PATTERN_START);
    let fits = is_header && shown.clone().all(|(index, byte)| digit(index) == Some(*byte));
    match (fits, shown.count() == PATTERN_SIZE, sample.transport.is_stream()) {
        (true, true, _) => matched(85, "digits", END),
        (true, false, true) => Probe::NeedMore,
        _ => Probe::No,
    }
}

const TCP_CLIENT: &[u8] = b"\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x13\x89\x00\x00\x00\x00\x00\x00\x00\x00\xff\xff\xfc\x184567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789";
const UDP_CLIENT: &[u8] = b"\x00\x00\x00\x01\x69\x55\x34\x00\x00\x01\x86\xa0\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x13\x894567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789";

const EXAMPLES: &[Example] = &[client("client", TCP_CLIENT), query("first datagram of a client", UDP_CLIENT)];
