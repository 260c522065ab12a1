//! Dropbox's LAN sync discovery: every half minute each client broadcasts a JSON object over UDP from and to port 17500, with
//! the number of its host and of the folders it shares. The transfer that follows is TLS.

use crate::probing::answers::matched_if;
use crate::probing::examples::{query, telling};
use crate::probing::readers::Reading;
use crate::probing::search::{find, json_text};
use crate::protocol::attributes::Attribute;
use crate::protocol::{Descriptor, Example, Findings, FirstBytes, Probe, Progress, Sample, Transport};

/// The key that every announcement has, among the first ones.
const HOST: &[u8] = b"\"host_int\": ";
/// Where it must have come by: version, port and an empty display name may stand before it.
const MAX_HOST_AT: usize = 128;

/// Dropbox LAN sync.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "dropbox-lansync",
    name: "Dropbox",
    selector: 905,
    category: "cloud-storage",
    transports: &[Transport::Udp],
    ports: &[17500],
    first_bytes: FirstBytes::Of(b"{"),
    probe,
    inspector: Some(|| Box::new(Reading(read))),
    app: "dropbox",
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    let start = sample.data.get(..MAX_HOST_AT).unwrap_or(sample.data);
    matched_if(start.starts_with(b"{\"") && find(start, HOST).is_some(), 100, "LAN sync announcement", 16)
}

fn read(sample: &Sample<'_>, found: &mut Findings) -> Progress {
    if let Some(name) = json_text(sample.data, "displayname").filter(|name| !name.is_empty()) {
        found.text(Attribute::PeerName, name);
    }
    Progress::Done
}

const EXAMPLES: &[Example] = &[
    telling(
        query("version 1", b"{\"host_int\": 676879976, \"version\": [1, 8], \"displayname\": \"ann-pc\", \"port\": 17500, \"namespaces\": [71, 912]}"),
        &[(Attribute::PeerName, "ann-pc")],
    ),
    query("version 2, host behind port and name", b"{\"version\": [2, 0], \"port\": 17500, \"displayname\": \"\", \"host_int\": 174567193922014698868870351220258, \"namespaces\": [8]}"),
    query("version 2", b"{\"version\": [2, 0], \"port\": 17500, \"host_int\": 174567193922014698868870351220258, \"displayname\": \"\", \"namespaces\": [8]}"),
];
