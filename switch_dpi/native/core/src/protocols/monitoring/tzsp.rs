//! TZSP, the TaZmen Sniffer Protocol, by which MikroTik and wireless sensors stream what they capture.

use crate::frame::link_type;
use crate::probing::answers::matched;
use crate::probing::inner_packets::{FrameFit, ethernet_frame};
use crate::probing::numbers::u16_at;
use crate::protocol::{Carried, Descriptor, Direction, Example, FirstBytes, Probe, Sample, Transport};

/// Version, type, encapsulated protocol.
const HEADER_SIZE: usize = 4;
const VERSION: u8 = 1;
/// Received, to transmit, reserved, configuration, keep-alive, port opener.
const KEEP_ALIVE: u8 = 4;
const ETHERNET: u16 = 1;
const WLAN: u16 = 18;
/// Tags: padding and end have no length.
const PADDING: u8 = 0;
const END: u8 = 1;
/// Tags read before the frame.
const MAX_TAGS: usize = 16;

/// TZSP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "tzsp",
    name: "TZSP",
    selector: 1261,
    category: "network",
    risk: Some(40),
    transports: &[Transport::Udp],
    ports: &[37008],
    first_bytes: FirstBytes::Of(&[VERSION]),
    max_probe_size: 64,
    probe,
    tunnel: Some(carried),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    match carried(sample.data)
        .filter(|inner| inner.link_type == link_type::ETHERNET)
        .map(|inner| ethernet_frame(inner.data))
    {
        Some(Some(FrameFit::Checked)) => matched(90, "TZSP header and its frame", HEADER_SIZE),
        Some(Some(FrameFit::Likely)) => matched(75, "TZSP header and its frame", HEADER_SIZE),
        _ => Probe::No,
    }
}

fn carried(data: &[u8]) -> Option<Carried<'_>> {
    let [VERSION, kind, ..] = *data.first_chunk::<HEADER_SIZE>()? else { return None };
    let link_type = match u16_at(data, 2)? {
        ETHERNET if kind < KEEP_ALIVE => link_type::ETHERNET,
        WLAN if kind < KEEP_ALIVE => link_type::WLAN,
        _ => return None,
    };
    let mut at = HEADER_SIZE;
    for _ in 0..MAX_TAGS {
        match *data.get(at)? {
            END => return Some(Carried { link_type, data: data.get(at + 1..)?, scope: 0 }),
            PADDING => at += 1,
            _ => at += 2 + usize::from(*data.get(at + 1)?),
        }
    }
    None
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "IPv4",
        transport: Transport::Udp,
        direction: Direction::Originator,
        data: b"\x01\0\0\x01\x01\x02\0\x5e\x10\0\x01\x02\0\x5e\x10\0\x02\x08\0\
            \x45\0\0\x1c\0\x01\0\0\x40\x01\x66\xdb\x0a\0\0\x01\x0a\0\0\x05\x08\0\xf7\xff\0\0\0\0",
        expect: &[],
    },
    Example {
        title: "a question of ARP behind a tag",
        transport: Transport::Udp,
        direction: Direction::Originator,
        data: b"\x01\0\0\x01\x0a\x01\xc4\x01\xff\xff\xff\xff\xff\xff\x02\0\x5e\x10\0\x02\x08\x06\
            \0\x01\x08\0\x06\x04\0\x01\x02\0\x5e\x10\0\x02\x0a\0\0\x02\0\0\0\0\0\0\x0a\0\0\x01",
        expect: &[],
    },
];
