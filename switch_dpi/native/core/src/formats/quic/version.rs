//! QUIC versions and how each protects its Initial packets.

/// How the versions of one group protect Initial packets.
#[derive(Debug, PartialEq, Eq)]
pub struct Protection {
    /// Salt of the initial secret (RFC 9001 §5.2).
    pub salt: [u8; 20],
    /// Labels of key, initialization vector and header protection key, with TLS 1.3's own prefix (RFC 8446 §7.1).
    pub labels: Labels,
    /// The two type bits of an Initial packet; the other types follow in the same order in all versions.
    pub initial_type: u8,
    /// The type of the frame that carries the handshake (RFC 9000 §19.6).
    pub crypto_frame: u64,
}

/// What HKDF-Expand-Label is called with (RFC 9001 §5.1, RFC 9369 §3.3.2).
#[derive(Debug, PartialEq, Eq)]
pub struct Labels {
    /// Packet protection key.
    pub key: &'static str,
    /// Initialization vector.
    pub iv: &'static str,
    /// Header protection key.
    pub header: &'static str,
}

const LABELS_1: Labels = Labels { key: "tls13 quic key", iv: "tls13 quic iv", header: "tls13 quic hp" };
const LABELS_2: Labels = Labels { key: "tls13 quicv2 key", iv: "tls13 quicv2 iv", header: "tls13 quicv2 hp" };

const CRYPTO_FRAME: u64 = 0x06;
/// The same in Google's versions.
const GOOGLE_CRYPTO_FRAME: u64 = 0x08;

const fn of_version_1(salt: [u8; 20]) -> Protection {
    Protection { salt, labels: LABELS_1, initial_type: 0b00, crypto_frame: CRYPTO_FRAME }
}

const fn of_google(salt: [u8; 20]) -> Protection {
    Protection { crypto_frame: GOOGLE_CRYPTO_FRAME, ..of_version_1(salt) }
}

/// Version 1 (RFC 9001 §5.2) and the drafts 33 and 34.
static VERSION_1: Protection = of_version_1([
    0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34, 0xb3, 0x4d, 0x17, 0x9a, 0xe6, 0xa4, 0xc8, 0x0c, 0xad, 0xcc, 0xbb, 0x7f,
    0x0a,
]);
/// Version 2 (RFC 9369 §3.3.1).
static VERSION_2: Protection = Protection {
    salt: [
        0x0d, 0xed, 0xe3, 0xde, 0xf7, 0x00, 0xa6, 0xdb, 0x81, 0x93, 0x81, 0xbe, 0x6e, 0x26, 0x9d, 0xcb, 0xf9, 0xbd,
        0x2e, 0xd9,
    ],
    labels: LABELS_2,
    initial_type: 0b01, // RFC 9369 §3.2
    crypto_frame: CRYPTO_FRAME,
};
/// draft-ietf-quic-tls 29 to 32 (§5.2).
static DRAFT_29: Protection = of_version_1([
    0xaf, 0xbf, 0xec, 0x28, 0x99, 0x93, 0xd2, 0x4c, 0x9e, 0x97, 0x86, 0xf1, 0x9c, 0x61, 0x11, 0xe0, 0x43, 0x90, 0xa8,
    0x99,
]);
/// draft-ietf-quic-tls 23 to 28 (§5.2).
static DRAFT_23: Protection = of_version_1([
    0xc3, 0xee, 0xf7, 0x12, 0xc7, 0x2e, 0xbb, 0x5a, 0x11, 0xa7, 0xd2, 0x43, 0x2b, 0xb4, 0x63, 0x65, 0xbe, 0xf9, 0xf5,
    0x02,
]);
/// draft-ietf-quic-tls 22 (§5.2).
static DRAFT_22: Protection = of_version_1([
    0x7f, 0xbc, 0xdb, 0x0e, 0x7c, 0x66, 0xbb, 0xe9, 0x19, 0x3a, 0x96, 0xcd, 0x21, 0x51, 0x9e, 0xbd, 0x7a, 0x02, 0x64,
    0x4a,
]);
/// Google's T050: TLS, with a salt of its own.
static GOOGLE_T050: Protection = of_google([
    0x7f, 0xf5, 0x79, 0xe5, 0xac, 0xd0, 0x72, 0x91, 0x55, 0x80, 0x30, 0x4c, 0x43, 0xa2, 0x36, 0x7c, 0x60, 0x48, 0x83,
    0x10,
]);
/// Google's Q050: its own hello in protected packets.
static GOOGLE_Q050: Protection = of_google([
    0x50, 0x45, 0x74, 0xef, 0xd0, 0x66, 0xfe, 0x2f, 0x9d, 0x94, 0x5c, 0xfc, 0xdb, 0xd3, 0xa7, 0xf0, 0xd3, 0xb5, 0x6b,
    0x45,
]);
/// Google's T051.
static GOOGLE_T051: Protection = of_google([
    0x7a, 0x4e, 0xde, 0xf4, 0xe7, 0xcc, 0xee, 0x5f, 0xa4, 0x50, 0x6c, 0x19, 0x12, 0x4f, 0xc8, 0xcc, 0xda, 0x6e, 0x03,
    0x3d,
]);

/// The protection of a version; `None` where the version is not known.
#[must_use]
pub const fn protection(version: u32) -> Option<&'static Protection> {
    Some(match version {
        0x0000_0001 | 0xff00_0021..=0xff00_0022 => &VERSION_1,
        0x6b33_43cf => &VERSION_2,
        0xff00_001d..=0xff00_0020 => &DRAFT_29,
        // mvfst (Facebook) numbers its own versions after the drafts that it follows
        0xff00_0017..=0xff00_001c | 0xface_b002 | 0xface_b00e | 0xface_b011 | 0xface_b013 => &DRAFT_23,
        0xff00_0016 | 0xface_b001 => &DRAFT_22,
        0x5130_3530 => &GOOGLE_Q050,
        0x5430_3530 => &GOOGLE_T050,
        0x5430_3531 => &GOOGLE_T051,
        _ => return None,
    })
}

/// Whether a version is reserved so that peers must negotiate: `0x?a?a?a?a` (RFC 9000 §15).
#[must_use]
pub const fn is_reserved(version: u32) -> bool {
    version & 0x0f0f_0f0f == 0x0a0a_0a0a
}
