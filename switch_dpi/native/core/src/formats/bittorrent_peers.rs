//! Whom BitTorrent tells of: peers in answers of trackers (BEP 3, 23, 7, 15) and of the DHT (BEP 5, 32), in the exchange between
//! peers (BEP 11), and the port at which a peer itself listens (BEP 3, 10, 5). Who tells of others may be wrong or lie, so that is
//! hearsay ([`Findings::hear_of`]); what a peer says of itself is an announcement.

use crate::formats::bencode;
use crate::frame::Address;
use crate::protocol::{Direction, Expectation, Findings, MAX_HEARD_OF, Transport};

/// Key of the protocol that peers speak.
const PROTOCOL: &str = "bittorrent";
/// Address of IPv4 and port, and the same of IPv6 (BEP 23, BEP 7).
const SHORT_SIZE: usize = 6;
const LONG_SIZE: usize = 18;
/// Below are the ports of servers that are somebody else's; no client listens there.
const FIRST_PORT: u16 = 1024;
/// A peer is expected over TCP and over uTP.
const CARRIERS: [Transport; 2] = [Transport::Tcp, Transport::Udp];

/// Peers in the compact form of one address family, one behind the other.
pub fn hear_of_compact(peers: &[u8], is_long: bool, by: Direction, found: &mut Findings) {
    let size = if is_long { LONG_SIZE } else { SHORT_SIZE };
    for peer in peers.chunks_exact(size).take(MAX_HEARD_OF / CARRIERS.len()) {
        hear_of(peer, by, found);
    }
}

/// The peer says where it listens.
pub fn expect_at(port: u16, carriers: &[Transport], by: Direction, found: &mut Findings) {
    for transport in carriers.iter().copied().filter(|_| port >= FIRST_PORT) {
        found.expect(Expectation { transport, address: None, by, port, protocol: PROTOCOL });
    }
}

/// Where a peer listens over TCP and over uTP.
pub fn expect_peer(port: u16, by: Direction, found: &mut Findings) {
    expect_at(port, &CARRIERS, by, found);
}

/// The answer of a tracker over HTTP: a dictionary with the peers in compact form, or as a list of dictionaries. Whether all of
/// it was there.
pub fn of_tracker(body: &[u8], by: Direction, found: &mut Findings) -> bool {
    let Some(peers) = bencode::value(body, b"peers") else { return false };
    if let Some((compact, _)) = bencode::string(peers) {
        hear_of_compact(compact, false, by, found);
    }
    for peer in bencode::items(peers).take(MAX_HEARD_OF / CARRIERS.len()) {
        let address = bencode::text(peer, b"ip").and_then(|text| std::str::from_utf8(text).ok()?.parse().ok());
        if let (Some(address), Some(port)) = (address, port_of(peer, b"port")) {
            hear_of_end(crate::formats::sdp::address_of(address), port, by, found);
        }
    }
    if let Some(compact) = bencode::text(body, b"peers6") {
        hear_of_compact(compact, true, by, found);
    }
    true
}

/// A message of the DHT: the values of an answer, and who announces itself.
pub fn of_dht(message: &[u8], by: Direction, found: &mut Findings) {
    let values = bencode::value(message, b"r").and_then(|answer| bencode::value(answer, b"values"));
    for value in values.into_iter().flat_map(bencode::items).take(MAX_HEARD_OF / CARRIERS.len()) {
        if let Some((peer, _)) = bencode::string(value) {
            hear_of(peer, by, found);
        }
    }
    if bencode::text(message, b"q") == Some(b"announce_peer")
        && let Some(port) = bencode::value(message, b"a").and_then(|arguments| port_of(arguments, b"port"))
    {
        expect_peer(port, by, found);
    }
}

/// The peers that the exchange adds.
pub fn of_exchange(message: &[u8], by: Direction, found: &mut Findings) {
    for (key, is_long) in [(&b"added"[..], false), (b"added6", true)] {
        if let Some(peers) = bencode::text(message, key) {
            hear_of_compact(peers, is_long, by, found);
        }
    }
}

/// The handshake of the extension protocol: the number that the exchange of peers has for its sender, if it is wanted, and where
/// the sender listens.
pub fn of_extension_handshake(message: &[u8], by: Direction, found: &mut Findings) -> Option<u8> {
    if let Some(port) = port_of(message, b"p") {
        expect_peer(port, by, found);
    }
    let number = bencode::value(message, b"m").and_then(|names| bencode::integer(names, b"ut_pex"))?;
    u8::try_from(number).ok().filter(|number| *number != 0)
}

