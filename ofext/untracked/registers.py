"""Match fields of conntrack as registers, and back. Pure functions over OXM TLVs.

| field | register |
|---|---|
| `ct_label` | `xxreg2`: `reg8` (upper bits) to `reg11` |
| `ct_state` | `reg12`, the same flags |
| `ct_zone` | lower 16 bits of `reg13` |
| `ct_mark` | `reg14` |

A controller cannot use these registers itself, so what is in them is always a field of conntrack.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from ofext import oxm
from ofext.label import LABEL_MASK
from ofext.oxm import Oxm
from ofext.untracked.errors import UntrackedMatchError

CT_NEW: Final = 0x01  # flags of `ct_state` (ovs-fields(7))
CT_ESTABLISHED: Final = 0x02
CT_REPLY: Final = 0x08
CT_TRACKED: Final = 0x20

STATE_REGISTER: Final = 12
ZONE_REGISTER: Final = 13
MARK_REGISTER: Final = 14
LABEL_REGISTERS: Final = (8, 9, 10, 11)
OWN_REGISTERS: Final = frozenset((*LABEL_REGISTERS, STATE_REGISTER, ZONE_REGISTER, MARK_REGISTER))

REGISTER_BITS: Final = 32
CLASS_PACKET_REGISTERS: Final = 0x8001  # OFPXMC_PACKET_REGS (OpenFlow 1.5 §7.2.3.10), `xreg`
FIRST_XXREG: Final = 111  # NXM_NX_XXREG0
LABEL_XXREG: Final = FIRST_XXREG + 2
REGISTERS: Final = 16


def register(number: int, value: int, mask: int | None = None) -> Oxm:
    """NXM_NX_REGn, 32 bits."""
    return oxm.nxm(number, value, mask, 4)


def to_registers(fields: Sequence[Oxm]) -> tuple[Oxm, ...]:
    """The match with registers instead of conntrack's fields.

    Raises UntrackedMatchError with the index of the field that cannot be had.
    """
    if not any(field.oxm_class in _CLASSES for field in fields):
        return tuple(fields)
    changed = []
    for index, field in enumerate(fields):
        try:
            changed.append(_to_register(field))
        except UntrackedMatchError as error:
            error.index = index
            raise
    return tuple(changed)


def from_registers(fields: Sequence[Oxm]) -> tuple[Oxm, ...]:
    """The inverse: of a match, or of what a packet carries. Conntrack's fields stand at the end."""
    if not any(used_registers(field) & OWN_REGISTERS for field in fields):
        return tuple(fields)
    kept: list[Oxm] = []
    held: dict[int, tuple[int, int]] = {}
    for field in fields:
        parts = dict(_parts(field))
        own = {number: part for number, part in parts.items() if number in OWN_REGISTERS}
        held.update(own)
        if not own:
            kept.append(field)
        else:
            kept += [register(number, *_short(*part)) for number, part in parts.items() if number not in own]
    return (*kept, *_conntrack_fields(held))


def used_registers(field: Oxm) -> frozenset[int]:
    """Which registers a field compares or names, whole or in part."""
    if field.oxm_class == oxm.CLASS_NXM_1 and field.field < REGISTERS:
        return frozenset({field.field})
    if field.oxm_class == oxm.CLASS_NXM_1 and FIRST_XXREG <= field.field < FIRST_XXREG + 4:
        first = 4 * (field.field - FIRST_XXREG)
        return frozenset(range(first, first + 4))
    if field.oxm_class == CLASS_PACKET_REGISTERS and field.field < REGISTERS // 2:
        return frozenset({2 * field.field, 2 * field.field + 1})
    return frozenset()


def renamed(header: bytes, *, down: bool) -> bytes:
    """An OXM header of a mark or a label, which have their register's size, with the other name; others as they are."""
    return (_DOWN if down else _UP).get(header, header)


def is_conntrack(field: Oxm) -> bool:
    """Whether conntrack sets this field."""
    return field.oxm_class == oxm.CLASS_NXM_1 and (field.field in _CT_FIELDS or field.field in _CT_TUPLE)


