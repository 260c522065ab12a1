//! SMPP 3.3, 3.4 and 5.0: short messages between applications and message centres.

use crate::bytes::Reader;
use crate::probing::answers::matched;
use crate::probing::examples::{client, server, telling};
use crate::protocol::attributes::Attribute;
use crate::protocol::{Descriptor, Example, Findings, FirstBytes, Inspector, Probe, Progress, Sample, Transport};

/// Size of all, command, status, sequence number (SMPP 3.4 §3.2).
const HEADER_SIZE: usize = 16;
/// A message payload may have 64 KB (SMPP 3.4 §5.3.2.32).
const MAX_SIZE: u32 = 70_000;
/// system_id with its end (SMPP 3.4 §5.2.1).
const MAX_ID_SIZE: usize = 16;
/// service_type with its end (SMPP 3.4 §5.2.11).
const MAX_SERVICE_SIZE: usize = 6;
/// Set in the command of a response.
const RESPONSE: u32 = 0x8000_0000;

/// SMPP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "smpp",
    name: "SMPP",
    selector: 719,
    category: "messaging",
    transports: &[Transport::Tcp],
    ports: &[2775, 2776, 3550],
    first_bytes: FirstBytes::Of(&[0]),
    probe,
    inspector: Some(|| Box::<Smpp>::default()),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

/// SMPP 3.4 §5.1.2.1 and 5.0 §4.7.5.
const fn is_command(command: u32) -> bool {
    matches!(command, 0x01..=0x09 | 0x0b | 0x15 | 0x21 | 0x102 | 0x103 | 0x111 | 0x112 | 0x113)
}

/// The header (SMPP 3.4 §3.2).
struct Header {
    size: u32,
    command: u32,
}

/// `None` while bytes are missing, an answer where it cannot be one.
fn read_header(data: &[u8]) -> Result<Option<Header>, Probe> {
    let may_be = |(at, byte): (usize, &u8)| match at {
        1 => u32::from(*byte) <= MAX_SIZE >> 16,
        4 => matches!(byte, 0 | 0x80),
        6 => *byte <= 1,
        0 | 5 | 8 | 9 => *byte == 0,
        _ => true,
    };
    if !data.iter().enumerate().take(HEADER_SIZE).all(may_be) {
        return Err(Probe::No);
    }
    let mut reader = Reader::new(data);
    let words = [reader.u32(), reader.u32(), reader.u32(), reader.u32()];
    let [Some(size), Some(command), Some(status), Some(sequence)] = words else { return Ok(None) };
    let is_response = command & RESPONSE != 0;
    let is_known = is_command(command & !RESPONSE) || command == RESPONSE;
    let fits = is_known && (HEADER_SIZE as u32..=MAX_SIZE).contains(&size) && (is_response || status == 0);
    if fits && matches!(sequence, 1..=0x7fff_ffff) { Ok(Some(Header { size, command })) } else { Err(Probe::No) }
}

/// Binds and messages tell themselves by what follows the header, empty commands by their size; others need both ends.
fn probe(sample: &Sample<'_>) -> Probe {
    let header = match read_header(sample.data) {
        Err(answer) => return answer,
        Ok(None) => return Probe::NeedMore,
        Ok(Some(header)) => header,
    };
    let is_answered = match read_header(sample.other) {
        Err(answer) => return answer,
        Ok(other) => other.is_some(),
    };
    let body = sample.data.get(HEADER_SIZE..).unwrap_or_default();
    let tells = match header.command & !RESPONSE {
        0x06 | 0x15 => Some(header.size == HEADER_SIZE as u32),
        0x01 | 0x02 | 0x09 | 0x0b => is_string(body, 1, MAX_ID_SIZE),
        0x04 | 0x05 if header.command & RESPONSE == 0 => is_string(body, 0, MAX_SERVICE_SIZE),
        _ => None,
    };
    match tells {
        Some(false) => Probe::No,
        _ if is_answered => matched(90, "SMPP headers of both ends", HEADER_SIZE),
        Some(true) => matched(85, "SMPP header", HEADER_SIZE),
        None => Probe::NeedMore,
    }
}

/// Whether a C-octet string of at least `least` characters ends within `most` bytes; `None` while it may.
fn is_string(body: &[u8], least: usize, most: usize) -> Option<bool> {
    let near = body.get(..most).unwrap_or(body);
    let text = near.iter().take_while(|byte| byte.is_ascii_graphic()).count();
    match near.get(text) {
        Some(0) => Some(text >= least),
        None if near.len() < most => None,
        _ => Some(false),
    }
}

/// Reads who binds: the first message of a session.
#[derive(Debug, Default)]
struct Smpp {
    is_read: [bool; 2],
}

impl Inspector for Smpp {
    fn feed(&mut self, sample: &Sample<'_>, found: &mut Findings) -> Progress {
        let body = sample.data.get(HEADER_SIZE..).unwrap_or_default();
        let near = body.get(..MAX_ID_SIZE).unwrap_or(body);
        let end = near.iter().position(|byte| *byte == 0);
        let is_read = sample.direction.of(&mut self.is_read);
        if !*is_read && (end.is_some() || near.len() == MAX_ID_SIZE) {
            *is_read = true;
            let command = sample.data.get(7).copied().unwrap_or_default();
            if let (1 | 2 | 9, Some(id)) = (command, end.and_then(|end| near.get(..end)).filter(|id| !id.is_empty())) {
                found.text(Attribute::SmppSystemId, id);
            }
        }
        if self.is_read == [true; 2] { Progress::Done } else { Progress::Settled }
    }
}

const EXAMPLES: &[Example] = &[
    telling(client("bind_transceiver", b"\x00\x00\x00\x28\x00\x00\x00\x09\x00\x00\x00\x00\x00\x00\x00\x01gateway7\x00secret\x00SMS\x00\x34\x00\x00\x00"), &[(Attribute::SmppSystemId, "gateway7")]),
    telling(server("its answer", b"\x00\x00\x00\x15\x80\x00\x00\x09\x00\x00\x00\x00\x00\x00\x00\x01smsc\x00"), &[(Attribute::SmppSystemId, "smsc")]),
    server("enquire_link", b"\x00\x00\x00\x10\x00\x00\x00\x15\x00\x00\x00\x00\x00\x00\x00\x2a"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_commands_and_a_status_in_a_request_are_refused() {
        for data in [
            &b"\0\0\0\x10\0\0\0\x0a\0\0\0\0\0\0\0\x01"[..],
            b"\0\0\0\x10\0\0\0\x15\0\0\0\x01\0\0\0\x01",
            b"\0\0\0\x10\0\0\0\x15\0\0\0\0\0\0\0\0",
            b"\0\0\0\x08\x04\xd2\x16\x2f",
        ] {
            assert_eq!(probe(&Sample { data, ..Sample::EMPTY }), Probe::No, "{data:?}");
        }
    }
}
