//! Services that the hello messages and certificates of TLS name, by what is no host.

use crate::formats::tls::handshake::ClientHello;
use crate::formats::x509::Names;

/// What the application protocols offered say (IANA "TLS ALPN Protocol IDs").
#[must_use]
pub fn service_of_offer(hello: &ClientHello<'_>) -> Option<&'static str> {
    hello.alpn().find_map(|protocol| match protocol {
        b"dot" | b"doq" => Some("doh-dot"),
        b"mqtt" | b"x-amzn-mqtt-ca" => Some("mqtt"),
        b"sip/2" => Some("sip"),
        b"stun.turn" | b"stun.nat-discovery" => Some("stun"),
        b"xmpp-client" | b"xmpp-server" => Some("xmpp"),
        b"smb" => Some("smb"),
        b"irc" => Some("irc"),
        b"coap" => Some("coap"),
        b"nntp" | b"nnsp" => Some("nntp"),
        b"managesieve" => Some("managesieve"),
        b"postgresql" => Some("postgresql"),
        b"tds/8.0" => Some("mssql-tds"),
        b"sunrpc" => Some("sunrpc"),
        b"dicom" => Some("dicom"),
        b"radius/1.0" | b"radius/1.1" => Some("radius"),
        b"grpc-exp" => Some("grpc"), // not registered; gRPC's own libraries offer it
        b"libp2p" => Some("libp2p"), // libp2p's TLS specification, "ALPN extension"
        _ if protocol.starts_with(b"doq-") => Some("doh-dot"),
        _ => None,
    })
}

/// Services that make their own certificates.
#[must_use]
pub fn service_of_certificate(names: &Names<'_>) -> Option<&'static str> {
    match (names.subject, names.issuer, names.issuer_organisation) {
        (_, b"AnyNet Root CA" | b"AnyDesk Client", _) => Some("anydesk"),
        (subject, issuer, b"") if is_of_tor(subject, b".net") && is_of_tor(issuer, b".com") => Some("tor"),
        _ => None,
    }
}

/// Tor names both ends of its certificates at random: `www.`, 8 to 20 letters of base 32, `.net` and `.com` (tor-spec,
/// "Negotiating and initializing channels").
fn is_of_tor(name: &[u8], ending: &[u8]) -> bool {
    let middle = name.strip_prefix(b"www.").and_then(|name| name.strip_suffix(ending)).unwrap_or_default();
    (8..=20).contains(&middle.len()) && middle.iter().all(|byte| matches!(byte, b'a'..=b'z' | b'2'..=b'7'))
}

#[cfg(test)]
mod tests {
    use super::is_of_tor;

    #[test]
    fn names_of_tor_are_letters_of_base_32() {
        assert!(is_of_tor(b"www.abcdefgh2345.net", b".net") && !is_of_tor(b"www.Abcdefgh.net", b".net"));
    }
}
