//! VTun, the virtual tunnel: the greeting of its server and the answer of a client (`auth.c` of VTun 3).

use crate::probing::answers::matched;
use crate::probing::beginnings::{Beginning, begins};
use crate::protocol::{Descriptor, Direction, Example, FirstBytes, Probe, Sample, Transport};

const GREETING: &[u8] = b"VTUN server ver ";
/// A client's first line names the session that it wants.
const HOST: &[u8] = b"HOST: ";

/// VTun.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "vtun",
    name: "VTun",
    selector: 1263,
    category: "vpn",
    transports: &[Transport::Tcp],
    ports: &[5000],
    first_bytes: FirstBytes::Of(b"VH"),
    max_probe_size: GREETING.len(),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    match (begins(sample.data, GREETING), begins(sample.data, HOST), begins(sample.other, GREETING)) {
        (Beginning::Whole, _, _) => matched(100, "greeting of the server", GREETING.len()),
        (Beginning::Partial, _, _) => Probe::NeedMore,
        (_, Beginning::Whole, Beginning::Whole) => matched(100, "answer to the server's greeting", HOST.len()),
        (_, Beginning::Whole | Beginning::Partial, Beginning::Whole | Beginning::Partial) => Probe::NeedMore,
        _ => Probe::No,
    }
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "server",
        transport: Transport::Tcp,
        direction: Direction::Responder,
        data: b"VTUN server ver 3.X 02/12/2013\n",
        expect: &[],
    },
    Example {
        title: "server of an older version",
        transport: Transport::Tcp,
        direction: Direction::Responder,
        data: b"VTUN server ver 2.6 10/31/2003\n\0\0\0\0\0\0",
        expect: &[],
    },
];
