"""What is legal in a policy and hardly meant: warnings, each with its place. Nothing here changes what a policy does.

Warnings are certain, not complete: of a policy that is said to be hidden no flow is left, but several policies that
hide one together are not found.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from steering.compile.conditions import TooManyError, combined, header_matches
from steering.compile.meet import covers
from steering.errors import PolicyError
from steering.policy.conditions import HEADERS, HOSTS, LAYER_7, TEXTS, FlowMatch
from steering.policy.groups import MEMBERS
from steering.policy.logic import Parts, Term, implies, terms_of
from steering.policy.model import Defaults, PolicyRule, SendThrough
from steering.policy.policy import Policy
from steering.policy.source import Source
from steering.rules import Match

_BY_EQUALITY = ("application", "category", "owner", "tag", "engine", "state", "vlan", "ip_proto", "eth_src", "eth_dst")
MAX_COMPARISONS = 300_000  # pairs of policies looked at; 10,000 policies take some seconds


def advice(policy: Policy) -> list[PolicyError]:
    """The warnings, in the order of the file."""
    source = policy.source or Source("<policy>", (), None)
    found = [*_unused(policy, source), *_guesses(policy, source), *_without_effect(policy, source)]
    return sorted(found, key=lambda warning: (warning.file != source.file, warning.file, warning.line, warning.column))


def in_words(warning: PolicyError) -> str:
    """A warning as a mistake is told, and that it is none."""
    at = f"{warning.file}:{warning.line}:{warning.column}: "
    return f"{at}warning: {str(warning).removeprefix(at)}"


def _unused(policy: Policy, source: Source) -> Iterator[PolicyError]:
    chains = {*_chains_of(policy.defaults), *(name for rule in policy.rules for name in _chains_of(rule))}
    services = {name for chain in policy.chains.values() for name in chain.services}
    nodes = [node for rule in policy.written for _, node in rule.match.nodes()]
    groups = {name for node in nodes for condition in MEMBERS for name in getattr(node, condition) or ()}
    for section, entries, used, by in (
        ("services", policy.services, services, "chain"),
        ("groups", policy.groups, groups, "condition"),
        ("chains", policy.chains, chains, "policy"),
    ):
        for index, name in enumerate(entries):
            if name not in used:
                yield source.error((section, index, "name"), f"no {by} uses this")


def _chains_of(rule: PolicyRule | Defaults) -> Iterator[str]:
    guessed = rule.while_guessed if isinstance(rule, PolicyRule) else None
    for treatment in (rule.action, rule.while_inspecting, guessed):
        if isinstance(treatment, SendThrough):
            yield treatment.chain


def _guesses(policy: Policy, source: Source) -> Iterator[PolicyError]:
    for index, rule in enumerate(policy.rules):
        if (
            rule.action == "deny"
            and rule.while_guessed is None
            and any(_takes_guesses(term) for term in terms_of(rule.match))
        ):
            expected = (
                "a verdict that is only guessed is enough for this denial; `while_guessed` says what happens until "
                "there is a better one, and a `state` or `confidence` in the conditions waits for it"
            )
            yield source.error(("policies", index, "action"), expected)


def _takes_guesses(term: Term) -> bool:
    if not term.needs_verdict:
        return False
    says_enough = any(
        part.confidence is not None or (part.state is not None and "guessed" not in part.state) for part in term.upper
    )
    return not says_enough and all(part.state is None or "guessed" not in part.state for part in term.not_upper)


def _without_effect(policy: Policy, source: Source) -> Iterator[PolicyError]:
    earlier = _Earlier()
    for index, rule in enumerate(policy.rules):
        try:
            shape = _Shape.of(rule)
        except TooManyError:
            continue  # the compiler refuses it
        if not shape.ways:
            yield source.error(("policies", index, "match"), "nothing can fulfil these conditions")
            continue
        hiding = earlier.hiding(shape)
        if hiding is not None:
            told = f"the policy {hiding.rule.name!r} before it decides all its flows"
            if rule.while_inspecting is not None and hiding.needs_verdict and hiding.rule.while_inspecting is None:
                told += " once they have a verdict: only its while_inspecting ever counts"
            yield source.error(("policies", index, "name"), told)
        earlier.add(shape)


@dataclass(frozen=True, slots=True)
class _Way:
    """A term that something can fulfil, with its matches on headers."""

    term: Term
    headers: tuple[Match, ...]

    def covers(self, other: _Way) -> bool:
        """Whether every flow that fulfils the other fulfils this one."""
        if self.term.needs_verdict and not other.term.needs_verdict:
            return False
        mine, others = self.term, other.term
        excluded = all(part in others.not_lower for part in mine.not_lower) and all(
            part in others.not_upper for part in mine.not_upper
        )
        return (
            excluded
            and all(_upper_covers(part, others.upper) for part in mine.upper)
            and all(part.ingress is None or _has(others.lower, "ingress", part.ingress) for part in mine.lower)
            and _all_covered(self.headers, other.headers)
        )

    @property
    def is_excluded(self) -> bool:
        """Whether what must not hold does, whenever the rest holds."""
        return any(_upper_covers(part, self.term.upper) for part in self.term.not_upper) or any(
            (part.ingress is None or _has(self.term.lower, "ingress", part.ingress))
            and _all_covered(header_matches(part, reverse=False, by_family=False), self.headers)
            for part in self.term.not_lower
        )


@dataclass(frozen=True, slots=True)
class _Shape:
    """A policy by its ways, and the conditions that all of them have."""

    rule: PolicyRule
    ways: tuple[_Way, ...]
    asks: frozenset[str]

    @classmethod
    def of(cls, rule: PolicyRule) -> _Shape:
        ways = []
        for term in terms_of(rule.match):
            headers = combined(header_matches(part, reverse=False, by_family=False) for part in term.lower)
            way = _Way(term, tuple(headers))
            if headers and not _contradicts(term) and not way.is_excluded:
                ways.append(way)
        asked = [frozenset(_conditions(way.term)) for way in ways]
        return cls(rule, tuple(ways), frozenset.intersection(*asked) if asked else frozenset())

    @property
    def needs_verdict(self) -> bool:
        return any(way.term.needs_verdict for way in self.ways)

    def hides(self, other: _Shape) -> bool:
        return all(any(mine.covers(way) for mine in self.ways) for way in other.ways)


@dataclass(slots=True)
class _Earlier:
    """The policies before the one that is looked at, by what they ask for: the conditions, and the values of one."""

    shapes: dict[frozenset[str], dict[object, list[_Shape]]] = field(default_factory=dict)
    comparisons: int = 0

    def add(self, shape: _Shape) -> None:
        by_value = self.shapes.setdefault(shape.asks, {})
        for value in dict.fromkeys(value for way in shape.ways for value in _key_values(way.term, shape.asks)):
            by_value.setdefault(value, []).append(shape)

    def hiding(self, shape: _Shape) -> _Shape | None:
        """The first of them that leaves this one nothing."""
        asked = frozenset(itertools.chain.from_iterable(_conditions(way.term) for way in shape.ways))
        for asks, by_value in self.shapes.items():
            if not asks <= asked:
                continue
            # What leaves nothing of this policy leaves nothing of its first way and value.
            for earlier in by_value.get(_key_values(shape.ways[0].term, asks)[0], ()):
                self.comparisons += 1
                if self.comparisons > MAX_COMPARISONS:
                    return None
                if earlier.hides(shape):
                    return earlier
        return None


def _key_values(term: Term, asks: frozenset[str]) -> list[object]:
    """The values of the first condition that is compared by equality; None if there is none."""
    for name in _BY_EQUALITY:
        if name in asks:
            parts = [part for part in (*term.lower, *term.upper) if getattr(part, name) is not None]
            return list(_values(parts[0], name)) if parts else [None]
    return [None]


def _all_covered(wide: Sequence[Match], narrow: Sequence[Match]) -> bool:
    return all(any(covers(one, other) for one in wide) for other in narrow)


def _conditions(term: Term) -> Iterator[str]:
    for parts, names in ((term.lower, HEADERS), (term.upper, LAYER_7)):
        for part in parts:
            yield from (name for name in names if getattr(part, name) is not None)


def _contradicts(term: Term) -> bool:
    """Whether one thing must be two at once."""
    for name in ("application", "category", "owner", "engine", "state", "encrypted"):
        wanted = [_values(part, name) for part in term.upper if getattr(part, name) is not None]
        if wanted and not frozenset.intersection(*map(frozenset, wanted)):
            return True
    return False


def _upper_covers(wide: FlowMatch, narrow: Parts) -> bool:
    return all(
        any(_condition_covers(name, wide, part) for part in narrow)
        for name in LAYER_7
        if getattr(wide, name) is not None
    )


def _condition_covers(name: str, wide: FlowMatch, narrow: FlowMatch) -> bool:
    """Whether each value that the one asks for is among those of the other."""
    if getattr(narrow, name) is None:
        return False
    if name == "attributes":
        held: Mapping[str, object] = narrow.attributes or {}
        return all(held.get(attribute) == condition for attribute, condition in (wide.attributes or {}).items())
    return all(any(_value_covers(name, one, other) for one in _values(wide, name)) for other in _values(narrow, name))


def _value_covers(name: str, wide: object, narrow: object) -> bool:
    if wide == narrow:
        return True
    if isinstance(wide, tuple) and isinstance(narrow, tuple):  # a span, as of risk
        low, high = wide
        return bool(low <= narrow[0] and narrow[1] <= high)
    return name in (*HOSTS, *TEXTS) and implies(name, str(narrow), str(wide))


def _values(match: FlowMatch, name: str) -> Sequence[object]:
    given = getattr(match, name)
    return given if isinstance(given, tuple) else (given,)


def _has(parts: Iterable[FlowMatch], name: str, value: object) -> bool:
    return any(getattr(part, name) == value for part in parts)
