//! Cisco's Skinny Client Control Protocol: telephones and their call manager. Messages as Wireshark and Cisco's documents name
//! them: size (from the message number on), version of the header, number, all little-endian; the stream is a chain of these.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::bytes::Reader;
use crate::formats::sdp::address_of;
use crate::probing::answers::matched;
use crate::probing::examples::{client, server, telling};
use crate::protocol::attributes::Attribute;
use crate::protocol::{
    Descriptor, Example, Expectation, Findings, FirstBytes, Inspector, Probe, Progress, Sample, Transport,
};

/// Size, header version, message number.
const HEADER_SIZE: usize = 12;
/// The largest messages (templates of buttons and soft keys) have some 2 KB.
const MAX_MESSAGE_SIZE: u32 = 4096;
/// Header versions: 0, 10, and from 17 on those of newer call managers.
const MAX_VERSION: u32 = 31;

const REGISTER: u32 = 0x0001;
const OPEN_RECEIVE_CHANNEL_ACK: u32 = 0x0022;
const START_MEDIA_TRANSMISSION: u32 = 0x008a;
/// From here on, addresses are preceded by their kind and take 16 bytes.
const WIDE_ADDRESS_VERSION: u32 = 17;

/// Skinny.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "skinny",
    name: "CiscoSkinny",
    selector: 701,
    category: "voip",
    transports: &[Transport::Tcp],
    ports: &[2000],
    first_bytes: FirstBytes::Where(|byte| byte % 4 == 0),
    max_probe_size: MAX_MESSAGE_SIZE as usize,
    probe,
    inspector: Some(|| Box::<Skinny>::default()),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

struct Message<'a> {
    version: u32,
    number: u32,
    body: &'a [u8],
    size: usize,
}

/// The message at the start of `data`; what is missing of its body is left out.
fn split_message(data: &[u8]) -> Option<Message<'_>> {
    let mut reader = Reader::new(data);
    let mut word = || reader.array().map(u32::from_le_bytes);
    let (size, version, number) = (word()?, word()?, word()?);
    let size = usize::try_from(size).ok()?.checked_add(HEADER_SIZE - 4)?;
    let body = data.get(HEADER_SIZE..size.min(data.len()))?;
    Some(Message { version, number, body, size })
}

/// Telephone to manager below 0x80, back from 0x81 to 0x160; SPCP's from 0x8000 on.
const fn is_known(number: u32) -> bool {
    matches!(number, 0..=0x004f | 0x0081..=0x0160 | 0x8000..=0x8001 | 0x8100..=0x8101)
}

fn probe(sample: &Sample<'_>) -> Probe {
    if !has_fitting_start(sample.data) {
        return Probe::No;
    }
    let Some(message) = split_message(sample.data) else { return Probe::NeedMore };
    if !is_known(message.number) || message.size < HEADER_SIZE {
        return Probe::No;
    }
    if message.version >= 10 {
        return matched(85, "Skinny message header", HEADER_SIZE);
    }
    if message.number == REGISTER {
        return match message.body.get(..3) {
            Some(b"SEP" | b"ATA" | b"VGC" | b"CIP") => matched(90, "Skinny registration", HEADER_SIZE + 3),
            Some(_) => Probe::No,
            None => Probe::NeedMore,
        };
    }
    // an old header is four bytes of zero: two messages must follow each other
    let Some(rest) = sample.data.get(message.size..) else { return Probe::NeedMore };
    match split_message(rest) {
        Some(next) if has_fitting_start(rest) && is_known(next.number) && next.version == 0 => {
            if message.number | next.number == 0 {
                Probe::NeedMore
            } else {
                matched(75, "two Skinny messages", message.size)
            }
        }
        Some(_) => Probe::No,
        None if has_fitting_start(rest) => Probe::NeedMore,
        None => Probe::No,
    }
}

/// Whether the bytes that are there keep the high bytes of size, version and number small.
fn has_fitting_start(data: &[u8]) -> bool {
    let fits = |(at, byte): (usize, &u8)| match at {
        0 => byte.is_multiple_of(4),
        1 => u32::from(*byte) < MAX_MESSAGE_SIZE >> 8,
        4 => u32::from(*byte) <= MAX_VERSION && !matches!(byte, 1..=9 | 11..=16),
        9 => matches!(byte, 0 | 1 | 0x80 | 0x81),
        2 | 3 | 5..=7 | 10 | 11 => *byte == 0,
        _ => true,
    };
    data.iter().enumerate().take(HEADER_SIZE).all(fits)
}

