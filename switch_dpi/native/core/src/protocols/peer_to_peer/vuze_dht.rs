//! The DHT of Vuze (Azureus), over UDP: its own, beside the one of BEP 5 ("Distributed hash table" in the Vuze wiki).
//! Big-endian.

use crate::probing::answers::matched_if;
use crate::probing::examples::{query, reply};
use crate::probing::numbers::{u8_at, u32_at};
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

/// Actions: ping, store, find node, find value, error, statistics, key block, query storage; odd numbers are answers.
const ACTIONS: std::ops::RangeInclusive<u32> = 1024..=1039;
/// Protocol versions that have been spoken.
const VERSIONS: std::ops::RangeInclusive<u8> = 8..=60;
/// Networks: stable, the one of CVS builds, and each once more for IPv6.
const MAX_NETWORK: u32 = 3;

/// Vuze DHT.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "vuze-dht",
    name: "Vuze DHT",
    selector: 902,
    category: "peer-to-peer",
    transports: &[Transport::Udp],
    ports: &[6881, 49001],
    first_bytes: FirstBytes::Where(|byte| byte == 0 || byte >= 0x80),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

/// Requests: connection id (its first bit set), action, transaction. Answers: action, transaction, connection id. Then
/// version, vendor, network.
fn probe(sample: &Sample<'_>) -> Probe {
    let data = sample.data;
    let is_request = u8_at(data, 0).is_some_and(|byte| byte >= 0x80);
    let (action_at, parity, id_at) = if is_request { (8, 0, 0) } else { (0, 1, 8) };
    let action_fits = u32_at(data, action_at).is_some_and(|action| ACTIONS.contains(&action) && action % 2 == parity);
    let fits = action_fits
        && u8_at(data, id_at).is_some_and(|byte| byte >= 0x80)
        && u8_at(data, 16).is_some_and(|version| VERSIONS.contains(&version))
        && u8_at(data, 17).is_some_and(|vendor| vendor <= 1)
        && u32_at(data, 18).is_some_and(|network| network <= MAX_NETWORK);
    matched_if(fits, 90, "Vuze DHT header", 22)
}

const EXAMPLES: &[Example] = &[
    query("ping", b"\x9b\x21\x70\x11\xf2\x03\x45\x66\x00\x00\x04\x00\x5f\x00\x11\x2a\x33\x00\x00\x00\x00\x00\x33\x04\xc0\x00\x02\x07\x1a\xe1\x7f\x01\x22\x90\x00\x00\x01\x8f\x21\x00\x10\x44"),
    reply("answer to a ping", b"\x00\x00\x04\x01\x5f\x00\x11\x2a\x9b\x21\x70\x11\xf2\x03\x45\x66\x33\x00\x00\x00\x00\x00\x12\x90\x77\x01"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_with_the_number_of_a_request_is_refused() {
        let mut data = EXAMPLES[1].data.to_vec();
        data[3] = 0;
        assert_eq!(probe(&Sample { data: &data, ..Sample::EMPTY }), Probe::No);
    }
}
