//! rsync's daemon (rsyncd.conf(5), rsync's "csprotocol.txt"): both ends greet with the protocol's version.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::{client, server, telling};
use crate::probing::lines::Lines;
use crate::protocol::attributes::Attribute;
use crate::protocol::{
    Descriptor, Direction, Example, Findings, FirstBytes, Inspector, Probe, Progress, Sample, Transport,
};

/// rsync.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "rsync",
    name: "RSYNC",
    selector: 571,
    category: "file-transfer",
    risk: Some(60),
    transports: &[Transport::Tcp],
    ports: &[873],
    first_bytes: FirstBytes::Of(b"@"),
    probe,
    inspector: Some(|| Box::<Rsync>::default()),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[greeting];

fn probe(sample: &Sample<'_>) -> Probe {
    any_form(sample, FORMS)
}

/// `@RSYNCD: 31.0`, or a message of the daemon.
fn greeting(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(b"@RSYNCD: ")?;
    let first = cursor.u8()?;
    require(first.is_ascii_digit() || matches!(first, b'O' | b'E' | b'A'))?;
    Ok((100, "rsync greeting"))
}

/// The client's second line is the module; an empty one asks for the list.
#[derive(Debug, Default)]
struct Rsync;

impl Inspector for Rsync {
    fn feed(&mut self, sample: &Sample<'_>, found: &mut Findings) -> Progress {
        let mut lines = Lines::new(sample.data, 0);
        match (sample.direction, lines.next(), lines.next()) {
            (Direction::Originator, Some(_), Some(module)) => {
                if !module.is_empty() {
                    found.text(Attribute::RsyncModule, module);
                }
                Progress::Done
            }
            _ => Progress::Settled,
        }
    }
}

const EXAMPLES: &[Example] = &[
    server("greeting", b"@RSYNCD: 31.0\n"),
    telling(
        client("greeting with digests, and module", b"@RSYNCD: 31.0 sha512 sha256 md5 md4\nbackup\n"),
        &[(Attribute::RsyncModule, "backup")],
    ),
];
