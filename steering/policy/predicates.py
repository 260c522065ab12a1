"""What conditions take of a scarce thing: the bits of a connection's label that say what holds for a flow."""

from __future__ import annotations

from collections.abc import Iterator

from steering.policy.conditions import FlowMatch
from steering.policy.ranges import range_masks
from steering.policy.source import Step
from steering.policy.values import MAX_CONFIDENCE

_CONFIDENCE_BITS = 7  # of 0 to 100


def predicates_of(match: FlowMatch) -> Iterator[tuple[tuple[Step, ...], object]]:
    """Each value that takes a bit, by its path below the match; equal ones share a bit."""
    for path, node in match.nodes():
        yield from (((*path, *further), predicate) for further, predicate in _own_predicates(node))


def _own_predicates(match: FlowMatch) -> Iterator[tuple[tuple[Step, ...], object]]:
    for name, values in match.patterns.items():
        yield from (((name, position), (name, value)) for position, value in enumerate(values))
    yield from ((("tag", position), ("tag", tag)) for position, tag in enumerate(match.tag or ()))
    for position, span in enumerate(match.confidence or ()):
        yield from ((("confidence", position), ("confidence", pair)) for pair in confidence_masks(*span))
    if match.encrypted is not None:
        yield ("encrypted",), ("encrypted", match.encrypted)
    for name, condition in (match.attributes or {}).items():
        for key in condition.model_fields_set:
            yield ("attributes", name, key), ("attributes", name, key, getattr(condition, key))


def confidence_masks(low: int, high: int) -> list[tuple[int, int]]:
    """Values and masks of `l7_confidence` that together say low to high; nothing above 100 occurs, so that is open."""
    top = (1 << _CONFIDENCE_BITS) - 1 if high == MAX_CONFIDENCE else high
    return [(value, mask or 1 << _CONFIDENCE_BITS) for value, mask in range_masks(low, top, _CONFIDENCE_BITS)]
