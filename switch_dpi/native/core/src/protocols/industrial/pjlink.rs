//! PJLink (JBMIA PJLink class 1 and 2): projectors, their greeting and their commands.

use crate::probing::beginnings::probe_beginning;
use crate::probing::examples::server;
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

/// How it begins.
const BEGINNINGS: &[&[u8]] = &[
    b"PJLINK 0",
    b"PJLINK 1 ",
    b"PJLINK ERRA",
    b"%1POWR ",
    b"%1INPT ",
    b"%1AVMT ",
    b"%1ERST ",
    b"%1LAMP ",
    b"%1NAME ",
    b"%1INF1 ",
    b"%1INF2 ",
    b"%1CLSS ",
    b"%2SNUM ",
    b"%2SVER ",
];

/// PJLink.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "pjlink",
    name: "PJLink",
    selector: 743,
    category: "industrial",
    transports: &[Transport::Tcp],
    ports: &[4352],
    first_bytes: FirstBytes::Of(b"P%"),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    probe_beginning(sample, BEGINNINGS, 85, "PJLink greeting or command")
}

const EXAMPLES: &[Example] =
    &[server("a projector that wants a password", b"PJLINK 1 498e4a67\r"), server("it is switched on", b"%1POWR 1\r")];
