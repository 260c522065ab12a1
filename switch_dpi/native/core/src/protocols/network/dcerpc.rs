//! DCE/RPC: version 5 over TCP, version 4 over UDP (The Open Group C706 §12; [MS-RPCE]).

use crate::protocol::attributes::Attribute;
use crate::bytes::Reader;
use crate::probing::checker::{Checker, Form, Recognised, any_form, client, query, require, server};
use crate::formats::dcerpc_interfaces::{Interface, interface};
use crate::protocol::{
    Descriptor, Direction, Example, Expectation, Findings, FirstBytes, Inspector, Probe, Progress, Sample, Transport,
};

/// Common header over TCP (§12.6.3.1).
const HEADER_SIZE: usize = 16;
/// Header over UDP (§12.5.2).
const DATAGRAM_HEADER_SIZE: usize = 80;
const BIND: u8 = 11;
const ALTER_CONTEXT: u8 = 14;
const RESPONSE: u8 = 2;
/// Fragments looked at.
const MAX_FRAGMENTS: u8 = 16;

/// DCE/RPC.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "dcerpc",
    name: "DCERPC",
    selector: 556,
    category: "network",
    transports: &[Transport::Tcp, Transport::Udp],
    ports: &[135, 593],
    first_bytes: FirstBytes::Of(&[4, 5]),
    max_probe_size: 80,
    probe,
    inspector: Some(|| Box::<Dcerpc>::default()),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const STREAM: &[Form] = &[connection];
const DATAGRAM: &[Form] = &[connectionless];

fn probe(sample: &Sample<'_>) -> Probe {
    any_form(sample, if sample.transport.is_stream() { STREAM } else { DATAGRAM })
}

/// Version 5.0 or 5.1, type, flags, data representation, sizes, call.
fn connection(checker: &mut Checker<'_>) -> Recognised {
    checker.literal(&[5])?;
    checker.within(0, 1)?;
    let kind = checker.one_of(&[0, 2, 3, 11, 12, 13, 14, 15, 16, 17, 18, 19])?;
    let _flags = checker.u8()?;
    let is_little = checker.one_of(&[0x00, 0x10])? == 0x10;
    checker.within(0, 3)?;
    checker.zeros(2)?;
    let sizes = if is_little { [checker.u16_le()?, checker.u16_le()?] } else { [checker.u16()?, checker.u16()?] };
    let [fragment, authentication] = sizes.map(usize::from);
    let least = match kind {
        BIND | ALTER_CONTEXT => 72,
        0 | RESPONSE | 3 | 12 | 15 => 24,
        _ => HEADER_SIZE,
    };
    require(fragment >= least && authentication + HEADER_SIZE <= fragment)?;
    checker.take(4)?;
    if matches!(kind, BIND | ALTER_CONTEXT) {
        checker.take(8)?;
        checker.within(1, 64)?; // contexts
        checker.zeros(3)?;
    }
    Ok((90, "DCE/RPC fragment"))
}

/// Version 4: type, flags, representation, three UUIDs, times and numbers, size.
fn connectionless(checker: &mut Checker<'_>) -> Recognised {
    let size = checker.sample.data.len();
    checker.literal(&[4])?;
    checker.within(0, 10)?;
    checker.within(0, 0x7f)?;
    checker.all(1, |flags| flags & !0x03 == 0)?;
    let is_little = checker.one_of(&[0x00, 0x10])? == 0x10;
    checker.within(0, 3)?;
    checker.zeros(1)?;
    checker.take(1 + 48 + 8)?;
    checker.take(4 + 6)?; // sequence, operation, hints
    let body = usize::from(if is_little { checker.u16_le()? } else { checker.u16()? });
    checker.take(2)?;
    checker.within(0, 20)?;
    checker.take(1)?;
    // an authenticated call has its verifier behind the body
    require((body..=body + 256).contains(&(size - DATAGRAM_HEADER_SIZE)) || body + DATAGRAM_HEADER_SIZE > size)?;
    Ok((if body + DATAGRAM_HEADER_SIZE == size { 85 } else { 55 }, "DCE/RPC datagram"))
}

/// Names the interface and follows the endpoint mapper's answers.
#[derive(Debug, Default)]
struct Dcerpc {
    positions: [usize; 2],
    fragments: u8,
    asks_mapper: bool,
}

impl Inspector for Dcerpc {
    fn feed(&mut self, sample: &Sample<'_>, found: &mut Findings) -> Progress {
        if !sample.transport.is_stream() {
            let is_little = sample.data.get(4) == Some(&0x10);
            if let Some(uuid) = sample.data.get(24..40) {
                tell(interface(uuid, is_little), found);
            }
            return Progress::Done;
        }
        let position = sample.direction.of(&mut self.positions);
        while let Some(rest) = sample.data.get(*position..)
            && let Some(header) = rest.first_chunk::<HEADER_SIZE>()
        {
            let is_little = header[4] == 0x10;
            let size = [header[8], header[9]];
            let size = usize::from(if is_little { u16::from_le_bytes(size) } else { u16::from_be_bytes(size) });
            let (Some(fragment), true) = (rest.get(..size), size >= HEADER_SIZE) else { break };
            if matches!(header[2], BIND | ALTER_CONTEXT) {
                self.asks_mapper |= read_contexts(fragment, is_little, found);
            } else if header[2] == RESPONSE && self.asks_mapper {
                announce(fragment, found);
            }
            *position = position.saturating_add(size);
            self.fragments = self.fragments.saturating_add(1);
        }
        if self.fragments >= MAX_FRAGMENTS { Progress::Done } else { Progress::Settled }
    }
}

