//! Beacons of AMX ("Dynamic Device Discovery Protocol"): a device tells what it is in name and value pairs between angle brackets.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form};
use crate::probing::examples::query;
use crate::protocol::{Descriptor, Example, FirstBytes, Transport};

/// AMX beacon.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "amx-beacon",
    name: "AMX beacon",
    selector: 1868,
    category: "iot",
    transports: &[Transport::Udp],
    ports: &[9131],
    first_bytes: FirstBytes::Of(b"A"),
    probe: |sample| any_form(sample, FORMS),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[beacon];

fn beacon(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(b"AMXB<-")?;
    Ok((100, "beacon"))
}

const EXAMPLES: &[Example] = &[query(
    "beacon",
    b"AMXB<-UUID=GlobalCache_000C1E024239><-SDKClass=Utility><-Make=GlobalCache><-Model=iTachIP2IR>\r",
)];
