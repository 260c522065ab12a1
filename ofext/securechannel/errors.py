"""What can go wrong with certificates and with those who show them."""

from __future__ import annotations

from pathlib import Path


class SecureChannelError(Exception):
    """Anything that this package reports to a person; its text says what to do about it."""


class FilesError(SecureChannelError):
    """A key, a certificate or an authority cannot be used."""

    def __init__(self, path: Path, text: str) -> None:
        self.path = path
        super().__init__(f"{path}: {text}")


class RefusedError(SecureChannelError, ConnectionError):
    """The peer was not accepted, or did not accept us; nothing that it sent was used."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)
