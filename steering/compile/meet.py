"""Both of two matches at once, and whether one says all that another says."""

from __future__ import annotations

from steering.errors import CompileError
from steering.fields import Kind, Value, field_named, from_number, to_number
from steering.layer7 import REPEATABLE
from steering.policy.logic import implies
from steering.rules import Match

Part = tuple[str, Value, Value | None]


class NotOneRuleError(CompileError):
    """Two values of a field must hold together, and a rule compares one."""


def meet(one: Match, other: Match) -> Match | None:
    """What fits both; None if nothing does. Raises `NotOneRuleError` where that is no match."""
    if not one.fields or not other.fields:
        return other if not one.fields else one
    held = {part[0]: part for part in one.fields}
    made = list(one.fields)
    for part in other.fields:
        rival = held.get(part[0])
        if rival is None or part[0] in REPEATABLE:
            made.append(part)
        elif rival != part:
            both = _both(rival, part)
            if both is None:
                return None
            made[made.index(rival)] = both
    return Match.from_canonical(made)


def covers(wide: Match, narrow: Match) -> bool:
    """Whether all that fits the one fits the other."""
    try:
        return meet(wide, narrow) == narrow
    except NotOneRuleError:
        return False


def _both(one: Part, other: Part) -> Part | None:
    """One value of a field that says what both say."""
    name = one[0]
    field = field_named(name)
    if field.kind is not Kind.TEXT:
        return _both_numbers(one, other)
    for narrow, wide in ((one, other), (other, one)):
        if implies(name.removeprefix("l7_"), str(narrow[1]), str(wide[1])):
            return narrow
    raise NotOneRuleError(f"asks for {one[1]!r} and for {other[1]!r} of {name} at once, and a rule compares one")


def _both_numbers(one: Part, other: Part) -> Part | None:
    name = one[0]
    field = field_named(name)
    full = (1 << field.bits) - 1
    (value_1, mask_1), (value_2, mask_2) = (
        (to_number(field, value), full if mask is None else to_number(field, mask)) for _, value, mask in (one, other)
    )
    if (value_1 ^ value_2) & mask_1 & mask_2:
        return None
    mask = mask_1 | mask_2
    return name, from_number(field, value_1 | value_2), None if mask == full else from_number(field, mask)
