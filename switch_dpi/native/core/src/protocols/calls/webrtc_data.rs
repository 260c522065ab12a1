//! WebRTC data channels (RFC 8831 §8) and their establishment (RFC 8832), SCTP payload protocols 50 to 57.

use crate::probing::answers::numbered;
use crate::probing::examples::{answered, sent};
use crate::protocol::{Descriptor, Example, Transport};

/// WebRTC data channel.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "webrtc-data",
    name: "WebRTC data channel",
    selector: 1533,
    category: "conferencing",
    transports: &[
        Transport::Sctp(50),
        Transport::Sctp(51),
        Transport::Sctp(53),
        Transport::Sctp(56),
        Transport::Sctp(57),
    ],
    probe: |_| numbered("SCTP payload protocol of WebRTC (RFC 8831)"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(Transport::Sctp(50), "channel open", b"\x03\x00\x00\x00\x00\x00\x00\x00\x00\x04\x00\x00chat"),
    answered(Transport::Sctp(50), "channel acknowledgement", b"\x02"),
    sent(Transport::Sctp(51), "text", b"hello"),
];
