//! Informix SQLI, the association request that begins a connection: the old one is text, the new one binary. There is no
//! public specification; both forms are what clients of all versions send.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, Probe, Sample, Transport};

/// Informix.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "informix-sqli",
    name: "Informix",
    selector: 516,
    category: "database",
    transports: &[Transport::Tcp],
    ports: &[1526, 9088, 9090],
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[text, binary];

fn probe(sample: &Sample<'_>) -> Probe {
    any_form(sample, FORMS)
}

/// `sq`, a size in four characters of base 64, `PQAA`, and the server's program.
fn text(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(b"sq")?;
    cursor.all(4, |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'))?;
    cursor.literal(b"PQAAsqlexec")?;
    Ok((100, "Informix association request"))
}

/// Size, request or answer, 3C; then constants up to the name of the floating-point format.
fn binary(cursor: &mut Cursor<'_>) -> Recognised {
    require(cursor.u16()? > 32)?;
    cursor.within(1, 3)?;
    cursor.literal(b"\x3c")?;
    cursor.take(2)?;
    cursor.literal(b"\0\x64\0\x65\0\0\0\x3d\0\x06IEEE")?;
    Ok((100, "Informix association"))
}

const EXAMPLES: &[Example] = &[
    client("text form", b"sqAYABPQAAsqlexec ann -ppwd 9.280  RDS#R000000 -dstores -fIEEEI DBPATH=//db\0"),
    client("binary form", b"\0\x8d\x01\x3c\0\0\0\x64\0\x65\0\0\0\x3d\0\x06IEEEM\0\0lsqlexec\0"),
    server("binary form", b"\0\x7c\x02\x3c\x10\0\0\x64\0\x65\0\0\0\x3d\0\x06IEEEI\0\0lsrvinfx\0"),
];
