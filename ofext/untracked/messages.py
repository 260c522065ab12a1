"""Whole messages between a controller and a switch without a connection tracker (OpenFlow 1.3, 1.4, 1.5).

Down: matches and actions, and the agent's own tables are out of reach. Up: the same back, and nothing of those tables.
Requests about all tables are not looked at here (`ofext.untracked.everything`).
"""

from collections.abc import Callable
from typing import Final

from ofext.errors import DecodeError, EncodeError, MatchError
from ofext.openflow import rewrite
from ofext.openflow.header import HEADER_SIZE, Type, Version
from ofext.oxm import padded
from ofext.untracked import actions, registers, tables
from ofext.untracked.errors import OwnTableError, UntrackedError

FLOW, AGGREGATE, TABLE, TABLE_FEATURES, TABLE_DESC, FLOW_MONITOR, FLOW_STATS_1_5 = 1, 2, 3, 12, 14, 16, 17
"""Types of multipart messages (OFPMP_)."""

FLOW_MOD_TABLE: Final = 24  # offset
FLOW_MOD_COMMAND: Final = 25
MULTIPART_TYPE: Final = 8
MULTIPART_BODY: Final = 16


def to_rules(message: bytes) -> bytes:
    """A message from the controller as the switch understands it.

    Raises UntrackedMatchError, UntrackedError, OwnTableError and DecodeError with the offset of what cannot be had,
    and EncodeError for what has become too long.
    """
    kind = message[1]
    if kind == Type.FLOW_MOD:
        return _flow_mod_down(message)
    if kind == Type.PACKET_OUT:
        return _packet_out_down(message)
    if kind == Type.GROUP_MOD:
        return _refuse_groups(message)
    at = bundled_at(message)
    if at is not None:
        return with_bundled(message, at, to_rules)
    if kind == Type.MULTIPART_REQUEST:
        _check_table(message, MULTIPART_BODY if asks_flows(message) else None)
        return rewrite.change_matches_down(message, registers.to_registers)
    return message


def from_rules(message: bytes) -> bytes:
    """A message from the switch, of which nothing but the controller's own is left; statistics may be several messages.

    Raises DecodeError.
    """
    kind = message[1]
    if kind == Type.FEATURES_REPLY and len(message) > _FEATURES_TABLES:
        seen = min(message[_FEATURES_TABLES], tables.FIRST_OWN_TABLE)
        return message[:_FEATURES_TABLES] + bytes([seen]) + message[_FEATURES_TABLES + 1 :]
    if kind == Type.ERROR:
        return _error_up(message)
    if kind in (Type.PACKET_IN, Type.FLOW_REMOVED):
        return rewrite.change_matches_up(message, registers.from_registers)
    return _multipart_up(message) if kind == Type.MULTIPART_REPLY else message


def bundled_at(message: bytes) -> int | None:
    """Where in a message that adds to a bundle the other message begins; None for what adds to none."""
    if message[1] == Type.BUNDLE_ADD_MESSAGE and message[0] > Version.OF_1_3:
        return 16
    is_onf = message[1] == Type.EXPERIMENTER and message[8:16] == _ONF_BUNDLE_ADD
    return 24 if is_onf else None


def with_bundled(message: bytes, at: int, change: Callable[[bytes], bytes]) -> bytes:
    """A message with another one in it changed; errors count from its start."""
    if len(message) < at + HEADER_SIZE:
        raise DecodeError(at, "the header of a bundled message", message[at:])
    end = at + int.from_bytes(message[at + 2 : at + 4], "big")
    if not at + HEADER_SIZE <= end <= len(message):
        raise DecodeError(at + 2, f"a bundled message of 8 to {len(message) - at} bytes", message[at + 2 : at + 4])
    try:
        changed = change(message[at:end])
    except MatchError as error:
        error.offset = at + (error.offset or 0)
        raise
    except (DecodeError, UntrackedError, OwnTableError) as error:
        raise error.moved(at) from None
    return rewrite.fix_size(message[:at] + changed + message[end:])


