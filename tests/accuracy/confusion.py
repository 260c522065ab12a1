"""Whose flows were taken by whom: the label's carrier against ours."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A flow with what its label and what our record name: carrier and application, None where nothing is named."""

    label: dict[str, Any]
    record: dict[str, Any]
    want: tuple[str | None, str | None]
    got: tuple[str | None, str | None]


def confusion(pairs: Iterable[Pair]) -> list[tuple[str, str, int]]:
    """The label's carrier, ours, flows; commonest first. Flows that we leave unknown are no confusion."""
    counts = Counter((pair.want[0], pair.got[0]) for pair in wrong_carriers(pairs))
    return [(str(want), str(got), flows) for (want, got), flows in sorted(counts.items(), key=lambda i: (-i[1], i[0]))]


def wrong_carriers(pairs: Iterable[Pair]) -> list[Pair]:
    """Flows that a protocol of ours claimed and that the label gives to another."""
    return [
        pair for pair in pairs if pair.got[0] is not None and pair.want[0] is not None and pair.want[0] != pair.got[0]
    ]
