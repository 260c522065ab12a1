//! Gnutella 0.4 and 0.6 ("Gnutella 0.6", RFC-Gnutella) and Gnutella2: the handshake over TCP, descriptors over UDP (23 bytes,
//! size little-endian), and G2's datagrams ("GND"). Downloads are HTTP and not claimed here, but for pushed ones ("GIV").

use crate::probing::answers::matched;
use crate::probing::beginnings::begins_any;
use crate::probing::examples::{client, query, reply, server, telling};
use crate::probing::lines::Lines;
use crate::probing::numbers::{size_of_u32, u8_at, u32_le_at};
use crate::probing::readers::Reading;
use crate::probing::search::has;
use crate::protocol::attributes::Attribute;
use crate::protocol::{Descriptor, Example, Findings, Probe, Progress, Sample, Transport};

/// Beginnings of streams.
const STARTS: [&[u8]; 4] = [b"GNUTELLA CONNECT/0.", b"GNUTELLA/0.6 ", b"GNUTELLA OK\n", b"GIV 0:"];
/// Descriptor header: GUID, type, TTL, hops, size.
const HEADER_SIZE: usize = 23;
/// A GUID is random, so that most of its bytes are not small.
const LEAST_ID_BYTES: usize = 8;
/// Descriptors go no farther.
const MAX_HOPS: u8 = 15;
/// Parts of one message of G2.
const MAX_PARTS: u8 = 64;

/// Gnutella.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "gnutella",
    name: "Gnutella",
    selector: 920,
    category: "peer-to-peer",
    transports: &[Transport::Tcp, Transport::Udp],
    ports: &[6346, 6347],
    probe,
    inspector: Some(|| Box::new(Reading(read))),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    let data = sample.data;
    if sample.transport == Transport::Tcp {
        return begins_any(data, &STARTS).stream(95, "handshake", 12);
    }
    if is_descriptor(data) {
        return matched(90, "descriptor", 23);
    }
    // nonce, number of the datagram, part, how many parts; 0 parts acknowledge
    let part_fits =
        matches!((u8_at(data, 6), u8_at(data, 7)), (Some(1..=MAX_PARTS), Some(count)) if count <= MAX_PARTS);
    if has(data, 0, b"GND") && part_fits && u8_at(data, 3).is_some_and(|flags| flags & 0xfc == 0) {
        return matched(75, "G2 datagram", 8);
    }
    Probe::No
}

/// The size fits, and so do type, TTL and hops.
fn is_descriptor(data: &[u8]) -> bool {
    let size_fits = u32_le_at(data, 19).is_some_and(|size| size_of_u32(size) == data.len().saturating_sub(HEADER_SIZE));
    let kind_fits = matches!(u8_at(data, 16), Some(0x00..=0x02 | 0x30..=0x32 | 0x40 | 0x41 | 0x80..=0x82));
    let is_near = |offset| u8_at(data, offset).is_some_and(|count| count <= MAX_HOPS);
    let has_life = u8_at(data, 17).is_some_and(|ttl| ttl > 0);
    size_fits
        && kind_fits
        && is_near(17)
        && is_near(18)
        && has_life
        && data.iter().take(16).filter(|byte| **byte > 3).count() >= LEAST_ID_BYTES
}

fn read(sample: &Sample<'_>, found: &mut Findings) -> Progress {
    if sample.transport != Transport::Tcp {
        return Progress::Done;
    }
    for line in Lines::new(sample.data, 0) {
        if let Some(agent) = line.strip_prefix(b"User-Agent:") {
            found.text(Attribute::PeerClient, agent.trim_ascii());
        }
        if line.is_empty() {
            break;
        }
    }
    Progress::Settled
}

const EXAMPLES: &[Example] = &[
    telling(
        client("handshake", b"GNUTELLA CONNECT/0.6\r\nUser-Agent: gtk-gnutella/1.2\r\nX-Ultrapeer: False\r\n\r\n"),
        &[(Attribute::PeerClient, "gtk-gnutella/1.2")],
    ),
    server("its answer", b"GNUTELLA/0.6 200 OK\r\nX-Ultrapeer: True\r\n\r\n"),
    client("pushed download", b"GIV 0:5a119002330eff2190ab0172c39e6f00/\n\n"),
    query(
        "ping",
        b"\x5a\x11\x90\x02\x33\x0e\x77\x21\xff\xab\x01\x72\xc3\x9e\x6f\x00\x00\x01\x00\x05\x00\x00\x00\xc3\x02SCP",
    ),
    reply("G2: acknowledgement", b"GND\x00\x12\x77\x01\x00"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_size_of_a_descriptor_is_held() {
        let mut data = EXAMPLES[3].data.to_vec();
        data.push(0);
        assert_eq!(probe(&Sample { transport: Transport::Udp, data: &data, ..Sample::EMPTY }), Probe::No);
    }
}
