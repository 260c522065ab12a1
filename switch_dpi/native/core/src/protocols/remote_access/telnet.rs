//! Telnet (RFC 854, RFC 855): option negotiation, which most servers begin with. Text without it is not told from others.

use crate::bytes::Reader;
use crate::probing::answers::matched;
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

const IAC: u8 = 0xff;
const SUBNEGOTIATION: u8 = 0xfa;
/// Three commands decide; subnegotiations are short.
const MAX_PROBE_SIZE: usize = 256;

/// Telnet.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "telnet",
    name: "Telnet",
    selector: 707,
    category: "remote-access",
    risk: Some(80),
    transports: &[Transport::Tcp],
    ports: &[23, 2323],
    first_bytes: FirstBytes::Of(&[IAC]),
    max_probe_size: MAX_PROBE_SIZE,
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

/// The commands of one direction: how many negotiate, and whether what stands there can be negotiation.
fn count(data: &[u8]) -> Option<usize> {
    let mut reader = Reader::new(data);
    let mut commands = 0;
    while let Some(first) = reader.u8() {
        let Some(command) = reader.u8().filter(|_| first == IAC) else {
            let is_text_after = commands > 0 && first != IAC;
            return (is_text_after || first == IAC).then_some(commands);
        };
        match command {
            0xfb..=0xfe => match reader.u8() {
                Some(option) if is_option(option) => commands += 1,
                Some(_) => return None,
                None => return Some(commands),
            },
            SUBNEGOTIATION if reader.rest().first().is_none_or(|option| is_option(*option)) => {
                let Some(size) = reader.rest().windows(2).position(|pair| pair == [IAC, 0xf0]) else {
                    return Some(commands);
                };
                reader.take(size + 2);
                commands += 1;
            }
            0xf1..=0xf9 => {} // signals: no option follows
            _ => return None,
        }
    }
    Some(commands)
}

/// IANA "Telnet Options": 0 to 49, 138 to 141, and those of MUDs (RFC 2941, MCCP, GMCP, MSDP …).
const fn is_option(option: u8) -> bool {
    matches!(option, 0..=49 | 69..=70 | 85..=86 | 90..=91 | 93 | 138..=141 | 200..=201 | 255)
}

fn probe(sample: &Sample<'_>) -> Probe {
    let (Some(ours), Some(theirs)) = (count(sample.data), count(sample.other)) else { return Probe::No };
    match ours + theirs {
        0 | 1 => Probe::NeedMore,
        2 => matched(70, "two Telnet commands", 6),
        _ => matched(90, "Telnet negotiation", 9),
    }
}

const EXAMPLES: &[Example] = &[
    server("a server negotiates and asks who it is", b"\xff\xfd\x18\xff\xfd\x20\xff\xfd\x23\xff\xfd\x27\r\nlogin: "),
    client("a client agrees and tells its terminal", b"\xff\xfb\x18\xff\xfb\x1f\xff\xfa\x18\x00xterm-256color\xff\xf0"),
    server("echo and go-ahead", b"\xff\xfb\x01\xff\xfb\x03\x0d\x0aUser Access Verification"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_command_waits_for_the_other_end() {
        let (one, two) = (b"\xff\xfd\x03", b"\xff\xfb\x03");
        assert_eq!(probe(&Sample { data: one, ..Sample::EMPTY }), Probe::NeedMore);
        assert!(matches!(probe(&Sample { data: two, other: one, ..Sample::EMPTY }), Probe::Match(_)));
        for data in [&b"\xff\xd8\xff\xe0"[..], b"\xff\xfb\xf0", b"\xff\xff\xff", b"x\xff\xfb\x01"] {
            assert_eq!(probe(&Sample { data, ..Sample::EMPTY }), Probe::No, "{data:?}");
        }
    }
}
