//! Gaijin Entertainment's games (War Thunder and others), as observed: ENet whose peers agree on datagrams of 1,200 bytes, a
//! window of 65,536 bytes and a throttle that stands still; and telemetry over UDP, text lines that name environment,
//! circuit, application and project.

use crate::formats::enet::{Datagram, Opening};
use crate::probing::answers::matched_if;
use crate::probing::examples::query;
use crate::probing::search::find;
use crate::protocol::{Descriptor, Example, FirstBytes, Probe, Sample, Transport};

/// What stands between the metric's name and the project.
const CIRCUIT: &[u8] = b",circuit=";
const APPLICATION: &[u8] = b",application=";
const ENVIRONMENT: &[u8] = b",env=";
const PROJECT: &[u8] = b",project=";

/// Gaijin Entertainment.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "gaijin-game",
    name: "GaijinEntertainment",
    selector: 910,
    category: "games",
    transports: &[Transport::Udp],
    ports: &[20011, 20021],
    first_bytes: FirstBytes::Where(|byte| byte & 0x40 == 0 || byte.is_ascii_lowercase()),
    probe,
    app: "gaijin",
    examples: EXAMPLES,
    ..Descriptor::BASE
};

/// Whether an ENet opening has the parameters of these games.
#[must_use]
pub fn is_gaijin(opening: &Opening) -> bool {
    *opening == Opening { mtu: 1200, window: 0x1_0000, acceleration: (0, 0) }
}

fn probe(sample: &Sample<'_>) -> Probe {
    let data = sample.data;
    if data.first().is_some_and(u8::is_ascii_lowercase) {
        let at = |wanted| find(data, wanted);
        let order = [at(ENVIRONMENT), at(CIRCUIT), at(APPLICATION), at(PROJECT)];
        return matched_if(order.iter().all(Option::is_some) && order.is_sorted(), 95, "telemetry line", 64);
    }
    let opening = Datagram::read(data).and_then(|datagram| datagram.opening);
    matched_if(opening.is_some_and(|opening| is_gaijin(&opening)), 96, "ENet opening", 48)
}

const EXAMPLES: &[Example] = &[
    query("connect", b"\x8f\xff\x00\x01\x82\xff\x00\x01\x00\x00\xff\xff\x00\x00\x04\xb0\x00\x01\x00\x00\x00\x00\x00\xff\0\0\0\0\0\0\0\0\x00\x00\x13\x88\0\0\0\0\0\0\0\0\x5a\x11\x90\x02\x00\x26\x00\x00"),
    query("telemetry", b"app.start,env=production,circuit=production,application=client,project=warthunder,platform=linux:1|c"),
];
