"""Ranges of numbers as values and masks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator


def range_masks(first: int, last: int, bits: int = 16) -> Iterator[tuple[int, int]]:
    """The fewest (value, mask) pairs that together match first to last, both included; at most 2 × bits − 2 of them."""
    full = (1 << bits) - 1
    while first <= last:
        size = first & -first if first else 1 << bits  # the biggest block that may begin here
        while size > last - first + 1:
            size >>= 1
        yield first, full & ~(size - 1)
        first += size


def merged(ranges: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """The same numbers as disjoint ranges that do not touch, in order."""
    result: list[tuple[int, int]] = []
    for first, last in sorted(ranges):
        if result and first <= result[-1][1] + 1:
            result[-1] = (result[-1][0], max(result[-1][1], last))
        else:
            result.append((first, last))
    return result
