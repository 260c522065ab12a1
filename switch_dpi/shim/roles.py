"""What a controller's role and asynchronous configuration say of flow events (SPEC.md §3). No I/O.

ROLE_REPLY and ROLE_STATUS of the switch are read as they pass. Of OFPT_SET_ASYNC (1.4 and 1.5; 1.3 has no properties)
the properties of this experimenter are taken out, as the switch does not know them; in its answer to
OFPT_GET_ASYNC_REQUEST they are put in.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from ofext.config import MAX_KIND
from ofext.errors import DecodeError
from ofext.events import FlowEvents
from ofext.ids import EXPERIMENTER_ID
from ofext.openflow.header import HEADER_SIZE, Type, Version, build, read_header

SLAVE_PROPERTY: Final = 0xFFFE  # OFPACPT_EXPERIMENTER_SLAVE (1.4 §7.3.10)
MASTER_PROPERTY: Final = 0xFFFF  # OFPACPT_EXPERIMENTER_MASTER: for master and equal

_PROPERTY = struct.Struct("!HH")  # type, size
_OURS = struct.Struct("!HHIII")  # type, size, experimenter, exp_type, bitmap of kinds
_ROLE = struct.Struct("!I")


class Role(IntEnum):
    """`ofp_controller_role` (1.3 §7.3.9)."""

    NO_CHANGE = 0
    EQUAL = 1
    MASTER = 2
    SLAVE = 3


ROLES: Final = frozenset({int(Role.EQUAL), int(Role.MASTER), int(Role.SLAVE)})


@dataclass(frozen=True, slots=True, kw_only=True)
class AsyncKinds:
    """Kinds of events for a master or equal, and for a slave; None: not said."""

    kinds: frozenset[int] | None = None
    slave_kinds: frozenset[int] | None = None


def told_role(message: bytes) -> int | None:
    """The role that a message from the switch tells the controller; None for any other message."""
    if message[1] not in (Type.ROLE_REPLY, Type.ROLE_STATUS) or len(message) < HEADER_SIZE + _ROLE.size:
        return None
    (role,) = _ROLE.unpack_from(message, HEADER_SIZE)
    return role if role in ROLES else None


def take_kinds(message: bytes) -> tuple[bytes, AsyncKinds]:
    """An OFPT_SET_ASYNC without the properties of this experimenter, and what they say. Raises DecodeError."""
    if message[0] < Version.OF_1_4:
        return message, AsyncKinds()
    kept: list[bytes] = []
    said: dict[int, frozenset[int]] = {}
    for offset, raw in _properties(message):
        kind, size = _PROPERTY.unpack_from(raw)
        if kind not in (SLAVE_PROPERTY, MASTER_PROPERTY) or not _is_ours(raw):
            kept.append(raw)
            continue
        if size != _OURS.size:
            raise DecodeError(offset + 2, f"a property of {_OURS.size} bytes", raw[2:4])
        said[kind] = frozenset(number for number in range(MAX_KIND + 1) if _OURS.unpack(raw)[4] >> number & 1)
    header = read_header(message)
    rest = build(header.version, header.type, header.xid, b"".join(kept))
    return rest, AsyncKinds(kinds=said.get(MASTER_PROPERTY), slave_kinds=said.get(SLAVE_PROPERTY))


def put_kinds(message: bytes, kinds: frozenset[int], slave_kinds: frozenset[int]) -> bytes:
    """An OFPT_GET_ASYNC_REPLY with properties of this experimenter; one of 1.3 has none."""
    if message[0] < Version.OF_1_4:
        return message
    header = read_header(message)
    added = b"".join(
        _OURS.pack(kind, _OURS.size, EXPERIMENTER_ID, FlowEvents.EXP_TYPE, sum(1 << number for number in numbers))
        for kind, numbers in ((SLAVE_PROPERTY, slave_kinds), (MASTER_PROPERTY, kinds))
    )
    return build(header.version, header.type, header.xid, message[HEADER_SIZE:] + added)


def _is_ours(raw: bytes) -> bool:
    ours = EXPERIMENTER_ID.to_bytes(4, "big") + FlowEvents.EXP_TYPE.to_bytes(4, "big")
    return raw[4:12] == ours


def _properties(message: bytes) -> Iterator[tuple[int, bytes]]:
    """Offset and bytes, with padding, of each property of an asynchronous configuration. Raises DecodeError."""
    offset = HEADER_SIZE
    while offset < len(message):
        head = message[offset : offset + _PROPERTY.size]
        size = _PROPERTY.unpack(head)[1] if len(head) == _PROPERTY.size else 0
        end = offset + (size + 7) // 8 * 8
        if size < _PROPERTY.size or end > len(message):
            raise DecodeError(offset, "a property of at least 4 bytes that ends in the message", head)
        yield offset, message[offset:end]
        offset = end
