//! TP-Link Smart Home over TCP and UDP, as publicly described: JSON, each byte combined with the one before; over TCP its size
//! stands in front. The first module that a message names is read.

use crate::probing::answers::{Verdict, answer};
use crate::probing::cursor::{Cursor, require};
use crate::probing::readers::Reading;
use crate::protocol::attributes::Attribute;
use crate::protocol::{Descriptor, Direction, Example, Findings, FirstBytes, Progress, Sample, Transport};

/// What the first byte is combined with.
const KEY: u8 = 171;
/// `{` and `}`, or `{` and the quotation mark of the first name.
const START_SIZE: usize = 2;
const MIN_SIZE: u32 = 2;
/// Answers of a strip of plugs have some kilobytes.
const MAX_SIZE: u32 = 0x4000;
/// Characters of the first name that are looked at.
const MIN_NAME: usize = 5;
const MAX_NAME: usize = 32;

/// TP-Link Smart Home.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "tplink-shp",
    name: "TPLINK_SHP",
    selector: 349,
    category: "iot",
    risk: Some(40),
    transports: &[Transport::Tcp, Transport::Udp],
    ports: &[9999],
    first_bytes: FirstBytes::Of(&[0, b'{' ^ KEY]),
    probe: |sample| answer(judge(sample)),
    inspector: Some(|| Box::new(Reading(read))),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn judge(sample: &Sample<'_>) -> Verdict {
    let mut cursor = Cursor::of(sample);
    if sample.transport.is_stream() {
        let size = cursor.u32()?;
        require((MIN_SIZE..MAX_SIZE).contains(&size))?;
    }
    let mut last = KEY;
    let mut next = |cursor: &mut Cursor<'_>| cursor.u8().map(|byte| byte ^ std::mem::replace(&mut last, byte));
    require(next(&mut cursor)? == b'{')?;
    let second = next(&mut cursor)?;
    if second == b'}' && sample.data.len() == cursor.position() {
        return cursor.matched(58, "empty object");
    }
    require(second == b'"')?;
    for read in 0..MAX_NAME {
        match next(&mut cursor)? {
            b'"' if read >= MIN_NAME => return cursor.matched(90, "object of TP-Link Smart Home"),
            character => require(character.is_ascii_lowercase() || matches!(character, b'.' | b'_'))?,
        }
    }
    Err(crate::protocol::Probe::No)
}

fn read(sample: &Sample<'_>, found: &mut Findings) -> Progress {
    let start = if sample.transport.is_stream() { 4 } else { 0 };
    let mut last = KEY;
    let plain = sample.data.iter().skip(start).map(|byte| byte ^ std::mem::replace(&mut last, *byte));
    let name: Vec<u8> = plain.skip(START_SIZE).take(MAX_NAME).take_while(|byte| *byte != b'"').collect();
    if sample.data.len() <= start + START_SIZE + name.len() {
        return Progress::NeedMore; // its end is not there yet
    }
    found.text(Attribute::TplinkRequest, &name);
    Progress::Done
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "who is there, broadcast",
        transport: Transport::Udp,
        direction: Direction::Originator,
        data: b"\xd0\xf2\x81\xf8\x8b\xff\x9a\xf7\xd5\xef\x94\xb6\xd1\xb4\xc0\x9f\xec\x95\xe6\x8f\xe1\x87\xe8\xca\xf0\x8b\xf6\x8b\xf6",
        expect: &[(Attribute::TplinkRequest, "system")],
    },
    Example {
        title: "the same over TCP",
        transport: Transport::Tcp,
        direction: Direction::Originator,
        data: b"\x00\x00\x00\x1d\xd0\xf2\x81\xf8\x8b\xff\x9a\xf7\xd5\xef\x94\xb6\xd1\xb4\xc0\x9f\xec\x95\xe6\x8f\xe1\x87\xe8\xca\xf0\x8b\xf6\x8b\xf6",
        expect: &[(Attribute::TplinkRequest, "system")],
    },
];
