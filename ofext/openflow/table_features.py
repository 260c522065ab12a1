"""Table features (OpenFlow 1.3 §7.3.5.5, OFPMP_TABLE_FEATURES): every table can match on the L7 fields.

One entry is a table's fixed part of 64 bytes and its properties, each padded to 8 bytes. The properties MATCH and
WILDCARDS list OXM headers without values; that of an experimenter's field has its experimenter id behind it.
"""

import struct
from collections.abc import Iterator
from typing import Final

from ofext.errors import DecodeError
from ofext.fields import FIELD_SIZES, MASKABLE_FIELDS, L7Field
from ofext.ids import EXPERIMENTER_BYTES
from ofext.oxm import CLASS_EXPERIMENTER, EXPERIMENTER_SIZE, HEADER_SIZE, padded

TABLE_FEATURES_TYPE: Final = (12).to_bytes(2, "big")  # OFPMP_TABLE_FEATURES


def advertise(entry: bytes) -> bytes:
    """A table's entry with the L7 fields in what it can match on and leave out. Raises DecodeError."""
    parts = [entry[:_FIXED_SIZE]]
    for kind, body in _properties(entry):
        ids = _MATCH_IDS if kind == _MATCH else _WILDCARD_IDS if kind == _WILDCARDS else b""
        parts.append(_property(kind, body + ids))
    return _sized(parts)


def take_back(entry: bytes) -> bytes:
    """The inverse of `advertise`, for an entry that a controller sends: the switch knows no L7 fields."""
    parts = [entry[:_FIXED_SIZE]]
    for kind, body in _properties(entry):
        parts.append(_property(kind, b"".join(_foreign(body)) if kind in _LISTS else body))
    return _sized(parts)


_FIXED_SIZE: Final = 64  # the same in 1.3, 1.4 and 1.5
_PROPERTY: Final = struct.Struct("!HH")  # type, size without padding

_MATCH: Final = 8  # OFPTFPT_MATCH
_WILDCARDS: Final = 10  # OFPTFPT_WILDCARDS
_LISTS: Final = frozenset({_MATCH, _WILDCARDS, 12, 13, 14, 15, 16, 17})  # and those of set-field, copy-field: OXM ids


def _id(field: L7Field, *, has_mask: bool) -> bytes:
    """An OXM header and the experimenter id. A text has no size of its own, so its header counts the id alone."""
    size = EXPERIMENTER_SIZE + FIELD_SIZES.get(field, 0) * (2 if has_mask else 1)
    return struct.pack("!HBB", CLASS_EXPERIMENTER, field << 1 | has_mask, size) + EXPERIMENTER_BYTES


_MATCH_IDS: Final = b"".join(_id(field, has_mask=field in MASKABLE_FIELDS) for field in L7Field)
_WILDCARD_IDS: Final = b"".join(_id(field, has_mask=False) for field in L7Field)


def _properties(entry: bytes) -> Iterator[tuple[int, bytes]]:
    """Type and body of every property."""
    if len(entry) < _FIXED_SIZE:
        raise DecodeError(0, f"table features of at least {_FIXED_SIZE} bytes", entry)
    offset = _FIXED_SIZE
    while offset < len(entry):
        if len(entry) - offset < _PROPERTY.size:
            raise DecodeError(offset, "a property header", entry[offset:])
        kind, size = _PROPERTY.unpack_from(entry, offset)
        if not _PROPERTY.size <= size <= len(entry) - offset:
            raise DecodeError(offset + 2, f"a property of 4 to {len(entry) - offset} bytes", entry[offset + 2 :])
        yield kind, entry[offset + _PROPERTY.size : offset + size]
        offset += padded(size)


def _foreign(ids: bytes) -> Iterator[bytes]:
    """The OXM ids of a list that are not ours."""
    offset = 0
    while offset < len(ids):
        is_experimenter = int.from_bytes(ids[offset : offset + 2], "big") == CLASS_EXPERIMENTER
        end = offset + HEADER_SIZE + (EXPERIMENTER_SIZE if is_experimenter else 0)
        if end > len(ids):
            raise DecodeError(offset, "an OXM id of 4 or 8 bytes", ids[offset:])
        if not is_experimenter or ids[end - EXPERIMENTER_SIZE : end] != EXPERIMENTER_BYTES:
            yield ids[offset:end]
        offset = end


def _property(kind: int, body: bytes) -> bytes:
    size = _PROPERTY.size + len(body)
    return _PROPERTY.pack(kind, size) + body + bytes(padded(size) - size)


def _sized(parts: list[bytes]) -> bytes:
    whole = b"".join(parts)
    return len(whole).to_bytes(2, "big") + whole[2:]
