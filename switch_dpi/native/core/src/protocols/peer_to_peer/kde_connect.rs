//! KDE Connect: identity packets, JSON in one line, over UDP for everyone and over TCP before TLS begins ("protocol" page of KDE
//! Connect).

use crate::probing::answers::matched;
use crate::probing::examples::{client, query, telling};
use crate::probing::lines::Lines;
use crate::probing::readers::Reading;
use crate::probing::search::{find, json_text};
use crate::protocol::attributes::Attribute;
use crate::protocol::{Descriptor, Example, Findings, FirstBytes, Probe, Progress, Sample, Transport};

/// The packet's type.
const IDENTITY: &[u8] = b"\"kdeconnect.identity\"";
/// Keys may stand in any order, so that the type may come late.
const MAX_PROBE_SIZE: usize = 4096;

/// KDE Connect.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "kde-connect",
    name: "KDE Connect",
    selector: 928,
    category: "peer-to-peer",
    risk: Some(40),
    transports: &[Transport::Tcp, Transport::Udp],
    ports: &[1716],
    first_bytes: FirstBytes::Of(b"{"),
    max_probe_size: MAX_PROBE_SIZE,
    probe,
    inspector: Some(|| Box::new(Reading(read))),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    let data = sample.data;
    let line = Lines::new(data, 0).next();
    let is_object = data.starts_with(b"{") && data.get(1).is_none_or(|byte| matches!(byte, b' ' | b'"'));
    if is_object && find(line.unwrap_or(data), IDENTITY).is_some() {
        return matched(100, "identity", 21);
    }
    let may_come = sample.transport == Transport::Tcp && line.is_none() && data.len() < MAX_PROBE_SIZE;
    if data.is_empty() || may_come && is_object { Probe::NeedMore } else { Probe::No }
}

fn read(sample: &Sample<'_>, found: &mut Findings) -> Progress {
    if let Some(name) = json_text(sample.data, "deviceName") {
        found.text(Attribute::PeerName, name);
    }
    Progress::Settled
}

const EXAMPLES: &[Example] = &[
    telling(
        query("identity of a desktop", b"{\"id\":1700000000000,\"type\":\"kdeconnect.identity\",\"body\":{\"deviceId\":\"_abc_\",\"deviceName\":\"ann-pc\",\"protocolVersion\":7,\"deviceType\":\"desktop\",\"tcpPort\":1716}}\n"),
        &[(Attribute::PeerName, "ann-pc")],
    ),
    client("identity before TLS", b"{\"id\":0,\"type\":\"kdeconnect.identity\",\"body\":{\"deviceId\":\"_abc_\",\"deviceName\":\"phone\",\"protocolVersion\":7}}\n"),
];
