//! Spotify: the search for players in the local network, and the client's hello to an access point.

use crate::probing::answers::matched;
use crate::probing::examples::{client, query};
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

/// Begins every datagram of the search.
const DISCOVERY: &[u8] = b"SpotUdp0";
/// Prefix, size in four bytes, then the hello as protocol buffers: field 10 (build information), whose field 10 is the product.
const HELLO: [Option<u8>; 9] = [Some(0), Some(4), Some(0), Some(0), None, None, Some(0x52), None, Some(0x50)];

/// Spotify.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "spotify-connect",
    name: "Spotify",
    selector: 710,
    category: "music",
    transports: &[Transport::Udp, Transport::Tcp],
    ports: &[57621, 4070],
    first_bytes: FirstBytes::Of(b"S\0"),
    probe,
    app: "spotify",
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    if sample.transport == Transport::Udp {
        return if sample.data.starts_with(DISCOVERY) {
            matched(100, "search for Spotify players", DISCOVERY.len())
        } else {
            Probe::No
        };
    }
    let fits = sample.data.iter().zip(HELLO).all(|(byte, wanted)| wanted.is_none_or(|wanted| wanted == *byte));
    match fits {
        false => Probe::No,
        true if sample.data.len() < HELLO.len() => Probe::NeedMore,
        true => matched(90, "Spotify client hello", HELLO.len()),
    }
}

const EXAMPLES: &[Example] = &[
    query("search in the local network", b"SpotUdp0\xdc\x15\x74\x28\x2e\x52\x62\x4c\x00\x01\x00\x04\x48\x95\xc2\x03\xa2\x41\xde\x20\x89\xb9\x78\xd8\x20\x56\x4b\xd5\x0c\x91\xc0\xe8\xa3\xe6\x0a\x78"),
    client("hello to an access point", b"\x00\x04\x00\x00\x01\x9f\x52\x0e\x50\x00\x60\x00\x70\x01\xf0\x01\x08\xc0\x02\x80\xe8\xf2\x05"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_other_first_fields_are_refused() {
        for data in [&b"\0\x04\0\x01\0\0\x52"[..], b"\0\x04\0\0\x01\x00\x53", b"SpotUdp1", b"\0\x05"] {
            assert_eq!(probe(&Sample { data, ..Sample::EMPTY }), Probe::No, "{data:?}");
        }
    }
}
