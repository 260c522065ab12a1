//! SMB 1 ([MS-CIFS]): what NetBIOS sessions and datagrams carry. Its flows are NetBIOS's; bare messages are met where a capture
//! begins in the middle of a session's message.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

/// SMB 1.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "smb1",
    name: "SMBv1",
    selector: 554,
    category: "file-transfer",
    risk: Some(80),
    transports: &[Transport::Tcp],
    ports: &[139, 445],
    first_bytes: FirstBytes::Of(&[0xff]),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[header];

fn probe(sample: &Sample<'_>) -> Probe {
    any_form(sample, FORMS)
}

/// §2.2.3.1: magic, command, status, flags; the reserved field is zero.
fn header(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(b"\xffSMB")?;
    require(!matches!(cursor.u8()?, 0x35..=0x6f | 0xdb..=0xfd))?;
    Ok((95, "SMB 1 header"))
}

const EXAMPLES: &[Example] = &[
    client("echo", b"\xffSMB\x2b\0\0\0\0\x18\x01\x28\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x12\x34\0\0\0\0\x01\x01\0\0\0"),
    server("negotiation answered", b"\xffSMB\x72\0\0\0\0\x98\x01\x28\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x12\x34\0\0\0\0"),
];
