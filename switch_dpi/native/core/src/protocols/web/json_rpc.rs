//! JSON-RPC 2.0 (jsonrpc.org): calls as JSON, over HTTP or alone on a stream;
//! protocols that are built on it may take the flow.

use crate::formats::documents::{self, JSON_FIRST_BYTES, MAX_PROBE_SIZE};
use crate::protocol::{Descriptor, Direction, Example, FirstBytes, Probe, Transport};

/// JSON-RPC.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "json-rpc",
    name: "JSON-RPC",
    selector: 216,
    category: "web",
    risk: Some(20),
    transports: &[Transport::Tcp],
    first_bytes: FirstBytes::Of(JSON_FIRST_BYTES),
    max_probe_size: MAX_PROBE_SIZE,
    probe: |sample| match documents::probe_json(sample.data, &[b"\"jsonrpc\"", b"\"2.0\""], "JSON-RPC") {
        Probe::Match(evidence) => Probe::Match(crate::protocol::Evidence { confidence: 55, ..evidence }),
        answer => answer,
    },
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    Example {
        title: "call",
        transport: Transport::Tcp,
        direction: Direction::Originator,
        data: b"{\"jsonrpc\": \"2.0\", \"method\": \"subtract\", \"params\": [42, 23], \"id\": 1}",
        expect: &[],
    },
    Example {
        title: "answer",
        transport: Transport::Tcp,
        direction: Direction::Responder,
        data: b"{\"jsonrpc\":\"2.0\",\"result\":19,\"id\":1}\n",
        expect: &[],
    },
];
