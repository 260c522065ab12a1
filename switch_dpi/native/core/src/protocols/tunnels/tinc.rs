//! tinc, the meta connection (tinc manual, "The meta-protocol"): lines of a request number and its arguments, the first of which is
//! `0 NAME 17` or `0 NAME 17.MINOR`.

use crate::probing::answers::matched;
use crate::probing::beginnings::{Beginning, begins};
use crate::probing::lines::{Lines, split_word};
use crate::protocol::attributes::Attribute;
use crate::protocol::{
    Descriptor, Direction, Example, Expectation, Findings, FirstBytes, Inspector, Probe, Progress, Sample, Transport,
};

/// ID is request 0.
const ID: &[u8] = b"0 ";
/// Protocol version of tinc 1.0 and 1.1.
const VERSION: &[u8] = b"17";
/// Names of hosts and users; those of control clients begin with `^`, of invitations with `?`.
const MAX_NAME_SIZE: usize = 64;
/// A minor version, up to this many digits.
const MAX_MINOR_SIZE: usize = 4;

/// tinc.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "tinc",
    name: "TINC",
    selector: 1225,
    category: "vpn",
    tags: &["encrypted"],
    transports: &[Transport::Tcp],
    ports: &[655],
    first_bytes: FirstBytes::Of(b"0"),
    max_probe_size: ID.len() + MAX_NAME_SIZE + 12,
    probe,
    inspector: Some(|| Box::<Tinc>::default()),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    let data = sample.data;
    match begins(data, ID) {
        Beginning::Partial => return Probe::NeedMore,
        Beginning::Other => return Probe::No,
        Beginning::Whole => {}
    }
    let rest = data.get(ID.len()..).unwrap_or_default();
    let name = rest.iter().take_while(|byte| is_name_byte(**byte)).count();
    match rest.get(name) {
        None if name <= MAX_NAME_SIZE => return Probe::NeedMore,
        Some(b' ') if (1..=MAX_NAME_SIZE).contains(&name) => {}
        _ => return Probe::No,
    }
    match version_fit(rest.get(name + 1..).unwrap_or_default()) {
        Beginning::Whole => matched(90, "ID request", ID.len() + name + 3),
        Beginning::Partial => Probe::NeedMore,
        Beginning::Other => Probe::No,
    }
}

const fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'^' | b'?' | b'-')
}

/// `17`, perhaps a dot and digits, and the line's end.
fn version_fit(data: &[u8]) -> Beginning {
    let (major, rest) = data.split_at_checked(VERSION.len()).unwrap_or((data, &[]));
    match (begins(major, VERSION), rest) {
        (Beginning::Other, _) => Beginning::Other,
        (_, []) => Beginning::Partial,
        (_, [b'\n', ..]) => Beginning::Whole,
        (_, [b'.', minor @ ..]) => {
            let digits = minor.iter().take_while(|byte| byte.is_ascii_digit()).count();
            match minor.get(digits) {
                None if digits <= MAX_MINOR_SIZE => Beginning::Partial,
                Some(b'\n') if (1..=MAX_MINOR_SIZE).contains(&digits) => Beginning::Whole,
                _ => Beginning::Other,
            }
        }
        _ => Beginning::Other,
    }
}

/// Reads the names of both ends.
#[derive(Debug, Default)]
struct Tinc {
    done: [bool; 2],
}

impl Inspector for Tinc {
    fn feed(&mut self, sample: &Sample<'_>, found: &mut Findings) -> Progress {
        let done = sample.direction.of(&mut self.done);
        if let Some(line) = Lines::new(sample.data, 0).next().filter(|_| !*done) {
            *done = true;
            let (number, rest) = split_word(line);
            let (name, _) = split_word(rest);
            if number == b"0" && !name.is_empty() && name.len() <= MAX_NAME_SIZE {
                found.text(Attribute::TincName, name);
                expect_data(sample, found);
            }
        }
        *done |= sample.data.len() > 2 * MAX_NAME_SIZE;
        if self.done == [true; 2] { Progress::Done } else { Progress::Settled }
    }
}

/// The packets themselves go over UDP, to the same port of either end.
fn expect_data(sample: &Sample<'_>, found: &mut Findings) {
    found.expect(Expectation {
        transport: Transport::Udp,
        address: None,
        by: Direction::Responder,
        port: sample.responder_port,
        protocol: DESCRIPTOR.key,
    });
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "version 1.0, then its key",
        transport: Transport::Tcp,
        direction: Direction::Originator,
        data: b"0 alpha 17\n1 94 64 0 0 8B15C49A3ED760F2\n",
        expect: &[(Attribute::TincName, "alpha")],
    },
    Example {
        title: "version 1.1",
        transport: Transport::Tcp,
        direction: Direction::Responder,
        data: b"0 beta_2 17.7\n",
        expect: &[(Attribute::TincName, "beta_2")],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_numbered_lines_are_refused() {
        for data in [&b"0 a 18\n"[..], b"0 a b 17\n", b"0  17\n", b"0 a 17.x\n", b"0 a 17 \n"] {
            assert_eq!(probe(&Sample { data, ..Sample::EMPTY }), Probe::No, "{data:?}");
        }
    }
}
