//! ATA over Ethernet (Brantley Coile, "AoE", revision 11): EtherType 88A2.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::sent;
use crate::protocol::{Descriptor, Example, Probe, Sample, Transport};

const ETHER_TYPE: Transport = Transport::EtherType(0x88a2);

/// ATA over Ethernet.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "aoe",
    name: "ATA over Ethernet",
    selector: 578,
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

/// Version and flags, error, shelf, slot, command, tag. The EtherType is the proof.
fn header(cursor: &mut Cursor<'_>) -> Recognised {
    require(cursor.u8()? & 0x03 == 0)?;
    cursor.take(9)?;
    Ok((100, "ATA over Ethernet header"))
}

const EXAMPLES: &[Example] = &[
    sent(ETHER_TYPE, "query of the configuration", b"\x10\0\xff\xff\xff\x01\0\0\0\x01\0\0\0\0\0\0\0\0"),
    sent(ETHER_TYPE, "ATA command", b"\x10\0\0\x01\0\0\0\0\0\x02\x40\0\x01\x24\0\0\0\0\0\0\0\0"),
];
