//! CIMD 2: short messages between applications and message centres of Nokia's make, in text between STX and ETX.

use crate::probing::answers::matched;
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

/// STX, operation (two digits), packet number (three digits), the tab that ends the header (CIMD 2 §3.1).
const HEADER: &[u8] = b"\x02nn:nnn\t";

/// CIMD 2.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "cimd",
    name: "CIMD2",
    selector: 721,
    category: "messaging",
    transports: &[Transport::Tcp],
    ports: &[9971],
    first_bytes: FirstBytes::Of(&[2]),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    let fits = sample.data.iter().zip(HEADER).all(|(byte, wanted)| match wanted {
        b'n' => byte.is_ascii_digit(),
        wanted => byte == wanted,
    });
    match fits {
        false => Probe::No,
        true if sample.data.len() < HEADER.len() => Probe::NeedMore,
        true => matched(90, "CIMD 2 header", HEADER.len()),
    }
}

const EXAMPLES: &[Example] =
    &[client("log-in", b"\x0201:001\t010:gateway\t011:secret\t\x03"), server("its answer", b"\x0251:001\t\x03")];
