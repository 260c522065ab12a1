"""Lowers L7 match fields to `ct_mark` and `ct_label`, and raises them back. Pure functions over OXM TLVs.

A lowered match also compares reserved bits of the label, which are zero in every connection: comparing them selects
nothing, but tells on the way back that `ct_label` stands for L7 fields, and `ct_mark` for an App-ID, an engine or both.
Matches that a controller makes on `ct_mark` and `ct_label` itself, in whatever zone, therefore come back as they were.
No prerequisite is added: see SPEC.md, "Prerequisites".
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from ofext import label, oxm
from ofext.errors import MatchConflictError, MatchError, MatchValueError, UnknownPatternError
from ofext.fields import FIELD_NAMES, FIELD_SIZES, LABEL_FIELDS, MASKABLE_FIELDS, REPEATABLE_FIELDS, L7Field
from ofext.oxm import Oxm
from ofext.predicates import Predicate, PredicateTable

LABEL_IS_L7: Final = 1 << label.RESERVED_SHIFT
MARK_IS_APP_ID: Final = 1 << (label.RESERVED_SHIFT + 1)
MARK_IS_ENGINE: Final = 1 << (label.RESERVED_SHIFT + 2)
NOWHERE: Final = 1 << (label.RESERVED_SHIFT + 3)
"""Compared with one, which it is in no connection: stands for a predicate that has no bit, so that no rule has it."""

ENGINE_SHIFT: Final = 24  # bits of an App-ID below the engine (RFC 6759 §4)
ENGINE_MASK: Final = 0xFF << ENGINE_SHIFT

FREE_LABEL_MASK: Final = label.EPOCH_MASK
"""Label bits that a match may compare by `ct_label` beside L7 fields: no L7 field stands for them."""


def predicates_of(fields: Iterable[Oxm], check: Callable[[Predicate], None] = lambda _: None) -> tuple[Predicate, ...]:
    """The predicates that a match needs bits for. Raises MatchValueError for what is none, and what `check` does."""
    found = []
    for index, field in enumerate(fields):
        if oxm.is_l7(field) and field.field not in LABEL_FIELDS:
            try:
                predicate = Predicate.from_oxm(field)
                if predicate is not None:
                    check(predicate)
                    found.append(predicate)
            except MatchError as error:
                error.index = index
                raise
    return tuple(found)


def lower(fields: Sequence[Oxm], predicates: PredicateTable, *, asks: bool = False) -> tuple[Oxm, ...]:
    """The match as Open vSwitch understands it; one without L7 fields is returned as it is.

    The connection fields stand at the end. With `asks` the match only selects among rules: a predicate without a bit
    then selects none, and is no error. Raises MatchValueError, MatchConflictError (both name the field, and where it
    stands by `index`) or UnknownPatternError.
    """
    if not any(oxm.is_l7(field) for field in fields):
        return tuple(fields)
    lowered = _Lowered(predicates, asks=asks)
    kept = []
    for index, field in enumerate(fields):
        try:
            if oxm.is_l7(field):
                lowered.add(field)
            elif oxm.is_nxm(field, oxm.NXM_NX_CT_LABEL):
                lowered.add_label(field)
            else:
                kept.append(field)
        except MatchError as error:
            error.index = index
            raise
    lowered.refuse_own_mark(fields)
    return (*kept, *lowered.fields())


def raise_(fields: Sequence[Oxm], predicates: PredicateTable) -> tuple[Oxm, ...]:
    """The inverse of `lower`; a match that was not lowered is returned as it is.

    The L7 fields stand at the end, by number and value. A predicate bit that the table does not know stays in
    `ct_label`.
    """
    found = next((field for field in fields if oxm.is_nxm(field, oxm.NXM_NX_CT_LABEL)), None)
    if found is None or not _is_lowered(found):
        return tuple(fields)
    value, mask = _numbers(found)
    raised: list[Oxm] = []
    kept = []
    for field in fields:
        if mask & (MARK_IS_APP_ID | MARK_IS_ENGINE) and _is_mark(field):
            raised += _raise_mark(field, mask)
        elif field is not found:
            kept.append(field)
    rest = mask & ~_SIGNS & ~_raise_verdict(value, mask, raised)
    rest &= ~_raise_predicates(value, mask, predicates, raised)
    if rest:
        kept.append(oxm.ct_label(value & rest, rest))
    return (*kept, *sorted(raised, key=lambda field: (field.field, field.payload)))


def describe(fields: Sequence[Oxm]) -> tuple[Oxm, ...]:
    """Adds `l7_app_id`, `l7_category`, `l7_risk`, `l7_state` to a packet's metadata (PACKET_IN), beside its ct fields.

    Open vSwitch leaves out fields that are zero; so does this, but the state is always said.
    """
    mark = _unmasked(fields, oxm.NXM_NX_CT_MARK, 4)
    bits = label.Label.unpack(_unmasked(fields, oxm.NXM_NX_CT_LABEL, label.LABEL_SIZE))
    added = [oxm.l7_app_id(mark)] if mark else []
    if bits.category:
        added.append(oxm.l7_category(bits.category))
    if bits.risk:
        added.append(oxm.l7_risk(bits.risk))
    return (*fields, *added, oxm.l7_state(bits.state))


_SIGNS: Final = LABEL_IS_L7 | MARK_IS_APP_ID | MARK_IS_ENGINE

_FULL_MARK: Final = 0xFFFFFFFF
_FULL: Final = {
    L7Field.APP_ID: _FULL_MARK,
    L7Field.ENGINE: 0xFF,
    L7Field.CATEGORY: 0xFF,
    L7Field.RISK: 0xFF,
    L7Field.STATE: (1 << label.STATE_BITS) - 1,
}
"""All bits that a field compares when it has no mask."""

_SHIFTS: Final[Mapping[L7Field, int]] = {
    L7Field.STATE: label.STATE_SHIFT,
    L7Field.CATEGORY: label.CATEGORY_SHIFT,
    L7Field.RISK: label.RISK_SHIFT,
}
"""Where fields stand in the label."""


class _Lowered:
    """Mark and label under construction."""

    def __init__(self, predicates: PredicateTable, *, asks: bool) -> None:
        self._predicates = predicates
        self._asks = asks
        self._mark = self._mark_mask = self._label = 0
        self._label_mask = LABEL_IS_L7
        self._seen: set[object] = set()

    def add(self, given: Oxm) -> None:
        number = _known(given)
        if number in LABEL_FIELDS:
            self._note(number, given)
            self._add_bits(number, given)
            return
        predicate = Predicate.from_oxm(given)
        self._note(predicate if number in REPEATABLE_FIELDS else number, given)
        if predicate is not None:
            self._add_predicate(predicate)

    def add_label(self, field: Oxm) -> None:
        """Takes the match's own `ct_label` along, where it compares bits that no L7 field stands for."""
        value, mask = _numbers(field)
        shown = f"{value:#x}/{mask:#x}"
        if "ct_label" in self._seen:
            raise MatchConflictError("ct_label", shown, "the field is there twice")
        if value & ~mask:
            raise MatchValueError("ct_label", shown, "the value has bits outside of the mask")
        self._seen.add("ct_label")
        if mask & ~FREE_LABEL_MASK:
            raise MatchConflictError("ct_label", shown, f"beside L7 fields it may compare {FREE_LABEL_MASK:#x} only")
        self._set(value, mask)

    def refuse_own_mark(self, fields: Sequence[Oxm]) -> None:
        """Raises MatchConflictError for a match that compares the mark by itself and by L7 fields."""
        own = next((index for index, each in enumerate(fields) if oxm.is_nxm(each, oxm.NXM_NX_CT_MARK)), None)
        if own is not None and self._mark_mask:
            text = "an L7 field in the same match is lowered to it"
            raise MatchConflictError("ct_mark", fields[own].payload, text, own)

    def fields(self) -> tuple[Oxm, ...]:
        """`ct_mark` (where it is compared) and `ct_label`."""
        lowered = oxm.ct_label(self._label, self._label_mask)
        if not self._mark_mask:
            return (lowered,)
        return (oxm.ct_mark(self._mark, None if self._mark_mask == _FULL_MARK else self._mark_mask), lowered)

    def _note(self, what: object, given: Oxm) -> None:
        if what in self._seen:
            raise MatchConflictError(_name(given), given.value, "the field is there twice")
        self._seen.add(what)

    def _add_bits(self, number: L7Field, given: Oxm) -> None:
        value, mask = _checked(given, number)
        if number is L7Field.APP_ID:
            self._compare_mark(given, value, mask, MARK_IS_APP_ID)
        elif number is L7Field.ENGINE:
            self._compare_mark(given, value << ENGINE_SHIFT, ENGINE_MASK, MARK_IS_ENGINE)
        else:
            self._set(value << _SHIFTS[number], mask << _SHIFTS[number])

    def _compare_mark(self, given: Oxm, value: int, mask: int, sign: int) -> None:
        if mask & self._mark_mask:
            raise MatchConflictError(_name(given), given.value, "l7_app_id compares the engine's bits too")
        if mask:
            self._mark |= value
            self._mark_mask |= mask
            self._set(0, sign)

    def _add_predicate(self, predicate: Predicate) -> None:
        number = self._predicates.number_of(predicate)
        if number is None and not self._asks:
            raise UnknownPatternError(FIELD_NAMES[predicate.field], predicate.text, "the predicate has no bit")
        bit = NOWHERE if number is None else label.predicate_bit(number)
        self._set(bit, bit)

    def _set(self, value: int, mask: int) -> None:
        self._label |= value
        self._label_mask |= mask


