"""From nested conditions (`all`, `any`, `not`) to terms: ways to fulfil them, each a conjunction.

A term says what must hold and what must not; each part is the conditions of one mapping, on layers 2 to 4 or on layer
7. For a flow without a verdict what is said of layer 7 is open. Whether a policy holds for it, fails or stays open is
read from the terms: with three values `and`, `or` and `not` distribute and negate as with two.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ofext import patterns
from steering.errors import CompileError
from steering.policy.conditions import HOSTS, FlowMatch

MAX_TERMS = 256  # of one policy; `any` below `all` multiplies

Parts = tuple[FlowMatch, ...]


class TooManyTermsError(CompileError):
    """`any` and `all` below each other multiply to more than a policy may have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One way to fulfil the conditions.

    Of a mapping in `lower` and `not_lower` only the conditions on layers 2 to 4 count, of the others those on layer 7.
    """

    lower: Parts = ()
    upper: Parts = ()
    not_lower: Parts = ()
    not_upper: Parts = ()

    def contradictions(self) -> Iterator[tuple[FlowMatch, str, int, str]]:
        """Values that must hold beside another of the same field: the mapping, the condition, position, the other."""
        held: dict[str, list[str]] = {}
        for part in self.upper:
            for name, values in part.patterns.items():
                for position, value in enumerate(values):
                    rivals = (other for other in held.get(name, ()) if not _one_implies(name, value, other))
                    yield from ((part, name, position, rival) for rival in itertools.islice(rivals, 1))
            for name, values in part.patterns.items():
                held.setdefault(name, []).extend(values)

    @property
    def needs_verdict(self) -> bool:
        """Whether it says something of layer 7."""
        return bool(self.upper or self.not_upper)

    def and_(self, other: Term) -> Term:
        """Both at once."""
        return Term(
            lower=_union(self.lower, other.lower),
            upper=_union(self.upper, other.upper),
            not_lower=_union(self.not_lower, other.not_lower),
            not_upper=_union(self.not_upper, other.not_upper),
        )


def terms_of(match: FlowMatch) -> list[Term]:
    """The ways to fulfil the conditions; none if nothing can. Raises `TooManyTermsError`."""
    ways = [[term] for term in _own(match)]
    ways += [terms_of(inner) for inner in match.all or ()]
    if match.any is not None:
        ways.append(_one_of(terms_of(inner) for inner in match.any))
    ways += [_refusals(inner) for inner in match.not_ or ()]
    return _each_of(ways)


def implies(name: str, narrow: str, wide: str) -> bool:
    """Whether every value that fits the one pattern of a condition (`sni`, `user`) fits the other."""
    if name in HOSTS:
        plain = narrow.removeprefix(patterns.WILDCARD)
        if plain == narrow:
            return patterns.matches(wide, narrow)
        return wide.startswith(patterns.WILDCARD) and (narrow == wide or plain.endswith(wide[1:]))
    starts, text, ends = patterns.split_text(narrow.encode())
    wide_starts, _, wide_ends = patterns.split_text(wide.encode())
    if (starts and not wide_starts) or (ends and not wide_ends):
        return False
    return patterns.text_matches(wide.encode(), text)


def _refusals(match: FlowMatch) -> list[Term]:
    """The ways not to fulfil the conditions."""
    ways = [[Term(not_lower=term.lower, not_upper=term.upper)] for term in _own(match)]
    ways += [_refusals(inner) for inner in match.all or ()]
    if match.any is not None:
        ways.append(_each_of([_refusals(inner) for inner in match.any]))
    ways += [terms_of(inner) for inner in match.not_ or ()]
    return _one_of(ways)


def _own(match: FlowMatch) -> list[Term]:
    """The conditions of the mapping itself, both parts of which must hold."""
    lower = [Term(lower=(match,))] if match.looks_at_headers else []
    return lower + ([Term(upper=(match,))] if match.looks_at_layer_7 else [])


def _one_of(ways: Iterable[Sequence[Term]]) -> list[Term]:
    return _limited(itertools.chain.from_iterable(ways))


def _each_of(ways: Iterable[Sequence[Term]]) -> list[Term]:
    made = [Term()]
    for alternatives in ways:
        made = _limited(one.and_(other) for one, other in itertools.product(made, alternatives))
    return made


def _one_implies(name: str, one: str, other: str) -> bool:
    return implies(name, one, other) or implies(name, other, one)


def _limited(terms: Iterable[Term]) -> list[Term]:
    kept = list(itertools.islice(terms, MAX_TERMS + 1))
    if len(kept) > MAX_TERMS:
        raise TooManyTermsError(f"`any` and `all` below each other multiply to more than {MAX_TERMS} combinations")
    return kept


def _union(one: Parts, other: Parts) -> Parts:
    """By identity: each mapping of the file counts once."""
    return one + tuple(part for part in other if all(part is not held for held in one))
