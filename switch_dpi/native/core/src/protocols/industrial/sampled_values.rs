//! Sampled values (IEC 61850-9-2): measured currents and voltages in Ethernet frames.

use crate::probing::answers::{Verdict, answer};
use crate::probing::cursor::{Cursor, require};
use crate::probing::examples::sent;
use crate::protocol::{Descriptor, Example, Sample, Transport};

const ETHERTYPE: u16 = 0x88ba;
/// APPID, length, two reserved words (§5.3.3.4).
const HEADER_SIZE: u16 = 8;
/// [APPLICATION 0] savPdu.
const PDU: u8 = 0x60;

/// Sampled values.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "sampled-values",
    name: "IEC61850-SV",
    selector: 333,
    category: "industrial",
    transports: &[Transport::EtherType(ETHERTYPE)],
    probe: |sample| answer(judge(sample)),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn judge(sample: &Sample<'_>) -> Verdict {
    let mut cursor = Cursor::of(sample);
    cursor.u16()?;
    require(cursor.u16()? > HEADER_SIZE)?;
    cursor.u32()?;
    cursor.literal(&[PDU])?;
    cursor.matched(95, "savPdu")
}

const EXAMPLES: &[Example] = &[
    sent(Transport::EtherType(ETHERTYPE), "one sample", b"\x40\x00\x00\x27\x00\x00\x00\x00\x60\x1d\x80\x01\x01\xa2\x18\x30\x16\x80\x04MU01\x82\x02\x00\x01\x83\x04\x00\x00\x00\x01\x85\x01\x02\x87\x01\x00"),
    sent(Transport::EtherType(ETHERTYPE), "another", b"\x40\x00\x00\x12\x00\x00\x00\x00\x60\x08\x80\x01\x01\xa2\x03\x30\x01\x00"),
];
