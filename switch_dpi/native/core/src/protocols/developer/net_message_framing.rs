//! .NET Message Framing ([MC-NMF]): the preamble of a connection (version, mode, the address that is meant), under Windows
//! Communication Foundation and Active Directory's web services.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::client;
use crate::protocol::{Descriptor, Example, FirstBytes, Transport};

/// §2.2.3: records of the version (1.0), of the mode (§2.2.3.2), of the address (§2.2.3.3).
const VERSION: &[u8] = &[0, 1, 0];
const MODE: u8 = 1;
const VIA: u8 = 2;
/// A size takes one byte or, when the first has its upper bit, more; an address has no more than two.
const MORE: u8 = 0x80;

/// .NET Message Framing.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "net-message-framing",
    name: ".NET Message Framing",
    selector: 1870,
    category: "developer",
    transports: &[Transport::Tcp],
    ports: &[808, 9389],
    first_bytes: FirstBytes::Of(&[0]),
    probe: |sample| any_form(sample, FORMS),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[preamble];

fn preamble(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(VERSION)?;
    cursor.literal(&[MODE])?;
    cursor.within(1, 4)?;
    cursor.literal(&[VIA])?;
    let size = cursor.u8()?;
    require(size & !MORE >= 7 || size & MORE != 0)?;
    if size & MORE != 0 {
        cursor.within(1, 15)?;
    }
    cursor.any_literal(&[b"net.tcp:", b"net.pipe:", b"http"])?;
    Ok((100, "preamble"))
}

const EXAMPLES: &[Example] = &[client(
    "directory service",
    b"\0\x01\0\x01\x02\x02\x2cnet.tcp://dc.example:9389/ActiveDirectoryWeb/\x03\x08\x0c",
)];
