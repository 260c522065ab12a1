//! EMI/UCP: short messages between applications and message centres of CMG's make, in text between STX and ETX.

use crate::probing::answers::matched;
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

/// STX, transaction (00 to 99), size (five digits), operation or result, kind of operation (EMI/UCP §2.2).
const HEADER: &[u8] = b"\x02nn/nnnnn/k/nn/";

/// UCP.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "ucp",
    name: "UCP",
    selector: 720,
    category: "messaging",
    transports: &[Transport::Tcp],
    ports: &[3700, 5000],
    first_bytes: FirstBytes::Of(&[2]),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    let fits = sample.data.iter().zip(HEADER).all(|(byte, wanted)| match wanted {
        b'n' => byte.is_ascii_digit(),
        b'k' => matches!(byte, b'O' | b'R'),
        wanted => byte == wanted,
    });
    match fits {
        false => Probe::No,
        true if sample.data.len() < HEADER.len() => Probe::NeedMore,
        true => matched(95, "UCP header", HEADER.len()),
    }
}

const EXAMPLES: &[Example] = &[
    client("a message is handed in", b"\x0201/00070/O/01/01234567890/09876543210//3/53686F7274204D657373616765/D9\x03"),
    server("it is acknowledged", b"\x0200/00041/R/31/A/0003/5D\x03"),
];