_ONF_BUNDLE_ADD: Final = bytes.fromhex("4f4e4600000008fd")  # experimenter ONF, exp_type 2301
_FEATURES_TABLES: Final = 20
_FLOW_MOD_MATCH: Final = 48
_GOTO_TABLE: Final = 1  # OFPIT_
_WITH_ACTIONS: Final = frozenset({3, 4})  # OFPIT_WRITE_ACTIONS, OFPIT_APPLY_ACTIONS
_QUOTED: Final = 12  # offset of the offending message in an ERROR
_LAST_FULL_UPDATE: Final = 3  # OFPFME_INITIAL, ADDED, REMOVED, MODIFIED
_CT_ACTION: Final = actions.NICIRA.to_bytes(4, "big") + actions.CT.to_bytes(2, "big")


def _flow_mod_down(message: bytes) -> bytes:
    _check_table(message, FLOW_MOD_TABLE)
    changed = rewrite.change_matches_down(message, registers.to_registers)
    try:
        return rewrite.fix_size(_with_instructions(changed, _behind_match(changed, _FLOW_MOD_MATCH), actions.to_rules))
    except (DecodeError, UntrackedError, OwnTableError) as error:
        raise error.moved(len(message) - len(changed)) from None  # where it stands in the controller's own message


def _packet_out_down(message: bytes) -> bytes:
    if message[0] >= Version.OF_1_5:
        size, at = message[12:14], _behind_match(message, 16)
    else:
        size, at = message[16:18], 24
    end = at + int.from_bytes(size, "big")
    if end > len(message):
        raise DecodeError(at, "the actions of a PACKET_OUT", message[at:])
    try:
        changed = actions.to_rules(message[at:end])
    except (DecodeError, UntrackedError, OwnTableError) as error:
        raise error.moved(at) from None
    if len(changed) == end - at:
        return message[:at] + changed + message[end:]
    place = 12 if message[0] >= Version.OF_1_5 else 16
    head = message[:place] + len(changed).to_bytes(2, "big") + message[place + 2 : at]
    return rewrite.fix_size(head + changed + message[end:])


def _refuse_groups(message: bytes) -> bytes:
    at = message.find(_CT_ACTION)
    if at >= 0:
        raise UntrackedError(at, message[at:], "ct cannot stand in a group")
    return message


def asks_flows(message: bytes) -> bool:
    """Whether a MULTIPART_REQUEST is about flows of a table, whose number is the first byte of its body."""
    kind = int.from_bytes(message[MULTIPART_TYPE : MULTIPART_TYPE + 2], "big")
    return kind in (FLOW, AGGREGATE) or (kind == FLOW_STATS_1_5 and message[0] >= Version.OF_1_5)


def _check_table(message: bytes, at: int | None) -> None:
    """Raises OwnTableError for a message about one of the agent's tables."""
    if at is not None and at < len(message) and tables.FIRST_OWN_TABLE <= message[at] <= tables.LAST_TABLE:
        raise OwnTableError(at, message[at])


def _behind_match(data: bytes, at: int) -> int:
    """The offset behind an `ofp_match`. Raises DecodeError."""
    end = at + padded(int.from_bytes(data[at + 2 : at + 4], "big"))
    if not at + 4 <= end <= len(data):
        raise DecodeError(at + 2, f"a match size of 4 to {len(data) - at}, padded", data[at + 2 : at + 4])
    return end


def _with_instructions(data: bytes, start: int, change: Callable[[bytes], bytes]) -> bytes:
    """`data` with a change made to the actions of the instructions from `start` on."""
    parts = [data[:start]]
    at = start
    while at < len(data):
        kind, size = (int.from_bytes(data[at + n : at + n + 2], "big") for n in (0, 2))
        if not HEADER_SIZE <= size <= len(data) - at:
            raise DecodeError(at + 2, f"an instruction of 8 to {len(data) - at} bytes", data[at + 2 : at + 4])
        instruction = data[at : at + size]
        if kind == _GOTO_TABLE and tables.FIRST_OWN_TABLE <= instruction[4] <= tables.LAST_TABLE:
            raise OwnTableError(at + 4, instruction[4])
        if kind in _WITH_ACTIONS:
            try:
                changed = change(instruction[HEADER_SIZE:])
            except (DecodeError, UntrackedError, OwnTableError) as error:
                raise error.moved(at + HEADER_SIZE) from None
            size_now = (HEADER_SIZE + len(changed)).to_bytes(2, "big")
            instruction = instruction[:2] + size_now + instruction[4:HEADER_SIZE] + changed
        parts.append(instruction)
        at += size
    return b"".join(parts)


