//! DCE/RPC: version 5 over TCP, version 4 over UDP (The Open Group C706 §12; [MS-RPCE]).

use crate::formats::dcerpc_calls::{ALTER_CONTEXT, BIND, Calls, HEADER_SIZE, RESPONSE, fragment_size, tell};
use crate::formats::dcerpc_interfaces::interface;
use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::{client, query, server, telling};
use crate::protocol::attributes::Attribute;
use crate::protocol::{Descriptor, Example, Findings, FirstBytes, Inspector, Probe, Progress, Sample, Transport};

/// Header over UDP (§12.5.2).
const DATAGRAM_HEADER_SIZE: usize = 80;
/// Fragments looked at.
const MAX_FRAGMENTS: u8 = 16;

/// DCE/RPC.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "dcerpc",
    name: "DCERPC",
    selector: 556,
    category: "network",
    risk: Some(40),
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
fn connection(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(&[5])?;
    cursor.within(0, 1)?;
    let kind = cursor.one_of(&[0, 2, 3, 11, 12, 13, 14, 15, 16, 17, 18, 19])?;
    let _flags = cursor.u8()?;
    let is_little = cursor.one_of(&[0x00, 0x10])? == 0x10;
    cursor.within(0, 3)?;
    cursor.zeros(2)?;
    let sizes = if is_little { [cursor.u16_le()?, cursor.u16_le()?] } else { [cursor.u16()?, cursor.u16()?] };
    let [fragment, authentication] = sizes.map(usize::from);
    let least = match kind {
        BIND | ALTER_CONTEXT => 72,
        0 | RESPONSE | 3 | 12 | 15 => 24,
        _ => HEADER_SIZE,
    };
    require(fragment >= least && authentication + HEADER_SIZE <= fragment)?;
    cursor.take(4)?;
    if matches!(kind, BIND | ALTER_CONTEXT) {
        cursor.take(8)?;
        cursor.within(1, 64)?; // contexts
        cursor.zeros(3)?;
    }
    Ok((90, "DCE/RPC fragment"))
}

/// Version 4: type, flags, representation, three UUIDs, times and numbers, size.
fn connectionless(cursor: &mut Cursor<'_>) -> Recognised {
    let size = cursor.size();
    cursor.literal(&[4])?;
    cursor.within(0, 10)?;
    cursor.within(0, 0x7f)?;
    cursor.all(1, |flags| flags & !0x03 == 0)?;
    let is_little = cursor.one_of(&[0x00, 0x10])? == 0x10;
    cursor.within(0, 3)?;
    cursor.zeros(1)?;
    cursor.take(1 + 48 + 8)?;
    cursor.take(4 + 6)?; // sequence, operation, hints
    let body = usize::from(if is_little { cursor.u16_le()? } else { cursor.u16()? });
    cursor.take(2)?;
    cursor.within(0, 20)?;
    cursor.take(1)?;
    // an authenticated call has its verifier behind the body
    require((body..=body + 256).contains(&(size - DATAGRAM_HEADER_SIZE)) || body + DATAGRAM_HEADER_SIZE > size)?;
    Ok((if body + DATAGRAM_HEADER_SIZE == size { 85 } else { 55 }, "DCE/RPC datagram"))
}

/// Names the interface and follows the endpoint mapper's answers.
#[derive(Debug, Default)]
struct Dcerpc {
    positions: [usize; 2],
    fragments: u8,
    calls: Calls,
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
            && let Some(size) = fragment_size(rest)
            && let Some(fragment) = rest.get(..size)
        {
            self.calls.read(fragment, found);
            *position = position.saturating_add(size);
            self.fragments = self.fragments.saturating_add(1);
        }
        if self.fragments >= MAX_FRAGMENTS { Progress::Done } else { Progress::Settled }
    }
}

const EXAMPLES: &[Example] = &[
    telling(
        client(
            "bind to the endpoint mapper",
            b"\x05\0\x0b\x03\x10\0\0\0\x48\0\0\0\x01\0\0\0\xb8\x10\xb8\x10\0\0\0\0\x01\0\0\0\0\0\x01\0\x08\x83\xaf\xe1\x1f\x5d\xc9\x11\x91\xa4\x08\0\x2b\x14\xa0\xfa\x03\0\0\0\x04\x5d\x88\x8a\xeb\x1c\xc9\x11\x9f\xe8\x08\0\x2b\x10\x48\x60\x02\0\0\0",
        ),
        &[(Attribute::DcerpcInterface, "epm")],
    ),
    server(
        "bind accepted",
        b"\x05\0\x0c\x03\x10\0\0\0\x3c\0\0\0\x01\0\0\0\xb8\x10\xb8\x10\x12\x34\0\0\x04\x00135\0\0\0\x01\0\0\0\0\0\0\0\x04\x5d\x88\x8a\xeb\x1c\xc9\x11\x9f\xe8\x08\0\x2b\x10\x48\x60\x02\0\0\0",
    ),
    client("request, big-endian", b"\x05\0\0\x03\0\0\0\0\0\x1c\0\0\0\0\0\x02\0\0\0\x04\0\0\0\x03abcd"),
    telling(
        query(
            "connect of PROFINET",
            b"\x04\0\x20\0\x10\0\0\0\0\0\xa0\xde\x97\x6c\xd1\x11\x82\x71\0\x01\0\x03\x01\x5a\x01\0\xa0\xde\x97\x6c\xd1\x11\x82\x71\0\xa0\x24\x42\xdf\x7d\xdb\xab\xba\xec\x1d\0\x54\x43\xb2\x50\x0b\x01\x63\x0a\xba\xfd\0\0\0\0\x01\0\0\0\0\0\0\0\x05\0\xff\xff\xff\xff\x04\0\0\0\0\0abcd",
        ),
        &[(Attribute::DcerpcInterface, "PROFINET IO device")],
    ),
];
