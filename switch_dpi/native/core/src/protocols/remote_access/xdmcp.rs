//! XDMCP, the X Display Manager Control Protocol (version 1.1, section 3).

use crate::bytes::Reader;
use crate::probing::answers::matched;
use crate::probing::numbers::u16_at;
use crate::protocol::{Descriptor, Direction, Example, FirstBytes, Probe, Sample, Transport};

/// Version, opcode, length.
const HEADER_SIZE: usize = 6;
const VERSION: u16 = 1;

/// XDMCP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "xdmcp",
    name: "XDMCP",
    selector: 1246,
    category: "remote-access",
    risk: Some(80),
    transports: &[Transport::Udp],
    ports: &[177],
    first_bytes: FirstBytes::Of(&[0]),
    max_probe_size: 64,
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

/// The length is the rest of the datagram, and the fields that follow fill it.
fn probe(sample: &Sample<'_>) -> Probe {
    let data = sample.data;
    let (Some(VERSION), Some(opcode), Some(size)) = (u16_at(data, 0), u16_at(data, 2), u16_at(data, 4)) else {
        return Probe::No;
    };
    let Some(body) = data.get(HEADER_SIZE..).filter(|body| body.len() == usize::from(size)) else { return Probe::No };
    match fills(opcode, body) {
        Some(true) => matched(92, "XDMCP header and fields", HEADER_SIZE),
        _ => Probe::No,
    }
}

/// Reads the fields of a message (section 3, in the order of its opcodes); whether nothing is left.
fn fills(opcode: u16, body: &[u8]) -> Option<bool> {
    let mut reader = Reader::new(body);
    match opcode {
        1..=3 => read_names(&mut reader)?, // broadcast, direct and indirect query
        4 => {
            // forward query: address, port, names
            reader.vector16()?;
            reader.vector16()?;
            read_names(&mut reader)?;
        }
        5 => read_arrays(&mut reader, 3)?, // willing
        6 => read_arrays(&mut reader, 2)?, // unwilling
        7 => {
            // request: display, connection types and addresses, authentication, authorisations, manufacturer
            reader.u16()?;
            let types = reader.u8()?;
            reader.take(2 * usize::from(types))?;
            read_names(&mut reader)?;
            read_arrays(&mut reader, 2)?;
            read_names(&mut reader)?;
            read_arrays(&mut reader, 1)?;
        }
        8 => {
            reader.u32()?; // accept: session
            read_arrays(&mut reader, 4)?;
        }
        9 => read_arrays(&mut reader, 3)?, // decline
        10 => {
            reader.take(6)?; // manage: session, display
            read_arrays(&mut reader, 1)?;
        }
        11 => return Some(body.len() == 4), // refuse: session
        12 => {
            reader.u32()?; // failed
            read_arrays(&mut reader, 1)?;
        }
        13 => return Some(body.len() == 6), // keep-alive: display, session
        14 => return Some(body.len() == 5), // alive: running, session
        _ => return Some(false),
    }
    Some(reader.is_empty())
}

fn read_arrays(reader: &mut Reader<'_>, count: usize) -> Option<()> {
    for _ in 0..count {
        reader.vector16()?;
    }
    Some(())
}

fn read_names(reader: &mut Reader<'_>) -> Option<()> {
    let count = reader.u8()?;
    read_arrays(reader, usize::from(count))
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "query without authentication",
        transport: Transport::Udp,
        direction: Direction::Originator,
        data: b"\0\x01\0\x02\0\x01\0",
        expect: &[],
    },
    Example {
        title: "willing",
        transport: Transport::Udp,
        direction: Direction::Responder,
        data: b"\0\x01\0\x05\0\x1a\0\0\0\x04host\0\x10Linux 0.12 load!",
        expect: &[],
    },
    Example {
        title: "refuse",
        transport: Transport::Udp,
        direction: Direction::Responder,
        data: b"\0\x01\0\x0b\0\x04\x8b\x15\xc4\x9a",
        expect: &[],
    },
];
