//! Jenkins's auto-discovery (Jenkins handbook, "Auto-discovering Jenkins on the network").

use crate::probing::cursor::{Cursor, Form, Recognised, any_form};
use crate::probing::examples::reply;
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

/// Jenkins discovery.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "jenkins-discovery",
    name: "Jenkins discovery",
    selector: 635,
    category: "developer",
    transports: &[Transport::Udp],
    ports: &[33848],
    first_bytes: FirstBytes::Of(b"<"),
    probe,
    app: "jenkins",
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const FORMS: &[Form] = &[answer];

fn probe(sample: &Sample<'_>) -> Probe {
    any_form(sample, FORMS)
}

fn answer(cursor: &mut Cursor<'_>) -> Recognised {
    cursor.any_literal(&[b"<hudson><version>", b"<hudson>"])?;
    Ok((100, "Jenkins announcement"))
}

const EXAMPLES: &[Example] = &[
    reply(
        "answer",
        b"<hudson><version>2.204</version><url>http://ci.example.org/</url><slave-port>50000</slave-port></hudson>",
    ),
    reply("answer without a version", b"<hudson><server-id>36b50</server-id></hudson>"),
];
