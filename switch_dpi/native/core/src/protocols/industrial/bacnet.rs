//! BACnet (ASHRAE 135): BVLC over UDP for IPv4 (annex J) and IPv6 (annex U), and the network layer directly in 802.2 LLC
//! (clause 7). Services, and which device announces itself.

use crate::bytes::Reader;
use crate::probing::answers::{Verdict, answer};
use crate::probing::cursor::{Cursor, require};
use crate::probing::readers::Reading;
use crate::protocol::attributes::Attribute;
use crate::protocol::{Descriptor, Direction, Example, Findings, Progress, Sample, Transport};

/// BVLC type of IPv4 and IPv6 (§J.2, §U.2).
const IPV4: u8 = 0x81;
const IPV6: u8 = 0x82;
/// The only version of the network layer (§6.2.1).
const NETWORK_VERSION: u8 = 1;
/// Destination service access point of the network layer (§7.2).
const LLC_ACCESS_POINT: u8 = 0x82;
const I_AM: u8 = 0;

/// BACnet.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "bacnet",
    name: "BACnet",
    selector: 310,
    category: "industrial",
    risk: Some(60),
    transports: &[Transport::Udp, Transport::Llc(LLC_ACCESS_POINT)],
    ports: &[47_808],
    probe: |sample| answer(judge(sample)),
    inspector: Some(|| Box::new(Reading(read))),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn judge(sample: &Sample<'_>) -> Verdict {
    let mut cursor = Cursor::of(sample);
    if sample.transport == Transport::Udp {
        let (kind, function) = (cursor.byte(|kind| matches!(kind, IPV4 | IPV6))?, cursor.u8()?);
        let size = usize::from(cursor.u16()?);
        require(size == sample.data.len())?;
        let Some(before) = before_network_layer(kind, function, size) else { return cursor.matched(85, "BVLC") };
        cursor.take(before?)?;
    }
    cursor.byte(|version| version == NETWORK_VERSION)?;
    cursor.byte(|control| control & 0x50 == 0)?;
    cursor.matched(90, "BACnet network layer")
}

/// What stands between the header and the network layer, `None` where there is no network layer (§J.2, §U.2); an error where
/// the size does not fit the function.
fn before_network_layer(kind: u8, function: u8, size: usize) -> Option<Result<usize, crate::protocol::Probe>> {
    let exactly = |wanted: bool| if wanted { None } else { Some(Err(crate::protocol::Probe::No)) };
    match (kind, function) {
        (IPV4, 0x00 | 0x05) => exactly(size == 6),
        (IPV4, 0x01 | 0x03 | 0x07) => exactly(size % 10 == 4),
        (IPV4, 0x02 | 0x06) => exactly(size == 4),
        (IPV4, 0x04) => Some(Ok(6)),
        (IPV4, 0x08) => exactly(size == 10),
        (IPV4, 0x09..=0x0b) => Some(Ok(0)),
        (IPV6, 0x00) => exactly(size == 9),
        (IPV6, 0x01) => Some(Ok(6)),
        (IPV6, 0x02 | 0x0c) => Some(Ok(3)),
        (IPV6, 0x03 | 0x05 | 0x07) => exactly(size == 10),
        (IPV6, 0x04 | 0x06) => exactly(size == 7 || size == 28),
        (IPV6, 0x08) => Some(Ok(3 + 18)),
        (IPV6, 0x09) => exactly(size == 9),
        (IPV6, 0x0a) => exactly(size == 25),
        _ => Some(Err(crate::protocol::Probe::No)),
    }
}

/// The service of a request, and the instance in an I-Am.
fn read(sample: &Sample<'_>, found: &mut Findings) -> Progress {
    if read_request(sample, found).is_some() { Progress::Done } else { Progress::Settled }
}

fn read_request(sample: &Sample<'_>, found: &mut Findings) -> Option<()> {
    let mut reader = Reader::new(sample.data);
    if sample.transport == Transport::Udp {
        let (kind, function) = (reader.u8()?, reader.u8()?);
        let size = usize::from(reader.u16()?);
        reader.take(before_network_layer(kind, function, size)?.ok()?)?;
    }
    reader.u8()?; // version
    let control = reader.u8()?;
    if control & 0x80 != 0 {
        return None; // a message of the network layer itself
    }
    for bit in [0x20, 0x08] {
        if control & bit != 0 {
            reader.u16()?; // network
            reader.vector8()?; // address
        }
    }
    if control & 0x20 != 0 {
        reader.u8()?; // hop count
    }
    let kind = reader.u8()?;
    let service = match kind >> 4 {
        0 => reader.take(3).and_then(|rest| rest.last().copied())?, // confirmed: sizes, invoke id, service
        1 => reader.u8()?,
        _ => return None,
    };
    found.uint(Attribute::BacnetService, service.into());
    if kind >> 4 == 1 && service == I_AM && reader.u8()? == 0xc4 {
        found.uint(Attribute::BacnetDevice, u64::from(reader.u32()? & 0x003f_ffff));
    }
    Some(())
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "Who-Is to all networks",
        transport: Transport::Udp,
        direction: Direction::Originator,
        data: b"\x81\x0b\x00\x0c\x01\x20\xff\xff\x00\xff\x10\x08",
        expect: &[(Attribute::BacnetService, "8")],
    },
    Example {
        title: "I-Am of device 1234",
        transport: Transport::Udp,
        direction: Direction::Responder,
        data: b"\x81\x0a\x00\x14\x01\x00\x10\x00\xc4\x02\x00\x04\xd2\x22\x05\xc4\x91\x03\x21\x0f",
        expect: &[(Attribute::BacnetService, "0"), (Attribute::BacnetDevice, "1234")],
    },
    Example {
        title: "ReadProperty of a device's name",
        transport: Transport::Udp,
        direction: Direction::Originator,
        data: b"\x81\x0a\x00\x11\x01\x04\x00\x05\x01\x0c\x0c\x02\x3f\xff\xff\x19\x4d",
        expect: &[(Attribute::BacnetService, "12")],
    },
    Example {
        title: "registration of a foreign device",
        transport: Transport::Udp,
        direction: Direction::Originator,
        data: b"\x81\x05\x00\x06\x00\x3c",
        expect: &[],
    },
    Example {
        title: "IPv6, original broadcast",
        transport: Transport::Udp,
        direction: Direction::Originator,
        data: b"\x82\x02\x00\x0b\x00\x12\x34\x01\x00\x10\x08",
        expect: &[(Attribute::BacnetService, "8")],
    },
    Example {
        title: "Who-Is in LLC",
        transport: Transport::Llc(LLC_ACCESS_POINT),
        direction: Direction::Originator,
        data: b"\x01\x00\x10\x08",
        expect: &[(Attribute::BacnetService, "8")],
    },
];