/// Walks over the messages of both directions.
#[derive(Debug, Default)]
struct Skinny {
    positions: [usize; 2],
}

impl Inspector for Skinny {
    fn feed(&mut self, sample: &Sample<'_>, found: &mut Findings) -> Progress {
        let position = sample.direction.of(&mut self.positions);
        while let Some(message) = sample.data.get(*position..).and_then(split_message) {
            if sample.data.len() - *position < message.size || message.size < HEADER_SIZE {
                break;
            }
            let _complete = report(&message, sample, found);
            *position += message.size;
        }
        Progress::Settled
    }
}

/// `None` when the message ends early.
fn report(message: &Message<'_>, sample: &Sample<'_>, found: &mut Findings) -> Option<()> {
    let mut reader = Reader::new(message.body);
    match message.number {
        REGISTER => {
            let name = reader.take(16)?;
            found.text(Attribute::SkinnyDevice, name.split(|byte| *byte == 0).next()?);
        }
        OPEN_RECEIVE_CHANNEL_ACK => {
            reader.take(4)?; // status
            expect_media(message.version, &mut reader, sample, found)?;
        }
        START_MEDIA_TRANSMISSION => {
            reader.take(8)?; // conference, party
            expect_media(message.version, &mut reader, sample, found)?;
        }
        _ => {}
    }
    Some(())
}

/// Address in network order, port as a little-endian word.
fn expect_media(version: u32, reader: &mut Reader<'_>, sample: &Sample<'_>, found: &mut Findings) -> Option<()> {
    let address = if version >= WIDE_ADDRESS_VERSION {
        let is_v6 = reader.array().map(u32::from_le_bytes)? == 1;
        let bytes: [u8; 16] = reader.array()?;
        let [a, b, c, d, ..] = bytes;
        if is_v6 { IpAddr::V6(Ipv6Addr::from(bytes)) } else { IpAddr::V4(Ipv4Addr::new(a, b, c, d)) }
    } else {
        IpAddr::V4(Ipv4Addr::from(reader.array::<4>()?))
    };
    let port = u16::try_from(reader.array().map(u32::from_le_bytes)?).ok()?;
    let address = (!address.is_unspecified()).then(|| address_of(address));
    for (port, protocol) in [(Some(port), "rtp"), (port.checked_add(1), "rtcp")] {
        if let Some(port) = port {
            found.expect(Expectation { transport: Transport::Udp, address, by: sample.direction, port, protocol });
        }
    }
    Some(())
}

const EXAMPLES: &[Example] = &[
    telling(client("a telephone registers, old header", b"\x28\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00SEP001122334455\x00\x00\x00\x00\x00\x01\x00\x00\x00\xc0\x00\x02\x05\x08\x00\x00\x00\x00\x00\x00\x00"), &[(Attribute::SkinnyDevice, "SEP001122334455")]),
    server("set lamp, then a call's state, header of version 20", b"\x10\x00\x00\x00\x14\x00\x00\x00\x86\x00\x00\x00\x09\x00\x00\x00\x01\x00\x00\x00\x02\x00\x00\x00"),
    client("media may be sent here, header of version 17", b"\x24\x00\x00\x00\x11\x00\x00\x00\x22\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\xc0\x00\x02\x05\0\0\0\0\0\0\0\0\0\0\0\0\x90\x7d\x00\x00\x01\x00\x00\x00"),
    client("keep-alive and off-hook, old header", b"\x04\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x0c\x00\x00\x00\x00\x00\x00\x00\x06\x00\x00\x00\x01\x00\x00\x00\x02\x00\x00\x00"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_channel_that_is_open_announces_its_media() {
        let Some(example) = EXAMPLES.get(2) else { unreachable!() };
        let (mut skinny, mut found) = (Skinny::default(), Findings::default());
        skinny.feed(&Sample { data: example.data, ..Sample::EMPTY }, &mut found);
        let expected: Vec<_> = found.take_expected().iter().map(|e| (e.port, e.protocol)).collect();
        assert_eq!(expected, [(32144, "rtp"), (32145, "rtcp")]);
    }

    #[test]
    fn zeros_and_foreign_sizes_are_refused() {
        for data in [&[0; 40][..], b"\x04\0\0\0\0\0\0\0\xff\0\0\0", b"\x05\0", b"\x10\0\0\0\x01\0\0\0"] {
            assert!(!matches!(probe(&Sample { data, ..Sample::EMPTY }), Probe::Match(_)), "{data:?}");
        }
    }
}
