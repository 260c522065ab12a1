//! StarCraft on Battle.net: the chat protocol of the classic games with the products of StarCraft (BNETDocs), over TCP.

use crate::probing::examples::client;
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};
use crate::protocols::battle_net_chat::opening;

/// StarCraft, Brood War, their Japanese and shareware editions, written backwards.
const PRODUCTS: [&[u8]; 4] = [b"RATS", b"PXES", b"RTSJ", b"RHSS"];

/// StarCraft.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "starcraft-game",
    app: "starcraft",
    name: "Starcraft",
    selector: 946,
    category: "games",
    transports: &[Transport::Tcp],
    ports: &[6112],
    first_bytes: FirstBytes::Of(&[1]),
    max_probe_size: 17,
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

fn probe(sample: &Sample<'_>) -> Probe {
    opening(sample.data, &PRODUCTS).stream(100, "client's product", 17)
}

const EXAMPLES: &[Example] = &[
    client("Brood War", b"\x01\xff\x50\x3a\x00\0\0\0\x0068XIPXES\xd3\x00\x00\x00SUne\x0a\x00\x00\x05"),
    client("StarCraft on a Mac", b"\x01\xff\x50\x3a\x00\0\0\0\0CAMPRATS\xd3\x00\x00\x00SUne\x0a\x00\x00\x05"),
];
