//! HTTP Live Streaming (RFC 8216 §4.1): play lists of video in pieces.

use crate::formats::documents;
use crate::protocol::{Descriptor, Direction, Example, FirstBytes, Transport};

/// HTTP Live Streaming.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "hls",
    name: "HLS",
    selector: 214,
    category: "video",
    transports: &[Transport::Tcp],
    first_bytes: FirstBytes::Of(b"#"),
    max_probe_size: 64,
    probe: |sample| documents::probe_start(sample.data, b"#EXTM3U", "play list"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    Example {
        title: "play list",
        transport: Transport::Tcp,
        direction: Direction::Responder,
        data: b"#EXTM3U\n#EXT-X-VERSION:3\n#EXTINF:9.0,\nfirst.ts\n",
        expect: &[],
    },
    Example {
        title: "play list with CR LF",
        transport: Transport::Tcp,
        direction: Direction::Responder,
        data: b"#EXTM3U\r\n#EXT-X-TARGETDURATION:10\r\n",
        expect: &[],
    },
];
