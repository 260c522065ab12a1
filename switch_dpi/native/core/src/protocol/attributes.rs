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

/// An attribute of a set of signatures, native or declared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AttributeInfo<'a> {
    /// The number on the wire.
    pub id: u16,
    /// The dotted name.
    pub name: &'a str,
    /// How its values are written.
    pub kind: Kind,
    /// The unit of a number, or empty.
    pub unit: &'a str,
    /// What it means.
    pub meaning: &'a str,
}

impl Attribute {
    /// All that is said of it.
    #[must_use]
    pub const fn info(self) -> AttributeInfo<'static> {
        AttributeInfo {
            id: self.id(),
            name: self.name(),
            kind: self.kind(),
            unit: self.unit(),
            meaning: self.meaning(),
        }
    }
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

            /// The attribute with this number.
            #[must_use]
            pub const fn by_id(id: u16) -> Option<Attribute> {
                match id { $($id => Some(Attribute::$variant),)* _ => None }
            }

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
    StunSoftware = 200, "stun.software", Text, "", "SOFTWARE: the agent's name and version (RFC 8489 §14.14).";
    StunRealm = 201, "stun.realm", Text, "", "REALM: whose relay it is (RFC 8489 §14.9).";
    StunUserName = 202, "stun.username", Text, "", "USERNAME: of the relay's user, or both ends' ICE fragments (RFC 8489 §14.3).";
    StunMappedAddress = 203, "stun.mapped_address", Text, "", "The sender's address as the server saw it (RFC 8489 §14.2).";
    TlsJa3 = 210, "tls.ja3", Text, "", "MD5 over version, suites, extensions, groups and point formats of the ClientHello (JA3).";
    TlsJa4 = 211, "tls.ja4", Text, "", "Fingerprint of the ClientHello, sorted (JA4).";
    TlsJa3s = 212, "tls.ja3s", Text, "", "MD5 over version, suite and extensions of the ServerHello (JA3S).";
    TlsCertificateName = 213, "tls.certificate_name", Text, "", "DNS name of the responder's certificate (RFC 5280 §4.2.1.6).";
    TlsCertificateSubject = 214, "tls.certificate_subject", Text, "", "Common name of the certificate's subject (RFC 5280 §4.1.2.6).";
    TlsCertificateIssuer = 215, "tls.certificate_issuer", Text, "", "Common name of the certificate's issuer, or its organisation (RFC 5280 §4.1.2.4).";
    TlsChosenAlpn = 216, "tls.chosen_alpn", Text, "", "Application protocol that the responder chose (RFC 7301 §3.2).";
    Http2Authority = 220, "http2.authority", Text, "", ":authority of the first request (RFC 9113 §8.3.1).";
    WebSocketProtocol = 221, "websocket.protocol", Text, "", "Sub-protocol offered or chosen (RFC 6455 §11.3.4).";
    // industry and things: from 300
    ModbusUnit = 300, "modbus.unit", Uint, "", "Unit identifier (Modbus Messaging on TCP/IP V1.0b §3.1.3).";
    ModbusFunction = 301, "modbus.function", Uint, "", "Function code (Modbus Application Protocol V1.1b3 §5).";
    Dnp3Source = 302, "dnp3.source", Uint, "", "Link address of the sender (IEEE 1815-2012 §9.2.4).";
    Dnp3Destination = 303, "dnp3.destination", Uint, "", "Link address of the receiver (IEEE 1815-2012 §9.2.4).";
    Dnp3Function = 304, "dnp3.function", Uint, "", "Application function code (IEEE 1815-2012 §4.2.2.5).";
    Iec104Type = 305, "iec104.type_id", Uint, "", "Type identification of an ASDU (IEC 60870-5-101 §7.2.1).";
    Iec104CommonAddress = 306, "iec104.common_address", Uint, "", "Common address of an ASDU (IEC 60870-5-101 §7.2.4).";
    EnipCommand = 307, "enip.command", Uint, "", "Encapsulation command (CIP Networks Library, volume 2, §2-3.2).";
    EnipProduct = 308, "enip.product_name", Text, "", "Product name of a ListIdentity reply (CIP volume 2, §2-4.2).";
    BacnetDevice = 309, "bacnet.device", Uint, "", "Device instance of an I-Am (ASHRAE 135 §16.10).";
    BacnetService = 310, "bacnet.service", Uint, "", "Service choice of a request (ASHRAE 135 §21).";
    OpcUaEndpoint = 311, "opcua.endpoint_url", Text, "", "EndpointUrl of a Hello (OPC 10000-6 §7.1.2.3).";
    OpcUaSecurityPolicy = 312, "opcua.security_policy", Text, "", "SecurityPolicyUri (OPC 10000-6 §6.7.2.3).";
    CoapCode = 313, "coap.code", Uint, "", "Request code (RFC 7252 §12.1).";
    CoapPath = 314, "coap.path", Text, "", "Uri-Path options, joined (RFC 7252 §5.10.1).";
    DicomCalling = 315, "dicom.calling_ae", Text, "", "Calling AE title (DICOM PS3.8 §9.3.2).";
    DicomCalled = 316, "dicom.called_ae", Text, "", "Called AE title (DICOM PS3.8 §9.3.2).";
    Hl7Type = 317, "hl7.message_type", Text, "", "MSH-9 (HL7 v2 §2.14.9).";
    Hl7Sender = 318, "hl7.sending_application", Text, "", "MSH-3 (HL7 v2 §2.14.9).";
    AmqpVersion = 319, "amqp.version", Text, "", "Version of the protocol header (AMQP 0-9-1 §4.2.2, 1.0 §2.2).";
    WsdAction = 320, "wsd.action", Text, "", "Last part of the SOAP action (WS-Discovery §4).";
    WsdTypes = 321, "wsd.types", Text, "", "Types asked for or announced (WS-Discovery §4).";
    PtpDomain = 322, "ptp.domain", Uint, "", "domainNumber (IEEE 1588-2019 §13.3.2.7).";
    GooseControl = 323, "goose.control_block", Text, "", "gocbRef (IEC 61850-8-1 §18.1.2).";
    GooseId = 324, "goose.id", Text, "", "goID (IEC 61850-8-1 §18.1.2).";
    SomeipService = 325, "someip.service", Uint, "", "Service ID (AUTOSAR PRS_SOMEIP §4.1.2).";
    DoipVin = 326, "doip.vin", Text, "", "VIN of a vehicle announcement (ISO 13400-2 §7.4).";
    FoxHost = 327, "fox.host_name", Text, "", "hostName of the hello (Niagara Fox).";
    ProfinetStation = 328, "profinet.station_name", Text, "", "NameOfStation in DCP (IEC 61158-6-10).";
    SacnSource = 329, "sacn.source_name", Text, "", "Source Name (ANSI E1.31 §6.2.2).";
    TplinkRequest = 330, "tplink.module", Text, "", "First module that a TP-Link Smart Home message names.";
    C37118Id = 331, "c37118.id_code", Uint, "", "IDCODE of the stream (IEEE C37.118.2 §6.2).";
    RtpsVendor = 332, "rtps.vendor", Uint, "", "Vendor id (OMG DDSI-RTPS 2.5 §9.4.5.1).";
    // files, databases, directories: from 400
    PostgresqlUser = 400, "postgresql.user", Text, "", "User of the start-up message (PostgreSQL manual §55.7, StartupMessage).";
    PostgresqlDatabase = 401, "postgresql.database", Text, "", "Database of the start-up message (PostgreSQL manual §55.7, StartupMessage).";
    MysqlServerVersion = 402, "mysql.server_version", Text, "", "Version of the server's greeting (MySQL internals, HandshakeV10).";
    MysqlUser = 403, "mysql.user", Text, "", "User of the login (MySQL internals, HandshakeResponse41).";
    TdsUser = 404, "tds.user", Text, "", "User name of the login ([MS-TDS] §2.2.6.4).";
    TdsDatabase = 405, "tds.database", Text, "", "Initial database of the login ([MS-TDS] §2.2.6.4).";
    TdsApplication = 406, "tds.application", Text, "", "Client application of the login ([MS-TDS] §2.2.6.4).";
    OracleService = 407, "oracle.service", Text, "", "SERVICE_NAME or SID of the connect descriptor (Oracle Net Services Reference).";
    MongodbDatabase = 408, "mongodb.database", Text, "", "Database that a command is for (MongoDB wire protocol, OP_QUERY, OP_MSG).";
    MongodbCommand = 409, "mongodb.command", Text, "", "A command's name (MongoDB wire protocol, OP_QUERY, OP_MSG).";
    RedisCommand = 410, "redis.command", Text, "", "A command's name (Redis serialization protocol specification).";
    KafkaClientId = 411, "kafka.client_id", Text, "", "client_id of the request header (Kafka protocol guide).";
    FirebirdDatabase = 412, "firebird.database", Text, "", "File or alias of the connect request (Firebird wire protocol, op_connect).";
    ClickhouseUser = 413, "clickhouse.user", Text, "", "User of the client's hello (ClickHouse native protocol).";
    LdapBindName = 414, "ldap.bind_name", Text, "", "Name of a bind request (RFC 4511 §4.2).";
    LdapBase = 415, "ldap.base", Text, "", "Base object of a search (RFC 4511 §4.5.1).";
    KerberosRealm = 416, "kerberos.realm", Text, "", "Realm (RFC 4120 §5.4, §5.9).";
    KerberosClient = 417, "kerberos.client", Text, "", "Client's principal name, components joined by a slash (RFC 4120 §5.2.2).";
    KerberosMessageType = 418, "kerberos.message_type", Uint, "", "Message type (RFC 4120 §7.5.7).";
    RadiusUserName = 419, "radius.user_name", Text, "", "User-Name (RFC 2865 §5.1).";
    RadiusCode = 420, "radius.code", Uint, "", "Code (RFC 2865 §3).";
    DiameterCommand = 421, "diameter.command", Uint, "", "Command code (RFC 6733 §3).";
    DiameterApplicationId = 422, "diameter.application_id", Uint, "", "Application id (RFC 6733 §3).";
    DiameterOriginHost = 423, "diameter.origin_host", Text, "", "Origin-Host (RFC 6733 §6.3).";
    DcerpcInterface = 424, "dcerpc.interface", Text, "", "Interface: its usual name, or its UUID (C706 §12.6).";
    SmbDialect = 425, "smb.dialect", Uint, "", "Dialect revision that the server chose ([MS-SMB2] §2.2.4).";
    SmbShare = 426, "smb.share", Text, "", "Path of a tree connect ([MS-SMB2] §2.2.9, [MS-CIFS] §2.2.4.55).";
    NetbiosName = 427, "netbios.name", Text, "", "A NetBIOS name without its suffix byte (RFC 1001 §14.1).";
    SunrpcProgram = 428, "sunrpc.program", Uint, "", "Program of a call (RFC 5531 §9).";
    TftpFile = 429, "tftp.file", Text, "", "File that is read or written (RFC 1350 §5).";
    GitRepository = 430, "git.repository", Text, "", "Path that was asked for (gitprotocol-pack, Git Transport).";
    SvnUrl = 431, "svn.url", Text, "", "Repository's URL in the client's greeting (ra_svn protocol §2).";
    IscsiInitiator = 432, "iscsi.initiator", Text, "", "InitiatorName (RFC 7143 §13.5).";
    IscsiTarget = 433, "iscsi.target", Text, "", "TargetName (RFC 7143 §13.4).";
    FixSender = 434, "fix.sender", Text, "", "SenderCompID, tag 49 (FIX 5.0 SP2).";
    FixTarget = 435, "fix.target", Text, "", "TargetCompID, tag 56 (FIX 5.0 SP2).";
    AjpUri = 436, "ajp.uri", Text, "", "Requested URI (AJPv13, Forward Request).";
    AjpHost = 439, "ajp.host", Text, "", "Server name of the request (AJPv13, Forward Request).";
    RsyncModule = 437, "rsync.module", Text, "", "Module that was asked for (rsyncd).";
    FtpFile = 438, "ftp.file", Text, "", "File that is fetched or stored (RFC 959 §4.1.3).";
    // voice, mail, messages, streams: from 500
    RtspUrl = 500, "rtsp.url", Text, "", "Request target (RFC 2326 §6.1).";
    RtspUserAgent = 501, "rtsp.user_agent", Text, "", "User-Agent or Server header (RFC 2326 §12.41).";
    RtmpUrl = 502, "rtmp.url", Text, "", "tcUrl of the connect command (RTMP 1.0 §7.2.1.1).";
    Pop3User = 503, "pop3.user", Text, "", "Name given in USER or APOP (RFC 1939 §7).";
    ImapUser = 504, "imap.user", Text, "", "User name of LOGIN (RFC 9051 §6.2.3).";
    IrcNick = 505, "irc.nick", Text, "", "Nickname of a NICK command (RFC 2812 §3.1.2).";
    IrcChannel = 506, "irc.channel", Text, "", "Channel of a JOIN command (RFC 2812 §3.2.1).";
    NntpGroup = 507, "nntp.group", Text, "", "Newsgroup that was selected (RFC 3977 §6.1.1).";
    SmppSystemId = 508, "smpp.system_id", Text, "", "system_id of a bind (SMPP 3.4 §4.1).";
    IaxCaller = 509, "iax.caller", Text, "", "Calling number (RFC 5456 §8.6.2).";
    IaxCallee = 510, "iax.callee", Text, "", "Called number (RFC 5456 §8.6.1).";
    SkinnyDevice = 511, "skinny.device", Text, "", "Name with which a telephone registers.";
    MgcpEndpoint = 512, "mgcp.endpoint", Text, "", "Endpoint of a command (RFC 3435 §3.2.1.3).";
    FingerQuery = 513, "finger.query", Text, "", "User asked for (RFC 1288 §2.3).";
    WhoisQuery = 514, "whois.query", Text, "", "Object asked for (RFC 3912 §2).";
    DictQuery = 515, "dict.query", Text, "", "Word asked for (RFC 2229 §3.2).";
    // games, peers, currencies: from 600
    BittorrentInfoHash = 600, "bittorrent.info_hash", Bytes, "", "Which torrent: SHA-1 of its info dictionary (BEP 3, BEP 15, BEP 5).";
    BittorrentClient = 601, "bittorrent.client", Text, "", "Client and version as the peer id begins, such as -TR4050- (BEP 20).";
    GameServer = 610, "game.server", Text, "", "Name that a game server gives itself.";
    GameTitle = 611, "game.title", Text, "", "Which game or variant a server or client says it is.";
    GameMap = 612, "game.map", Text, "", "Map that a game server plays.";
    GameUser = 613, "game.user", Text, "", "Player or account name.";
    PeerName = 620, "peer.name", Text, "", "Name that a peer gives itself: device, user, nick.";
    PeerClient = 621, "peer.client", Text, "", "Program of a peer and its version.";
    CurrencyNetwork = 630, "currency.network", Text, "", "Which chain a peer speaks for.";
    CurrencyClient = 631, "currency.client", Text, "", "Program of a peer or miner and its version.";
    MiningMethod = 640, "mining.method", Text, "", "Method of a mining request.";
    MiningUser = 641, "mining.user", Text, "", "Worker, account or wallet that mines.";
    // private networks, proxies, desktops: from 700
    OpenvpnKeying = 700, "openvpn.keying", Text, "", "How the control channel is protected: none, tls-auth, tls-crypt, tls-crypt-v2.";
    WireguardMessage = 701, "wireguard.message", Text, "", "Type of the first message seen (WireGuard paper §5.4).";
    IkeVersion = 702, "ike.version", Text, "", "Major and minor version (RFC 7296 §3.1, RFC 2408 §3.1).";
    IkeExchange = 703, "ike.exchange", Text, "", "Exchange type (RFC 7296 §3.1, RFC 2408 §3.1).";
    L2tpHostName = 704, "l2tp.host_name", Text, "", "Host Name AVP (RFC 2661 §4.4.3).";
    L2tpVendor = 705, "l2tp.vendor", Text, "", "Vendor Name AVP (RFC 2661 §4.4.3).";
    PptpHostName = 706, "pptp.host_name", Text, "", "Host Name of Start-Control-Connection (RFC 2637 §2.1).";
    PptpVendor = 707, "pptp.vendor", Text, "", "Vendor String of Start-Control-Connection (RFC 2637 §2.1).";
    SocksVersion = 710, "socks.version", Uint, "", "4 or 5 (RFC 1928 §3).";
    SocksTarget = 711, "socks.target", Text, "", "Address or name and port asked for (RFC 1928 §4).";
    SocksUser = 712, "socks.user", Text, "", "User id of version 4, or user name of RFC 1929.";
    ProxyClient = 713, "proxy.client", Text, "", "Address and port of the client before the proxy (PROXY protocol §2).";
    IcapMethod = 714, "icap.method", Text, "", "Request method (RFC 3507 §4.3.2).";
    IcpUrl = 715, "icp.url", Text, "", "URL asked for (RFC 2186).";
    RdpCookie = 720, "rdp.cookie", Text, "", "User name of the mstshash cookie, or routing token (MS-RDPBCGR §2.2.1.1).";
    RdpProtocols = 721, "rdp.protocols", Uint, "", "Security protocols asked for, as bits (MS-RDPBCGR §2.2.1.1.1).";
    RdpSelected = 722, "rdp.selected_protocol", Uint, "", "Security protocol chosen (MS-RDPBCGR §2.2.1.2.1).";
    VncVersion = 723, "vnc.version", Text, "", "ProtocolVersion of one end (RFC 6143 §7.1.1).";
    X11Version = 724, "x11.version", Text, "", "Protocol version of the connection setup (X11 protocol, section 8).";
    CitrixService = 725, "citrix.service", Text, "", "Banner of the server or session reliability.";
    GuacamoleProtocol = 726, "guacamole.protocol", Text, "", "Argument of select: vnc, rdp, ssh or a connection id.";
    CapwapMessage = 730, "capwap.message", Uint, "", "Message type of the first control message (RFC 5415 §4.5.1.1).";
    WolTarget = 731, "wol.target", Bytes, "", "MAC address of the machine to wake.";
    TincName = 732, "tinc.name", Text, "", "Name of a node (tinc manual, meta protocol).";
    N2nCommunity = 733, "n2n.community", Text, "", "Community name (n2n, common header).";
    // routing, management, mobile core, links: from 800
    SsdpTarget = 800, "ssdp.target", Text, "", "ST or NT header: what is searched or announced (UPnP Device Architecture 2.0 §1.2).";
    SsdpUserAgent = 801, "ssdp.user_agent", Text, "", "USER-AGENT header (UPnP Device Architecture 2.0 §1.3.2).";
    SsdpServer = 802, "ssdp.server", Text, "", "SERVER header (UPnP Device Architecture 2.0 §1.2.2).";
    SsdpLocation = 803, "ssdp.location", Text, "", "URL of the device's description (UPnP Device Architecture 2.0 §1.2.2).";
    SnmpVersion = 804, "snmp.version", Uint, "", "Version as operators count it: 1, 2 (2c) or 3 (RFC 3584 §4).";
    SnmpCommunity = 805, "snmp.community", Text, "", "Community (RFC 1157 §4).";
    SnmpUser = 806, "snmp.user", Text, "", "User name of the security model (RFC 3414 §2.4).";
    SnmpPduType = 807, "snmp.pdu_type", Uint, "", "Tag number of the PDU: 0 get, 1 get-next, 2 response … (RFC 3416 §3).";
    BgpAs = 808, "bgp.as", Uint, "", "Autonomous system of an OPEN (RFC 4271 §4.2, RFC 6793).";
    BgpIdentifier = 809, "bgp.identifier", Uint, "", "BGP identifier of an OPEN (RFC 4271 §4.2).";
    DeviceName = 810, "device.name", Text, "", "Name that a device gives itself to its neighbours (IEEE 802.1AB §8.5.6; CDP, MNDP and others).";
    DeviceDescription = 811, "device.description", Text, "", "Product or platform that a device announces (IEEE 802.1AB §8.5.7).";
    EapIdentity = 812, "eap.identity", Text, "", "Answer to an identity request (RFC 3748 §5.1).";
    PppUser = 813, "ppp.user", Text, "", "Peer that authenticates by PAP or CHAP (RFC 1334 §2.2, RFC 1994 §4.1).";
    PppoeService = 814, "pppoe.service", Text, "", "Service-Name tag (RFC 2516 appendix A).";
    PppoeConcentrator = 815, "pppoe.concentrator", Text, "", "AC-Name tag (RFC 2516 appendix A).";
    GtpApn = 816, "gtp.apn", Text, "", "Access point name (3GPP TS 29.060 §7.7.30, TS 29.274 §8.6).";
    GtpImsi = 817, "gtp.imsi", Text, "", "IMSI (3GPP TS 29.060 §7.7.2, TS 29.274 §8.3).";
    GtpMessageType = 818, "gtp.message_type", Uint, "", "Message type (3GPP TS 29.060 §7.1, TS 29.274 §6.1).";
    NetflowVersion = 819, "netflow.version", Uint, "", "Version of the export; 10 is IPFIX (RFC 3954 §5.1, RFC 7011 §3.1).";
    OpenflowVersion = 820, "openflow.version", Uint, "", "Version on the wire; 4 is OpenFlow 1.3 (OpenFlow 1.3.5 §A.1).";
    Dhcpv6MessageType = 821, "dhcpv6.message_type", Uint, "", "Message type (RFC 8415 §7.3).";
    Dhcpv6ClientName = 822, "dhcpv6.client_fqdn", Text, "", "Client's name (RFC 4704 §4).";
    MonitoredHost = 823, "monitoring.host", Text, "", "Host that a monitoring agent reports on (Munin, Checkmk, Zabbix).";
    SyslogApplication = 824, "syslog.app_name", Text, "", "APP-NAME or tag of the first message (RFC 5424 §6.2.5, RFC 3164 §4.1.3).";
    SyslogHost = 825, "syslog.host", Text, "", "HOSTNAME of the first message (RFC 5424 §6.2.4).";
    SlpServiceType = 826, "slp.service_type", Text, "", "Service type or URL (RFC 2608 §8.1, §8.2).";
    IpmiUser = 827, "ipmi.user", Text, "", "User of an IPMI session (IPMI 2.0 §13.22, §22.16).";
    SessionDescription = 828, "sap.session", Text, "", "Name of an announced session (RFC 4566 §5.3).";
    PfcpMessageType = 829, "pfcp.message_type", Uint, "", "Message type (3GPP TS 29.244 §7.3).";
    LdpIdentifier = 830, "ldp.identifier", Uint, "", "LSR identifier (RFC 5036 §2.2.2).";
}
