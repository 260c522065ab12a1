//! IEC 61162-450, the "lightweight Ethernet" of ships' bridges: sentences and files in multicast datagrams that begin with a
//! name (§7.2).

use crate::probing::answers::{Verdict, answer};
use crate::probing::cursor::{Cursor, require};
use crate::probing::examples::query;
use crate::protocol::{Descriptor, Example, FirstBytes, Sample, Transport};

/// Sentences; files without and with retransmission, old and new; PGNs of NMEA 2000.
const HEADERS: [&[u8; 6]; 5] = [b"UdPbC\0", b"RaUdP\0", b"RrUdP\0", b"RpUdP\0", b"NkPgN\0"];

/// IEC 61162-450.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "iec61162-450",
    name: "IEC61162-450",
    selector: 358,
    category: "iot",
    transports: &[Transport::Udp],
    ports: &[60_001, 60_002, 60_003, 60_004, 60_005, 60_006, 60_007, 60_008],
    first_bytes: FirstBytes::Of(b"URN"),
    probe: |sample| answer(judge(sample)),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn judge(sample: &Sample<'_>) -> Verdict {
    let mut cursor = Cursor::of(sample);
    let header = cursor.array::<6>()?;
    require(HEADERS.contains(&&header))?;
    cursor.matched(97, "datagram header")
}

const EXAMPLES: &[Example] = &[
    query("heading", b"UdPbC\0\\s:HE0001,n:12*2C\\$HEHDT,123.4,T*2D\r\n"),
    query("a piece of a file", b"RaUdP\0\x00\x01\x00\x2c\x00\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00\x01"),
];
