//! ZRTP (RFC 6189): key agreement of a call, on the ports of its RTP. The call is named for it only while no media have come.

use crate::bytes::Reader;
use crate::probing::answers::matched;
use crate::probing::examples::{query, reply};
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

const COOKIE: u32 = 0x5a52_5450;
const PREAMBLE: u16 = 0x505a;

/// ZRTP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "zrtp",
    name: "ZRTP",
    selector: 762,
    category: "voip",
    transports: &[Transport::Udp],
    first_bytes: FirstBytes::Of(&[0x10]),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

/// Version bits, cookie, and the preamble of a message (RFC 6189 §5).
fn probe(sample: &Sample<'_>) -> Probe {
    let mut reader = Reader::new(sample.data);
    let start = (reader.u16(), reader.u16(), reader.u32(), reader.u32(), reader.u16());
    match start {
        (Some(0x1000), Some(_), Some(COOKIE), Some(_), Some(PREAMBLE)) => matched(100, "ZRTP message", 14),
        _ => Probe::No,
    }
}

const EXAMPLES: &[Example] = &[
    query("Hello", b"\x10\x00\x00\x01ZRTP\x12\x34\x56\x78\x50\x5a\x00\x1eHello   1.10softphone 2.0   "),
    reply("HelloACK", b"\x10\x00\x00\x02ZRTP\x87\x65\x43\x21\x50\x5a\x00\x03HelloACK\xa1\xb2\xc3\xd4"),
];
