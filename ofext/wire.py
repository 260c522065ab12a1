"""Reading and writing the parts of a message body: numbers, texts and TLVs. Big-endian; nothing is aligned.

A TLV is type (16 bits), size of the value in bytes (16 bits), value. Readers skip types that they do not know.
"""

import functools
import ipaddress
import struct
from collections.abc import Iterator
from typing import Final

from ofext.errors import DecodeError, EncodeError

MAX_TLV_SIZE: Final = 0xFFFF  # the size of a value is 16 bits

IPV4_SIZE: Final = 4  # bytes of an address

TLV_HEADER_SIZE: Final = 4
TLV_HEADER: Final = struct.Struct("!HH")


class Reader:
    """A cursor over `data[start:end]`; offsets in errors count from the start of `data`."""

    __slots__ = ("_data", "end", "offset")

    def __init__(self, data: bytes, start: int = 0, end: int | None = None) -> None:
        self._data = data
        self.offset = start
        self.end = len(data) if end is None else end

    def number(self, size: int, what: str) -> int:
        """An unsigned number of `size` bytes."""
        return int.from_bytes(self.take(size, what), "big")

    def take(self, size: int, what: str) -> bytes:
        """The next `size` bytes."""
        if self.end - self.offset < size:
            raise DecodeError(self.offset, f"{what} ({size} bytes)", self._data[self.offset : self.end])
        self.offset += size
        return bytes(self._data[self.offset - size : self.offset])

    def fields(self, layout: struct.Struct, what: str) -> tuple[int, ...]:
        """The numbers of a fixed layout."""
        start = self.offset
        self.offset = start + layout.size
        if self.offset > self.end:
            self.offset = start
            raise DecodeError(start, f"{what} ({layout.size} bytes)", self._data[start : self.end])
        return layout.unpack_from(self._data, start)

    def text(self, size: int, what: str) -> str:
        """UTF-8 of `size` bytes."""
        start = self.offset
        raw = self.take(size, what)
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError as error:
            raise DecodeError(start + error.start, f"UTF-8 in {what}", raw[error.start :]) from None

    def rest_text(self, what: str) -> str:
        """Everything up to the end, UTF-8."""
        return self.text(self.end - self.offset, what)

    def rest_fields(self, layout: struct.Struct, what: str) -> tuple[int, ...]:
        """The numbers of a fixed layout that must fill everything up to the end."""
        values = self.fields(layout, what)
        self.finish(what)
        return values

    def finish(self, what: str) -> None:
        """Raises DecodeError when something is left over."""
        if self.offset != self.end:
            raise DecodeError(self.offset, f"the end of {what}", self._data[self.offset : self.end])

    def tlvs(self) -> Iterator[tuple[int, "Reader"]]:
        """Type and value of every TLV up to the end."""
        while self.offset < self.end:
            kind, size = self.fields(TLV_HEADER, "a TLV header")
            if self.offset + size > self.end:
                raise DecodeError(
                    self.offset, f"the value of TLV {kind} ({size} bytes)", self._data[self.offset : self.end]
                )
            self.offset += size
            yield kind, Reader(self._data, self.offset - size, self.offset)


def number(field: str, value: int, size: int) -> bytes:
    """An unsigned number of `size` bytes. Raises EncodeError when it does not fit."""
    if not 0 <= value < 1 << 8 * size:
        raise EncodeError(field, value, f"an unsigned number of {size} bytes")
    return value.to_bytes(size, "big")


def pack(field: str, layout: struct.Struct, *values: int) -> bytes:
    """Numbers in a fixed layout. Raises EncodeError when one does not fit."""
    try:
        return layout.pack(*values)
    except struct.error as error:
        raise EncodeError(field, values, str(error)) from None


def text(field: str, value: str, limit: int) -> bytes:
    """UTF-8 of at most `limit` bytes. Raises EncodeError when it does not fit or is not Unicode."""
    try:
        raw = value.encode("utf-8")
    except UnicodeEncodeError as error:
        raise EncodeError(field, value, f"Unicode text ({error.reason})") from None
    if len(raw) > limit:
        raise EncodeError(field, value, f"at most {limit} bytes of UTF-8")
    return raw


@functools.lru_cache(maxsize=65_536)  # hosts that are talked about at a time; converting takes longer than the rest
def address(text: str) -> bytes:
    """An IPv4 or IPv6 address, 4 or 16 bytes. Raises EncodeError when the text is none."""
    try:
        return ipaddress.ip_address(text).packed
    except ValueError:
        raise EncodeError("address", text, "an IPv4 or IPv6 address") from None


def addresses(src: str, dst: str) -> tuple[bytes, bytes]:
    """Both ends of a flow. Raises EncodeError also when they are of two families."""
    packed = address(src), address(dst)
    if len(packed[0]) != len(packed[1]):
        raise EncodeError("dst", dst, f"an address of the same family as {src}")
    return packed


def tlv(kind: int, value: bytes) -> bytes:
    """One TLV. Raises EncodeError when the value is too big."""
    if len(value) > MAX_TLV_SIZE:
        raise EncodeError(f"TLV {kind}", len(value), f"at most {MAX_TLV_SIZE} bytes")
    return TLV_HEADER.pack(kind, len(value)) + value
