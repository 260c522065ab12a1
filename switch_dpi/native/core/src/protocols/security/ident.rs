//! Ident (RFC 1413): whose connection is this?

use crate::probing::answers::matched;
use crate::probing::examples::server;
use crate::probing::lines::Lines;
use crate::probing::numbers::decimal;
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

/// A response line has at most 1000 characters (RFC 1413 §6); what decides stands in its first ones.
const MAX_PROBE_SIZE: usize = 512;
const PORT: u16 = 113;

/// Ident.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "ident",
    name: "Ident",
    selector: 734,
    category: "authentication",
    risk: Some(40),
    transports: &[Transport::Tcp],
    ports: &[PORT],
    first_bytes: FirstBytes::Of(b"0123456789 "),
    max_probe_size: MAX_PROBE_SIZE,
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    if sample.data.first().is_some_and(|byte| !DESCRIPTOR.first_bytes.allows(*byte)) {
        return Probe::No;
    }
    let is_usual = [sample.originator_port, sample.responder_port].contains(&PORT);
    let mut lines = Lines::new(sample.data, 0);
    let Some(line) = lines.next() else {
        let ports = sample.data.split(|byte| *byte == b':').next().unwrap_or_default();
        let is_number = |byte: &u8| byte.is_ascii_digit() || byte.is_ascii_whitespace() || *byte == b',';
        return if ports.iter().all(is_number) { Probe::NeedMore } else { Probe::No };
    };
    let mut fields = line.split(|byte| *byte == b':').map(<[u8]>::trim_ascii);
    let ports = fields.next().unwrap_or_default();
    match fields.next() {
        _ if !is_port_pair(ports) => Probe::No,
        Some(b"USERID" | b"ERROR") if fields.next().is_some() => matched(95, "Ident response", line.len()),
        Some(_) => Probe::No,
        None if !lines.rest().is_empty() => Probe::No,
        None if is_usual => matched(58, "pair of ports to the Ident port", line.len()),
        None => Probe::NeedMore,
    }
}

/// `6193, 23` (RFC 1413 §4).
fn is_port_pair(text: &[u8]) -> bool {
    let mut ports = text.split(|byte| *byte == b',').map(|port| decimal(port.trim_ascii()));
    let is_port = |port: Option<Option<u32>>| matches!(port, Some(Some(1..=65_535)));
    is_port(ports.next()) && is_port(ports.next()) && ports.next().is_none()
}

const EXAMPLES: &[Example] =
    &[server("a user", b"6193, 23 : USERID : UNIX : stjohns\r\n"), server("nobody", b"6195,23:ERROR:NO-USER\r\n")];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_waits() {
        assert_eq!(probe(&Sample { data: b"6193, 23\r\n", ..Sample::EMPTY }), Probe::NeedMore);
        for data in [&b"220 x\r\n"[..], b"1,2,3\r\n", b"70000, 1\r\n", b"4:hello\r\n"] {
            assert_eq!(probe(&Sample { data, ..Sample::EMPTY }), Probe::No, "{data:?}");
        }
    }
}