fn port_of(dictionary: &[u8], key: &[u8]) -> Option<u16> {
    u16::try_from(bencode::integer(dictionary, key)?).ok()
}

/// An address and a port, the family by the size.
fn hear_of(peer: &[u8], by: Direction, found: &mut Findings) {
    let Some((address, port)) = peer.split_last_chunk::<2>() else { return };
    let address = match (address.first_chunk::<4>(), address.first_chunk::<16>(), address.len()) {
        (Some(short), _, 4) => Address::from_v4(*short),
        (_, Some(long), 16) => Address::from_v6(*long),
        _ => return,
    };
    hear_of_end(address, u16::from_be_bytes(*port), by, found);
}

fn hear_of_end(address: Address, port: u16, by: Direction, found: &mut Findings) {
    for transport in CARRIERS.into_iter().filter(|_| port >= FIRST_PORT) {
        found.hear_of(Expectation { transport, address: Some(address), by, port, protocol: PROTOCOL });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(tell: impl FnOnce(&mut Findings)) -> Vec<(String, u16)> {
        let mut found = Findings::default();
        tell(&mut found);
        let heard = found.take_heard_of();
        let tcp = heard.iter().filter(|end| end.transport == Transport::Tcp);
        let written = |address: Address| if address.0 >> 32 == 0xffff { address.text(4) } else { address.text(6) };
        tcp.map(|end| (end.address.map(written).unwrap().to_string(), end.port)).collect()
    }

    fn peers(ends: &[(&str, u16)]) -> Vec<(String, u16)> {
        ends.iter().map(|(address, port)| ((*address).to_owned(), *port)).collect()
    }

    #[test]
    fn answers_of_trackers_name_peers_in_both_forms() {
        let compact = b"d8:intervali1800e5:peers12:\xc0\0\x02\x01\x1a\xe1\xc0\0\x02\x02\0\x50e";
        assert_eq!(
            heard(|found| assert!(of_tracker(compact, Direction::Responder, found))),
            peers(&[("192.0.2.1", 6881)])
        );
        let listed = b"d5:peersld2:ip11:2001:db8::77:peer id2:xx4:porti51413eed2:ip4:host4:porti6881eeee";
        assert_eq!(
            heard(|found| assert!(of_tracker(listed, Direction::Responder, found))),
            peers(&[("2001:db8::7", 51_413)])
        );
        assert_eq!(heard(|found| assert!(!of_tracker(&compact[..20], Direction::Responder, found))), []);
    }

    #[test]
    fn the_dht_and_the_exchange_name_peers() {
        let answer =
            b"d1:rd2:id20:abcdefghij01234567895:token8:aoeusnth6:valuesl6:\xc0\0\x02\x01\x1a\xe13:abcee1:t2:aa1:y1:re";
        assert_eq!(heard(|found| of_dht(answer, Direction::Responder, found)), peers(&[("192.0.2.1", 6881)]));
        let added = b"d5:added6:\xc0\0\x02\x03\xc8\xd57:added.f1:\x026:added60:7:dropped0:e";
        assert_eq!(heard(|found| of_exchange(added, Direction::Originator, found)), peers(&[("192.0.2.3", 51_413)]));
    }

    #[test]
    fn who_speaks_of_itself_is_expected() {
        let mut found = Findings::default();
        let hello = b"d1:md11:ut_metadatai3e6:ut_pexi1ee1:pi6881e4:reqqi255e1:v5:clente";
        assert_eq!(of_extension_handshake(hello, Direction::Originator, &mut found), Some(1));
        let announcement = b"d1:ad2:id20:abcdefghij012345678912:implied_porti0e9:info_hash20:mnopqrstuvwxyz1234564:porti7000e5:token3:abce1:q13:announce_peer1:t2:aa1:y1:qe";
        of_dht(announcement, Direction::Responder, &mut found);
        let expected: Vec<_> = found.take_expected().iter().map(|end| (end.by, end.port, end.transport)).collect();
        assert_eq!(
            expected,
            [
                (Direction::Originator, 6881, Transport::Tcp),
                (Direction::Originator, 6881, Transport::Udp),
                (Direction::Responder, 7000, Transport::Tcp),
                (Direction::Responder, 7000, Transport::Udp)
            ]
        );
    }

    #[test]
    fn a_long_list_is_bounded() {
        let mut found = Findings::default();
        let peers: Vec<u8> =
            (0..1000u16).flat_map(|peer| [&[198, 51][..], &peer.to_be_bytes(), &[0x1a, 0xe1]].concat()).collect();
        hear_of_compact(&peers, false, Direction::Originator, &mut found);
        assert_eq!(found.take_heard_of().len(), MAX_HEARD_OF);
    }
}
