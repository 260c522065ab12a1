//! PTP (IEEE 1588-2002, -2008, -2019) over UDP and Ethernet: clocks, and which domain they belong to.

use crate::probing::answers::{Verdict, answer};
use crate::probing::cursor::{Cursor, require};
use crate::probing::readers::Reading;
use crate::protocol::attributes::Attribute;
use crate::protocol::{Descriptor, Direction, Example, Findings, Progress, Sample, Transport};

const ETHERTYPE: u16 = 0x88f7;
const PORTS: [u16; 2] = [319, 320];
/// From the domain up to the sequence number: what stands between the size and controlField (2019 §13.3).
const MIDDLE_SIZE: usize = 28;
const DOMAIN_OFFSET: usize = 4;
/// Version 1: header and body have these sizes (2002 §8).
const VERSION_1_SIZES: [usize; 4] = [124, 60, 52, 136];

/// PTP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "ptp",
    name: "PTPv2",
    selector: 336,
    category: "network",
    risk: Some(20),
    transports: &[Transport::Udp, Transport::EtherType(ETHERTYPE)],
    ports: &PORTS,
    probe: |sample| answer(judge(sample)),
    inspector: Some(|| Box::new(Reading(read))),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn judge(sample: &Sample<'_>) -> Verdict {
    let mut cursor = Cursor::of(sample);
    let kind = cursor.u8()? & 0x0f;
    if kind == 0 && sample.data.starts_with(&[0, 1, 0, 1]) && sample.transport == Transport::Udp {
        return version_1(sample);
    }
    cursor.byte(|version| version & 0x0f == 2)?;
    let size = usize::from(cursor.u16()?);
    let least = least_size(kind).ok_or(crate::protocol::Probe::No)?;
    require(size >= least && size <= sample.data.len() && sample.data.len() <= size + 64)?;
    cursor.array::<MIDDLE_SIZE>()?;
    let control = cursor.u8()?;
    require(is_control(kind, control))?;
    cursor.u8()?; // log of the interval
    let is_exact = size == least && sample.data.len() <= size + 2; // IPv6 has two bytes more (annex D.4)
    let confidence = match sample.transport {
        Transport::Udp if is_exact || sample.is_at_port(&PORTS) => 80,
        Transport::Udp => 58,
        _ => 95,
    };
    cursor.matched(confidence, "PTP header")
}

/// Header and body by message type (2019 §13.3.2.3, §13.5 to §13.13).
const fn least_size(kind: u8) -> Option<usize> {
    match kind {
        0x0 | 0x1 | 0x8 => Some(44),
        0x2 | 0x3 | 0x9 | 0xa => Some(54),
        0xb => Some(64),
        0xc => Some(44),
        0xd => Some(48),
        _ => None,
    }
}

/// controlField repeats the type for old hardware; since 2019 it may be zero (2019 §13.3.2.13).
const fn is_control(kind: u8, control: u8) -> bool {
    let old = match kind {
        0x0 => 0,
        0x1 => 1,
        0x8 => 2,
        0x9 => 3,
        0xd => 4,
        _ => 5,
    };
    control == 0 || control == old
}

/// Version 1: version, network version, subdomain of 16 bytes in text (2002 §8.2).
fn version_1(sample: &Sample<'_>) -> Verdict {
    let mut cursor = Cursor::of(sample);
    cursor.literal(&[0, 1, 0, 1])?;
    let subdomain = cursor.array::<16>()?;
    let is_named = subdomain.starts_with(b"_DFLT\0") || subdomain.starts_with(b"_ALT");
    cursor.byte(|kind| matches!(kind, 1 | 2))?;
    require(is_named && VERSION_1_SIZES.contains(&sample.data.len()))?;
    cursor.matched(95, "PTP version 1 header")
}

fn read(sample: &Sample<'_>, found: &mut Findings) -> Progress {
    if let (Some(version), Some(domain)) = (sample.data.get(1), sample.data.get(DOMAIN_OFFSET))
        && version & 0x0f == 2
    {
        found.uint(Attribute::PtpDomain, (*domain).into());
    }
    Progress::Done
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "sync of two steps",
        transport: Transport::Udp,
        direction: Direction::Originator,
        data: b"\x00\x02\x00\x2c\x00\x00\x02\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x1b\x19\xff\xfe\x00\x00\x01\x00\x01\x00\x2a\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00",
        expect: &[(Attribute::PtpDomain, "0")],
    },
    Example {
        title: "peer delay request of 802.1AS",
        transport: Transport::EtherType(ETHERTYPE),
        direction: Direction::Originator,
        data: b"\x12\x02\x00\x36\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x1b\x19\xff\xfe\x00\x00\x01\x00\x01\x00\x07\x05\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00",
        expect: &[(Attribute::PtpDomain, "0")],
    },
    Example {
        title: "announce in domain 4",
        transport: Transport::Udp,
        direction: Direction::Originator,
        data: b"\x0b\x02\x00\x40\x04\x00\x00\x3c\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x1b\x19\xff\xfe\x00\x00\x01\x00\x01\x00\x10\x05\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x25\x00\x80\xf8\xfe\xff\xff\x80\x00\x1b\x19\xff\xfe\x00\x00\x01\x00\x00\x20",
        expect: &[(Attribute::PtpDomain, "4")],
    },
];
