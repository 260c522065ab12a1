//! OpenVPN's management interface (OpenVPN, `doc/management-notes.txt`): what it says before the first command.

use crate::probing::beginnings::begins;
use crate::protocol::{Descriptor, Direction, Example, FirstBytes, Probe, Sample, Transport};

const GREETING: &[u8] = b">INFO:OpenVPN Management Interface";

/// OpenVPN management.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "openvpn-management",
    name: "OpenVPN management",
    selector: 1266,
    category: "vpn",
    transports: &[Transport::Tcp],
    ports: &[7505],
    first_bytes: FirstBytes::Of(b">"),
    max_probe_size: GREETING.len(),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    begins(sample.data, GREETING).stream(100, "greeting of the management interface", GREETING.len())
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "version 1",
        transport: Transport::Tcp,
        direction: Direction::Responder,
        data: b">INFO:OpenVPN Management Interface Version 1 -- type 'help' for more info\r\n",
        expect: &[],
    },
    Example {
        title: "version 5, then a request for a password",
        transport: Transport::Tcp,
        direction: Direction::Responder,
        data: b">INFO:OpenVPN Management Interface Version 5 -- type 'help' for more info\r\n>PASSWORD:Need 'Auth' username/password\r\n",
        expect: &[],
    },
];
