//! Intel AMT's redirection of serial line, drives and screen (Intel AMT SDK, "Redirection protocol"): the start of a session.

use crate::probing::answers::matched;
use crate::probing::beginnings::{Beginning, begins};
use crate::protocol::{Descriptor, Direction, Example, FirstBytes, Probe, Sample, Transport};

/// StartRedirectionSession and the names of what can be redirected; its answer begins with 0x11.
const REQUESTS: [&[u8]; 4] = [b"\x10\0\0\0SOL ", b"\x10\0\0\0IDER", b"\x10\x01\0\0KVMR", b"\x10\0\0\0KVMR"];

/// Intel AMT redirection.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "amt-redirection",
    name: "Intel AMT redirection",
    selector: 1257,
    category: "remote-access",
    risk: Some(80),
    transports: &[Transport::Tcp],
    ports: &[16994],
    first_bytes: FirstBytes::Of(&[0x10]),
    max_probe_size: 8,
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    let fits = REQUESTS.map(|request| begins(sample.data, request));
    if fits.contains(&Beginning::Whole) {
        matched(100, "start of redirection", 8)
    } else if fits.contains(&Beginning::Partial) {
        Probe::NeedMore
    } else {
        Probe::No
    }
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "serial line",
        transport: Transport::Tcp,
        direction: Direction::Originator,
        data: b"\x10\0\0\0SOL ",
        expect: &[],
    },
    Example {
        title: "screen",
        transport: Transport::Tcp,
        direction: Direction::Originator,
        data: b"\x10\x01\0\0KVMR",
        expect: &[],
    },
];
