"""Requests about all tables of a switch, where some tables are the agent's.

A deletion from all tables becomes one of each of the controller's, and a question about all tables too; the answers are
put together again. Single owner; no I/O.
"""

import struct
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from ofext.errors import DecodeError
from ofext.openflow.header import MAX_MESSAGE_SIZE, Type, Version, build
from ofext.untracked import messages, tables
from ofext.untracked.errors import UntrackedError
from ofext.untracked.messages import AGGREGATE, FLOW_MOD_COMMAND, FLOW_MOD_TABLE, MULTIPART_BODY, MULTIPART_TYPE

ALL_TABLES: Final = 0xFF  # OFPTT_ALL
MAX_QUESTIONS: Final = 256  # at a time of one controller; each costs the switch one request a table


def spread(message: bytes) -> bytes:
    """A FLOW_MOD that deletes from all tables, alone or in a bundle, as one for each of the controller's tables."""
    at = messages.bundled_at(message)
    inner = message if at is None else message[at:]
    if not _deletes_everywhere(inner):
        return message
    place = (at or 0) + FLOW_MOD_TABLE
    each = (message[:place] + bytes([table]) + message[place + 1 :] for table in range(tables.FIRST_OWN_TABLE))
    return b"".join(each)


class Questions:
    """About all tables, on their way."""

    def __init__(self) -> None:
        self._open: OrderedDict[tuple[int, int], _Question] = OrderedDict()

    def ask(self, message: bytes) -> bytes:
        """A MULTIPART_REQUEST for flows of all tables as one for each; any other message as it is.

        Raises UntrackedError when too many wait for their answers.
        """
        if message[1] != Type.MULTIPART_REQUEST or not messages.asks_flows(message):
            return message
        if len(message) <= MULTIPART_BODY or message[MULTIPART_BODY] != ALL_TABLES:
            return message
        if len(self._open) >= MAX_QUESTIONS:
            raise UntrackedError(MULTIPART_BODY, b"\xff", f"{MAX_QUESTIONS} questions about all tables wait already")
        self._open[_key(message)] = _Question()
        head, rest = message[:MULTIPART_BODY], message[MULTIPART_BODY + 1 :]
        return b"".join(head + bytes([table]) + rest for table in range(tables.FIRST_OWN_TABLE))

    def answered(self, message: bytes) -> bytes:
        """A MULTIPART_REPLY or an ERROR of the switch as the controller may have it; nothing when it has to wait."""
        key = _key(message)
        question = self._open.get(key)
        if question is None:
            return message
        answer = question.refused(message) if message[1] == Type.ERROR else question.take(message)
        if not question.waits_for:
            del self._open[key]
        return answer


@dataclass(slots=True)
class _Question:
    waits_for: int = tables.FIRST_OWN_TABLE
    counts: dict[int, int] = field(default_factory=dict)
    held: bytes = b""
    """Entries that have come and make no whole message yet."""
    is_refused: bool = False

    def refused(self, message: bytes) -> bytes:
        """The first error stands for all."""
        self.waits_for -= 1
        is_first, self.is_refused = not self.is_refused, True
        return message if is_first else b""

    def take(self, message: bytes) -> bytes:
        is_part = bool(int.from_bytes(message[_FLAGS : _FLAGS + 2], "big") & _REPLY_MORE)
        self.waits_for -= not is_part
        if self.is_refused:
            return b""
        if _kind(message) == AGGREGATE:
            self._add(message)
            return self._aggregate(message) if not self.waits_for else b""
        told = b""
        if len(self.held) + len(message) > MAX_MESSAGE_SIZE:
            told, self.held = _reply(message, self.held, _REPLY_MORE), b""
        self.held += message[MULTIPART_BODY:]
        return told if self.waits_for else told + _reply(message, self.held, 0)

    def _add(self, message: bytes) -> None:
        for number, count in _counts(message):
            self.counts[number] = self.counts.get(number, 0) + count

    def _aggregate(self, message: bytes) -> bytes:
        got = [self.counts.get(number, 0) for number in (_PACKETS, _BYTES, _FLOWS)]
        if message[0] < Version.OF_1_5:
            body = _AGGREGATE.pack(*got)
        else:
            fields = b"".join(_oxs(number, self.counts[number]) for number in sorted(self.counts))
            size = 4 + len(fields)
            body = (struct.pack("!HH", 0, size) + fields).ljust((size + 7) // 8 * 8, b"\0")
        return _reply(message, body, 0)


_FLAGS: Final = 10
_REPLY_MORE: Final = 1  # OFPMPF_REPLY_MORE
_DELETES: Final = frozenset({3, 4})  # OFPFC_DELETE, OFPFC_DELETE_STRICT
_QUOTED: Final = 12  # offset of the offending message in an ERROR

_AGGREGATE = struct.Struct("!QQI4x")
_OXS_CLASS: Final = 0x8002  # OFPXSC_OPENFLOW_BASIC (1.5 §7.2.4)
_FLOWS, _PACKETS, _BYTES = 3, 4, 5  # OFPXST_OFB_
_OXS_SIZES: Final = {_FLOWS: 4, _PACKETS: 8, _BYTES: 8}


def _reply(like: bytes, body: bytes, flags: int) -> bytes:
    """A reply to the same request with another body."""
    head = like[MULTIPART_TYPE:_FLAGS] + flags.to_bytes(2, "big") + bytes(4)
    return build(like[0], like[1], int.from_bytes(like[4:8], "big"), head + body)


def _deletes_everywhere(message: bytes) -> bool:
    return (
        message[1] == Type.FLOW_MOD
        and len(message) > FLOW_MOD_COMMAND
        and message[FLOW_MOD_TABLE] == ALL_TABLES
        and message[FLOW_MOD_COMMAND] in _DELETES
    )


def _kind(message: bytes) -> int:
    return int.from_bytes(message[MULTIPART_TYPE : MULTIPART_TYPE + 2], "big")


def _key(message: bytes) -> tuple[int, int]:
    """xid and kind; of an ERROR those of the message that it is about."""
    asked = message[_QUOTED:] if message[1] == Type.ERROR else message
    return int.from_bytes(message[4:8], "big"), _kind(asked)


def _counts(message: bytes) -> Iterator[tuple[int, int]]:
    """Counts of an aggregate reply, by their numbers in OXS."""
    body = message[MULTIPART_BODY:]
    if message[0] < Version.OF_1_5:
        if len(body) < _AGGREGATE.size:
            raise DecodeError(MULTIPART_BODY, "aggregate statistics", body)
        packets, size, flows = _AGGREGATE.unpack_from(body)
        yield from ((_PACKETS, packets), (_BYTES, size), (_FLOWS, flows))
        return
    at, end = 4, int.from_bytes(body[2:4], "big")
    while at < min(end, len(body)):
        number, size = body[at + 2] >> 1, body[at + 3]
        yield number, int.from_bytes(body[at + 4 : at + 4 + size], "big")
        at += 4 + size


def _oxs(number: int, count: int) -> bytes:
    size = _OXS_SIZES.get(number, 8)
    return struct.pack("!HBB", _OXS_CLASS, number << 1, size) + count.to_bytes(size, "big")
