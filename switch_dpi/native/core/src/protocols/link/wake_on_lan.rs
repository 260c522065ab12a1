//! Wake-on-LAN (AMD, "Magic Packet Technology", 1995): six bytes of 0xff and one address sixteen times, over UDP or as a frame.

use crate::probing::answers::matched;
use crate::protocol::attributes::Attribute;
use crate::protocol::{
    Descriptor, Direction, Example, Findings, FirstBytes, Inspector, Probe, Progress, Sample, Transport,
};

const SYNC: [u8; 6] = [0xff; 6];
const ADDRESS_SIZE: usize = 6;
const REPEATS: usize = 16;
/// A password of four or six bytes may follow.
const MAX_SIZE: usize = SYNC.len() + REPEATS * ADDRESS_SIZE + 6;

/// Wake-on-LAN.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "wake-on-lan",
    name: "Wake-on-LAN",
    selector: 1252,
    category: "network",
    risk: Some(20),
    transports: &[Transport::Udp, Transport::EtherType(0x0842)],
    ports: &[9, 7],
    first_bytes: FirstBytes::Of(&[0xff]),
    max_probe_size: MAX_SIZE,
    probe,
    inspector: Some(|| Box::<WakeOnLan>::default()),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    match target(sample.data) {
        Some(_) => matched(100, "magic packet", SYNC.len() + REPEATS * ADDRESS_SIZE),
        None => Probe::No,
    }
}

/// The address that stands sixteen times behind the synchronisation.
fn target(data: &[u8]) -> Option<&[u8]> {
    let repeated = data.strip_prefix(&SYNC)?.get(..REPEATS * ADDRESS_SIZE)?;
    let address = repeated.get(..ADDRESS_SIZE)?;
    repeated.chunks_exact(ADDRESS_SIZE).all(|part| part == address).then_some(address)
}

/// Reads whom it wakes.
#[derive(Debug, Default)]
struct WakeOnLan;

impl Inspector for WakeOnLan {
    fn feed(&mut self, sample: &Sample<'_>, found: &mut Findings) -> Progress {
        if let Some(address) = target(sample.data) {
            found.bytes(Attribute::WolTarget, address);
        }
        Progress::Done
    }
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "over UDP",
        transport: Transport::Udp,
        direction: Direction::Originator,
        data: b"\xff\xff\xff\xff\xff\xff\x02\0\x5e\x10\0\x01\x02\0\x5e\x10\0\x01\x02\0\x5e\x10\0\x01\x02\0\x5e\x10\0\x01\x02\0\x5e\x10\0\x01\x02\0\x5e\x10\0\x01\
            \x02\0\x5e\x10\0\x01\x02\0\x5e\x10\0\x01\x02\0\x5e\x10\0\x01\x02\0\x5e\x10\0\x01\x02\0\x5e\x10\0\x01\x02\0\x5e\x10\0\x01\
            \x02\0\x5e\x10\0\x01\x02\0\x5e\x10\0\x01\x02\0\x5e\x10\0\x01\x02\0\x5e\x10\0\x01",
        expect: &[(Attribute::WolTarget, "02005e100001")],
    },
    Example {
        title: "a frame, with a password",
        transport: Transport::EtherType(0x0842),
        direction: Direction::Originator,
        data: b"\xff\xff\xff\xff\xff\xff\x02\0\x5e\x10\0\x02\x02\0\x5e\x10\0\x02\x02\0\x5e\x10\0\x02\x02\0\x5e\x10\0\x02\x02\0\x5e\x10\0\x02\x02\0\x5e\x10\0\x02\
            \x02\0\x5e\x10\0\x02\x02\0\x5e\x10\0\x02\x02\0\x5e\x10\0\x02\x02\0\x5e\x10\0\x02\x02\0\x5e\x10\0\x02\x02\0\x5e\x10\0\x02\
            \x02\0\x5e\x10\0\x02\x02\0\x5e\x10\0\x02\x02\0\x5e\x10\0\x02\x02\0\x5e\x10\0\x02secret",
        expect: &[(Attribute::WolTarget, "02005e100002")],
    },
];
