"""Lowers L7 match fields to `ct_mark` and `ct_label`, and raises them back. Pure functions over OXM TLVs.

A lowered match also compares reserved bits of the label, which are zero in every connection: comparing them selects
nothing, but tells on the way back that `ct_label` (first bit) and `ct_mark` (second bit) stand for L7 fields. Matches
that a controller makes on `ct_mark` and `ct_label` itself, in whatever zone, therefore come back as they were.
No prerequisite is added: see SPEC.md, "Prerequisites".
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from ofext import label, oxm
from ofext.errors import MatchConflictError, MatchValueError, UnknownPatternError
from ofext.oxm import FIELD_NAMES, L7Field, Oxm
from ofext.predicates import Predicate, PredicateTable

LABEL_IS_L7: Final = 1 << label.RESERVED_SHIFT
MARK_IS_L7: Final = 1 << (label.RESERVED_SHIFT + 1)

FREE_LABEL_MASK: Final = label.RISK_MASK | label.EPOCH_MASK
"""Label bits that a match may compare by `ct_label` beside L7 fields: no L7 field stands for them."""


def predicates_of(fields: Iterable[Oxm]) -> tuple[Predicate, ...]:
    """The patterns that a match needs bits for. Raises MatchValueError for one that is none."""
    return tuple(_predicate(field) for field in fields if oxm.is_l7(field) and field.field in oxm.PATTERN_FIELDS)


def lower(fields: Sequence[Oxm], predicates: PredicateTable) -> tuple[Oxm, ...]:
    """The match as Open vSwitch understands it; one without L7 fields is returned as it is.

    The connection fields stand at the end. Raises MatchValueError, MatchConflictError (both name the field) or
    UnknownPatternError.
    """
    if not any(oxm.is_l7(field) for field in fields):
        return tuple(fields)
    lowered = _Lowered()
    kept = []
    for field in fields:
        if oxm.is_l7(field):
            lowered.add(field, predicates)
        elif oxm.is_nxm(field, oxm.NXM_NX_CT_LABEL):
            lowered.add_label(field)
        else:
            kept.append(field)
    if lowered.mark_mask and any(oxm.is_nxm(field, oxm.NXM_NX_CT_MARK) for field in kept):
        raise MatchConflictError("l7_app_id", lowered.mark, "ct_mark is in the same match, and is where the App-ID is")
    return (*kept, *lowered.fields())


def raise_(fields: Sequence[Oxm], predicates: PredicateTable) -> tuple[Oxm, ...]:
    """The inverse of `lower`; a match that was not lowered is returned as it is.

    The L7 fields stand at the end, by number. A predicate bit that the table does not know stays in `ct_label`.
    """
    found = next((field for field in fields if oxm.is_nxm(field, oxm.NXM_NX_CT_LABEL)), None)
    if found is None or not _is_lowered(found):
        return tuple(fields)
    value, mask = _numbers(found)
    raised: dict[L7Field, Oxm] = {}
    kept = []
    for field in fields:
        if mask & MARK_IS_L7 and _is_mark(field):
            raised[L7Field.APP_ID] = oxm.l7_app_id(*_value_and_mask(field, 4))
        elif field is not found:
            kept.append(field)
    rest = mask & ~(LABEL_IS_L7 | MARK_IS_L7) & ~_raise_verdict(value, mask, raised)
    rest &= ~_raise_predicates(value, mask, predicates, raised)
    if rest:
        kept.append(oxm.ct_label(value & rest, rest))
    return (*kept, *(raised[number] for number in sorted(raised)))


def describe(fields: Sequence[Oxm]) -> tuple[Oxm, ...]:
    """Adds `l7_app_id`, `l7_category` and `l7_state` to the metadata of a packet (PACKET_IN), beside its ct fields.

    Open vSwitch leaves out fields that are zero; so does this for App-ID and category, but the state is always said.
    """
    mark = _unmasked(fields, oxm.NXM_NX_CT_MARK, 4)
    bits = label.Label.unpack(_unmasked(fields, oxm.NXM_NX_CT_LABEL, label.LABEL_SIZE))
    added = [oxm.l7_app_id(mark)] if mark else []
    if bits.category:
        added.append(oxm.l7_category(bits.category))
    return (*fields, *added, oxm.l7_state(bits.state))


_FULL_STATE: Final = (1 << label.STATE_BITS) - 1
_FULL_APP_ID: Final = 0xFFFFFFFF


@dataclass(slots=True)
class _Lowered:
    """Mark and label under construction."""

    mark: int = 0
    mark_mask: int = 0
    label: int = 0
    label_mask: int = LABEL_IS_L7
    seen: int = 0  # bit n: L7 field n has been there
    has_label: bool = False

    def add(self, field: Oxm, predicates: PredicateTable) -> None:
        if self.seen >> field.field & 1:
            raise MatchConflictError(_name(field), field.value, "the field is there twice")
        self.seen |= 1 << field.field
        match field.field:
            case L7Field.APP_ID:
                self._add_app_id(field)
            case L7Field.CATEGORY:
                category, mask = _checked(field, 1, 0xFF)
                self._set(category << label.CATEGORY_SHIFT, mask << label.CATEGORY_SHIFT)
            case L7Field.STATE:
                state, mask = _checked(field, 1, _FULL_STATE)
                self._set(state << label.STATE_SHIFT, mask << label.STATE_SHIFT)
            case L7Field.SNI | L7Field.HTTP_HOST | L7Field.DNS_QUERY:
                self._add_predicate(_predicate(field), predicates)
            case _:
                raise MatchValueError(_name(field), field.payload, "no such field in this version")

    def add_label(self, field: Oxm) -> None:
        """Takes the match's own `ct_label` along, where it compares bits that no L7 field stands for."""
        value, mask = _numbers(field)
        if self.has_label:
            raise MatchConflictError("ct_label", f"{value:#x}/{mask:#x}", "the field is there twice")
        if value & ~mask:
            raise MatchValueError("ct_label", f"{value:#x}/{mask:#x}", "the value has bits outside of the mask")
        self.has_label = True
        if mask & ~FREE_LABEL_MASK:
            raise MatchConflictError(
                "ct_label", f"{value:#x}/{mask:#x}", f"beside L7 fields it may compare {FREE_LABEL_MASK:#x} only"
            )
        self._set(value, mask)

    def fields(self) -> tuple[Oxm, ...]:
        """`ct_mark` (where the App-ID is compared) and `ct_label`."""
        lowered = oxm.ct_label(self.label, self.label_mask)
        if not self.mark_mask:
            return (lowered,)
        return (oxm.ct_mark(self.mark, None if self.mark_mask == _FULL_APP_ID else self.mark_mask), lowered)

    def _add_app_id(self, field: Oxm) -> None:
        self.mark, self.mark_mask = _checked(field, 4, _FULL_APP_ID)
        if self.mark_mask:
            self._set(0, MARK_IS_L7)

    def _add_predicate(self, predicate: Predicate, predicates: PredicateTable) -> None:
        number = predicates.number_of(predicate)
        if number is None:
            raise UnknownPatternError(FIELD_NAMES[predicate.field], predicate.pattern, "the pattern has no bit")
        bit = label.predicate_bit(number)
        self._set(bit, bit)

    def _set(self, value: int, mask: int) -> None:
        self.label |= value
        self.label_mask |= mask


