"""A certificate authority in a folder, for demos, tests and small networks: keys of ECDSA on P-256, X.509 v3.

What a certificate is for stands in it (RFC 5280 §4.2.1.12), so that a switch's key opens no door as a controller's.
"""

from __future__ import annotations

import ipaddress
import os
import re
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, Literal

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from controller_app.errors import AuthorityError

AUTHORITY: Final = "ca"  # name of its files; nobody else may have it
BACKDATED: Final = timedelta(hours=1)  # clocks of other machines may be behind
MAX_NAME: Final = 64  # ub-common-name, RFC 5280 appendix A.1
KEY_MODE: Final = 0o600
CERTIFICATE_MODE: Final = 0o644

Role = Literal["controller", "agent", "switch"]

_PURPOSES: Final = {
    "controller": [ExtendedKeyUsageOID.SERVER_AUTH],
    "agent": [
        ExtendedKeyUsageOID.SERVER_AUTH,
        ExtendedKeyUsageOID.CLIENT_AUTH,
    ],  # its bridges' server, the controller's client
    "switch": [ExtendedKeyUsageOID.CLIENT_AUTH],
}
_NAME: Final = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """Two files that belong together."""

    private_key: Path
    certificate: Path
    until: datetime


def init(folder: Path, name: str, lifetime: timedelta) -> Issued:
    """Make the authority, and ``folder`` if need be. None is replaced: all that it signed would be void."""
    key_path, certificate_path = _paths(folder, AUTHORITY)
    for path in (key_path, certificate_path):
        if path.exists():
            raise AuthorityError(f"{path}: is there already; an authority is not replaced (use another folder)")
    if not 0 < len(name) <= MAX_NAME:
        raise AuthorityError(f"{name!r}: expected a name of 1 to {MAX_NAME} characters")
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    usage = _usage(signs_certificates=True)
    builder = (
        _builder(subject, subject, key.public_key(), key.public_key(), lifetime)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
    )
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise AuthorityError(f"{folder}: cannot be made: {error.strerror}") from error
    return _store(folder, AUTHORITY, key, builder.sign(key, hashes.SHA256()))


def issue(
    folder: Path, name: str, role: Role, alternatives: tuple[str, ...], lifetime: timedelta, *, replace: bool = False
) -> Issued:
    """A new key and a certificate for ``name`` (a host name or an address), which is also its first alternative name.

    A ``lifetime`` below zero gives one that has expired. Raises AuthorityError.
    """
    _check_name(name)
    key_path, certificate_path = _paths(folder, name)
    if not replace and (key_path.exists() or certificate_path.exists()):
        raise AuthorityError(f"{certificate_path}: is there already; --renew replaces it")
    ca_key, ca_certificate = _load(folder)
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    names = [_general_name(text) for text in dict.fromkeys((name, *alternatives))]
    builder = (
        _builder(subject, ca_certificate.subject, key.public_key(), ca_key.public_key(), lifetime)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage(_PURPOSES[role]), critical=False)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
    )
    return _store(folder, name, key, builder.sign(ca_key, hashes.SHA256()))


def authority_certificate(folder: Path) -> Path:
    """What those who trust the authority are given."""
    return _paths(folder, AUTHORITY)[1]


def _paths(folder: Path, name: str) -> tuple[Path, Path]:
    return folder / f"{name}.key", folder / f"{name}.crt"


def _check_name(name: str) -> None:
    if name == AUTHORITY:
        raise AuthorityError(f"{name!r} is the authority's own name")
    if len(name) > MAX_NAME or not _NAME.fullmatch(name):
        raise AuthorityError(f"{name!r}: expected a host name or an IPv4 address of at most {MAX_NAME} characters")


def _general_name(text: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(text))
    except ValueError:
        pass
    try:
        return x509.DNSName(text.encode("idna").decode("ascii"))
    except UnicodeError as error:
        raise AuthorityError(f"{text!r}: expected a host name or an IP address") from error


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    public_key: ec.EllipticCurvePublicKey,
    issuer_key: ec.EllipticCurvePublicKey,
    lifetime: timedelta,
) -> x509.CertificateBuilder:
    until = datetime.now(UTC) + lifetime
    since = min(datetime.now(UTC), until) - BACKDATED
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(since)
        .not_valid_after(until)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key), critical=False)
    )


def _load(folder: Path) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    key_path, certificate_path = _paths(folder, AUTHORITY)
    try:
        key = serialization.load_pem_private_key(key_path.read_bytes(), password=None)
        certificate = x509.load_pem_x509_certificate(certificate_path.read_bytes())
    except OSError as error:
        raise AuthorityError(f"{error.filename}: {error.strerror}; `appsteer tls init` makes an authority") from error
    except (ValueError, TypeError) as error:
        raise AuthorityError(f"{folder}: the authority's key or certificate cannot be read: {error}") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise AuthorityError(f"{key_path}: is no key of `appsteer tls init`")
    return key, certificate


def _store(folder: Path, name: str, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate) -> Issued:
    key_path, certificate_path = _paths(folder, name)
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    try:
        _write(key_path, secret, KEY_MODE)
        _write(certificate_path, certificate.public_bytes(pem), CERTIFICATE_MODE)
    except OSError as error:
        raise AuthorityError(f"{key_path}: cannot be written: {error.strerror}") from error
    return Issued(private_key=key_path, certificate=certificate_path, until=certificate.not_valid_after_utc)


def _write(path: Path, data: bytes, mode: int) -> None:
    """Whole or not at all, and never readable by more than ``mode`` says."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # mode 0600
    beside = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        beside.chmod(mode)
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
