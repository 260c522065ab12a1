"""Lists of actions: conntrack's become look-ups and rules, and back. Pure functions over bytes.

`ct(zone=Z, table=N)` becomes `clone(set reg13=Z, resubmit(,253), resubmit(,N))`: table 253 loads what is known of the
packet's connection, the clone keeps that from the actions behind. With `commit` there is `resubmit(,252)` between the
two; with `exec(…)` that of the registers, and `resubmit(,251)`. `ct_clear` becomes `resubmit(,250)`. Nothing else that
a controller may send looks like this, as registers and tables are the agent's.
"""

import struct
from collections.abc import Callable, Iterator
from typing import Final

from ofext import oxm
from ofext.errors import DecodeError
from ofext.oxm import padded
from ofext.untracked import registers, tables
from ofext.untracked.errors import OwnTableError, UntrackedError

NICIRA: Final = 0x00002320
OFPAT_SET_FIELD: Final = 25
OFPAT_EXPERIMENTER: Final = 0xFFFF
OFPAT_COPY_FIELD: Final = 28  # since 1.5
REG_MOVE: Final = 6  # subtypes of Nicira's actions
REG_LOAD: Final = 7
RESUBMIT_TABLE: Final = 14
REG_LOAD2: Final = 33
CT: Final = 35
CLONE: Final = 42
CT_CLEAR: Final = 43
RESUBMIT_TABLE_CT: Final = 44

MAX_NESTING: Final = 16  # clones in clones; Open vSwitch itself takes 64 of all kinds


def to_rules(actions: bytes, depth: int = 0) -> bytes:
    """The actions for a switch without a connection tracker.

    Raises DecodeError, UntrackedError and OwnTableError, with the offset in `actions`.
    """
    return _each(actions, lambda action: _to_rules(action, depth))


def from_rules(actions: bytes) -> bytes:
    """The inverse: actions that a switch reports, as the controller sent them. Raises DecodeError."""
    return _each(actions, _from_rules)


_ACTION = struct.Struct("!HH")  # type, size
_NX_ACTION = struct.Struct("!HHIH")  # type, size, experimenter, subtype
_CT = struct.Struct("!HHIHHIHB3xH")  # type, size, experimenter, subtype, flags, zone from, zone, table, helper
_RESUBMIT = struct.Struct("!HHIHHB3x")  # type, size, experimenter, subtype, port, table
_REG_MOVE = struct.Struct("!HHIHHHHII")  # type, size, experimenter, subtype, bits, offsets, fields from and to
_CLONE_BODY: Final = 16

_COMMIT: Final = 1
_NO_TABLE: Final = 0xFF
_IN_PORT: Final = 0xFFF8  # OFPP_IN_PORT as OpenFlow 1.0 writes it


def _all_headers() -> Iterator[bytes]:
    own = [oxm.nxm(number, 0, None, 4) for number in sorted(registers.OWN_REGISTERS)]
    own += [oxm.nxm(registers.LABEL_XXREG, 0, None, 16), oxm.nxm(registers.LABEL_XXREG + 1, 0, None, 16)]
    own += [oxm.Oxm(registers.CLASS_PACKET_REGISTERS, number, False, bytes(8)) for number in range(4, 8)]
    own += [oxm.ct_state(0), oxm.ct_zone(0), oxm.ct_mark(0), oxm.ct_label(0)]
    for field in own:
        yield field.encode()[: oxm.HEADER_SIZE]
        size = 2 * len(field.payload)
        yield oxm.Oxm(field.oxm_class, field.field, True, bytes(size)).encode()[: oxm.HEADER_SIZE]


_HEADERS: Final = tuple(_all_headers())


