//! Rlogin (RFC 1282): a zero, two user names, terminal and speed, each ended by a zero.

use crate::probing::answers::matched;
use crate::probing::examples::client;
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

/// User names and types of terminal are short.
const MAX_FIELD_SIZE: usize = 32;

/// Rlogin.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "rlogin",
    name: "Rlogin",
    selector: 755,
    category: "remote-access",
    risk: Some(80),
    transports: &[Transport::Tcp],
    ports: &[513],
    first_bytes: FirstBytes::Of(&[0]),
    max_probe_size: 3 * MAX_FIELD_SIZE + 4,
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    let Some((first, rest)) = sample.data.split_first() else { return Probe::NeedMore };
    if *first != 0 {
        return Probe::No;
    }
    let mut fields = rest.split(|byte| *byte == 0);
    for _ in 0..2 {
        match fields.next() {
            Some(name) if name.len() <= MAX_FIELD_SIZE && name.iter().all(u8::is_ascii_graphic) => {
                let has_ended = fields.clone().next().is_some();
                if !has_ended {
                    return Probe::NeedMore;
                }
                if name.is_empty() {
                    return Probe::No;
                }
            }
            _ => return Probe::No,
        }
    }
    let terminal = fields.next().unwrap_or_default();
    match (is_terminal(terminal), fields.next()) {
        (Some(true), Some(_)) if terminal.len() <= MAX_FIELD_SIZE => {
            matched(85, "rlogin names and terminal", sample.data.len())
        }
        (Some(_), None) if terminal.len() <= MAX_FIELD_SIZE => Probe::NeedMore,
        _ => Probe::No,
    }
}

/// `vt100/9600`; `None` when it cannot become so.
fn is_terminal(text: &[u8]) -> Option<bool> {
    if !text.iter().all(u8::is_ascii_graphic) {
        return None;
    }
    let mut halves = text.splitn(2, |byte| *byte == b'/');
    let (name, speed) = (halves.next()?, halves.next());
    match speed {
        None => Some(false),
        Some(speed) if !name.is_empty() && speed.iter().all(u8::is_ascii_digit) => Some(!speed.is_empty()),
        Some(_) => None,
    }
}

const EXAMPLES: &[Example] = &[
    client("a terminal", b"\x00ann\x00ann\x00vt100/9600\x00"),
    client("another user there", b"\x00bostic\x00kbostic\x00xterm-256color/38400\x00"),
];
