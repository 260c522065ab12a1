"""Lowers and raises the matches in whole OpenFlow messages (1.3, 1.4, 1.5).

Messages without L7 come back as the same object; most are told apart by their type byte, the others by a search for the
bytes without which no L7 can be in them.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from ofext import lowering, oxm
from ofext.errors import DecodeError, EncodeError, MatchError
from ofext.ids import EXPERIMENTER_BYTES
from ofext.openflow.header import HEADER_SIZE, MAX_MESSAGE_SIZE, Type, Version
from ofext.openflow.table_features import TABLE_FEATURES_TYPE, advertise, take_back
from ofext.oxm import Oxm
from ofext.predicates import Predicate, PredicateTable


def predicates_of_message(message: bytes, check: Callable[[Predicate], None] = lambda _: None) -> tuple[Predicate, ...]:
    """Predicates that a message from the controller needs bits for: those of rules that it adds or wants to watch.

    Rules that are deleted, modified or asked for have theirs already. `check` is shown each predicate and may raise
    MatchError. Raises DecodeError or MatchValueError, the latter with the offset of the field.
    """
    found: list[Predicate] = []

    def collect(fields: Fields) -> Fields:
        found.extend(lowering.predicates_of(fields, check))
        return fields

    _lower_with(message, _Changes(add=collect, ask=lambda fields: fields))
    return tuple(dict.fromkeys(found))


def lower_message(message: bytes, predicates: PredicateTable) -> bytes:
    """A message from the controller as Open vSwitch understands it.

    Changes FLOW_MOD (alone or in a bundle), flow and aggregate statistics requests, flow monitor requests; takes L7
    fields out of requests that set table features. Raises DecodeError, MatchValueError, MatchConflictError,
    UnknownPatternError (each of these with the offset of the field), or EncodeError (too big when lowered).
    """
    changes = _Changes(
        add=lambda fields: lowering.lower(fields, predicates),
        ask=lambda fields: lowering.lower(fields, predicates, asks=True),
    )
    return _lower_with(message, changes)


def raise_message(message: bytes, predicates: PredicateTable, *, edge_zone: int | None = None) -> bytes:
    """A message from Open vSwitch with L7 fields: flow statistics, FLOW_REMOVED, flow monitor updates, PACKET_IN, table
    features, and the controller's message that an ERROR quotes, where it quotes the whole of it (as Open vSwitch does).

    To a PACKET_IN L7 fields are added when its `ct_zone` is `edge_zone` (None: not at all); the ct fields stay.
    Statistics that have become too big for one message are returned as several messages, one after the other. Raises
    DecodeError.
    """
    if len(message) < HEADER_SIZE:
        raise DecodeError(0, "an OpenFlow header of 8 bytes", message)
    kind = message[1]
    if kind == Type.PACKET_IN:
        return message if edge_zone is None else _raise_packet_in(message, edge_zone)
    if kind == Type.MULTIPART_REPLY and message[8:10] == TABLE_FEATURES_TYPE:
        return b"".join(replies(message, [advertise(entry) for entry in entries(message)]))
    if kind not in _UP or _MASKED_LABEL_HEADER not in message:
        return message

    def change(fields: Fields) -> Fields:
        return lowering.raise_(fields, predicates)

    if kind == Type.ERROR:
        return _raise_error(message, _Changes(add=change, ask=change))
    return change_matches_up(message, change)


def change_matches_down(message: bytes, change: "Change") -> bytes:
    """A message from the controller with a change made to every match. Raises what the change does, or DecodeError."""
    return _rewrite_down(message, _Changes(add=change, ask=change))


def change_matches_up(message: bytes, change: "Change") -> bytes:
    """A message from the switch with a change made to every match: flow statistics, FLOW_REMOVED, flow monitor updates,
    PACKET_IN. What has become too big is as in `raise_message`. Raises DecodeError.
    """
    kind = message[1]
    if kind == Type.PACKET_IN:
        return fix_size(_rewrite_match(message, _PACKET_IN_MATCH, change))
    if kind == Type.FLOW_REMOVED:
        at = _FLOW_REMOVED_MATCH_1_5 if message[0] >= Version.OF_1_5 else _FLOW_REMOVED_MATCH
        return fix_size(_rewrite_match(message, at, change))
    return _raise_multipart(message, change) if kind == Type.MULTIPART_REPLY else message


Fields = tuple[Oxm, ...]
Change = Callable[[Fields], Fields]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Changes:
    """What is done to matches on the way down."""

    add: Change
    """To those of rules that come, and of monitors, which will see rules that come."""
    ask: Change
    """To those that select among rules."""


_MASKED_LABEL_HEADER: Final = oxm.ct_label(0, 0).encode()[: oxm.HEADER_SIZE]

_DOWN: Final = frozenset({Type.FLOW_MOD, Type.MULTIPART_REQUEST, Type.BUNDLE_ADD_MESSAGE, Type.EXPERIMENTER})
_UP: Final = frozenset({Type.MULTIPART_REPLY, Type.FLOW_REMOVED, Type.ERROR})

_FLOW_MOD_COMMAND: Final = 25
_ADD: Final = 0  # OFPFC_ADD; since 1.1 the other commands add no rule
_FLOW_MOD_MATCH: Final = 48  # bytes before the ofp_match, from the start of the message
_STATS_REQUEST_MATCH: Final = 48
_FLOW_REMOVED_MATCH: Final = 48
_FLOW_REMOVED_MATCH_1_5: Final = 24
_PACKET_IN_MATCH: Final = 24

_MULTIPART_BODY: Final = 16  # offset of the body of a multipart message
_FLOW: Final = 1  # OFPMP_FLOW, since 1.5 OFPMP_FLOW_DESC
_AGGREGATE: Final = 2
_FLOW_MONITOR: Final = 16  # since 1.4
_FLOW_STATS_1_5: Final = 17
_REPLY_MORE: Final = 0x0001  # OFPMPF_REPLY_MORE

_MONITOR_REQUEST_MATCH: Final = 16  # bytes before the ofp_match, from the start of an entry
_FLOW_STATS_MATCH: Final = 48
_FLOW_DESC_MATCH_1_5: Final = 24
_FLOW_STATS_MATCH_1_5: Final = 8
_UPDATE_MATCH: Final = 24
_LAST_FULL_UPDATE: Final = 3  # OFPFME_INITIAL, ADDED, REMOVED, MODIFIED carry a match

_QUOTED: Final = 12  # offset of the offending message in an ERROR
_BUNDLED: Final = 16  # offset of the message in a BUNDLE_ADD_MESSAGE
_ONF_BUNDLED: Final = 24  # the same in ONF extension 230 to 1.3
_ONF_BUNDLE_ADD: Final = bytes.fromhex("4f4e4600000008fd")  # experimenter ONF, exp_type 2301


def _lower_with(message: bytes, changes: _Changes) -> bytes:
    """Applies changes to the matches of a message from the controller, if it may have L7 fields."""
    if len(message) < HEADER_SIZE:
        raise DecodeError(0, "an OpenFlow header of 8 bytes", message)
    if message[1] not in _DOWN or EXPERIMENTER_BYTES not in message:
        return message
    return _rewrite_down(message, changes)


def _rewrite_down(message: bytes, changes: _Changes) -> bytes:
    """Applies changes to every match of a message of a type that goes down."""
    kind = message[1]
    if kind == Type.FLOW_MOD:
        is_add = message[_FLOW_MOD_COMMAND : _FLOW_MOD_COMMAND + 1] == bytes([_ADD])
        return fix_size(_rewrite_match(message, _FLOW_MOD_MATCH, changes.add if is_add else changes.ask))
    if kind == Type.MULTIPART_REQUEST:
        return _lower_multipart(message, changes)
    if kind == Type.BUNDLE_ADD_MESSAGE:
        return _rewrite_bundled(message, _BUNDLED, changes)
    if kind == Type.EXPERIMENTER and message[HEADER_SIZE : HEADER_SIZE + 8] == _ONF_BUNDLE_ADD:
        return _rewrite_bundled(message, _ONF_BUNDLED, changes)
    return message


def _rewrite_match(data: bytes, at: int, change: Change) -> bytes:
    """`data` with the `ofp_match` at offset `at` changed; the same object when nothing changed."""
    fields, end = oxm.decode_match(data, at)
    try:
        changed = change(fields)
    except MatchError as error:
        error.offset = at + oxm.MATCH_HEADER_SIZE + len(oxm.encode_fields(fields[: error.index or 0]))
        raise
    if changed == fields:
        return data
    return data[:at] + oxm.encode_match(changed) + data[end:]


def fix_size(message: bytes) -> bytes:
    """The message with its true size in the header. Raises EncodeError when that has no room for it."""
    size = len(message)
    if int.from_bytes(message[2:4], "big") == size:
        return message
    if size > MAX_MESSAGE_SIZE:
        raise EncodeError("message", size, f"at most {MAX_MESSAGE_SIZE} bytes")
    return message[:2] + size.to_bytes(2, "big") + message[4:]


def _rewrite_bundled(message: bytes, at: int, changes: _Changes) -> bytes:
    if len(message) < at + HEADER_SIZE:
        raise DecodeError(at, "the header of a bundled message", message[at:])
    end = at + int.from_bytes(message[at + 2 : at + 4], "big")
    if not at + HEADER_SIZE <= end <= len(message):
        raise DecodeError(at + 2, f"a bundled message of 8 to {len(message) - at} bytes", message[at + 2 : at + 4])
    inner = message[at:end]
    try:
        changed = _rewrite_down(inner, changes) if inner[1] == Type.FLOW_MOD else inner
    except DecodeError as error:
        raise error.moved(at) from None
    except MatchError as error:
        error.offset = at + (error.offset or 0)
        raise
    return message if changed is inner else fix_size(message[:at] + changed + message[end:])


def _lower_multipart(message: bytes, changes: _Changes) -> bytes:
    kind = _multipart_type(message)
    if message[8:10] == TABLE_FEATURES_TYPE:
        kept = b"".join(take_back(entry) for entry in entries(message))
        return fix_size(message[:_MULTIPART_BODY] + kept)
    if kind in (_FLOW, _AGGREGATE) or (kind == _FLOW_STATS_1_5 and message[0] >= Version.OF_1_5):
        return fix_size(_rewrite_match(message, _STATS_REQUEST_MATCH, changes.ask))
    if kind != _FLOW_MONITOR or message[0] < Version.OF_1_4:
        return message
    parts = [message[:_MULTIPART_BODY]]
    offset = _MULTIPART_BODY
    while offset < len(message):
        _, end = oxm.decode_match(message, offset + _MONITOR_REQUEST_MATCH)
        at = offset
        try:
            parts.append(_rewrite_match(message[at:end], _MONITOR_REQUEST_MATCH, changes.add))
        except MatchError as error:
            error.offset = at + (error.offset or 0)
            raise
        offset = end
    changed = b"".join(parts)
    return message if changed == message else fix_size(changed)


def _raise_multipart(message: bytes, change: Change) -> bytes:
    kind = _multipart_type(message)
    is_monitor = kind == _FLOW_MONITOR and message[0] >= Version.OF_1_4
    match_at = _UPDATE_MATCH if is_monitor else _stats_match(kind, message[0])
    if match_at is None:
        return message
    changed = []
    has_changed = False
    for entry in entries(message):
        is_brief = is_monitor and int.from_bytes(entry[2:4], "big") > _LAST_FULL_UPDATE
        raised = entry if is_brief else _fix_entry(_rewrite_match(entry, match_at, change))
        has_changed = has_changed or raised is not entry
        changed.append(raised)
    return b"".join(replies(message, changed)) if has_changed else message


def _stats_match(kind: int, version: int) -> int | None:
    """Offset of the match in an entry of flow statistics; None for other multipart messages."""
    if version < Version.OF_1_5:
        return _FLOW_STATS_MATCH if kind == _FLOW else None
    return {_FLOW: _FLOW_DESC_MATCH_1_5, _FLOW_STATS_1_5: _FLOW_STATS_MATCH_1_5}.get(kind)


def _multipart_type(message: bytes) -> int:
    if len(message) < _MULTIPART_BODY:
        raise DecodeError(HEADER_SIZE, "a multipart header", message[HEADER_SIZE:])
    return int.from_bytes(message[8:10], "big")


def entries(message: bytes) -> Iterator[bytes]:
    """The entries of a multipart reply; each begins with its size (16 bits)."""
    offset = _MULTIPART_BODY
    while offset < len(message):
        size = int.from_bytes(message[offset : offset + 2], "big")
        if not oxm.ALIGNMENT <= size <= len(message) - offset:
            expected = f"an entry size of {oxm.ALIGNMENT} to {len(message) - offset}"
            raise DecodeError(offset, expected, message[offset : offset + 2])
        yield message[offset : offset + size]
        offset += size


def _fix_entry(entry: bytes) -> bytes:
    size = len(entry)
    return entry if int.from_bytes(entry[:2], "big") == size else size.to_bytes(2, "big") + entry[2:]


def replies(message: bytes, held_entries: list[bytes]) -> Iterator[bytes]:
    """Multipart replies that hold the entries: as few as possible, all but the last with OFPMPF_REPLY_MORE."""
    head = message[:_MULTIPART_BODY]
    flags = int.from_bytes(head[10:12], "big")
    more = head[:10] + (flags | _REPLY_MORE).to_bytes(2, "big") + head[12:]
    held: list[bytes] = []
    size = _MULTIPART_BODY
    for entry in held_entries:
        if held and size + len(entry) > MAX_MESSAGE_SIZE:
            yield fix_size(more + b"".join(held))
            held, size = [], _MULTIPART_BODY
        held.append(entry)
        size += len(entry)
    yield fix_size(head + b"".join(held))


def _raise_error(message: bytes, changes: _Changes) -> bytes:
    """Raises the message that an error quotes; one that is not whole, or has no room, stays as it is."""
    quoted = message[_QUOTED:]
    if len(quoted) < HEADER_SIZE or int.from_bytes(quoted[2:4], "big") != len(quoted):
        return message
    try:
        raised = _rewrite_down(quoted, changes)
        return message if raised is quoted else fix_size(message[:_QUOTED] + raised)
    except (DecodeError, EncodeError):
        return message


def _raise_packet_in(message: bytes, edge_zone: int) -> bytes:
    """Adds L7 fields to a packet of the edge zone; a message that has no room for them stays as it is."""
    fields, end = oxm.decode_match(message, _PACKET_IN_MATCH)
    zone = next((field for field in fields if oxm.is_nxm(field, oxm.NXM_NX_CT_ZONE)), None)
    if zone is None or int.from_bytes(zone.value, "big") != edge_zone:
        return message
    raised = message[:_PACKET_IN_MATCH] + oxm.encode_match(lowering.describe(fields)) + message[end:]
    return message if len(raised) > MAX_MESSAGE_SIZE else fix_size(raised)
