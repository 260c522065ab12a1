//! MPEG transport streams (ISO/IEC 13818-1 §2.4.3) on their own, over UDP and TCP: packets of 188 bytes, each with a sync byte.

use crate::probing::answers::matched;
use crate::probing::examples::{query, reply, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

const PACKET_SIZE: usize = 188;
const SYNC: u8 = 0x47;
/// Packets of a stream that must fit: eight bits each, and the bits of their headers.
const MIN_PACKETS: usize = 4;

/// MPEG-TS.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "mpeg-ts",
    name: "MPEG-TS",
    selector: 761,
    category: "streaming-protocol",
    transports: &[Transport::Udp, Transport::Tcp],
    ports: &[1234, 5500],
    first_bytes: FirstBytes::Of(&[SYNC]),
    max_probe_size: MIN_PACKETS * PACKET_SIZE,
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    if !sample.data.chunks(PACKET_SIZE).all(is_packet) {
        return Probe::No;
    }
    let packets = sample.data.len() / PACKET_SIZE;
    let is_whole = sample.data.len().is_multiple_of(PACKET_SIZE);
    match packets {
        _ if sample.transport.is_stream() => {
            if packets >= MIN_PACKETS {
                matched(80, "transport stream packets", packets * PACKET_SIZE)
            } else {
                Probe::NeedMore
            }
        }
        _ if !is_whole => Probe::No,
        0 => Probe::No,
        1 if sample.other.first() == Some(&SYNC) => matched(60, "transport stream packets", PACKET_SIZE),
        1 => Probe::NeedMore,
        2..=3 => matched(75, "transport stream packets", sample.data.len()),
        _ => matched(90, "transport stream packets", sample.data.len()),
    }
}

/// Sync byte, no transport error, payload or adaptation field, of which the size must fit.
fn is_packet(packet: &[u8]) -> bool {
    let control = packet.get(3).map_or(1, |byte| byte >> 4 & 3);
    let adaptation_fits = match (control, packet.get(4)) {
        (0, _) => false,
        (2, Some(size)) => *size == 183,
        (3, Some(size)) => *size <= 182,
        _ => true,
    };
    packet.first() == Some(&SYNC) && packet.get(1).is_none_or(|byte| byte & 0x80 == 0) && adaptation_fits
}

/// Packets that carry nothing (identifier 0x1fff).
const fn nothing<const SIZE: usize>() -> [u8; SIZE] {
    let mut bytes = [0xff; SIZE];
    let mut rest: &mut [u8] = &mut bytes;
    while let Some((packet, tail)) = rest.split_at_mut_checked(PACKET_SIZE) {
        packet.split_at_mut(4).0.copy_from_slice(&[SYNC, 0x1f, 0xff, 0x10]);
        rest = tail;
    }
    bytes
}

const EXAMPLES: &[Example] = &[
    query("seven packets, as usual", &nothing::<1316>()),
    reply("two packets", &nothing::<376>()),
    server("in a stream", &nothing::<1504>()),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_of_the_web_are_let_go() {
        let mut data = b"GET / HTTP/1.1\r\n".to_vec();
        data.resize(200, b'x');
        assert_eq!(probe(&Sample { data: &data, ..Sample::EMPTY }), Probe::No);
    }
}