def _error_up(message: bytes) -> bytes:
    """With the controller's FLOW_MOD in it, where the error quotes the whole of it."""
    quoted = message[_QUOTED:]
    if quoted[1:2] != bytes([Type.FLOW_MOD]) or int.from_bytes(quoted[2:4], "big") != len(quoted):
        return message
    try:
        raised = rewrite.change_matches_down(quoted, registers.from_registers)
        raised = _with_instructions(raised, _behind_match(raised, _FLOW_MOD_MATCH), actions.from_rules)
        return rewrite.fix_size(message[:_QUOTED] + rewrite.fix_size(raised))
    except (DecodeError, EncodeError):
        return message


def _multipart_up(message: bytes) -> bytes:
    kind = int.from_bytes(message[MULTIPART_TYPE : MULTIPART_TYPE + 2], "big")
    if kind == TABLE:
        body = message[MULTIPART_BODY:]
        rows = (body[at : at + _TABLE_STATS_SIZE] for at in range(0, len(body), _TABLE_STATS_SIZE))
        kept = [row for row in rows if row[0] < tables.FIRST_OWN_TABLE]
        return rewrite.fix_size(message[:MULTIPART_BODY] + b"".join(kept))
    places = _places(kind, message[0])
    if places is None:
        return message
    table_at, behind = places
    kept = []
    for entry in rewrite.entries(message):
        if kind == FLOW_MONITOR and int.from_bytes(entry[2:4], "big") > _LAST_FULL_UPDATE:
            kept.append(entry)
        elif len(entry) > table_at and entry[table_at] < tables.FIRST_OWN_TABLE:
            start = behind(entry)
            changed = entry if start is None else _with_instructions(entry, start, actions.from_rules)
            kept.append(len(changed).to_bytes(2, "big") + changed[2:])
    joined = b"".join(rewrite.replies(message, kept))
    if kind in (TABLE_FEATURES, TABLE_DESC):
        return joined
    return b"".join(rewrite.change_matches_up(each, registers.from_registers) for each in split(joined))


def split(messages: bytes) -> list[bytes]:
    """Whole messages, one after the other."""
    found = []
    at = 0
    while at < len(messages):
        size = int.from_bytes(messages[at + 2 : at + 4], "big")
        if size < HEADER_SIZE:
            raise DecodeError(at + 2, "the size of a message", messages[at + 2 : at + 4])
        found.append(messages[at : at + size])
        at += size
    return found


_TABLE_STATS_SIZE: Final = 24  # ofp_table_stats (1.3 §7.3.5.4)


def _places(kind: int, version: int) -> tuple[int, Callable[[bytes], int | None]] | None:
    """Where an entry names its table, and where its instructions begin; None for kinds without tables."""
    if kind == FLOW and version < Version.OF_1_5:
        return 2, lambda entry: _behind_match(entry, 48)
    if kind == FLOW:
        return 4, _behind_stats
    if kind == FLOW_STATS_1_5 and version >= Version.OF_1_5:
        return 4, lambda _: None
    if kind == FLOW_MONITOR and version >= Version.OF_1_4:
        return 4, lambda entry: _behind_match(entry, 24)
    return (2, lambda _: None) if kind in (TABLE_FEATURES, TABLE_DESC) else None


def _behind_stats(entry: bytes) -> int:
    """Of ofp_flow_desc (1.5 §7.3.5.2): behind the match there are statistics, with their size at offset 2, padded."""
    at = _behind_match(entry, 24)
    return at + padded(int.from_bytes(entry[at + 2 : at + 4], "big"))
