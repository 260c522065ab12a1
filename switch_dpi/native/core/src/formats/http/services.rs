//! What runs over HTTP, by methods, header fields and content types that belong to it alone.

use crate::probing::lines::{contains_ignoring_case, starts_with_ignoring_case};
use crate::probing::search::{find, json_text};

/// What method and target of a request say.
#[must_use]
pub fn of_line(method: &[u8], target: &[u8]) -> Option<&'static str> {
    METHODS.iter().find(|(name, _)| *name == method).map(|(_, key)| *key).or_else(|| of_target(target))
}

/// What one field of a request says; its name in lower case.
#[must_use]
pub fn of_field(name: &[u8], value: &[u8]) -> Option<&'static str> {
    match name {
        b"content-type" => of_content_type(value),
        b"user-agent" => of_user_agent(value),
        b"soapaction" if contains_ignoring_case(value, b"schemas-upnp-org") => Some("upnp-control"),
        b"soapaction" => Some("soap"),
        b"upgrade" if value.eq_ignore_ascii_case(b"websocket") => Some("websocket"),
        b"depth" | b"translate" | b"lock-token" => Some("webdav"), // RFC 4918 §10; [MS-WDVME] §2.2.3
        b"x-openftalias" => Some("openft"),                        // giFT, "OpenFT"
        _ if name.starts_with(b"x-kazaa-") => Some("fasttrack"),
        _ if name.starts_with(b"x-gnutella-") => Some("gnutella"), // HUGE 0.94 §2.4
        _ => None,
    }
}

/// What the beginning of a JSON body asks for: mining over HTTP (Bitcoin's getwork and BIP 22, Ethereum's eth_getWork), or a node
/// of Ethereum by its JSON-RPC; any other call that names its version is JSON-RPC 2.0 (§4).
#[must_use]
pub fn of_json_body(body: &[u8]) -> Option<&'static str> {
    let method = json_text(body, "method")?;
    match method {
        b"getwork" | b"getblocktemplate" | b"submitblock" => Some("stratum"),
        b"eth_getWork" | b"eth_submitWork" | b"eth_submitHashrate" => Some("stratum"),
        _ if METHODS_OF_ETHEREUM.iter().any(|start| method.starts_with(start)) => Some("ethereum"),
        _ => json_text(body, "jsonrpc").map(|_version| "json-rpc"),
    }
}

const METHODS_OF_ETHEREUM: &[&[u8]] = &[b"eth_", b"net_peerCount", b"web3_", b"engine_", b"debug_trace"];

/// Methods that one service alone has.
const METHODS: &[(&[u8], &str)] = &[
    (b"PROPFIND", "webdav"), // RFC 4918 §9
    (b"PROPPATCH", "webdav"),
    (b"MKCOL", "webdav"),
    (b"COPY", "webdav"),
    (b"MOVE", "webdav"),
    (b"LOCK", "webdav"),
    (b"UNLOCK", "webdav"),
    (b"REPORT", "webdav"),     // RFC 3253 §3.6
    (b"MKCALENDAR", "webdav"), // RFC 4791 §5.3.1
    (b"MKWORKSPACE", "webdav"),
    (b"VERSION-CONTROL", "webdav"),
    (b"BPROPFIND", "webdav"),      // Exchange
    (b"SSTP_DUPLEX_POST", "sstp"), // [MS-SSTP] §3.2.4.1
    (b"RDG_IN_DATA", "rdp"),       // [MS-TSGU] §3.3.5.1
    (b"RDG_OUT_DATA", "rdp"),
    (b"RPC_IN_DATA", "ms-rpch"), // [MS-RPCH] §2.1.2.1.1
    (b"RPC_OUT_DATA", "ms-rpch"),
    (b"SOURCE", "icecast"),           // Icecast, "Source client protocol"
    (b"BITS_POST", "windows-update"), // [MC-BUP] §2.2
];

/// Targets that a specification fixes.
fn of_target(target: &[u8]) -> Option<&'static str> {
    let path = target.split(|byte| *byte == b'?').next().unwrap_or_default();
    let ends = |ending: &[u8]| {
        let (_, tail) = path.split_at(path.len().saturating_sub(ending.len()));
        path.len() > ending.len() && tail.eq_ignore_ascii_case(ending)
    };
    if ends(b".mpd") {
        Some("mpeg-dash")
    } else if ends(b".m3u8") {
        Some("hls")
    } else if path.starts_with(b"/tor/") {
        Some("tor") // dir-spec, "Standard URLs"
    } else if path == b"/dns-query" {
        Some("doh-dot") // RFC 8484 §4.1.1: the path that all known resolvers have
    } else if (path.ends_with(b"/announce") || path.ends_with(b"/scrape")) && find(target, b"info_hash=").is_some() {
        Some("bittorrent") // BEP 3 "Trackers", BEP 48
    } else {
        PATHS.iter().find(|(start, _)| path.starts_with(start)).map(|(_, key)| *key)
    }
}

