//! Metadata attributes: ids that travel on the wire, names, types and units. Ids are never renumbered.

/// How a value is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// UTF-8.
    Text,
    /// Big-endian, up to 8 bytes.
    Uint,
    /// Anything.
    Bytes,
}

macro_rules! attributes {
    ($($variant:ident = $id:literal, $name:literal, $kind:ident, $unit:literal, $doc:literal;)*) => {
        /// An attribute that a protocol can report.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u16)]
        pub enum Attribute {
            $(#[doc = $doc] $variant = $id,)*
        }

        impl Attribute {
            /// All of them, in the order of the table below.
            pub const ALL: &'static [Attribute] = &[$(Attribute::$variant),*];

            /// The number on the wire.
            #[must_use]
            pub const fn id(self) -> u16 { self as u16 }

            /// The dotted name, such as `tls.sni`.
            #[must_use]
            pub const fn name(self) -> &'static str { match self { $(Attribute::$variant => $name),* } }

            /// How its values are written.
            #[must_use]
            pub const fn kind(self) -> Kind { match self { $(Attribute::$variant => Kind::$kind),* } }

            /// The unit of a number, or empty.
            #[must_use]
            pub const fn unit(self) -> &'static str { match self { $(Attribute::$variant => $unit),* } }

            /// What it means, with its source.
            #[must_use]
            pub const fn meaning(self) -> &'static str { match self { $(Attribute::$variant => $doc),* } }
        }
    };
}

attributes! {
    TlsSni = 1, "tls.sni", Text, "", "Server name that the originator asked for (RFC 6066 §3).";
    TlsAlpn = 2, "tls.alpn", Text, "", "Application protocol offered (RFC 7301).";
    TlsVersion = 3, "tls.version", Uint, "", "Highest version offered, or the one chosen (RFC 8446 §4.2.1).";
    TlsCipher = 4, "tls.cipher", Uint, "", "Cipher suite that the responder chose (RFC 8446 §4.1.3).";
    QuicVersion = 5, "quic.version", Uint, "", "Version of the long header (RFC 9000 §17.2).";
    HttpMethod = 10, "http.method", Text, "", "Request method (RFC 9110 §9).";
    HttpHost = 11, "http.host", Text, "", "Host header without its port (RFC 9110 §7.2).";
    HttpUrl = 12, "http.url", Text, "", "Request target (RFC 9112 §3.2).";
    HttpUserAgent = 13, "http.user_agent", Text, "", "User-Agent header (RFC 9110 §10.1.5).";
    HttpStatus = 14, "http.status", Uint, "", "Status code (RFC 9110 §15).";
    HttpServer = 15, "http.server", Text, "", "Server header (RFC 9110 §10.2.4).";
    HttpContentType = 16, "http.content_type", Text, "", "Content-Type of the response (RFC 9110 §8.3).";
    DnsQuery = 20, "dns.query", Text, "", "First question's name (RFC 1035 §4.1.2).";
    DnsQueryType = 21, "dns.query_type", Uint, "", "First question's type (RFC 1035 §3.2.2).";
    DnsResponseCode = 22, "dns.rcode", Uint, "", "Response code (RFC 1035 §4.1.1).";
    DnsAnswer = 23, "dns.answer", Text, "", "An address that was answered (RFC 1035 §3.4.1, RFC 3596).";
    SshClientVersion = 30, "ssh.client_version", Text, "", "Originator's identification string (RFC 4253 §4.2).";
    SshServerVersion = 31, "ssh.server_version", Text, "", "Responder's identification string (RFC 4253 §4.2).";
    SmtpHelo = 40, "smtp.helo", Text, "", "Name given in HELO or EHLO (RFC 5321 §4.1.1.1).";
    SmtpMailFrom = 41, "smtp.mail_from", Text, "", "Reverse-path (RFC 5321 §4.1.1.2).";
    SmtpRecipient = 42, "smtp.rcpt_to", Text, "", "A forward-path (RFC 5321 §4.1.1.3).";
    SmtpServer = 43, "smtp.server", Text, "", "Greeting's text (RFC 5321 §4.2).";
    FtpServer = 50, "ftp.server", Text, "", "Greeting's text (RFC 959 §5.4).";
    FtpUser = 51, "ftp.user", Text, "", "USER argument (RFC 959 §4.1.1).";
    SipMethod = 60, "sip.method", Text, "", "Request method (RFC 3261 §7.1).";
    SipCaller = 61, "sip.caller", Text, "", "URI of From (RFC 3261 §8.1.1.3).";
    SipCallee = 62, "sip.callee", Text, "", "URI of To (RFC 3261 §8.1.1.2).";
    SipCallId = 63, "sip.call_id", Text, "", "Call-ID (RFC 3261 §8.1.1.4).";
    SipUserAgent = 64, "sip.user_agent", Text, "", "User-Agent or Server (RFC 3261 §20.41).";
    SipStatus = 65, "sip.status", Uint, "", "Status code (RFC 3261 §7.2).";
    RtpPayloadType = 70, "rtp.payload_type", Uint, "", "Payload type (RFC 3550 §5.1).";
    RtpSsrc = 71, "rtp.ssrc", Uint, "", "Synchronisation source (RFC 3550 §5.1).";
    RtpCodec = 72, "rtp.codec", Text, "", "Encoding of a static payload type (RFC 3551 §6).";
    MqttVersion = 80, "mqtt.version", Uint, "", "Protocol level of CONNECT (MQTT 5.0 §3.1.2.2).";
    MqttClientId = 81, "mqtt.client_id", Text, "", "Client identifier (MQTT 5.0 §3.1.3.1).";
    MqttUserName = 82, "mqtt.user_name", Text, "", "User name of CONNECT (MQTT 5.0 §3.1.3.5).";
    MqttTopic = 83, "mqtt.topic", Text, "", "Topic of a PUBLISH or SUBSCRIBE (MQTT 5.0 §3.3.2.1).";
    NtpVersion = 90, "ntp.version", Uint, "", "Version number (RFC 5905 §7.3).";
    NtpMode = 91, "ntp.mode", Uint, "", "Association mode (RFC 5905 §7.3).";
    NtpStratum = 92, "ntp.stratum", Uint, "", "Stratum (RFC 5905 §7.3).";
    DhcpMessageType = 100, "dhcp.message_type", Uint, "", "Option 53 (RFC 2132 §9.6).";
    DhcpHostName = 101, "dhcp.host_name", Text, "", "Option 12 (RFC 2132 §3.14).";
    DhcpVendorClass = 102, "dhcp.vendor_class", Text, "", "Option 60 (RFC 2132 §9.13).";
    DhcpClientMac = 103, "dhcp.client_mac", Bytes, "", "chaddr (RFC 2131 §2).";
    // web and real time: from 200
    // industry and things: from 300
    // files, databases, directories: from 400
    // voice, mail, messages, streams: from 500
    // games, peers, currencies: from 600
    // private networks, proxies, desktops: from 700
    // routing, management, mobile core, links: from 800
}