def _predicate(field: Oxm) -> Predicate:
    name = _name(field)
    if field.has_mask:
        raise MatchValueError(name, field.payload, "the field has no mask")
    try:
        return Predicate.of(L7Field(field.field), field.value.decode("ascii"))
    except UnicodeDecodeError:
        raise MatchValueError(name, field.value, "a pattern is ASCII; other names are written as A-labels") from None


def _checked(field: Oxm, size: int, full: int) -> tuple[int, int]:
    """Value and mask of a field that compares at most the bits of `full`."""
    value, given = field.value, field.mask
    if len(value) != size or (given is not None and len(given) != size):
        raise MatchValueError(_name(field), field.payload, f"a value has {size} bytes, and a mask as many")
    if given is not None and field.field not in oxm.MASKABLE_FIELDS:
        raise MatchValueError(_name(field), field.payload, "the field has no mask")
    number = int.from_bytes(value, "big")
    mask = full if given is None else int.from_bytes(given, "big") & full
    if number > full:
        raise MatchValueError(_name(field), number, f"at most {full}")
    if number & ~mask:
        raise MatchValueError(_name(field), f"{number}/{mask}", "the value has bits outside of the mask")
    return number, mask


def _name(field: Oxm) -> str:
    try:
        return FIELD_NAMES[L7Field(field.field)]
    except ValueError:
        return f"l7 field {field.field}"


def _is_lowered(field: Oxm) -> bool:
    """Whether a `ct_label` compares the first reserved bit, perhaps the second, and no other of them, with zero."""
    if not field.has_mask or len(field.payload) != 2 * label.LABEL_SIZE:
        return False
    value, mask = _numbers(field)
    reserved = mask & label.RESERVED_MASK
    return reserved in (LABEL_IS_L7, LABEL_IS_L7 | MARK_IS_L7) and not value & label.RESERVED_MASK


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


def _raise_verdict(value: int, mask: int, raised: dict[L7Field, Oxm]) -> int:
    """Raises state and category; returns the label bits that they stand for."""
    done = 0
    if mask & label.CATEGORY_MASK == label.CATEGORY_MASK:
        raised[L7Field.CATEGORY] = oxm.l7_category((value & label.CATEGORY_MASK) >> label.CATEGORY_SHIFT)
        done |= label.CATEGORY_MASK
    state_mask = (mask & label.STATE_MASK) >> label.STATE_SHIFT
    if state_mask:
        state = (value & label.STATE_MASK) >> label.STATE_SHIFT
        raised[L7Field.STATE] = oxm.l7_state(state, None if state_mask == _FULL_STATE else state_mask)
        done |= label.STATE_MASK
    return done


def _raise_predicates(value: int, mask: int, predicates: PredicateTable, raised: dict[L7Field, Oxm]) -> int:
    """Raises predicate bits that are compared with one; returns those that it could."""
    done = 0
    for number in label.predicates_in(value & mask):
        predicate = predicates.predicate_at(number)
        if predicate is None or predicate.field in raised:
            continue
        raised[predicate.field] = oxm.l7_pattern(predicate.field, predicate.pattern)
        done |= label.predicate_bit(number)
    return done


def _unmasked(fields: Sequence[Oxm], nxm_field: int, size: int) -> int:
    """A packet's own value of a field, 0 when it is not there in that size."""
    found = (field.value for field in fields if oxm.is_nxm(field, nxm_field))
    return next((int.from_bytes(value, "big") for value in found if len(value) == size), 0)
