//! Doom 3, Quake 4, Prey, Enemy Territory: Quake Wars: commands in words behind two bytes 0xff, ended by zero, over UDP (id Tech
//! 4, released as source).

use crate::probing::answers::matched_if;
use crate::probing::examples::{query, reply};
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

/// Commands outside a connection, with their zero.
const COMMANDS: [&[u8]; 15] = [
    b"getInfo\0",
    b"infoResponse\0",
    b"getServers\0",
    b"servers\0",
    b"challenge\0",
    b"challengeResponse\0",
    b"connect\0",
    b"connectResponse\0",
    b"getInfoEx\0",
    b"infoExResponse\0",
    b"heartbeat\0",
    b"authorizeServer\0",
    b"authorize\0",
    b"srvAuth\0",
    b"version\0",
];

/// Doom 3.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "doom3",
    name: "Doom3",
    selector: 940,
    category: "games",
    transports: &[Transport::Udp],
    ports: &[27650, 27666, 27733, 28004],
    first_bytes: FirstBytes::Of(&[0xff]),
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    let command = sample.data.strip_prefix(b"\xff\xff").unwrap_or_default();
    matched_if(COMMANDS.iter().any(|known| command.starts_with(known)), 95, "command", 10)
}

const EXAMPLES: &[Example] = &[
    query("information", b"\xff\xffgetInfo\0\x5a\x11\x90\x02"),
    reply("its answer", b"\xff\xffinfoResponse\0\x5a\x11\x90\x02\x28\x00\x01\x00si_name\0server\0\0\0"),
];
