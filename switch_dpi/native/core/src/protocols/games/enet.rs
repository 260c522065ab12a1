//! ENet, the transport of many games (module `enet`).

use crate::formats::enet::{Datagram, peer_of_start};
use crate::probing::answers::{matched, matched_if};
use crate::probing::examples::{query, reply};
use crate::protocol::{Descriptor, Example, Probe, Sample, Transport};
use crate::protocols::gaijin::is_gaijin;

/// ENet.
pub const DESCRIPTOR: Descriptor = Descriptor {
    key: "enet",
    name: "ENet",
    selector: 909,
    category: "games",
    transports: &[Transport::Udp],
    probe,
    examples: EXAMPLES,
    ..Descriptor::BASE
};

/// An opening is enough; otherwise two datagrams to the same peer number, one of them with payload whose size fits.
fn probe(sample: &Sample<'_>) -> Probe {
    let Some(datagram) = Datagram::read(sample.data) else { return Probe::No };
    if let Some(opening) = datagram.opening {
        return matched_if(!is_gaijin(&opening), 95, "opening", 48);
    }
    if sample.other.is_empty() {
        return Probe::NeedMore;
    }
    let goes_on = datagram.has_payload && peer_of_start(sample.other) == Some(datagram.peer);
    match goes_on {
        true => matched(60, "commands in a row", 8),
        false => Probe::NeedMore,
    }
}

const EXAMPLES: &[Example] = &[
    query("connect", b"\x8f\xff\x2a\x11\x82\xff\x00\x01\x00\x00\xff\xff\x00\x00\x05\x78\x00\x00\x80\x00\x00\x00\x00\x02\0\0\0\0\0\0\0\0\x00\x00\x13\x88\x00\x00\x00\x02\x00\x00\x00\x02\x5a\x11\x90\x02\0\0\0\0"),
    reply("connection verified", b"\x80\x00\x2a\x17\x83\xff\x00\x01\x00\x00\x00\x00\x00\x00\x05\x78\x00\x00\x80\x00\x00\x00\x00\x02\0\0\0\0\0\0\0\0\x00\x00\x13\x88\x00\x00\x00\x02\x00\x00\x00\x02\x5a\x11\x90\x02"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_alone_wait_for_the_next() {
        let data = b"\x80\x02\x11\x22\x86\x00\x00\x05\x00\x03abc";
        let other = b"\x00\x02\x01\x00\x00\x05\x00\x07\x12\x34";
        assert_eq!(probe(&Sample { data, ..Sample::EMPTY }), Probe::NeedMore);
        assert!(matches!(probe(&Sample { data, other, ..Sample::EMPTY }), Probe::Match(_)));
        assert_eq!(probe(&Sample { data: other, other: data, ..Sample::EMPTY }), Probe::NeedMore);
    }
}
