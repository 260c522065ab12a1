"""The header of every OpenFlow message, and cutting a byte stream into messages."""

import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from ofext import wire
from ofext.errors import MAX_FOUND_SIZE, DecodeError, EncodeError

HEADER_SIZE: Final = 8
MAX_MESSAGE_SIZE: Final = 0xFFFF  # the length is 16 bits

_HEADER = struct.Struct("!BBHI")


class Version(IntEnum):
    """Version bytes."""

    OF_1_3 = 4
    OF_1_4 = 5
    OF_1_5 = 6


class Type(IntEnum):
    """Message types, the same numbers in 1.3, 1.4 and 1.5 (ROLE_STATUS and BUNDLE_ from 1.4 on)."""

    HELLO = 0
    ERROR = 1
    ECHO_REQUEST = 2
    ECHO_REPLY = 3
    EXPERIMENTER = 4
    FEATURES_REQUEST = 5
    FEATURES_REPLY = 6
    SET_CONFIG = 9
    PACKET_IN = 10
    FLOW_REMOVED = 11
    PACKET_OUT = 13
    FLOW_MOD = 14
    GROUP_MOD = 15
    MULTIPART_REQUEST = 18
    MULTIPART_REPLY = 19
    BARRIER_REQUEST = 20
    BARRIER_REPLY = 21
    ROLE_REPLY = 25
    GET_ASYNC_REPLY = 27
    SET_ASYNC = 28
    ROLE_STATUS = 30
    BUNDLE_CONTROL = 33
    BUNDLE_ADD_MESSAGE = 34


@dataclass(frozen=True, slots=True)
class Header:
    """`ofp_header`; `type` may be a number unknown here, `size` counts the whole message in bytes."""

    version: int
    type: int
    size: int
    xid: int


def read_header(message: bytes) -> Header:
    """Reads the header of a message. Raises DecodeError when there are not 8 bytes."""
    if len(message) < HEADER_SIZE:
        raise DecodeError(0, "an OpenFlow header of 8 bytes", message)
    return Header(*_HEADER.unpack_from(message))


def build(version: int, kind: int, xid: int, body: bytes = b"") -> bytes:
    """A message of a header and a body. Raises EncodeError when that is too big, or a number does not fit."""
    size = HEADER_SIZE + len(body)
    if size > MAX_MESSAGE_SIZE:
        raise EncodeError("message", size, f"at most {MAX_MESSAGE_SIZE} bytes")
    return wire.pack("header", _HEADER, version, kind, size, xid) + body


class FramingError(DecodeError):
    """A stream that cannot be cut into messages any further; `messages` are those that came before the fault."""

    def __init__(self, offset: int, expected: str, found: bytes, messages: list[bytes]) -> None:
        super().__init__(offset, expected, found)
        self.messages = messages


class Framer:
    """Cuts a byte stream into messages. Holds less than one message, so at most 65,535 bytes."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[bytes]:
        """Takes the next bytes of the stream, returns the messages that are now complete.

        Raises FramingError when a length is below 8: the stream is lost from there on.
        """
        self._buffer += data
        messages: list[bytes] = []
        start = 0
        while len(self._buffer) - start >= HEADER_SIZE:
            size = int.from_bytes(self._buffer[start + 2 : start + 4], "big")
            if size < HEADER_SIZE:
                found = bytes(self._buffer[start : start + MAX_FOUND_SIZE])
                self._buffer[:] = found[:HEADER_SIZE]  # what is fed after this finds it again
                raise FramingError(start + 2, "an OpenFlow message length of at least 8", found, messages)
            if len(self._buffer) - start < size:
                break
            messages.append(bytes(self._buffer[start : start + size]))
            start += size
        del self._buffer[:start]
        return messages

    def take_rest(self) -> bytes:
        """Gives away the beginning of a message whose end has not come; the stream goes on behind it."""
        rest = bytes(self._buffer)
        self._buffer.clear()
        return rest
