//! MPEG-DASH (ISO/IEC 23009-1): what a video is made of, in pieces fetched over HTTP.

use crate::formats::documents::{self, MAX_PROBE_SIZE, XML_FIRST_BYTES};
use crate::protocol::{Descriptor, Direction, Example, FirstBytes, Transport};

/// MPEG-DASH.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "mpeg-dash",
    name: "MpegDash",
    selector: 213,
    category: "video",
    transports: &[Transport::Tcp],
    first_bytes: FirstBytes::Of(XML_FIRST_BYTES),
    max_probe_size: MAX_PROBE_SIZE,
    probe: |sample| {
        documents::probe_xml(sample.data, &[b"<MPD", b"urn:mpeg:dash:schema:mpd"], "media presentation description")
    },
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    Example {
        title: "description",
        transport: Transport::Tcp,
        direction: Direction::Responder,
        data: b"<?xml version=\"1.0\"?>\n<MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\" type=\"static\" profiles=\"urn:mpeg:dash:profile:isoff-live:2011\">",
        expect: &[],
    },
    Example {
        title: "description without a declaration",
        transport: Transport::Tcp,
        direction: Direction::Responder,
        data: b"<MPD type=\"dynamic\" xmlns=\"urn:mpeg:dash:schema:mpd:2011\">",
        expect: &[],
    },
];
