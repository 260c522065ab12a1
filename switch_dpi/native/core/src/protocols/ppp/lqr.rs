//! PPP Link Quality Report (RFC 1989) and bandwidth allocation (RFC 2125).

use crate::probing::answers::numbered;
use crate::probing::examples::sent;
use crate::protocol::{Descriptor, Example, Transport};

/// PPP link quality.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "lqr",
    name: "PPP link quality",
    selector: 1501,
    transports: &[Transport::Ppp(0xc025), Transport::Ppp(0xc02b), Transport::Ppp(0xc02d)],
    probe: |_| numbered("PPP protocol of quality or bandwidth control"),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    sent(Transport::Ppp(0xc025), "quality report", b"\x1a\x2b\x3c\x4d\x00\x00\x00\x01\x00\x00\x00\x02\x00\x00\x00\x03\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"),
    sent(Transport::Ppp(0xc02d), "bandwidth call request", b"\x01\x01\x00\x08\x01\x02\x01\x02"),
];
