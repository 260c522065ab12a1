//! Remote shell (rsh, and rexec, whose request has the same form): a port for errors, two texts, and a command, each ended by a
//! zero, as BSD's `rcmd` and `rexec` send them.

use crate::probing::answers::matched;
use crate::probing::examples::client;
use crate::probing::numbers::decimal;
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

/// User names and passwords are short.
const MAX_FIELD_SIZE: usize = 32;
/// Commands may be longer; what decides stands before their end.
const MAX_COMMAND_SIZE: usize = 1024;

/// RSH.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "rsh",
    name: "RSH",
    selector: 756,
    category: "remote-access",
    risk: Some(80),
    transports: &[Transport::Tcp],
    ports: &[514, 512],
    first_bytes: FirstBytes::Where(|byte| byte.is_ascii_digit()),
    max_probe_size: MAX_COMMAND_SIZE + 128,
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    const LIMITS: [usize; 4] = [5, MAX_FIELD_SIZE, MAX_FIELD_SIZE, MAX_COMMAND_SIZE];
    let mut rest = sample.data;
    for (index, limit) in LIMITS.into_iter().enumerate() {
        let size = rest.iter().position(|byte| *byte == 0);
        let field = rest.get(..size.unwrap_or(rest.len())).unwrap_or_default();
        let fits = match index {
            0 => decimal(field).is_some_and(|port| port <= 65_535) || (field.is_empty() && size.is_none()),
            3 => field.iter().all(|byte| matches!(byte, b' '..=b'~' | b'\t' | 0x80..)),
            _ => field.iter().all(u8::is_ascii_graphic),
        };
        if field.len() > limit || !fits || size == Some(0) {
            return Probe::No;
        }
        let Some(size) = size else { return Probe::NeedMore };
        rest = rest.get(size + 1..).unwrap_or_default();
    }
    matched(80, "port, names and command", sample.data.len() - rest.len())
}

const EXAMPLES: &[Example] = &[
    client("a command", b"1022\x00ann\x00root\x00ls -l /tmp\x00"),
    client("errors on the same connection", b"0\x00ann\x00ann\x00uptime\x00"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_others_are_refused() {
        for data in [&b"220 mail\r\n"[..], b"1022\0\0", b"70000\0a\0b\0c\0", b"1\0a\x01"] {
            assert_eq!(probe(&Sample { data, ..Sample::EMPTY }), Probe::No, "{data:?}");
        }
    }
}
