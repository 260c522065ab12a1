"""One TLS connection without I/O: ciphertext in, plaintext out, and the other way round."""

from __future__ import annotations

import ipaddress
import ssl
from dataclasses import dataclass
from typing import Any, Final

from ofext.securechannel.errors import RefusedError
from ofext.securechannel.reasons import reason_of

READ_SIZE: Final = 64 * 1024
FIRST_SIZE: Final = 8  # an OpenFlow header: enough to see who speaks without TLS


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """Who is at the other end, as the authority says."""

    subject: str
    """The distinguished name as ``CN=s1, O=example``."""
    names: frozenset[str]
    """Subject alternative names (host names in lower case, addresses); the common name where there are none."""
    protocol: str
    """Such as ``TLSv1.3``."""


class TlsCore:
    """Feed it what the socket gave; send what :meth:`take` gives."""

    def __init__(self, context: ssl.SSLContext, *, is_server: bool, server_name: str | None = None) -> None:
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side=is_server, server_hostname=server_name)
        self._first = b""
        self.peer: Peer | None = None
        """None until the handshake is over."""
        self.has_ended = False
        """The peer said that nothing more will come."""

    def begin(self) -> None:
        """The side that connects speaks first."""
        self._shake_hands()

    def feed(self, data: bytes) -> bytes:
        """Ciphertext from the peer, in any portions; what it meant. RefusedError: :meth:`take` has the alert for it."""
        if len(self._first) < FIRST_SIZE:
            self._first += data[: FIRST_SIZE - len(self._first)]
        self._incoming.write(data)
        if self.peer is None:
            self._shake_hands()
        return self._read() if self.peer is not None else b""

    def send(self, data: bytes) -> None:
        """Plaintext for the peer, after the handshake."""
        view = memoryview(data)
        while view:
            view = view[self._tls.write(view) :]

    def finish(self) -> None:
        """Say that nothing more will come (close_notify, RFC 8446 §6.1)."""
        try:
            self._tls.unwrap()
        except ssl.SSLError:  # the peer's own close_notify is not waited for
            return

    def take(self) -> bytes:
        """Ciphertext to send now."""
        return self._outgoing.read()

    def _shake_hands(self) -> None:
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            return
        except ssl.SSLError as error:
            raise RefusedError(reason_of(error, self._first)) from error
        self.peer = _peer(self._tls)

    def _read(self) -> bytes:
        parts = []
        try:
            while part := self._tls.read(READ_SIZE):
                parts.append(part)
                if not self._incoming.pending and not self._tls.pending():
                    return b"".join(parts)  # one more look would cost an exception
            self.has_ended = True
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLZeroReturnError:
            self.has_ended = True
        except ssl.SSLError as error:
            raise RefusedError(reason_of(error, self._first)) from error
        return b"".join(parts)


def _peer(tls: ssl.SSLObject) -> Peer:
    found: Any = tls.getpeercert() or {}
    subject = [pair for group in found.get("subject", ()) for pair in group]
    alternatives = found.get("subjectAltName", ())
    names = {_plain(value) for kind, value in alternatives if kind in ("DNS", "IP Address")}
    if not names:
        names = {_plain(value) for kind, value in subject if kind == "commonName"}
    shown = ", ".join(f"{'CN' if kind == 'commonName' else kind}={value}" for kind, value in subject)
    return Peer(subject=shown or "no name", names=frozenset(names), protocol=tls.version() or "TLS")


def _plain(name: str) -> str:
    """OpenSSL prints an IPv6 address in its own way."""
    try:
        return str(ipaddress.ip_address(name.strip()))
    except ValueError:
        return name.lower()
