//! RTPS, the wire protocol of DDS (OMG DDSI-RTPS 2.5 §9.4), over UDP and TCP: header and the first submessage.

use crate::probing::answers::{Verdict, answer};
use crate::probing::cursor::{Cursor, require};
use crate::probing::readers::Reading;
use crate::protocol::attributes::Attribute;
use crate::protocol::{Descriptor, Direction, Example, Findings, FirstBytes, Progress, Sample, Transport};

/// `RTPS`, and `RTPX` of one vendor's large messages.
const MAGIC: &[u8] = b"RTP";
/// Versions 1 and 2 exist.
const MAX_MAJOR: u8 = 2;
/// Where the vendor's id stands.
const VENDOR_OFFSET: usize = 6;

/// RTPS.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "rtps",
    name: "RTPS",
    selector: 347,
    category: "iot",
    transports: &[Transport::Udp, Transport::Tcp],
    ports: &[7400, 7401, 7410, 7411],
    first_bytes: FirstBytes::Of(b"R"),
    probe: |sample| answer(judge(sample)),
    inspector: Some(|| Box::new(Reading(read))),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn judge(sample: &Sample<'_>) -> Verdict {
    let mut cursor = Cursor::of(sample);
    cursor.literal(MAGIC)?;
    cursor.byte(|last| matches!(last, b'S' | b'X'))?;
    cursor.byte(|major| (1..=MAX_MAJOR).contains(&major))?;
    cursor.byte(|minor| minor <= 9)?;
    let vendor = cursor.u16()?;
    require(vendor >> 8 <= 1)?;
    cursor.matched(95, "RTPS header")
}

fn read(sample: &Sample<'_>, found: &mut Findings) -> Progress {
    let Some(vendor) = sample.data.get(VENDOR_OFFSET..).and_then(<[u8]>::first_chunk::<2>) else {
        return Progress::NeedMore;
    };
    found.uint(Attribute::RtpsVendor, u16::from_be_bytes(*vendor).into());
    Progress::Done
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "participant announcement",
        transport: Transport::Udp,
        direction: Direction::Originator,
        data: b"RTPS\x02\x02\x01\x0f\x01\x0f\x45\xd2\xb3\xf5\x58\xb9\x01\x00\x00\x00\x09\x01\x08\x00\x59\x5c\x46\x5f\x00\x00\x00\x00\x15\x05\x00\x00",
        expect: &[(Attribute::RtpsVendor, "271")],
    },
    Example {
        title: "version 1",
        transport: Transport::Udp,
        direction: Direction::Originator,
        data: b"RTPS\x01\x00\x01\x01\x0a\x00\x00\x01\x00\x00\x30\x39\x09\x01\x08\x00\x59\x5c\x46\x5f\x00\x00\x00\x00",
        expect: &[(Attribute::RtpsVendor, "257")],
    },
];
