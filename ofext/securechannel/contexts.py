"""What TLS is made of: private key, certificate, authority; read again when the files change.

The peer must always show a certificate of the authority. TLS 1.2 is the least (RFC 8996 forbids what came before).
"""

from __future__ import annotations

import logging
import os
import ssl
import stat
import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509

from ofext.securechannel.errors import FilesError

log = logging.getLogger(__name__)

WARN_BEFORE: Final = timedelta(days=14)
OTHERS: Final = stat.S_IWGRP | stat.S_IRWXO  # a group may read, as Debian's ssl-cert does

_Stamp = tuple[tuple[int, int, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsFiles:
    """Three PEM files."""

    private_key: Path
    """Without a passphrase."""
    certificate: Path
    """Ours, followed by those of intermediate authorities."""
    authority: Path
    """The peer's certificate must come from one of these."""


class Contexts:
    """The TLS context for the next handshake. A change of the files touches no connection that stands already."""

    def __init__(self, files: TlsFiles, *, is_server: bool, has_to_match_name: bool = True) -> None:
        self.files = files
        self._is_server = is_server
        self._has_to_match_name = has_to_match_name
        self._context: ssl.SSLContext | None = None
        self._stamp: _Stamp = ()
        self._lock = threading.Lock()  # several threads shake hands
        self._until = self._warned_at = datetime.min.replace(tzinfo=UTC)

    def current(self) -> ssl.SSLContext:
        """As the files are now; while they cannot be used, as they were before. FilesError when they never could."""
        with self._lock:
            context = self._up_to_date()
            self._warn_in_time()
            return context

    def _up_to_date(self) -> ssl.SSLContext:
        stamp = self._look()
        if self._context is not None and stamp == self._stamp:
            return self._context
        try:
            context = self._read()
        except FilesError as error:
            if self._context is None:
                raise
            log.warning("%s; going on with what was read before", error)
            self._stamp = stamp
            return self._context
        if self._context is not None:
            log.info("%s has changed: new connections use it", self.files.certificate)
        self._context, self._stamp = context, stamp
        self._until = _until(self.files.certificate)
        return context

    def _warn_in_time(self) -> None:
        """Once a day, at a handshake."""
        left = self._until - datetime.now(UTC)
        if left < WARN_BEFORE and datetime.now(UTC) - self._warned_at > timedelta(days=1):
            self._warned_at = datetime.now(UTC)
            what = "has expired" if left < timedelta() else "expires"
            log.warning(
                "%s %s on %s: `--renew`, or ask its authority", self.files.certificate, what, f"{self._until:%F}"
            )

    def _look(self) -> _Stamp:
        """Changes when a file does."""
        found = []
        for path in (self.files.private_key, self.files.certificate, self.files.authority):
            try:
                status = path.stat()
            except OSError:
                found.append((0, 0, 0))
            else:
                found.append((status.st_ino, status.st_mtime_ns, status.st_size))
        return tuple(found)

    def _read(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if self._is_server else ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        # Every connection shows its certificate anew (no tickets), and a peer cannot make us work by asking for more.
        context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION | ssl.OP_NO_TICKET
        if self._is_server:
            context.num_tickets = 0
        context.hostname_checks_common_name = False  # RFC 9525 §2: names are subject alternative names
        context.check_hostname = self._has_to_match_name and not self._is_server
        context.verify_mode = ssl.CERT_REQUIRED
        _load_authority(context, self.files.authority)
        _load_identity(context, self.files)
        return context


def _until(certificate: Path) -> datetime:
    """When the first certificate of the file expires: it is the one that is shown."""
    try:
        return x509.load_pem_x509_certificate(certificate.read_bytes()).not_valid_after_utc
    except (OSError, ValueError) as error:
        raise FilesError(certificate, f"cannot be read: {error}") from error


def _load_authority(context: ssl.SSLContext, path: Path) -> None:
    try:
        context.load_verify_locations(cadata=_text(path))
    except (ssl.SSLError, ValueError) as error:
        raise FilesError(path, "holds no certificate in PEM form") from error


def _load_identity(context: ssl.SSLContext, files: TlsFiles) -> None:
    def no_passphrase() -> str:
        raise FilesError(files.private_key, "is locked by a passphrase, and nobody is there to give it")

    for path in (files.certificate, files.private_key):
        _text(path)
    if files.private_key.stat().st_mode & OTHERS:
        log.warning("%s can be used by others than its owner: chmod 600", files.private_key)
    try:
        context.load_cert_chain(files.certificate, files.private_key, password=no_passphrase)
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            raise FilesError(files.certificate, f"is not the certificate of {files.private_key}") from error
        raise FilesError(files.certificate, f"or {files.private_key} is not usable: {error.reason or error}") from error
    except OSError as error:
        raise FilesError(files.certificate, os.strerror(error.errno or 0)) from error


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii")
    except OSError as error:
        raise FilesError(path, f"cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise FilesError(path, "is not PEM (certificates and keys in text form)") from error
