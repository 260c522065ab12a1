//! libp2p, which IPFS, Filecoin, Polkadot and Ethereum's consensus layer stand on: the negotiation of protocols over TCP
//! (multistream-select 1.0.0): lines with their size in front.

use crate::probing::beginnings::begins;
use crate::probing::examples::{client, server, telling};
use crate::probing::readers::Reading;
use crate::protocol::attributes::Attribute;
use crate::protocol::{Descriptor, Example, Findings, FirstBytes, Probe, Progress, Sample, Transport};

/// The first line of both ends.
const MULTISTREAM: &[u8] = b"\x13/multistream/1.0.0\n";

/// libp2p.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "libp2p",
    name: "libp2p",
    selector: 924,
    category: "peer-to-peer",
    risk: Some(40),
    transports: &[Transport::Tcp],
    ports: &[4001, 30333, 9000],
    first_bytes: FirstBytes::Of(&[0x13]),
    max_probe_size: MULTISTREAM.len(),
    probe,
    inspector: Some(|| Box::new(Reading(read))),
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    begins(sample.data, MULTISTREAM).stream(100, "multistream-select", 20)
}

/// The protocol that is wanted first, as `/noise`.
fn read(sample: &Sample<'_>, found: &mut Findings) -> Progress {
    let Some((size, rest)) = sample.data.strip_prefix(MULTISTREAM).and_then(<[u8]>::split_first) else {
        return Progress::Settled;
    };
    let line = rest.get(..usize::from(*size)).and_then(|line| line.strip_suffix(b"\n"));
    if let Some(line) = line.filter(|line| line.starts_with(b"/")) {
        found.text(Attribute::PeerClient, line);
    }
    Progress::Settled
}

const EXAMPLES: &[Example] = &[
    telling(client("noise is wanted", b"\x13/multistream/1.0.0\n\x07/noise\n"), &[(Attribute::PeerClient, "/noise")]),
    server("TLS is refused", b"\x13/multistream/1.0.0\n\x03na\n"),
];
