//! Fox, the protocol of Tridium's Niagara stations in buildings over TCP, as publicly described: frames of text.

use crate::probing::answers::{Verdict, answer};
use crate::probing::cursor::{Cursor, require};
use crate::probing::lines::Lines;
use crate::probing::readers::Reading;
use crate::protocol::attributes::Attribute;
use crate::protocol::{Descriptor, Direction, Example, Findings, FirstBytes, Progress, Sample, Transport};

const MAGIC: &[u8] = b"fox ";
/// Name of the line that tells a station's host, its type (string) and a colon.
const HOST_NAME: &[u8] = b"hostName=s:";
const MAX_HEADER_SIZE: usize = 2_048;

/// Niagara Fox.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "niagara-fox",
    name: "Niagara-Fox",
    selector: 366,
    category: "industrial",
    risk: Some(60),
    transports: &[Transport::Tcp],
    ports: &[1911, 4911],
    first_bytes: FirstBytes::Of(b"f"),
    probe: |sample| answer(judge(sample)),
    inspector: Some(|| Box::new(Reading(read))),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn judge(sample: &Sample<'_>) -> Verdict {
    let mut cursor = Cursor::of(sample);
    cursor.literal(MAGIC)?;
    cursor.byte(|kind| kind.is_ascii_lowercase())?;
    cursor.literal(b" ")?;
    cursor.byte(|number| number.is_ascii_digit() || number == b'-')?;
    cursor.matched(95, "Fox frame")
}

fn read(sample: &Sample<'_>, found: &mut Findings) -> Progress {
    require(sample.data.len() <= MAX_HEADER_SIZE).map_or(Progress::Done, |()| {
        for line in Lines::new(sample.data, 0) {
            if let Some(name) = line.strip_prefix(HOST_NAME) {
                found.text(Attribute::FoxHost, name);
            }
        }
        Progress::Settled
    })
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "hello of a client",
        transport: Transport::Tcp,
        direction: Direction::Originator,
        data: b"fox a 1 -1 fox hello\n{\nfox.version=s:1.0\nid=i:1\nhostName=s:workbench\nhostAddress=s:192.168.1.5\n};;\n",
        expect: &[(Attribute::FoxHost, "workbench")],
    },
    Example {
        title: "hello of a station",
        transport: Transport::Tcp,
        direction: Direction::Responder,
        data: b"fox a 0 -1 fox hello\n{\nfox.version=s:1.0.1\nid=i:4\nhostName=s:station-7\nstation.name=s:Plant\n};;\n",
        expect: &[(Attribute::FoxHost, "station-7")],
    },
];