/// Paths under which one service alone is found.
const PATHS: &[(&[u8], &str)] = &[
    (b"/uri-res/N2R", "gnutella"), // RFC 2169 §2.1, as HUGE 0.94 §2.2 uses it
    (b"/.hash=", "fasttrack"),     // giFT-FastTrack, "File transfers"
    (b"/vpnsvc/", "softether"),    // SoftEther VPN, session establishment
    (b"/sra_{BA195980-CD49-458b-9E23-C84EE0ADCD75}/", "sstp"), // [MS-SSTP] §3.2.4.1
];

/// Media types that one service alone has, of a request or a response.
#[must_use]
pub fn of_content_type(value: &[u8]) -> Option<&'static str> {
    TYPES.iter().find(|(name, _)| starts_with_ignoring_case(value, name)).map(|(_, key)| *key)
}

const TYPES: &[(&[u8], &str)] = &[
    (b"application/ocsp-", "ocsp"),            // RFC 6960 appendix A
    (b"application/soap+xml", "soap"),         // RFC 3902
    (b"application/dash+xml", "mpeg-dash"),    // ISO/IEC 23009-1 annex C
    (b"application/vnd.apple.mpegurl", "hls"), // RFC 8216 §4
    (b"application/x-mpegurl", "hls"),
    (b"application/dns-message", "doh-dot"), // RFC 8484 §6
    (b"application/grpc", "grpc"),
    (b"application/ipp", "ipp"), // RFC 8010 §3.1
    (b"application/x-rtsp-tunnelled", "rtsp"),
    (b"application/json-rpc", "json-rpc"),
];

/// Programs of servers that serve one application.
#[must_use]
pub fn of_server(value: &[u8]) -> Option<&'static str> {
    starts_with_ignoring_case(value, b"Icecast").then_some("icecast")
}

/// Programs that speak a protocol over HTTP; those of applications are in their entries.
const AGENTS: &[(&[u8], &str)] = &[
    (b"Microsoft-WebDAV-MiniRedir", "webdav"),
    (b"Microsoft Data Access Internet Publishing Provider", "webdav"),
    (b"xmrig/", "stratum"),
    (b"cpuminer", "stratum"),
    (b"cgminer/", "stratum"),
    (b"bfgminer/", "stratum"),
    (b"LimeWire/", "gnutella"),
    (b"gtk-gnutella/", "gnutella"),
    (b"KazaaClient", "fasttrack"),
];

fn of_user_agent(value: &[u8]) -> Option<&'static str> {
    AGENTS.iter().find(|(name, _)| starts_with_ignoring_case(value, name)).map(|(_, key)| *key)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn service(line: (&[u8], &[u8]), fields: &[(&[u8], &[u8])]) -> Option<&'static str> {
        of_line(line.0, line.1)
            .or_else(|| fields.iter().find_map(|(name, value)| of_field(&name.to_ascii_lowercase(), value)))
    }

    #[test]
    fn services_are_told_by_what_they_alone_have() {
        assert_eq!(service((b"PROPFIND", b"/"), &[]), Some("webdav"));
        assert_eq!(service((b"GET", b"/live/index.m3u8?a=b"), &[]), Some("hls"));
        assert_eq!(service((b"GET", b"/x"), &[(b"Upgrade", b"websocket")]), Some("websocket"));
        assert_eq!(service((b"POST", b"/x"), &[(b"Content-Type", b"application/ocsp-request")]), Some("ocsp"));
        assert_eq!(
            service((b"POST", b"/"), &[(b"SOAPAction", b"\"urn:schemas-upnp-org:service:A:1#B\"")]),
            Some("upnp-control")
        );
        assert_eq!(service((b"GET", b"/"), &[(b"User-Agent", b"Mozilla/5.0"), (b"Accept", b"*/*")]), None);
        assert_eq!(service((b"GET", b"/announce?info_hash=%12&peer_id=-TR4050-"), &[]), Some("bittorrent"));
        assert_eq!(service((b"GET", b"/announce"), &[]), None);
        assert_eq!(service((b"GET", b"/uri-res/N2R?urn:sha1:PLST"), &[]), Some("gnutella"));
        assert_eq!(service((b"GET", b"/.hash=0123"), &[(b"X-Kazaa-Username", b"ann")]), Some("fasttrack"));
        assert_eq!(service((b"POST", b"/vpnsvc/connect.cgi"), &[]), Some("softether"));
        assert_eq!(service((b"RPC_IN_DATA", b"/rpc/rpcproxy.dll?h:6001"), &[]), Some("ms-rpch"));
        assert_eq!(service((b"GET", b"/x"), &[(b"X-OpenftAlias", b"ann")]), Some("openft"));
        assert_eq!((of_server(b"Icecast 2.4.4"), of_server(b"nginx")), (Some("icecast"), None));
    }

    #[test]
    fn a_json_body_tells_by_its_method() {
        assert_eq!(of_json_body(b"{\"id\":1,\"method\":\"getwork\",\"params\":[]}"), Some("stratum"));
        assert_eq!(of_json_body(b"{\"jsonrpc\":\"2.0\",\"method\":\"eth_blockNumber\"}"), Some("ethereum"));
        assert_eq!(of_json_body(b"{\"jsonrpc\":\"2.0\",\"method\":\"getinfo\"}"), Some("json-rpc"));
        assert_eq!(of_json_body(b"{\"method\":\"list\"}"), None);
        assert_eq!(of_json_body(b"{\"method\":\"getwork"), None);
    }
}
