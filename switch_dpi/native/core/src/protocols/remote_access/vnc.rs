//! VNC: the version handshake of RFB (RFC 6143 §7.1.1).

use crate::probing::answers::matched;
use crate::protocol::attributes::Attribute;
use crate::protocol::{
    Descriptor, Direction, Example, Findings, FirstBytes, Inspector, Probe, Progress, Sample, Transport,
};

/// `RFB xxx.yyy` and a line feed.
const VERSION_SIZE: usize = 12;
const PATTERN: &[u8; VERSION_SIZE] = b"RFB ddd.ddd\n";

/// VNC.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "vnc",
    name: "VNC",
    selector: 1241,
    category: "remote-access",
    risk: Some(80),
    transports: &[Transport::Tcp],
    ports: &[5900, 5901, 5500, 5800],
    first_bytes: FirstBytes::Of(b"R"),
    max_probe_size: VERSION_SIZE,
    probe,
    inspector: Some(|| Box::<Vnc>::default()),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    let fits = sample.data.iter().zip(PATTERN).all(|(byte, wanted)| match wanted {
        b'd' => byte.is_ascii_digit(),
        _ => byte == wanted,
    });
    match fits {
        false => Probe::No,
        true if sample.data.len() >= VERSION_SIZE => matched(100, "ProtocolVersion", VERSION_SIZE),
        true => Probe::NeedMore,
    }
}

/// Reads the versions of both ends.
#[derive(Debug, Default)]
struct Vnc {
    done: [bool; 2],
}

impl Inspector for Vnc {
    fn feed(&mut self, sample: &Sample<'_>, found: &mut Findings) -> Progress {
        let done = sample.direction.of(&mut self.done);
        if let (Some(version), Probe::Match(_), false) = (sample.data.get(4..11), probe(sample), *done) {
            found.text(Attribute::VncVersion, version);
        }
        *done |= sample.data.len() >= VERSION_SIZE;
        if self.done == [true; 2] { Progress::Done } else { Progress::Settled }
    }
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "server of version 3.8",
        transport: Transport::Tcp,
        direction: Direction::Responder,
        data: b"RFB 003.008\n",
        expect: &[(Attribute::VncVersion, "003.008")],
    },
    Example {
        title: "Apple's server",
        transport: Transport::Tcp,
        direction: Direction::Responder,
        data: b"RFB 003.889\n\x04\x1e\x21\x24\x23",
        expect: &[(Attribute::VncVersion, "003.889")],
    },
    Example {
        title: "client, then its security type",
        transport: Transport::Tcp,
        direction: Direction::Originator,
        data: b"RFB 003.008\n\x02",
        expect: &[(Attribute::VncVersion, "003.008")],
    },
];