_CLASSES: Final = frozenset({oxm.CLASS_NXM_1, CLASS_PACKET_REGISTERS})
_CT_FIELDS: Final = range(oxm.NXM_NX_CT_STATE, oxm.NXM_NX_CT_LABEL + 1)
_CT_TUPLE: Final = range(119, 126)  # NXM_NX_CT_NW_PROTO to NXM_NX_CT_TP_DST: the originator's addresses and ports
_WITHOUT: Final = "the switch has no connection tracker, and nothing else tells"
_UNTOLD: Final = {0x04: "+rel", 0x10: "+inv", 0x40: "+snat", 0x80: "+dnat"}
_FULL: Final = (1 << REGISTER_BITS) - 1
_ZONE_MASK: Final = 0xFFFF


def _headers(ct_field: int, own_field: int, size: int) -> Iterable[tuple[bytes, bytes]]:
    for mask in (None, 0):
        pair = (oxm.nxm(number, 0, mask, size).encode()[: oxm.HEADER_SIZE] for number in (ct_field, own_field))
        yield next(pair), next(pair)


_DOWN: Final = dict((*_headers(oxm.NXM_NX_CT_MARK, MARK_REGISTER, 4), *_headers(oxm.NXM_NX_CT_LABEL, LABEL_XXREG, 16)))
_UP: Final = {own: ct for ct, own in _DOWN.items()}


def _to_register(field: Oxm) -> Oxm:
    if used_registers(field) & OWN_REGISTERS:
        raise UntrackedMatchError("register", field.payload, "registers 8 to 14 are the agent's in this switch")
    if not is_conntrack(field):
        return field
    value = int.from_bytes(field.value, "big")
    mask = None if field.mask is None else int.from_bytes(field.mask, "big")
    match field.field:
        case oxm.NXM_NX_CT_STATE:
            if untold := [name for flag, name in _UNTOLD.items() if value & flag]:
                raise UntrackedMatchError("ct_state", "".join(untold), _WITHOUT)
            return oxm.nxm(STATE_REGISTER, value, mask, 4)
        case oxm.NXM_NX_CT_ZONE:
            return oxm.nxm(ZONE_REGISTER, value, _ZONE_MASK if mask is None else mask, 4)
        case oxm.NXM_NX_CT_MARK:
            return oxm.nxm(MARK_REGISTER, value, mask, 4)
        case oxm.NXM_NX_CT_LABEL:
            return oxm.nxm(LABEL_XXREG, value, mask, 16)
        case _:
            raise UntrackedMatchError("ct_nw_src and its like", field.payload, _WITHOUT)


def _parts(field: Oxm) -> Iterable[tuple[int, tuple[int, int]]]:
    """Value and mask of each 32-bit register that a field compares, the lowest number being the upper bits."""
    numbers = sorted(used_registers(field))
    value = int.from_bytes(field.value, "big")
    mask = int.from_bytes(field.mask, "big") if field.mask is not None else (1 << REGISTER_BITS * len(numbers)) - 1
    for place, number in enumerate(reversed(numbers)):
        part = mask >> REGISTER_BITS * place & _FULL
        if part:
            yield number, (value >> REGISTER_BITS * place & _FULL, part)


def _short(value: int, mask: int) -> tuple[int, int | None]:
    return value, None if mask == _FULL else mask


def _conntrack_fields(held: dict[int, tuple[int, int]]) -> Iterable[Oxm]:
    if STATE_REGISTER in held:
        yield oxm.ct_state(*_short(*held[STATE_REGISTER]))
    if ZONE_REGISTER in held:
        yield oxm.ct_zone(held[ZONE_REGISTER][0] & _ZONE_MASK)
    if MARK_REGISTER in held:
        yield oxm.ct_mark(*_short(*held[MARK_REGISTER]))
    value = mask = 0
    for number in LABEL_REGISTERS:
        upper, compared = held.get(number, (0, 0))
        value, mask = value << REGISTER_BITS | upper, mask << REGISTER_BITS | compared
    if mask:
        yield oxm.ct_label(value, None if mask == LABEL_MASK else mask)
