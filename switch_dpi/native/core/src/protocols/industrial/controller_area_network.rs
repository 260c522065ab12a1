//! CAN frames in UDP: CAN-ETH, whose datagrams begin with the name of the standard (ISO 11898), as publicly described.

use crate::probing::answers::{Verdict, answer};
use crate::probing::cursor::{Cursor, require};
use crate::probing::examples::query;
use crate::protocol::{Descriptor, Example, FirstBytes, Sample, Transport};

const MAGIC: &[u8] = b"ISO11898";
/// Frames in one datagram.
const MAX_FRAMES: u8 = 100;

/// CAN in UDP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "controller-area-network",
    name: "Controller_Area_Network",
    selector: 330,
    category: "industrial",
    transports: &[Transport::Udp],
    ports: &[11_898],
    first_bytes: FirstBytes::Of(b"I"),
    probe: |sample| answer(judge(sample)),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn judge(sample: &Sample<'_>) -> Verdict {
    let mut cursor = Cursor::of(sample);
    cursor.literal(MAGIC)?;
    cursor.u8()?; // version
    let frames = cursor.u8()?;
    require(frames <= MAX_FRAMES)?;
    cursor.matched(100, "CAN-ETH header")
}

const EXAMPLES: &[Example] = &[
    query(
        "one frame with an extended identifier",
        b"ISO11898\x01\x01\x6a\x12\xf1\x09\x08\x3b\x20\xd6\x70\x00\x00\xff\x7f\xfd\x10\x00",
    ),
    query("no frame", b"ISO11898\x01\x00"),
];