def _each(actions: bytes, change: Callable[[bytes], bytes]) -> bytes:
    changed = []
    offset = 0
    while offset < len(actions):
        size = int.from_bytes(actions[offset + 2 : offset + 4], "big")
        if size < 8 or size % 8 or size > len(actions) - offset:
            expected = f"an action of 8 to {len(actions) - offset} bytes"
            raise DecodeError(offset + 2, expected, actions[offset + 2 : offset + 4])
        try:
            changed.append(change(actions[offset : offset + size]))
        except (DecodeError, UntrackedError, OwnTableError) as error:
            raise error.moved(offset) from None
        offset += size
    return b"".join(changed)


def _subtype(action: bytes) -> int | None:
    """Of an action of Nicira's; None for others."""
    if len(action) < 16:
        return None
    kind, _, experimenter, subtype = _NX_ACTION.unpack_from(action)
    return subtype if (kind, experimenter) == (OFPAT_EXPERIMENTER, NICIRA) else None


def _to_rules(action: bytes, depth: int) -> bytes:
    subtype = _subtype(action)
    if subtype == CT:
        return _conntrack_to_rules(action)
    if subtype == CT_CLEAR:
        return _resubmit(tables.CLEAR)
    if subtype == RESUBMIT_TABLE_CT:
        raise UntrackedError(0, action, "no look-up by the addresses before translation")
    if subtype == RESUBMIT_TABLE and tables.FIRST_OWN_TABLE <= action[12] <= tables.LAST_TABLE:
        raise OwnTableError(12, action[12])
    if subtype == CLONE:
        if depth == MAX_NESTING:
            raise UntrackedError(0, action, f"actions are nested more than {MAX_NESTING} deep")
        return _clone(_moved_in(_CLONE_BODY, lambda: to_rules(action[_CLONE_BODY:], depth + 1)))
    if subtype == REG_MOVE and len(action) == _REG_MOVE.size:
        action = _with_source(action, down=True)
    if any(header in _fields_in(action, subtype) for header in _HEADERS):
        raise UntrackedError(0, action, "registers 8 to 14 and conntrack's fields cannot be used so")
    return action


def _fields_in(action: bytes, subtype: int | None) -> bytes:
    """The part of an action that names fields, without values that might look like one."""
    kind = int.from_bytes(action[:2], "big")
    if kind == OFPAT_SET_FIELD:
        return action[4:8]
    at = {REG_MOVE: 20, REG_LOAD: 12, REG_LOAD2: 16}.get(subtype or 0)
    if at is not None:
        return action[at : at + 4]
    return action[4:] if kind in (OFPAT_EXPERIMENTER, OFPAT_COPY_FIELD) else b""


def _from_rules(action: bytes) -> bytes:
    subtype = _subtype(action)
    if subtype == CLONE:
        nested = action[_CLONE_BODY:]
        return _conntrack_of(nested) or _clone(from_rules(nested))
    if subtype == RESUBMIT_TABLE and action[12] == tables.CLEAR:
        return _NX_ACTION.pack(OFPAT_EXPERIMENTER, 16, NICIRA, CT_CLEAR) + bytes(6)
    if subtype == REG_MOVE and len(action) == _REG_MOVE.size:
        return _with_source(action, down=False)
    return action


def _conntrack_to_rules(action: bytes) -> bytes:
    if len(action) < _CT.size:
        raise DecodeError(0, f"a ct action of at least {_CT.size} bytes", action)
    *_, flags, zone_from, zone, table, helper = _CT.unpack_from(action)
    nested = action[_CT.size :]
    if flags & ~_COMMIT or zone_from or helper:
        raise UntrackedError(0, action, "of ct's parameters only commit, a fixed zone, table and exec can be had")
    if tables.FIRST_OWN_TABLE <= table <= tables.LAST_TABLE:
        raise OwnTableError(19, table)
    if nested and not flags & _COMMIT:
        raise UntrackedError(0, action, "exec without commit")
    steps = [_set_zone(zone), _resubmit(tables.LOOK_UP)]
    if flags & _COMMIT:
        sets = _moved_in(_CT.size, lambda: _each(nested, _set_down))
        steps += [sets, _resubmit(tables.OVERWRITE if nested else tables.COMMIT)]
    if table != _NO_TABLE:
        steps.append(_resubmit(table))
    return _clone(b"".join(steps))


