//! Character generator (RFC 864): lines of 72 characters, each beginning one further in the printable ones.

use crate::probing::answers::matched;
use crate::probing::examples::{reply, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

const LINE_SIZE: usize = 72;
/// Enough to be sure.
const MIN_SIZE: usize = 24;

/// Chargen.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "chargen",
    name: "Chargen",
    selector: 736,
    category: "network",
    transports: &[Transport::Tcp, Transport::Udp],
    ports: &[19],
    first_bytes: FirstBytes::Where(|byte| matches!(byte, b' '..=b'~')),
    max_probe_size: LINE_SIZE + 2,
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    let line = sample.data.get(..LINE_SIZE).unwrap_or(sample.data);
    let goes_on = line.iter().zip(line.iter().skip(1)).all(|(byte, next)| *next == after(*byte));
    if !goes_on || !line.first().is_none_or(|byte| matches!(byte, b' '..=b'~')) {
        Probe::No
    } else if line.len() >= MIN_SIZE {
        matched(90, "printable characters in order", line.len())
    } else if sample.transport.is_stream() {
        Probe::NeedMore
    } else {
        Probe::No
    }
}

/// The next of the 95 printable characters.
const fn after(byte: u8) -> u8 {
    if byte == b'~' { b' ' } else { byte.saturating_add(1) }
}

const EXAMPLES: &[Example] = &[
    server("a stream", b" !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefg\r\n!\"#$%&'()*"),
    reply("a datagram", b"stuvwxyz{|}~ !\"#$%&'()*+,-./0123456789:;<=>?"),
];
