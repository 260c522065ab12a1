//! LocalSend ("LocalSend Protocol" v2, §3.1): announcements, JSON over multicast to 224.0.0.167, port 53317. Transfers are HTTP
//! or HTTPS.

use crate::probing::answers::matched_if;
use crate::probing::examples::{query, reply, telling};
use crate::probing::readers::Reading;
use crate::probing::search::{find, json_text};
use crate::protocol::attributes::Attribute;
use crate::protocol::{Descriptor, Example, Findings, FirstBytes, Probe, Progress, Sample, Transport};

/// LocalSend.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "localsend",
    name: "LocalSend",
    selector: 929,
    category: "peer-to-peer",
    risk: Some(40),
    transports: &[Transport::Udp],
    ports: &[53317],
    first_bytes: FirstBytes::Of(b"{"),
    probe,
    inspector: Some(|| Box::new(Reading(read))),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    let has_keys = [&b"\"alias\""[..], b"\"deviceModel\"", b"\"fingerprint\"", b"\"announce\""];
    let fits = sample.data.starts_with(b"{\"") && has_keys.iter().all(|key| find(sample.data, key).is_some());
    matched_if(fits, 95, "announcement", 9)
}

fn read(sample: &Sample<'_>, found: &mut Findings) -> Progress {
    if let Some(name) = json_text(sample.data, "alias") {
        found.text(Attribute::PeerName, name);
    }
    Progress::Done
}

const EXAMPLES: &[Example] = &[
    telling(
        query("announcement", b"{\"alias\":\"Nice Orange\",\"version\":\"2.0\",\"deviceModel\":\"Phone\",\"deviceType\":\"mobile\",\"fingerprint\":\"a1b2\",\"port\":53317,\"protocol\":\"https\",\"download\":true,\"announce\":true}"),
        &[(Attribute::PeerName, "Nice Orange")],
    ),
    reply("answer", b"{\"alias\":\"Calm Pear\",\"version\":\"2.1\",\"deviceModel\":\"Linux\",\"deviceType\":\"desktop\",\"fingerprint\":\"c3d4\",\"announce\":false}"),
];
