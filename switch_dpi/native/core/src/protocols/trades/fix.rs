//! FIX, orders and quotes (FIX Trading Community, FIX 4.0 to 5.0 SP2): fields `tag=value`, each ended by 01.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form};
use crate::probing::examples::{client, server, telling};
use crate::protocol::attributes::Attribute;
use crate::protocol::{Descriptor, Example, Findings, FirstBytes, Inspector, Probe, Progress, Sample, Transport};

/// How much is searched for the two names: they are in the header.
const MAX_HEADER_SIZE: usize = 512;

/// FIX.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "fix",
    name: "FIX",
    selector: 610,
    category: "finance",
    risk: Some(20),
    transports: &[Transport::Tcp],
    first_bytes: FirstBytes::Of(b"8"),
    probe,
    inspector: Some(|| Box::<Fix>::default()),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[message];

fn probe(sample: &Sample<'_>) -> Probe {
    any_form(sample, FORMS)
}

/// BeginString and BodyLength come first in every message.
fn message(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(b"8=FIX")?;
    cursor.any_literal(&[b"T.1.", b".4.", b".5."])?;
    cursor.all(1, |byte| byte.is_ascii_digit())?;
    cursor.literal(b"\x01")?;
    cursor.literal(b"9=")?;
    Ok((100, "FIX header"))
}

/// Reads both ends' names.
#[derive(Debug, Default)]
struct Fix;

impl Inspector for Fix {
    fn feed(&mut self, sample: &Sample<'_>, found: &mut Findings) -> Progress {
        let header = sample.data.get(..MAX_HEADER_SIZE).unwrap_or(sample.data);
        let mut fields: Vec<&[u8]> = header.split(|byte| *byte == 0x01).collect();
        fields.pop(); // not yet ended
        let value = |tag: &[u8]| fields.iter().find_map(|field| field.strip_prefix(tag));
        if let (Some(sender), Some(target)) = (value(b"49="), value(b"56=")) {
            found.text(Attribute::FixSender, sender);
            found.text(Attribute::FixTarget, target);
            return Progress::Done;
        }
        if sample.data.len() > MAX_HEADER_SIZE { Progress::Done } else { Progress::Settled }
    }
}

const EXAMPLES: &[Example] = &[

    telling(
        client(
            "log-on of version 4.4",
            b"8=FIX.4.4\x019=65\x0135=A\x0149=ANN\x0156=EXCH\x0134=1\x0152=20240101-00:00:00\x0198=0\x01108=30\x0110=100\x01",
        ),
        &[(Attribute::FixSender, "ANN"), (Attribute::FixTarget, "EXCH")],
    ),
    server("session of 5.0", b"8=FIXT.1.1\x019=70\x0135=A\x0149=EXCH\x0134=1\x01"),
];
