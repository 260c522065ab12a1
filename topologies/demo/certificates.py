"""A certificate authority of the demo's own, made with openssl, and one certificate a server name."""

from __future__ import annotations

import subprocess
from pathlib import Path

from topologies.demo.machine import DemoError

CURVE = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
VALID_DAYS = "7"


def make_authority(folder: Path) -> Path:
    """Make key and certificate of the authority in `folder`; return the certificate's path."""
    folder.mkdir(parents=True, exist_ok=True)
    certificate = folder / "ca.pem"
    subject = ("-subj", "/CN=AppSteer demo authority", "-addext", "keyUsage=critical,keyCertSign,cRLSign")
    _openssl(
        "req", "-x509", *CURVE, "-keyout", f"{folder}/ca.key", "-out", str(certificate), "-days", VALID_DAYS, *subject
    )
    return certificate


def issue(folder: Path, name: str) -> tuple[Path, Path]:
    """Make a certificate for the host `name`, signed by the authority in `folder`; return (certificate, key)."""
    certificate, key, request = (folder / f"{name}{suffix}" for suffix in (".pem", ".key", ".csr"))
    extension = ("-addext", f"subjectAltName=DNS:{name}")
    _openssl("req", *CURVE, "-keyout", str(key), "-out", str(request), "-subj", f"/CN={name}", *extension)
    authority = ("-CA", f"{folder}/ca.pem", "-CAkey", f"{folder}/ca.key", "-days", VALID_DAYS)
    _openssl("x509", "-req", "-in", str(request), "-out", str(certificate), *authority, "-copy_extensions", "copy")
    request.unlink()
    return certificate, key


def _openssl(*arguments: str) -> None:
    done = subprocess.run(["openssl", *arguments], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise DemoError(f"openssl {arguments[0]} failed: {done.stderr.strip()}")
