//! Dashboard server of Universal Robots (its "Dashboard Server" guide): the greeting.

use crate::probing::cursor::{Cursor, Form, Recognised, any_form};
use crate::probing::examples::server;
use crate::protocol::{Descriptor, Example, FirstBytes, Transport};

/// Universal Robots.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "ur-dashboard",
    name: "Universal Robots",
    selector: 1749,
    category: "industrial",
    risk: Some(60),
    transports: &[Transport::Tcp],
    ports: &[29999],
    first_bytes: FirstBytes::Of(b"C"),
    max_probe_size: 47,
    probe: |sample| any_form(sample, FORMS),
    app: "universal-robots",
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[greeting];

fn greeting(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.literal(b"Connected: Universal Robots Dashboard Server")?;
    Ok((100, "greeting"))
}

const EXAMPLES: &[Example] = &[
    server("greeting", b"Connected: Universal Robots Dashboard Server\n"),
    server("and an answer", b"Connected: Universal Robots Dashboard Server\r\nRobotmode: RUNNING\n"),
];
