"""Host names as far as patterns can tell them apart: finitely many kinds, each with a name that stands for it.

A pattern is a name or `*.` and the end of names, so two patterns are disjoint or one lies inside the other. A name is
therefore told by the narrowest pattern that holds for it: one kind for each pattern, one for names that none holds
for, and one for flows without a name.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ofext import patterns

NO_NAME = 0  # the number of the kind of flows without a name


@dataclass(frozen=True, slots=True)
class NameKinds:
    """The kinds, by number. `values[0]` is None, of each other kind a name; `values[1]` fits no pattern."""

    values: tuple[str | None, ...]

    @classmethod
    def of(cls, given: Iterable[str]) -> NameKinds:
        """The kinds that these patterns (normalised) tell apart."""
        known = sorted(set(given))
        fresh = _unused_label(known)
        names = [name.replace(patterns.WILDCARD, f"{fresh}.", 1) if _is_wild(name) else name for name in known]
        return cls((None, f"{fresh}.invalid", *names))

    def holding(self, pattern: str) -> tuple[int, ...]:
        """The numbers of the kinds that a pattern holds for."""
        return tuple(
            number for number, name in enumerate(self.values) if name is not None and patterns.matches(pattern, name)
        )


def _is_wild(pattern: str) -> bool:
    return pattern.startswith(patterns.WILDCARD)


def _unused_label(known: list[str]) -> str:
    """A label that no pattern contains, so that no narrower pattern holds for the names made with it."""
    label = "x"
    while any(label in name for name in known):
        label += "x"
    return label
