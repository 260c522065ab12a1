//! Ceph's messenger, versions 1 and 2 (Ceph documentation, "Messenger protocol"): each end begins with a banner.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

/// Ceph.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "ceph",
    name: "Ceph",
    selector: 519,
    category: "file-transfer",
    transports: &[Transport::Tcp],
    ports: &[3300, 6789, 6800],
    first_bytes: FirstBytes::Of(b"c"),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[banner];

fn probe(sample: &Sample<'_>) -> Probe {
    any_form(sample, FORMS)
}

/// `ceph v027`, or `ceph v2` with a line feed and the size of features.
fn banner(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(b"ceph v")?;
    if cursor.within(b'0', b'9')? != b'2' {
        cursor.all(2, |byte| byte.is_ascii_digit())?;
        return Ok((100, "Ceph banner"));
    }
    cursor.literal(b"\n")?;
    require(cursor.u16_le()? < 1024)?;
    Ok((100, "Ceph banner of version 2"))
}

const EXAMPLES: &[Example] = &[
    client("version 1", b"ceph v027\0\0\0\0\0\0\0\0"),
    server("version 2", b"ceph v2\n\x10\0\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
];
