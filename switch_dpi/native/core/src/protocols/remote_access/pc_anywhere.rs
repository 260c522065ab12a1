//! Symantec pcAnywhere: the search for hosts over UDP, and what its data port says first.

use crate::probing::answers::matched;
use crate::probing::beginnings::{Beginning, begins};
use crate::protocol::{Descriptor, Direction, Example, FirstBytes, Probe, Sample, Transport};

const STATUS_PORT: u16 = 5632;
/// Questions: is there a host, and what is its state.
const QUESTIONS: [&[u8]; 2] = [b"NQ", b"ST"];
/// A host answers with this, its name filled up, and its state.
const ANSWER: &[u8] = b"NR";
/// Mark of the name's end, behind 24 bytes.
const ANSWER_END: &[u8] = b"AHM_";
/// A host asks for the return key in a form of its terminal protocol.
const PROMPTS: [&[u8]; 2] = [b"\0X\x08\0}\x08\r\n\0.\x08", b"\0X\x08\0}\x08\0.\x08"];

/// pcAnywhere.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "pc-anywhere",
    name: "PC_Anywhere",
    selector: 1250,
    category: "remote-access",
    risk: Some(80),
    transports: &[Transport::Udp, Transport::Tcp],
    ports: &[5631, STATUS_PORT],
    first_bytes: FirstBytes::Of(b"NS\0"),
    max_probe_size: 11,
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    let data = sample.data;
    if sample.transport.is_stream() {
        let fits = PROMPTS.map(|prompt| begins(data, prompt));
        return match fits {
            _ if fits.contains(&Beginning::Whole) => matched(98, "prompt of a host", 9),
            _ if fits.contains(&Beginning::Partial) => Probe::NeedMore,
            _ => Probe::No,
        };
    }
    let is_usual_port = sample.responder_port == STATUS_PORT || sample.originator_port == STATUS_PORT;
    if data.starts_with(ANSWER) && data.windows(ANSWER_END.len()).any(|window| window == ANSWER_END) {
        return matched(90, "answer of a host", 2);
    }
    match (QUESTIONS.contains(&data), is_usual_port) {
        (true, true) => matched(55, "search for hosts", 2),
        (true, false) => Probe::NeedMore,
        _ if data.starts_with(ANSWER) && QUESTIONS.contains(&sample.reverse) => matched(70, "answer of a host", 2),
        _ => Probe::No,
    }
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "answer of a host",
        transport: Transport::Udp,
        direction: Direction::Responder,
        data: b"NRPC-OF-ANNA______________AHM_3___\0",
        expect: &[],
    },
    Example {
        title: "prompt of a host",
        transport: Transport::Tcp,
        direction: Direction::Responder,
        data: b"\0X\x08\0}\x08\r\n\0.\x08Please press <Enter>...\r\n",
        expect: &[],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_of_two_letters_is_a_guess_at_its_port_only() {
        let sample = Sample { transport: Transport::Udp, data: b"NQ", responder_port: STATUS_PORT, ..Sample::EMPTY };
        assert!(matches!(probe(&sample), Probe::Match(e) if e.confidence == 55));
        assert_eq!(probe(&Sample { responder_port: 50_000, ..sample }), Probe::NeedMore);
    }
}
