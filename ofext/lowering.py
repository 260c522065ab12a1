"""Lowers L7 match fields to `ct_mark` and `ct_label`, and raises them back. Pure functions over OXM TLVs.

A lowered match also compares reserved bits of the label, which are zero in every connection: comparing them selects
nothing, but tells on the way back that `ct_label` (first bit) and `ct_mark` (second bit) stand for L7 fields. Matches
that a controller makes on `ct_mark` and `ct_label` itself, in whatever zone, therefore come back as they were.
No prerequisite is added: see SPEC.md, "Prerequisites".
"""

from collections.abc import Iterable, Sequence
from typing import Final

from ofext import label, oxm, patterns
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

    Raises MatchValueError, MatchConflictError (both name the field) or UnknownPatternError.
    """
    raise NotImplementedError


def raise_(fields: Sequence[Oxm], predicates: PredicateTable) -> tuple[Oxm, ...]:
    """The inverse of `lower`; a match that was not lowered is returned as it is.

    A predicate bit that the table does not know stays in `ct_label`.
    """
    raise NotImplementedError


def describe(fields: Sequence[Oxm]) -> tuple[Oxm, ...]:
    """Adds `l7_app_id`, `l7_category` and `l7_state` to the metadata of a packet (PACKET_IN), beside its ct fields."""
    raise NotImplementedError


def _predicate(field: Oxm) -> Predicate:
    name = FIELD_NAMES[L7Field(field.field)]
    if field.has_mask:
        raise MatchValueError(name, field.payload, "the field has no mask")
    try:
        return Predicate.of(L7Field(field.field), field.value.decode("ascii"))
    except UnicodeDecodeError:
        raise MatchValueError(name, field.value, "a pattern is ASCII; other names are written as A-labels") from None


__all__ = ["MatchConflictError", "UnknownPatternError", "describe", "lower", "patterns", "predicates_of", "raise_"]
