//! appleJuice, a peer-to-peer network: both ends open with their protocol's name on a line (l7-filter's pattern "applejuice").

use crate::probing::beginnings::probe_beginning;
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Transport};

const GREETING: &[u8] = b"ajprot\r\n";

/// appleJuice.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "applejuice",
    name: "AppleJuice",
    selector: 1783,
    category: "peer-to-peer",
    transports: &[Transport::Tcp],
    ports: &[9850, 9851],
    first_bytes: FirstBytes::Of(b"a"),
    probe: |sample| probe_beginning(sample, &[GREETING], 100, "greeting"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    client("greeting", b"ajprot\r\n"),
    server("greeting, and the first message", b"ajprot\r\n\x0c\x00\x00\x00\x01\x02\x03\x04"),
];
