//! VMware's authentication daemon, through which consoles and file copies of virtual machines begin: its greeting.

use crate::probing::beginnings::begins;
use crate::protocol::{Descriptor, Direction, Example, FirstBytes, Probe, Sample, Transport};

/// `220` as mail and file servers say it, then its name.
const GREETING: &[u8] = b"220 VMware Authentication Daemon";

/// VMware authentication daemon.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "vmware-authd",
    name: "VMware",
    selector: 1269,
    category: "remote-access",
    transports: &[Transport::Tcp],
    ports: &[902, 903],
    first_bytes: FirstBytes::Of(b"2"),
    max_probe_size: GREETING.len(),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    begins(sample.data, GREETING).stream(100, "greeting of the daemon", GREETING.len())
}

const EXAMPLES: &[Example] = &[
    Example {
        title: "version 1.10",
        transport: Transport::Tcp,
        direction: Direction::Responder,
        data: b"220 VMware Authentication Daemon Version 1.10: SSL Required, ServerDaemonProtocol:SOAP, MKSDisplayProtocol:VNC , , NFCSSL supported\r\n",
        expect: &[],
    },
    Example {
        title: "version 1.0",
        transport: Transport::Tcp,
        direction: Direction::Responder,
        data: b"220 VMware Authentication Daemon Version 1.0, ServerDaemonProtocol:SOAP, MKSDisplayProtocol:VNC\r\n",
        expect: &[],
    },
];