fn tell(interface: Interface, found: &mut Findings) {
    found.text(Attribute::DcerpcInterface, interface.name.as_bytes());
    if let Some(service) = interface.service {
        found.set_service(service);
    }
}

/// Each context has an id, how many transfer syntaxes, the interface with its version, and the syntaxes of twenty bytes each.
/// Whether one of them is the endpoint mapper.
fn read_contexts(fragment: &[u8], is_little: bool, found: &mut Findings) -> bool {
    let mut reader = Reader::new(fragment.get(24..).unwrap_or_default());
    let count = reader.array::<4>().map_or(0, |[count, ..]| count);
    let mut asks_mapper = false;
    for _ in 0..count.min(8) {
        let (Some([_, _, syntaxes, _]), Some(uuid)) = (reader.array::<4>(), reader.take(16)) else { break };
        let interface = interface(uuid, is_little);
        asks_mapper |= interface.name == "epm";
        tell(interface, found);
        if reader.take(4 + 20 * usize::from(syntaxes)).is_none() {
            break;
        }
    }
    asks_mapper
}

/// A tower's floor for TCP, and for IP after it (C706 appendix L): the port that the mapper answers.
fn announce(fragment: &[u8], found: &mut Findings) {
    const FLOOR: usize = 9;
    for window in fragment.windows(FLOOR) {
        if let [1, 0, 7, 2, 0, high, low, 1, 0] = window {
            let port = u16::from_be_bytes([*high, *low]);
            let expected = Expectation {
                transport: Transport::Tcp,
                address: None,
                by: Direction::Responder,
                port,
                protocol: "dcerpc",
            };
            if port != 0 {
                found.expect(expected);
            }
        }
    }
}

const EXAMPLES: &[Example] = &[
    Example {
        expect: &[(Attribute::DcerpcInterface, "epm")],
        ..client(
            "bind to the endpoint mapper",
            b"\x05\0\x0b\x03\x10\0\0\0\x48\0\0\0\x01\0\0\0\xb8\x10\xb8\x10\0\0\0\0\x01\0\0\0\0\0\x01\0\x08\x83\xaf\xe1\x1f\x5d\xc9\x11\x91\xa4\x08\0\x2b\x14\xa0\xfa\x03\0\0\0\x04\x5d\x88\x8a\xeb\x1c\xc9\x11\x9f\xe8\x08\0\x2b\x10\x48\x60\x02\0\0\0",
        )
    },
    server(
        "bind accepted",
        b"\x05\0\x0c\x03\x10\0\0\0\x3c\0\0\0\x01\0\0\0\xb8\x10\xb8\x10\x12\x34\0\0\x04\x00135\0\0\0\x01\0\0\0\0\0\0\0\x04\x5d\x88\x8a\xeb\x1c\xc9\x11\x9f\xe8\x08\0\x2b\x10\x48\x60\x02\0\0\0",
    ),
    client("request, big-endian", b"\x05\0\0\x03\0\0\0\0\0\x1c\0\0\0\0\0\x02\0\0\0\x04\0\0\0\x03abcd"),
    Example {
        expect: &[(Attribute::DcerpcInterface, "PROFINET IO device")],
        ..query(
            "connect of PROFINET",
            b"\x04\0\x20\0\x10\0\0\0\0\0\xa0\xde\x97\x6c\xd1\x11\x82\x71\0\x01\0\x03\x01\x5a\x01\0\xa0\xde\x97\x6c\xd1\x11\x82\x71\0\xa0\x24\x42\xdf\x7d\xdb\xab\xba\xec\x1d\0\x54\x43\xb2\x50\x0b\x01\x63\x0a\xba\xfd\0\0\0\0\x01\0\0\0\0\0\0\0\x05\0\xff\xff\xff\xff\x04\0\0\0\0\0abcd",
        )
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mapper_s_answer_is_expected() {
        let (mut dcerpc, mut found) = (Dcerpc { asks_mapper: true, ..Dcerpc::default() }, Findings::default());
        let answer =
            b"\x05\0\x02\x03\x10\0\0\0\x25\0\0\0\x01\0\0\0\0\0\0\0\0\0\0\0\x01\0\x07\x02\0\xc0\x0c\x01\0\x09\x04\0\0";
        dcerpc.feed(&Sample { data: answer, direction: Direction::Responder, ..Sample::EMPTY }, &mut found);
        assert_eq!(found.take_expected().first().map(|e| e.port), Some(0xc00c));
    }
}
