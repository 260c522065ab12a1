"""Why a TLS connection did not come about, in words for the one who has to mend it."""

from __future__ import annotations

import ssl
from typing import Final

MAX_OPENFLOW_VERSION: Final = 6  # 0x06 is OpenFlow 1.5
MAX_OPENFLOW_TYPE: Final = 35  # OFPT_CONTROLLER_STATUS, 1.5
HANDSHAKE, ALERT = 22, 21  # RFC 8446 §5.1, ContentType

# RFC 8446 §6.2; how OpenSSL names an alert that came from the peer (its own side says the same without ALERT).
_ALERTS: Final = {
    "UNKNOWN_CA": "it does not know the authority of our certificate",
    "CERTIFICATE_EXPIRED": "it says that our certificate has expired",
    "CERTIFICATE_REVOKED": "it says that our certificate was revoked",
    "CERTIFICATE_UNKNOWN": "it does not accept our certificate",
    "BAD_CERTIFICATE": "it does not accept our certificate",
    "UNSUPPORTED_CERTIFICATE": "it says that our certificate is for another purpose",
    "CERTIFICATE_REQUIRED": "it wants a certificate of ours",
    "ACCESS_DENIED": "it denies us access",
    "PROTOCOL_VERSION": "it speaks no version of TLS that we do",
    "HANDSHAKE_FAILURE": "it found nothing in common with us, or does not accept our certificate",
    "INSUFFICIENT_SECURITY": "it wants stronger keys or ciphers than ours",
    "DECRYPT_ERROR": "it could not check our signature",
}
_OURS: Final = {
    "PEER_DID_NOT_RETURN_A_CERTIFICATE": "it showed no certificate",
    "UNSUPPORTED_PROTOCOL": "it speaks no version of TLS from 1.2 on",
    "NO_SHARED_CIPHER": "it has no cipher in common with us",
    "UNEXPECTED_EOF_WHILE_READING": "it closed the connection in the middle of a record",
}
_UNKNOWN_AUTHORITY: Final = (18, 19, 20, 21)  # X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT and the three after it


def reason_of(error: ssl.SSLError, first: bytes) -> str:
    """What to say of ``error``; ``first`` are the first bytes that the peer sent on this connection."""
    if isinstance(error, ssl.SSLCertVerificationError):
        said = error.verify_message.rstrip(".")
        if error.verify_code in _UNKNOWN_AUTHORITY:
            return f"its certificate is of an authority that we do not know: {said}"
        return f"its certificate is not accepted: {said}"
    if first and first[0] not in (HANDSHAKE, ALERT):
        return _spoken_in_plain(first)
    code = error.reason or ""
    _, is_alert, alert = code.partition("ALERT_")
    if is_alert:
        return _ALERTS.get(alert, f"it refused: {alert.lower().replace('_', ' ')}")
    return _OURS.get(code, f"TLS failed: {code.lower().replace('_', ' ') or error}")


def looks_like_tls(first: bytes) -> bool:
    """Whether a connection that should be plain begins with a TLS record (RFC 8446 §5.1: type, then 3 as version)."""
    return first[:1] in (bytes([HANDSHAKE]), bytes([ALERT])) and first[1:2] in (b"", b"\3")


def _spoken_in_plain(first: bytes) -> str:
    is_openflow = 1 <= first[0] <= MAX_OPENFLOW_VERSION and (len(first) < 2 or first[1] <= MAX_OPENFLOW_TYPE)
    return "it speaks OpenFlow without TLS" if is_openflow else "it does not speak TLS"