def _known(given: Oxm) -> L7Field:
    try:
        return L7Field(given.field)
    except ValueError:
        raise MatchValueError(_name(given), given.payload, "no such field in this version") from None


def _checked(field: Oxm, number: L7Field) -> tuple[int, int]:
    """Value and mask of a field that is lowered to bits."""
    size, full = FIELD_SIZES[number], _FULL[number]
    value, given = field.value, field.mask
    if len(value) != size or (given is not None and len(given) != size):
        raise MatchValueError(_name(field), field.payload, f"a value has {size} bytes, and a mask as many")
    if given is not None and number not in MASKABLE_FIELDS:
        raise MatchValueError(_name(field), field.payload, "the field has no mask")
    compared = int.from_bytes(value, "big")
    mask = full if given is None else int.from_bytes(given, "big") & full
    if compared > full:
        raise MatchValueError(_name(field), compared, f"at most {full}")
    if compared & ~mask:
        raise MatchValueError(_name(field), f"{compared}/{mask}", "the value has bits outside of the mask")
    return compared, mask


def _name(field: Oxm) -> str:
    try:
        return FIELD_NAMES[L7Field(field.field)]
    except ValueError:
        return f"l7 field {field.field}"


def _is_lowered(field: Oxm) -> bool:
    """Whether a `ct_label` compares the first reserved bit with zero, and no others than `lower` compares."""
    if not field.has_mask or len(field.payload) != 2 * label.LABEL_SIZE:
        return False
    value, mask = _numbers(field)
    signs, ones = mask & label.RESERVED_MASK, value & label.RESERVED_MASK
    return signs & LABEL_IS_L7 != 0 and not signs & ~(_SIGNS | NOWHERE) and ones == signs & NOWHERE


