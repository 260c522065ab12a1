"""Messages that keep a connection alive: HELLO, ECHO, ERROR."""

from collections.abc import Iterable

ERROR_DATA_SIZE = 64


def hello(versions: Iterable[int], xid: int = 0) -> bytes:
    """A HELLO with a version bitmap (1.3 §7.5.1), under the highest of `versions`."""
    raise NotImplementedError


def hello_versions(message: bytes) -> frozenset[int]:
    """Versions that the sender of a HELLO speaks. Raises DecodeError."""
    raise NotImplementedError


def negotiate(own: Iterable[int], peer_hello: bytes) -> int | None:
    """The version to use after HELLOs were exchanged (1.3 §6.3.1), or None. Raises DecodeError."""
    raise NotImplementedError


def echo_request(version: int, xid: int, data: bytes = b"") -> bytes:
    """An ECHO_REQUEST."""
    raise NotImplementedError


def echo_reply(request: bytes) -> bytes:
    """The answer to an ECHO_REQUEST: same xid, same data."""
    raise NotImplementedError


def error(version: int, xid: int, kind: int, code: int, offending: bytes) -> bytes:
    """An ERROR about a message, with as much of that as OpenFlow asks for."""
    raise NotImplementedError
