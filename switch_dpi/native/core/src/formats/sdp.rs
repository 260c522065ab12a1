//! SDP (RFC 8866), as far as it announces flows: addresses and ports of the media that signalling sets up, and the candidates
//! among which ICE chooses (RFC 8839).

use std::net::IpAddr;

use crate::frame::Address;
use crate::probing::lines::{Lines, split_word};
use crate::probing::numbers::decimal;
use crate::protocol::{Direction, Expectation, Findings, Transport};

/// Announces RTP and RTCP of every media description of `body`, which the end `by` has sent.
pub fn expect_media(body: &[u8], by: Direction, found: &mut Findings) {
    let mut session_address = None;
    let mut media: Option<Media> = None;
    for line in Lines::new(body, 0) {
        let Some((kind, value)) = line.split_at_checked(2) else { continue };
        match kind {
            b"m=" => {
                announce(media.take(), by, found);
                media = read_media(value).map(|(port, is_rtp)| Media {
                    address: session_address,
                    port,
                    is_rtp,
                    control: None,
                });
            }
            b"c=" => match &mut media {
                Some(media) => media.address = read_connection(value).or(media.address),
                None => session_address = read_connection(value),
            },
            b"a=" if value.starts_with(CANDIDATE) => hear_of_candidate(value, by, found),
            b"a=" => read_attribute(value, media.as_mut()),
            _ => {}
        }
    }
    announce(media, by, found);
}

const CANDIDATE: &[u8] = b"candidate:";

/// `candidate:1 1 UDP 2130706431 192.0.2.5 8998 typ host` (RFC 8839 §5.1): one of several places where media may arrive.
fn hear_of_candidate(value: &[u8], by: Direction, found: &mut Findings) {
    let mut words = value.split(|byte| *byte == b' ').filter(|word| !word.is_empty()).skip(2);
    let (Some(transport), _, Some(address), Some(port)) = (words.next(), words.next(), words.next(), words.next())
    else {
        return;
    };
    hear_of_media((transport, address, port), by, found);
}

/// Transport, address and port in text, as candidates are written.
pub fn hear_of_media((transport, address, port): (&[u8], &[u8], &[u8]), by: Direction, found: &mut Findings) {
    let address: Option<IpAddr> = std::str::from_utf8(address).ok().and_then(|text| text.parse().ok());
    let port = decimal(port).and_then(|port| u16::try_from(port).ok()).filter(|port| *port != 0);
    if let (Some(address), Some(port), true) = (address, port, transport.eq_ignore_ascii_case(b"udp")) {
        let address = Some(address_of(address));
        found.hear_of(Expectation { transport: Transport::Udp, address, by, port, protocol: "rtp" });
    }
}

/// A media description (RFC 8866 §5.14).
struct Media {
    address: Option<Address>,
    port: u16,
    is_rtp: bool,
    control: Option<u16>,
}

fn announce(media: Option<Media>, by: Direction, found: &mut Findings) {
    let Some(media) = media.filter(|media| media.port != 0) else { return };
    let mut expect = |port, protocol| {
        found.expect(Expectation { transport: Transport::Udp, address: media.address, by, port, protocol });
    };
    if media.is_rtp {
        expect(media.port, "rtp");
        let control = media.control.or(media.port.checked_add(1));
        if let Some(control) = control.filter(|control| *control != media.port) {
            expect(control, "rtcp");
        }
    } else {
        expect(media.port, "t38");
    }
}

/// `audio 49170/2 RTP/AVP 0 8`, `image 5000 udptl t38`: the port, and whether it is RTP; other media are not announced.
fn read_media(value: &[u8]) -> Option<(u16, bool)> {
    let (_kind, rest) = split_word(value);
    let (port, rest) = split_word(rest);
    let (profile, _) = split_word(rest);
    let port = decimal(port.split(|byte| *byte == b'/').next()?)?;
    let is_rtp = profile.split(|byte| *byte == b'/').any(|part| part == b"RTP");
    let is_fax = profile.eq_ignore_ascii_case(b"udptl");
    (is_rtp || is_fax).then_some((u16::try_from(port).ok()?, is_rtp))
}

/// `IN IP4 192.0.2.1/127` (RFC 8866 §5.7); `None` for names and for the address that means nobody.
fn read_connection(value: &[u8]) -> Option<Address> {
    let (_network, rest) = split_word(value);
    let (_kind, address) = split_word(rest);
    let text = std::str::from_utf8(address.split(|byte| *byte == b'/').next()?).ok()?;
    let address: IpAddr = text.trim().parse().ok()?;
    (!address.is_unspecified()).then(|| address_of(address))
}

/// `rtcp:5001` and `rtcp-mux` say where the control goes (RFC 3605, RFC 5761).
fn read_attribute(value: &[u8], media: Option<&mut Media>) {
    let Some(media) = media else { return };
    if let Some(rest) = value.strip_prefix(b"rtcp:") {
        media.control = decimal(split_word(rest).0).and_then(|port| u16::try_from(port).ok());
    } else if value == b"rtcp-mux" {
        media.control = Some(media.port);
    }
}

/// The engine's form of an address.
#[must_use]
pub fn address_of(address: IpAddr) -> Address {
    let address = match address {
        IpAddr::V4(address) => address.to_ipv6_mapped(),
        IpAddr::V6(address) => address,
    };
    Address(address.to_bits())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn announced(body: &[u8]) -> Vec<(Option<Address>, u16, &'static str)> {
        let mut found = Findings::default();
        expect_media(body, Direction::Originator, &mut found);
        found.take_expected().iter().map(|e| (e.address, e.port, e.protocol)).collect()
    }

    #[test]
    fn media_take_the_address_of_the_session_or_their_own() {
        let body = b"v=0\r\nc=IN IP4 192.0.2.1\r\nm=audio 4000 RTP/AVP 0\r\nm=video 4010 RTP/SAVPF 96\r\nc=IN IP6 2001:db8::1\r\na=rtcp:4020\r\n";
        let [first, second] = ["192.0.2.1", "2001:db8::1"].map(|text| address_of(text.parse().unwrap()));
        assert_eq!(
            announced(body),
            [
                (Some(first), 4000, "rtp"),
                (Some(first), 4001, "rtcp"),
                (Some(second), 4010, "rtp"),
                (Some(second), 4020, "rtcp")
            ]
        );
    }

    #[test]
    fn candidates_are_heard_of() {
        let body = b"m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=candidate:1 1 udp 2130706431 192.0.2.5 8998 typ host\r\na=candidate:2 1 tcp 1 192.0.2.5 9 typ host\r\na=candidate:3 1 udp 1 host.local 8999 typ host\r\n";
        let mut found = Findings::default();
        expect_media(body, Direction::Originator, &mut found);
        let heard_of: Vec<_> = found.take_heard_of().iter().map(|e| (e.address, e.port)).collect();
        assert_eq!(heard_of, [(Some(address_of("192.0.2.5".parse().unwrap())), 8998)]);
    }

    #[test]
    fn rejected_and_foreign_media_announce_nothing_and_fax_announces_itself() {
        assert_eq!(announced(b"m=audio 0 RTP/AVP 0\r\nm=message 9 TCP/MSRP *\r\n"), []);
        assert_eq!(announced(b"m=image 5000 udptl t38\r\n"), [(None, 5000, "t38")]);
        assert_eq!(announced(b"c=IN IP4 0.0.0.0\r\nm=audio 6 RTP/AVP 0\r\na=rtcp-mux\r\n"), [(None, 6, "rtp")]);
    }
}
