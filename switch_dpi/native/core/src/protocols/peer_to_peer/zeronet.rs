//! ZeroNet ("ZeroNet network protocol"): MessagePack maps over TCP whose first key is `cmd`.

use crate::probing::beginnings::begins_any;
use crate::probing::examples::client;
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

/// Maps of three entries or four: request and answer.
const STARTS: [&[u8]; 4] =
    [b"\x83\xa3cmd\xa9handshake", b"\x83\xa3cmd\xa4ping", b"\x83\xa3cmd\xa7getFile", b"\x83\xa3cmd\xa3pex"];

/// ZeroNet.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "zeronet",
    name: "ZeroNet",
    selector: 927,
    category: "peer-to-peer",
    transports: &[Transport::Tcp],
    ports: &[15441, 26552, 26117],
    first_bytes: FirstBytes::Of(&[0x83]),
    max_probe_size: 16,
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    begins_any(sample.data, &STARTS).stream(95, "command", 9)
}

const EXAMPLES: &[Example] = &[
    client("handshake", b"\x83\xa3cmd\xa9handshake\xa6req_id\x00\xa6params\x82\xa7version\xa50.7.6\xa8protocol\xa2v2"),
    client("ping", b"\x83\xa3cmd\xa4ping\xa6req_id\x01\xa6params\x80"),
];