def _is_mark(field: Oxm) -> bool:
    return oxm.is_nxm(field, oxm.NXM_NX_CT_MARK) and len(field.payload) == (8 if field.has_mask else 4)


def _numbers(field: Oxm) -> tuple[int, int]:
    """Value and mask of a `ct_label`; no mask means all bits."""
    value, mask = _value_and_mask(field, label.LABEL_SIZE)
    return value, label.LABEL_MASK if mask is None else mask


def _value_and_mask(field: Oxm, size: int) -> tuple[int, int | None]:
    value, mask = field.value, field.mask
    if len(value) != size or (mask is not None and len(mask) != size):
        raise MatchValueError(
            f"nxm field {field.field}", field.payload, f"a value has {size} bytes, and a mask as many"
        )
    return int.from_bytes(value, "big"), None if mask is None else int.from_bytes(mask, "big")


def _raise_mark(field: Oxm, signs: int) -> list[Oxm]:
    """App-ID and engine that a `ct_mark` stands for."""
    value, given = _value_and_mask(field, 4)
    mask = _FULL_MARK if given is None else given
    raised = []
    if signs & MARK_IS_ENGINE:
        raised.append(oxm.l7_engine((value & ENGINE_MASK) >> ENGINE_SHIFT))
        mask &= ~ENGINE_MASK
    if signs & MARK_IS_APP_ID:
        raised.append(oxm.l7_app_id(value & mask, None if mask == _FULL_MARK else mask))
    return raised


def _raise_verdict(value: int, mask: int, raised: list[Oxm]) -> int:
    """Raises category, risk and state; returns the label bits that they stand for."""
    done = 0
    if mask & label.CATEGORY_MASK == label.CATEGORY_MASK:
        raised.append(oxm.l7_category((value & label.CATEGORY_MASK) >> label.CATEGORY_SHIFT))
        done |= label.CATEGORY_MASK
    for make, part, number in (
        (oxm.l7_risk, label.RISK_MASK, L7Field.RISK),
        (oxm.l7_state, label.STATE_MASK, L7Field.STATE),
    ):
        compared = (mask & part) >> _SHIFTS[number]
        if compared:
            raised.append(make((value & part) >> _SHIFTS[number], None if compared == _FULL[number] else compared))
            done |= part
    return done


def _raise_predicates(value: int, mask: int, predicates: PredicateTable, raised: list[Oxm]) -> int:
    """Raises predicate bits that are compared with one; returns those that it could."""
    done = 0
    seen = set()
    for number in label.predicates_in(value & mask):
        predicate = predicates.predicate_at(number)
        if predicate is None or predicate.field in seen:
            continue
        if predicate.field not in REPEATABLE_FIELDS:
            seen.add(predicate.field)
        raised.append(predicate.to_oxm())
        done |= label.predicate_bit(number)
    return done


def _unmasked(fields: Sequence[Oxm], nxm_field: int, size: int) -> int:
    """A packet's own value of a field, 0 when it is not there in that size."""
    found = (field.value for field in fields if oxm.is_nxm(field, nxm_field))
    return next((int.from_bytes(value, "big") for value in found if len(value) == size), 0)
