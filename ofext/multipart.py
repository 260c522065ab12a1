"""Multipart messages of this experimenter: how statistics are asked for and answered (SPEC.md §3.10).

OFPT_MULTIPART of type OFPMP_EXPERIMENTER (OpenFlow 1.3 §7.3.5): header (8), type (2), flags (2), zero (4),
experimenter (4), exp_type (4), body. A request is one message; an answer is one or several, all but the last with
OFPMPF_REPLY_MORE.
"""

import struct
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from ofext import wire
from ofext.errors import DecodeError
from ofext.ids import EXPERIMENTER_BYTES, EXPERIMENTER_ID
from ofext.openflow.header import Type, build, read_header
from ofext.statistics import (
    AppStatsReply,
    AppStatsRequest,
    CatalogueStatsReply,
    CatalogueStatsRequest,
    EngineStatsReply,
    EngineStatsRequest,
    FlowStatsReply,
    FlowStatsRequest,
    PluginStatsReply,
    PluginStatsRequest,
    UserStatsReply,
    UserStatsRequest,
)

OFPMP_EXPERIMENTER: Final = 0xFFFF
OFPMPF_MORE: Final = 1  # the first flag of requests and of replies

HEADER_SIZE: Final = 24  # bytes up to the body
MAX_PART_SIZE: Final = 60_000  # bytes of a part's body: below the 65,535 of a message, with room for growth

Request = (
    FlowStatsRequest
    | AppStatsRequest
    | UserStatsRequest
    | EngineStatsRequest
    | PluginStatsRequest
    | CatalogueStatsRequest
)
Reply = FlowStatsReply | AppStatsReply | UserStatsReply | EngineStatsReply | PluginStatsReply | CatalogueStatsReply


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownStats:
    """A multipart of this experimenter whose type is not known here."""

    exp_type: int
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Multipart:
    """A decoded multipart message with what its headers said. `more`: others follow."""

    version: int
    xid: int
    more: bool
    message: Request | Reply | UnknownStats


def is_l7_multipart(raw: bytes) -> bool:
    """Whether a whole OpenFlow message is a multipart request or reply of this experimenter."""
    if len(raw) < HEADER_SIZE or raw[1] not in (Type.MULTIPART_REQUEST, Type.MULTIPART_REPLY):
        return False
    return raw[8:10] == b"\xff\xff" and raw[16:20] == EXPERIMENTER_BYTES


def encode_request(request: Request, *, version: int, xid: int) -> bytes:
    """A whole OpenFlow message. Raises EncodeError."""
    return _frame(Type.MULTIPART_REQUEST, request.EXP_TYPE, request.encode(), version=version, xid=xid, more=False)


def frame_reply(exp_type: int, body: bytes, *, version: int, xid: int, more: bool) -> bytes:
    """A whole OpenFlow message around the body of one part of a reply. Raises EncodeError."""
    return _frame(Type.MULTIPART_REPLY, exp_type, body, version=version, xid=xid, more=more)


def encode_reply(reply: Reply, *, version: int, xid: int, more: bool = False) -> bytes:
    """A whole OpenFlow message. Raises EncodeError; many records go through `parts`."""
    return frame_reply(reply.EXP_TYPE, reply.encode(), version=version, xid=xid, more=more)


def parts(records: Iterable[bytes], limit: int = MAX_PART_SIZE) -> Iterator[tuple[bytes, bool]]:
    """Bodies of at most `limit` bytes (but at least one record), and whether more follow; one empty body for none."""
    held: list[bytes] = []
    size = 0
    for record in records:
        if held and size + len(record) > limit:
            yield b"".join(held), True
            held, size = [], 0
        held.append(record)
        size += len(record)
    yield b"".join(held), False


def decode_multipart(raw: bytes) -> Multipart:
    """Reads a whole OpenFlow message for which `is_l7_multipart` holds.

    Raises DecodeError, whose offset counts from the message's start.
    """
    if not is_l7_multipart(raw):
        raise DecodeError(8, f"a multipart message of experimenter {EXPERIMENTER_ID:#010x}", raw[8:HEADER_SIZE])
    header = read_header(raw)
    if header.size != len(raw):
        raise DecodeError(2, f"a message length of {len(raw)}", raw[2:4])
    flags, exp_type = int.from_bytes(raw[10:12], "big"), int.from_bytes(raw[20:24], "big")
    is_request = header.type == Type.MULTIPART_REQUEST
    if is_request and flags & OFPMPF_MORE:
        raise DecodeError(10, "a request in one message, without OFPMPF_REQ_MORE", raw[10:12])
    try:
        message = decode_stats(exp_type, raw[HEADER_SIZE:], is_request=is_request)
    except DecodeError as error:
        raise error.moved(HEADER_SIZE) from None
    return Multipart(version=header.version, xid=header.xid, more=bool(flags & OFPMPF_MORE), message=message)


def decode_stats(exp_type: int, body: bytes, *, is_request: bool) -> Request | Reply | UnknownStats:
    """Reads a body, as os-ken delivers it. Raises DecodeError, whose offset counts from the body's start."""
    decoder = (_REQUESTS if is_request else _REPLIES).get(exp_type)
    return decoder(bytes(body)) if decoder else UnknownStats(exp_type=exp_type, body=bytes(body))


_MULTIPART = struct.Struct("!HH4xII")  # type, flags, four zero bytes, experimenter, exp_type

_REQUESTS: Final[Mapping[int, Callable[[bytes], Request]]] = {
    FlowStatsRequest.EXP_TYPE: FlowStatsRequest.decode,
    AppStatsRequest.EXP_TYPE: AppStatsRequest.decode,
    UserStatsRequest.EXP_TYPE: UserStatsRequest.decode,
    EngineStatsRequest.EXP_TYPE: EngineStatsRequest.decode,
    PluginStatsRequest.EXP_TYPE: PluginStatsRequest.decode,
    CatalogueStatsRequest.EXP_TYPE: CatalogueStatsRequest.decode,
}
_REPLIES: Final[Mapping[int, Callable[[bytes], Reply]]] = {
    FlowStatsReply.EXP_TYPE: FlowStatsReply.decode,
    AppStatsReply.EXP_TYPE: AppStatsReply.decode,
    UserStatsReply.EXP_TYPE: UserStatsReply.decode,
    EngineStatsReply.EXP_TYPE: EngineStatsReply.decode,
    PluginStatsReply.EXP_TYPE: PluginStatsReply.decode,
    CatalogueStatsReply.EXP_TYPE: CatalogueStatsReply.decode,
}


def _frame(kind: int, exp_type: int, body: bytes, *, version: int, xid: int, more: bool) -> bytes:
    flags = OFPMPF_MORE if more else 0
    head = wire.pack("multipart", _MULTIPART, OFPMP_EXPERIMENTER, flags, EXPERIMENTER_ID, exp_type)
    return build(version, kind, xid, head + body)
