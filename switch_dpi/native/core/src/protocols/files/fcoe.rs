//! Fibre Channel over Ethernet (INCITS FC-BB-5): EtherType 8906.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::sent;
use crate::protocol::{Descriptor, Example, Probe, Sample, Transport};

const ETHER_TYPE: Transport = Transport::EtherType(0x8906);

/// FCoE.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "fcoe",
    name: "FCoE",
    selector: 579,
    category: "file-transfer",
    transports: &[ETHER_TYPE],
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[header];

fn probe(sample: &Sample<'_>) -> Probe {
    any_form(sample, FORMS)
}

/// Version 0 in four bits, reserved bytes, then the start of a frame.
fn header(cursor: &mut Cursor<'_>) -> Recognised {
    require(cursor.u8()? & 0xf0 == 0)?;
    cursor.take(12)?;
    cursor.u8()?;
    Ok((100, "FCoE header"))
}

const EXAMPLES: &[Example] = &[
    sent(ETHER_TYPE, "class 3, log-in", b"\0\0\0\0\0\0\0\0\0\0\0\0\0\x2e\x22\xff\xff\xfe\0\0\0\0\x01\x29\0\0"),
    sent(ETHER_TYPE, "class 3, SCSI command", b"\0\0\0\0\0\0\0\0\0\0\0\0\0\x2e\x06\x01\0\0\0\x02\0\0\x08\x29\0\0"),
];
