"""Messages that keep a connection alive: HELLO, ECHO, ERROR."""

import struct
from collections.abc import Iterable
from typing import Final

from ofext.errors import DecodeError
from ofext.openflow.header import HEADER_SIZE, Type, build, read_header
from ofext.oxm import padded

ERROR_DATA_SIZE: Final = 64  # bytes of the offending message that an error carries at least (1.3 §7.4.4)

ERROR_HELLO_FAILED: Final = 0  # OFPET_HELLO_FAILED
HELLO_INCOMPATIBLE: Final = 0  # OFPHFC_INCOMPATIBLE
ERROR_BAD_REQUEST: Final = 1  # OFPET_BAD_REQUEST
BAD_VERSION: Final = 0  # OFPBRC_BAD_VERSION


def hello(versions: Iterable[int], xid: int = 0) -> bytes:
    """A HELLO with a version bitmap (1.3 §7.5.1), under the highest of `versions` (version bytes, 1 to 31)."""
    spoken = sorted(set(versions))
    bitmap = sum(1 << version for version in spoken)
    return build(spoken[-1], Type.HELLO, xid, _BITMAP.pack(_ELEMENT_BITMAP, _BITMAP.size, bitmap))


def hello_versions(message: bytes) -> frozenset[int]:
    """Version bytes that the sender of a HELLO speaks; without a bitmap all up to its own. Raises DecodeError."""
    header = read_header(message)
    if header.type != Type.HELLO:
        raise DecodeError(1, "OFPT_HELLO (0)", message[1:2])
    offset = HEADER_SIZE
    while offset < len(message):
        if len(message) - offset < _ELEMENT.size:
            raise DecodeError(offset, "a hello element header", message[offset:])
        kind, size = _ELEMENT.unpack_from(message, offset)
        if size < _ELEMENT.size or offset + size > len(message):
            raise DecodeError(offset + 2, f"an element size of 4 to {len(message) - offset}", message[offset + 2 :])
        if kind == _ELEMENT_BITMAP:
            return _bitmap_versions(message[offset + _ELEMENT.size : offset + size])
        offset += padded(size)
    return frozenset(range(1, header.version + 1))


def negotiate(own: Iterable[int], peer_hello: bytes) -> int | None:
    """The version byte to use after HELLOs were exchanged (1.3 §6.3.1), or None. Raises DecodeError."""
    return max(set(own) & hello_versions(peer_hello), default=None)


def echo_request(version: int, xid: int, data: bytes = b"") -> bytes:
    """An ECHO_REQUEST."""
    return build(version, Type.ECHO_REQUEST, xid, data)


def echo_reply(request: bytes) -> bytes:
    """The answer to an ECHO_REQUEST: same xid, same data. Raises DecodeError when that has no header."""
    header = read_header(request)
    return build(header.version, Type.ECHO_REPLY, header.xid, request[HEADER_SIZE:])


def error(version: int, xid: int, kind: int, code: int, offending: bytes) -> bytes:
    """An ERROR of type `kind` about a message, with as much of that as OpenFlow asks for."""
    return build(version, Type.ERROR, xid, _ERROR.pack(kind, code) + offending[:ERROR_DATA_SIZE])


_ELEMENT_BITMAP: Final = 1  # OFPHET_VERSIONBITMAP
_ELEMENT = struct.Struct("!HH")  # type, size
_BITMAP = struct.Struct("!HHI")  # type, size, versions 0 to 31
_ERROR = struct.Struct("!HH")  # type, code


def _bitmap_versions(data: bytes) -> frozenset[int]:
    """Versions of a bitmap of 32-bit words; bit 0 of the first word is version 0."""
    words = range(0, len(data) - 3, 4)
    return frozenset(
        8 * start + bit
        for start in words
        for bit in range(32)
        if int.from_bytes(data[start : start + 4], "big") >> bit & 1
    )
