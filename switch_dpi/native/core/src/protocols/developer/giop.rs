//! CORBA: GIOP over TCP (IIOP), and MIOP over UDP (OMG, "CORBA" part 2 §9; "Unreliable Multicast Inter-ORB Protocol").

use crate::probing::cursor::{Cursor, Form, Recognised, any_form, require};
use crate::probing::examples::{client, query, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

/// CORBA.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "giop",
    name: "CORBA",
    selector: 607,
    category: "developer",
    risk: Some(40),
    transports: &[Transport::Tcp, Transport::Udp],
    ports: &[683, 2809, 900],
    first_bytes: FirstBytes::Of(b"GMZ"),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[giop, ziop, miop];

fn probe(sample: &Sample<'_>) -> Probe {
    any_form(sample, FORMS)
}

/// Magic, version 1.0 to 1.3, flags, type of message.
fn giop(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(b"GIOP")?;
    cursor.literal(&[1])?;
    cursor.within(0, 3)?;
    cursor.within(0, 3)?;
    cursor.within(0, 7)?;
    Ok((100, "GIOP header"))
}

/// The compressed form.
fn ziop(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(b"ZIOP")?;
    cursor.literal(&[1])?;
    cursor.within(0, 3)?;
    Ok((95, "ZIOP header"))
}

/// A packet of a multicast message: version 1.0, flags, size, number, how many.
fn miop(cursor: &mut Cursor<'_>) -> Recognised {
    require(!cursor.sample.transport.is_stream())?;
    cursor.literal(b"MIOP")?;
    cursor.one_of(&[0x10, 0x01])?;
    cursor.within(0, 3)?;
    Ok((95, "MIOP header"))
}

const EXAMPLES: &[Example] = &[
    client("request", b"GIOP\x01\x02\x01\0\x24\0\0\0\x05\0\0\0\x03\0\0\0"),
    server("reply", b"GIOP\x01\0\0\x01\0\0\0\x0c\0\0\0\0\0\0\0\x01\0\0\0\0"),
    query("multicast", b"MIOP\x10\x03\x20\0\0\0\0\0\x01\0\0\0"),
];
