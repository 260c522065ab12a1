//! Diameter (RFC 6733; applications of 3GPP TS 29.229, 29.272, 32.299 and others) over TCP and SCTP.

use crate::bytes::Reader;
use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::{answered, client, telling};
use crate::protocol::attributes::Attribute;
use crate::protocol::{Descriptor, Example, Findings, FirstBytes, Inspector, Probe, Progress, Sample, Transport};

/// Version, length, flags, command, application, two identifiers (§3).
const HEADER_SIZE: usize = 20;
const ORIGIN_HOST: u32 = 264;
/// What a first AVP's code is at most: codes of 3GPP are below 4,000, and vendors' own are rare in front.
const MAX_FIRST_CODE: u32 = 5000;

/// Diameter.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "diameter",
    name: "Diameter",
    selector: 564,
    category: "telephony-core",
    transports: &[Transport::Tcp, Transport::Sctp(0), Transport::Sctp(46), Transport::Sctp(47)],
    ports: &[3868],
    first_bytes: FirstBytes::Of(&[1]),
    probe,
    inspector: Some(|| Box::<Diameter>::default()),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[message];

fn probe(sample: &Sample<'_>) -> Probe {
    any_form(sample, FORMS)
}

/// The header, and the header of the first AVP (§4.1), which must fit into the message.
fn message(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(&[1])?;
    let size = cursor.u24()?;
    require(size % 4 == 0 && (20..0x10_0000).contains(&size))?;
    let flags = cursor.u8()?;
    require(flags & 0x0f == 0 && flags & 0xa0 != 0xa0)?; // an error is no request
    let command = cursor.u24()?;
    require(matches!(command, 257..=324 | 8_388_600..=8_388_800 | 500..=600))?;
    cursor.take(12)?;
    if size == 20 {
        return Ok((70, "Diameter message"));
    }
    require((1..=MAX_FIRST_CODE).contains(&cursor.u32()?))?;
    let avp_flags = cursor.u8()?;
    require(avp_flags & 0x1f == 0)?;
    let avp = cursor.u24()?;
    require(avp >= if avp_flags & 0x80 != 0 { 12 } else { 8 } && avp <= size - 20)?;
    Ok((95, "Diameter message"))
}

/// Reads command, application and origin of the first message of each direction.
#[derive(Debug, Default)]
struct Diameter {
    is_read: [bool; 2],
}

impl Inspector for Diameter {
    fn feed(&mut self, sample: &Sample<'_>, found: &mut Findings) -> Progress {
        let is_read = sample.direction.of(&mut self.is_read);
        if !*is_read {
            let size = sample
                .data
                .get(1..4)
                .map_or(usize::MAX, |size| size.iter().fold(0, |value, byte| value << 8 | usize::from(*byte)));
            if let Some(message) = sample.data.get(..size.max(HEADER_SIZE)) {
                read_message(message, found);
                *is_read = true;
            }
        }
        if self.is_read == [true; 2] { Progress::Done } else { Progress::Settled }
    }
}

fn read_message(message: &[u8], found: &mut Findings) -> Option<()> {
    let mut reader = Reader::new(message);
    reader.u32()?;
    reader.u8()?;
    found.uint(Attribute::DiameterCommand, reader.u24()?.into());
    found.uint(Attribute::DiameterApplicationId, reader.u32()?.into());
    reader.take(8)?;
    loop {
        let (code, flags, size) = (reader.u32()?, reader.u8()?, usize::try_from(reader.u24()?).ok()?);
        let header = if flags & 0x80 != 0 { 12 } else { 8 };
        reader.take(header - 8)?;
        let value = reader.take(size.checked_sub(header)?)?;
        reader.take(size.next_multiple_of(4) - size);
        if code == ORIGIN_HOST {
            found.text(Attribute::DiameterOriginHost, value);
            return Some(());
        }
    }
}

const EXAMPLES: &[Example] = &[
    telling(
        client(
            "capabilities exchange",
            b"\x01\0\0\x40\x80\0\x01\x01\0\0\0\0\x12\x34\x56\x78\x9a\xbc\xde\xf0\0\0\x01\x08\x40\0\0\x15a.example.org\0\0\0\0\0\x01\x28\x40\0\0\x13example.org\0",
        ),
        &[(Attribute::DiameterCommand, "257"), (Attribute::DiameterOriginHost, "a.example.org")],
    ),
    answered(Transport::Sctp(46), "watchdog answered, over SCTP", b"\x01\0\0\x38\0\0\x01\x18\0\0\0\0\x12\x34\x56\x78\x9a\xbc\xde\xf0\0\0\x01\x0c\x40\0\0\x0c\0\0\x07\xd1\0\0\x01\x08\x40\0\0\x15b.example.org\0\0\0"),
    client(
        "credit control",
        b"\x01\0\0\x28\xc0\0\x01\x10\0\0\0\x04\x12\x34\x56\x78\x9a\xbc\xde\xf0\0\0\x01\x07\x40\0\0\x14a;1876543;10",
    ),
];
