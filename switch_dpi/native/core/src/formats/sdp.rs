//! SDP (RFC 8866), as far as it announces flows: addresses and ports of the media that signalling sets up.

use std::net::IpAddr;

use crate::frame::Address;
use crate::probing::lines::{Lines, split_word};
use crate::probing::matching::number;
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
            b"a=" => read_attribute(value, media.as_mut()),
            _ => {}
        }
    }
    announce(media, by, found);
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
    let port = number(port.split(|byte| *byte == b'/').next()?)?;
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
        media.control = number(split_word(rest).0).and_then(|port| u16::try_from(port).ok());
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
    fn rejected_and_foreign_media_announce_nothing_and_fax_announces_itself() {
        assert_eq!(announced(b"m=audio 0 RTP/AVP 0\r\nm=message 9 TCP/MSRP *\r\n"), []);
        assert_eq!(announced(b"m=image 5000 udptl t38\r\n"), [(None, 5000, "t38")]);
        assert_eq!(announced(b"c=IN IP4 0.0.0.0\r\nm=audio 6 RTP/AVP 0\r\na=rtcp-mux\r\n"), [(None, 6, "rtp")]);
    }
}
