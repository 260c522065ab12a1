//! STS, by which players of Guild Wars 2 (and of other games of NCSOFT) log in: requests like those of HTTP, over TCP.

use crate::probing::beginnings::probe_beginning;
use crate::probing::examples::{client, server};
use crate::protocol::{Descriptor, Example, FirstBytes, Transport};

/// The first request, and the first line of any answer.
const BEGINNINGS: &[&[u8]] = &[b"P /Sts/", b"STS/1.0 "];

/// STS.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "sts-login",
    name: "GuildWars2",
    selector: 1785,
    category: "games",
    transports: &[Transport::Tcp],
    ports: &[6112],
    first_bytes: FirstBytes::Of(b"PS"),
    probe: |sample| probe_beginning(sample, BEGINNINGS, 100, "STS message"),
    app: "guild-wars-2",
    examples: EXAMPLES,
    ..Descriptor::BASE
};

const EXAMPLES: &[Example] = &[
    client("connect", b"P /Sts/Connect STS/1.0\r\nl:51\r\n\r\n<Connect>\n<ConnType>400</ConnType>\n</Connect>\n"),
    server("answer", b"STS/1.0 200 OK\r\nl:0\r\n\r\n"),
];
