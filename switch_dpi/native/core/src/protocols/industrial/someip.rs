//! SOME/IP and its service discovery (AUTOSAR PRS_SOMEIPProtocol, PRS_SOMEIPServiceDiscoveryProtocol) over UDP and TCP.

use crate::bytes::Reader;
use crate::probing::answers::{Verdict, answer};
use crate::probing::cursor::{Cursor, require};
use crate::probing::readers::Reading;
use crate::protocol::attributes::Attribute;
use crate::protocol::{Descriptor, Direction, Example, Findings, Probe, Progress, Sample, Transport};

/// Counted by the length field: from the request id to the return code (§4.1.2.3).
const COUNTED_HEADER: u32 = 8;
/// Message id and length, which the length does not count.
const UNCOUNTED_HEADER: usize = 8;
/// Messages over TCP are larger only with segmentation, which is for UDP.
const MAX_LENGTH: u32 = 0x0001_0000;
const PROTOCOL_VERSION: u8 = 1;
/// Service and method of service discovery, and of the "magic cookies" that mark places in a stream (§4.2.1.3).
const DISCOVERY: u32 = 0xffff_8100;
const COOKIES: [u32; 2] = [0xffff_0000, 0xffff_8000];
/// Where the service and the method would be, eISCP has its name, and behind it a header of the same shape.
const EISCP: &[u8] = b"ISCP";
/// Messages read of one datagram or stream.
const MAX_MESSAGES: usize = 8;

/// SOME/IP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "someip",
    name: "SOMEIP",
    selector: 326,
    category: "industrial",
    transports: &[Transport::Udp, Transport::Tcp],
    ports: &[30_490, 30_491, 30_501],
    probe: |sample| answer(judge(sample)),
    inspector: Some(|| Box::new(Reading(read))),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn judge(sample: &Sample<'_>) -> Verdict {
    require(!sample.data.starts_with(EISCP))?;
    let mut cursor = Cursor::of(sample);
    let length = usize::try_from(message(&mut cursor)?).map_err(|_| Probe::No)?;
    let Some([kind @ .., _, _, _, _]) = sample.data.first_chunk::<8>() else { return Err(Probe::No) };
    let is_fixed = u32::from_be_bytes(*kind) == DISCOVERY || COOKIES.contains(&u32::from_be_bytes(*kind));
    let end = UNCOUNTED_HEADER + length;
    if sample.transport.is_stream() {
        let is_whole = sample.data.len() == end; // otherwise other protocols with a length at the same place fit, too
        return cursor.matched(
            if is_fixed {
                95
            } else if is_whole {
                70
            } else {
                55
            },
            "SOME/IP header",
        );
    }
    match sample.data.get(end..) {
        Some([]) => {}
        Some(next) => drop(message(&mut Cursor::whole(next))?),
        None => return Err(Probe::No),
    }
    cursor.matched(if is_fixed { 97 } else { 85 }, "SOME/IP header and size")
}

/// Reads a header; gives its length field (§4.1.2).
fn message(cursor: &mut Cursor<'_>) -> Result<u32, Probe> {
    cursor.u32()?; // service, method
    let length = cursor.u32()?;
    require((COUNTED_HEADER..MAX_LENGTH).contains(&length))?;
    cursor.u32()?; // client, session
    cursor.literal(&[PROTOCOL_VERSION])?;
    cursor.u8()?; // interface version
    cursor.byte(|kind| matches!(kind & !0x20, 0x00..=0x02 | 0x40..=0x42 | 0x80 | 0x81 | 0xc0 | 0xc1))?;
    cursor.byte(|code| code <= 0x0f || (0x20..=0x5e).contains(&code))?;
    Ok(length)
}

/// The services that are talked to.
fn read(sample: &Sample<'_>, found: &mut Findings) -> Progress {
    let mut reader = Reader::new(sample.data);
    for _ in 0..MAX_MESSAGES {
        let (Some(service), Some(_method), Some(length)) = (reader.u16(), reader.u16(), reader.u32()) else { break };
        let Some(_body) = usize::try_from(length).ok().and_then(|length| reader.take(length)) else { break };
        found.uint(Attribute::SomeipService, service.into());
    }
    Progress::Settled
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "service discovery: offer",
        transport: Transport::Udp,
        direction: Direction::Originator,
        data: b"\xff\xff\x81\x00\x00\x00\x00\x30\x00\x00\x00\x01\x01\x01\x02\x00\xc0\x00\x00\x00\x00\x00\x00\x10\x01\x00\x00\x10\x12\x34\x00\x01\x01\x00\x00\x03\x00\x00\x00\x00\x00\x00\x00\x0c\x00\x09\x04\x00\xc0\xa8\x01\x0a\x00\x11\x77\x1b",
        expect: &[(Attribute::SomeipService, "65535")],
    },
    Example {
        title: "request",
        transport: Transport::Udp,
        direction: Direction::Originator,
        data: b"\x12\x34\x00\x01\x00\x00\x00\x0a\x00\x01\x00\x07\x01\x01\x00\x00\x00\x2a",
        expect: &[(Attribute::SomeipService, "4660")],
    },
    Example {
        title: "response over TCP",
        transport: Transport::Tcp,
        direction: Direction::Responder,
        data: b"\x12\x34\x00\x01\x00\x00\x00\x0a\x00\x01\x00\x07\x01\x01\x80\x00\x00\x2b",
        expect: &[(Attribute::SomeipService, "4660")],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_messages_in_a_datagram_are_fine_and_a_rest_is_not() {
        let one = EXAMPLES[1].data;
        let base = Sample { transport: Transport::Udp, ..Sample::EMPTY };
        let two = [one, one].concat();
        assert!(matches!(answer(judge(&Sample { data: &two, ..base })), Probe::Match(_)));
        let rest = [one, b"\x00"].concat();
        assert_eq!(answer(judge(&Sample { data: &rest, ..base })), Probe::No);
    }
}
