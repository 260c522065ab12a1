//! Tailscale's path discovery ("disco", `disco/disco.go` of tailscale/tailscale) and the greeting of its relays (DERP,
//! `derp/derp.go`). The data goes in WireGuard between the same ports.

use crate::probing::answers::matched;
use crate::probing::beginnings::{Beginning, begins};
use crate::probing::numbers::u32_at;
use crate::protocol::{Descriptor, Direction, Example, FirstBytes, Probe, Sample, Transport};

/// `TS` and a speech balloon, in UTF-8.
const DISCO_MAGIC: &[u8] = b"TS\xf0\x9f\x92\xac";
/// Magic, sender's key, nonce, and the box's own overhead.
const MIN_DISCO_SIZE: usize = 6 + 32 + 24 + 16;
/// A relay's first frame: type 1, size, `DERP` and a key, in UTF-8.
const DERP_KEY_FRAME: u8 = 1;
const DERP_MAGIC: &[u8] = b"DERP\xf0\x9f\x94\x91";

/// Tailscale.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "tailscale-disco",
    name: "Tailscale",
    selector: 1222,
    category: "vpn",
    transports: &[Transport::Udp, Transport::Tcp],
    ports: &[41641],
    first_bytes: FirstBytes::Of(&[b'T', DERP_KEY_FRAME]),
    max_probe_size: 13,
    probe,
    app: "tailscale",
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    let data = sample.data;
    if sample.transport == Transport::Udp {
        let is_disco = data.starts_with(DISCO_MAGIC) && data.len() >= MIN_DISCO_SIZE;
        return if is_disco { matched(100, "disco magic", DISCO_MAGIC.len()) } else { Probe::No };
    }
    if data.first().is_some_and(|kind| *kind != DERP_KEY_FRAME)
        || u32_at(data, 1).is_some_and(|size| !(40..=1024).contains(&size))
    {
        return Probe::No;
    }
    match begins(data.get(5..).unwrap_or_default(), DERP_MAGIC) {
        Beginning::Whole => matched(100, "DERP magic", 13),
        Beginning::Partial => Probe::NeedMore,
        Beginning::Other => Probe::No,
    }
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "ping",
        transport: Transport::Udp,
        direction: Direction::Originator,
        data: b"TS\xf0\x9f\x92\xac\x3a\x84\x7d\xd2\x12\xae\x77\x7b\xfa\xe2\x14\xb3\x6d\x0d\x97\x11\x52\xf0\xc7\xe0\x52\x4e\x0c\x28\xb0\xa0\x10\x5b\x5f\xa6\x16\x17\
            \x03\x21\x4e\xe9\x4e\x40\x12\x57\xe7\x0f\xa3\x0f\x02\xa2\xc6\xb1\x5b\xb7\xab\x39\xde\x58\xa6\xab\
            \xa6\xdf\xda\x69\xf5\x78\xe7\xc9\x67\x97\x6b\xd8\x0e\xa2\xe2\xca\x6e\x18\xb6\x99",
        expect: &[],
    },
    Example {
        title: "a relay's key",
        transport: Transport::Tcp,
        direction: Direction::Responder,
        data: b"\x01\0\0\0\x28DERP\xf0\x9f\x94\x91\x8b\x15\xc4\x9a\x3e\xd7\x60\xf2\x51\x0c\xb8\xe3\x94\x27\x6d\xaf\x18\xca\x73\x05\xde\x42\x99\x6b\xf1\x30\x8e\x57\x61\x19\x20\x11",
        expect: &[],
    },
];
