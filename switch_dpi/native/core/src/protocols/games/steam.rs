//! Steam: connection managers over UDP ("VS01") and TCP ("VT01" behind a size), and the discovery of other clients in the local
//! network (In-Home Streaming, a number and Protocol Buffers), as SteamKit and other open clients describe them. Little-endian.

use crate::probing::answers::matched_if;
use crate::probing::beginnings::{Beginning, Byte, fits};
use crate::probing::examples::{query, server};
use crate::probing::numbers::{size_of_u32, u8_at, u16_le_at, u32_le_at};
use crate::probing::search::has;
use crate::protocol::{Descriptor, Example, Probe, Sample, Transport};
use Byte::{Any, Is};

/// Size below 16 MB, then the mark.
const STREAM: [Byte; 8] = [Any, Any, Any, Is(0), Is(b'V'), Is(b'T'), Is(b'0'), Is(b'1')];
/// Datagrams: mark, size of what follows the header, type.
const DATAGRAM: &[u8] = b"VS01";
const DATAGRAM_HEADER_SIZE: usize = 36;
/// Types: challenge and its request, connect, accept, disconnect, data, datagram.
const KINDS: std::ops::RangeInclusive<u8> = 1..=8;
/// Discovery of other clients, then the size of a header.
const DISCOVERY: &[u8] = b"\xff\xff\xff\xff\x21\x4c\x5f\xa0";

/// Steam.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "steam-client",
    name: "Steam",
    selector: 938,
    category: "games",
    tags: &["encrypted"],
    transports: &[Transport::Tcp, Transport::Udp],
    ports: &[27017, 27018, 27019, 27020, 27036],
    max_probe_size: STREAM.len(),
    probe,
    app: "steam",
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    let data = sample.data;
    if sample.transport == Transport::Tcp {
        return match fits(data, &STREAM) {
            Beginning::Whole => {
                matched_if(u32_le_at(data, 0).is_some_and(|size| size > 0), 95, "connection manager", 8)
            }
            start => start.stream(0, "", 0),
        };
    }
    if data.starts_with(DISCOVERY) {
        return matched_if(u32_le_at(data, 8).is_some_and(|size| size_of_u32(size) <= data.len()), 100, "discovery", 8);
    }
    let size_fits = u16_le_at(data, 4).is_some_and(|size| usize::from(size) + DATAGRAM_HEADER_SIZE == data.len());
    let kind_fits = u8_at(data, 6).is_some_and(|kind| KINDS.contains(&kind));
    matched_if(has(data, 0, DATAGRAM) && size_fits && kind_fits, 100, "connection manager", 7)
}

const EXAMPLES: &[Example] = &[
    server("channel encryption request", b"\x1c\x00\x00\x00VT01\x17\x05\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff"),
    query("request for a challenge", b"VS01\x00\x00\x01\x04\x00\x02\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"),
    query("discovery in the local network", b"\xff\xff\xff\xff\x21\x4c\x5f\xa0\x0d\x00\x00\x00\x08\xa5\x90\x02\x10\x00\x18\x01\x20\x00\x28\x01\x30\x02\x00\x00\x00\x08\x01"),
];
