//! CUPS browsing: print servers announce their queues of IPP in lines of text, over UDP at IPP's port ("CUPS Browse Protocol").

use crate::probing::answers::matched;
use crate::probing::examples::query;
use crate::probing::lines::is_text;
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

/// Hexadecimal digits of the kind of printer: 32 bits of capabilities.
const MAX_KIND_SIZE: usize = 8;
/// Idle, processing, stopped (RFC 8011 §5.4.11).
const STATES: [&[u8]; 3] = [b"3", b"4", b"5"];
const SCHEMES: [&[u8]; 4] = [b"ipp://", b"ipps://", b"http://", b"https://"];

/// CUPS browsing.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "cups-browsing",
    name: "IPP",
    selector: 1781,
    category: "network",
    transports: &[Transport::Udp],
    ports: &[631],
    first_bytes: FirstBytes::Where(|byte| byte.is_ascii_hexdigit()),
    probe,
    app: "ipp",
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    if is_announcement(sample.data) == Some(true) && is_text(sample.data.trim_ascii_end()) {
        matched(95, "announcement of a print queue", sample.data.len())
    } else {
        Probe::No
    }
}

/// Kind, state, where the queue is, and more in quotation marks.
fn is_announcement(data: &[u8]) -> Option<bool> {
    let mut words = data.splitn(4, |byte| *byte == b' ');
    let (kind, state, place) = (words.next()?, words.next()?, words.next()?);
    let is_kind = (1..=MAX_KIND_SIZE).contains(&kind.len()) && kind.iter().all(u8::is_ascii_hexdigit);
    Some(is_kind && STATES.contains(&state) && SCHEMES.iter().any(|scheme| place.starts_with(scheme)))
}

const EXAMPLES: &[Example] = &[
    query("queue with location, information and model", b"100c 3 ipp://print.example.org:631/printers/lp \"Floor 2\" \"Laser printer\" \"HP LaserJet 4\" lease-duration=300\n"),
    query("queue alone", b"6 3 ipp://192.0.2.7/printers/colour\n"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_text_is_no_announcement() {
        for data in
            [&b"6 9 ipp://h/p\n"[..], b"6 3 ftp://h/p\n", b"xyz 3 ipp://h/p\n", b"6 3", b"123456789 3 ipp://h/p"]
        {
            assert_eq!(probe(&Sample { transport: Transport::Udp, data, ..Sample::EMPTY }), Probe::No, "{data:?}");
        }
    }
}
