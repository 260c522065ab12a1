//! HBase RPC (HBase reference guide, "0.95 RPC Specification"): `HBas`, version 0, authentication.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form};
use crate::probing::examples::client;
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

/// HBase.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "hbase",
    name: "HBase",
    selector: 630,
    category: "database",
    transports: &[Transport::Tcp],
    ports: &[16000, 16020],
    first_bytes: FirstBytes::Of(b"H"),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[preamble];

fn probe(sample: &Sample<'_>) -> Probe {
    any_form(sample, FORMS)
}

fn preamble(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(b"HBas\0")?;
    cursor.within(0x50, 0x53)?;
    Ok((100, "HBase preamble"))
}

const EXAMPLES: &[Example] = &[client("simple", b"HBas\0\x50\0\0\0\x37\x0a\x0d"), client("Kerberos", b"HBas\0\x51")];
