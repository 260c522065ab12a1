//! Direct Connect: NMDC (commands `$Name …|`, "NeoModus Direct Connect Protocol") and ADC ("Advanced Direct Connect" 1.0, §3:
//! commands of a type letter and three more, ended by LF), between hub and client, between clients, and searches over UDP.

use crate::probing::beginnings::begins_any;
use crate::probing::examples::{client, query, server, telling};
use crate::probing::readers::Reading;
use crate::protocol::attributes::Attribute;
use crate::protocol::{Descriptor, Example, Findings, FirstBytes, Probe, Progress, Sample, Transport};

/// First commands over TCP.
const STREAM_STARTS: [&[u8]; 9] = [
    b"$Lock EXTENDEDPROTOCOL",
    b"$Lock ",
    b"$MyNick ",
    b"$Supports ",
    b"$HubName ",
    b"HSUP AD",
    b"ISUP AD",
    b"CSUP AD",
    b"$ValidateNick ",
];
/// Results and searches over UDP.
const DATAGRAM_STARTS: [&[u8]; 5] = [b"$SR ", b"$Search ", b"URES ", b"USCH ", b"$UserIP "];

/// Direct Connect.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "direct-connect",
    name: "DirectConnect",
    selector: 921,
    category: "peer-to-peer",
    transports: &[Transport::Tcp, Transport::Udp],
    ports: &[411, 412, 1511],
    first_bytes: FirstBytes::Of(b"$HICU"),
    probe,
    inspector: Some(|| Box::new(Reading(read))),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    match sample.transport {
        Transport::Tcp => begins_any(sample.data, &STREAM_STARTS).stream(90, "command", 6),
        _ => begins_any(sample.data, &DATAGRAM_STARTS).datagram(75, "search", 4),
    }
}

/// The nick of a client that connects to another.
fn read(sample: &Sample<'_>, found: &mut Findings) -> Progress {
    let mut commands = sample.data.split(|byte| *byte == b'|');
    commands.next_back(); // not ended yet
    for command in commands {
        for name in [&b"$MyNick "[..], b"$ValidateNick "] {
            if let Some(nick) = command.strip_prefix(name) {
                found.text(Attribute::PeerName, nick);
            }
        }
    }
    Progress::Settled
}

const EXAMPLES: &[Example] = &[
    server("lock of a hub", b"$Lock EXTENDEDPROTOCOLABCABCABCABCABCABC Pk=YnHUB0.7.3|$HubName Our hub|"),
    telling(
        client("client to client", b"$MyNick ann|$Lock EXTENDEDPROTOCOLABCABCABCABCABCABC Pk=DCPLUSPLUS0.8|"),
        &[(Attribute::PeerName, "ann")],
    ),
    client("ADC: features of a client", b"HSUP ADBASE ADTIGR ADUCM0\n"),
    query("result of a search", b"$SR bob music\\song.mp3\x055100000 3/3\x05Our hub (192.0.2.7:411)|"),
];