def _conntrack_of(nested: bytes) -> bytes | None:
    """The ct action that the actions in a clone stand for; None when they stand for themselves."""
    steps = _steps(nested)
    zone = _zone_of(steps[0]) if len(steps) > 1 else None
    if zone is None or _table_of(steps[1]) != tables.LOOK_UP:
        return None
    flags, table, sets = 0, _NO_TABLE, b""
    for step in steps[2:]:
        to = _table_of(step)
        if to in (tables.COMMIT, tables.OVERWRITE):
            flags = _COMMIT
        elif to is not None:
            table = to
        else:
            sets += _renamed_set(step, down=False)
    size = _CT.size + len(sets)
    return _CT.pack(OFPAT_EXPERIMENTER, size, NICIRA, CT, flags, 0, zone, table, 0) + sets


def _steps(actions: bytes) -> list[bytes]:
    found: list[bytes] = []

    def note(action: bytes) -> bytes:
        found.append(action)
        return action

    _each(actions, note)
    return found


def _set_down(action: bytes) -> bytes:
    """An action in exec(…): sets the connection's mark or label."""
    renamed = _renamed_set(action, down=True)
    if renamed == action:
        raise UntrackedError(0, action, "only mark and label of a connection can be set")
    return renamed


def _renamed_set(action: bytes, *, down: bool) -> bytes:
    """With the other name for mark or label in the place of what is set."""
    subtype = _subtype(action)
    at = {REG_LOAD: 12, REG_MOVE: 20, REG_LOAD2: 16}.get(subtype or 0)
    if int.from_bytes(action[:2], "big") == OFPAT_SET_FIELD:
        at = 4
    if at is None:
        return action
    if subtype == REG_MOVE and len(action) == _REG_MOVE.size:
        action = _with_source(action, down=down)
    return action[:at] + registers.renamed(action[at : at + 4], down=down) + action[at + 4 :]


def _with_source(action: bytes, *, down: bool) -> bytes:
    return action[:16] + registers.renamed(action[16:20], down=down) + action[20:]


def _set_zone(zone: int) -> bytes:
    field = registers.register(registers.ZONE_REGISTER, zone).encode()
    size = padded(_ACTION.size + len(field))
    return (_ACTION.pack(OFPAT_SET_FIELD, size) + field).ljust(size, b"\0")


def _zone_of(action: bytes) -> int | None:
    """What an action loads into the zone's register, whole; None for another."""
    header = registers.register(registers.ZONE_REGISTER, 0).encode()[: oxm.HEADER_SIZE]
    if int.from_bytes(action[:2], "big") == OFPAT_SET_FIELD and action[4:8] == header:
        return int.from_bytes(action[8:12], "big")
    return None


def _resubmit(table: int) -> bytes:
    return _RESUBMIT.pack(OFPAT_EXPERIMENTER, _RESUBMIT.size, NICIRA, RESUBMIT_TABLE, _IN_PORT, table)


def _table_of(action: bytes) -> int | None:
    """Where an action resubmits to, from the port that the packet came from; None for another."""
    return action[12] if _subtype(action) == RESUBMIT_TABLE and action[10:12] == _IN_PORT.to_bytes(2, "big") else None


def _clone(nested: bytes) -> bytes:
    head = _NX_ACTION.pack(OFPAT_EXPERIMENTER, _CLONE_BODY + len(nested), NICIRA, CLONE)
    return head.ljust(_CLONE_BODY, b"\0") + nested


def _moved_in(by: int, call: Callable[[], bytes]) -> bytes:
    try:
        return call()
    except (DecodeError, UntrackedError, OwnTableError) as error:
        raise error.moved(by) from None
