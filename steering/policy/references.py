"""Checks that need more than one part of a policy file.

Names that must be there, and be there once, and shared limits.
"""

from __future__ import annotations

import difflib
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from steering.errors import PolicyError
from steering.policy.conditions import FlowMatch
from steering.policy.groups import MEMBERS, resolved
from steering.policy.logic import TooManyTermsError, terms_of
from steering.policy.model import (
    MAX_PREDICATES,
    Chain,
    Defaults,
    Group,
    PolicyRule,
    SendThrough,
    Service,
)
from steering.policy.predicates import predicates_of
from steering.policy.source import Source, Step
from steering.policy.values import WITH_PORTS


@dataclass(slots=True)
class Parts:
    """The valid parts of a file, by their place in it; the names of all parts, also of those that are not valid."""

    services: dict[int, Service] = field(default_factory=dict)
    chains: dict[int, Chain] = field(default_factory=dict)
    groups: dict[int, Group] = field(default_factory=dict)
    policies: dict[int, PolicyRule] = field(default_factory=dict)
    defaults: Defaults | None = None
    names: dict[str, list[str | None]] = field(default_factory=dict)


def check_references(parts: Parts, source: Source) -> Iterator[PolicyError]:
    """Every mistake between the parts."""
    kinds = (("services", "service"), ("chains", "chain"), ("groups", "group"), ("policies", "policy"))
    for section, kind in kinds:
        yield from _unique(parts.names[section], section, kind, source)
    services, chains = ({name for name in parts.names[section] if name} for section in ("services", "chains"))
    for index, chain in parts.chains.items():
        yield from _chain(chain, index, services, source)
    for index, service in parts.services.items():
        if service.attach.ingress == service.attach.egress:
            path = ("services", index, "attach", "egress")
            yield source.error(path, "a function needs two ports: egress is the same port as ingress")
    groups = {group.name: group for group in parts.groups.values()}
    known = {name for name in parts.names["groups"] if name}
    usable: dict[int, PolicyRule] = {}
    for index, rule in parts.policies.items():
        unknown = list(_group_names(rule, ("policies", index, "match"), groups, known, source))
        yield from unknown
        if not unknown and known == groups.keys():
            usable[index] = resolved(rule, groups)
            yield from _terms(usable[index], ("policies", index, "match"), source)
        for inner, match in rule.match.nodes():
            yield from _conditions(match, ("policies", index, "match", *inner), source)
        yield from _targets(rule, ("policies", index), chains, source)
    if parts.defaults is not None:
        yield from _targets(parts.defaults, ("defaults",), chains, source)
    yield from _predicates(usable, source)


def nearest(word: str, known: Iterable[str]) -> str:
    """The known word that this one was probably meant to be, or an empty text."""
    near = difflib.get_close_matches(word, sorted(known), n=1, cutoff=0.6)
    return near[0] if near else ""


def _unique(names: list[str | None], section: str, kind: str, source: Source) -> Iterator[PolicyError]:
    seen: dict[str, int] = {}
    for index, name in enumerate(names):
        if name is None:
            continue
        if name in seen:
            yield source.error((section, index, "name"), f"two of the {section} have this name: a {kind}'s is its own")
        seen.setdefault(name, index)


def _chain(chain: Chain, index: int, known: set[str], source: Source) -> Iterator[PolicyError]:
    for hop, name in enumerate(chain.services):
        path = ("chains", index, "services", hop)
        if name not in known:
            yield source.error(path, "expected the name of a service", suggestion=nearest(name, known))
        elif name in chain.services[:hop]:
            yield source.error(path, "a chain passes a service at most once")


def _targets(
    rule: PolicyRule | Defaults, path: tuple[Step, ...], known: set[str], source: Source
) -> Iterator[PolicyError]:
    treatments = [("action", rule.action), ("while_inspecting", rule.while_inspecting)]
    if isinstance(rule, PolicyRule):
        treatments.append(("while_guessed", rule.while_guessed))
    for key, treatment in treatments:
        if isinstance(treatment, SendThrough) and treatment.chain not in known:
            near = nearest(treatment.chain, known)
            yield source.error((*path, key, "chain"), "expected the name of a chain", suggestion=near)


def _group_names(
    rule: PolicyRule, path: tuple[Step, ...], groups: Mapping[str, Group], known: set[str], source: Source
) -> Iterator[PolicyError]:
    for inner, match in rule.match.nodes():
        for condition, (_, kind) in MEMBERS.items():
            for position, name in enumerate(getattr(match, condition) or ()):
                where = (*path, *inner, condition, position)
                if name not in known:
                    fitting = (group.name for group in groups.values() if getattr(group, kind) is not None)
                    near = nearest(name, fitting) or nearest(name, known)
                    yield source.error(where, f"expected the name of a group with {kind}", suggestion=near)
                elif name in groups and getattr(groups[name], kind) is None:
                    yield source.error(where, f"the group {name!r} has no {kind}")


def _terms(rule: PolicyRule, path: tuple[Step, ...], source: Source) -> Iterator[PolicyError]:
    try:
        terms = terms_of(rule.match)
    except TooManyTermsError as error:
        yield source.error(path, str(error))
        return
    places = {id(match): inner for inner, match in rule.match.nodes()}
    for match, name, position, rival in itertools.chain.from_iterable(term.contradictions() for term in terms):
        expected = f"{name} would have to fit this and {rival!r} at once, and a rule of a switch compares one"
        yield source.error((*path, *places[id(match)], name, position), expected)


def _conditions(match: FlowMatch, path: tuple[Step, ...], source: Source) -> Iterator[PolicyError]:
    if match.src and match.dst and not (_versions(match.src) & _versions(match.dst)):
        yield source.error((*path, "dst"), "src and dst have no IP version in common: this policy can never apply")
    if (match.src_port or match.dst_port) and match.ip_proto:
        for index, protocol in enumerate(match.ip_proto):
            if protocol not in WITH_PORTS:
                expected = f"protocol {protocol} has no ports, and the policy asks for ports"
                yield source.error((*path, "ip_proto", index), expected)


def _versions(networks: Sequence[str]) -> set[int]:
    return {6 if ":" in network else 4 for network in networks}


def _predicates(policies: Mapping[int, PolicyRule], source: Source) -> Iterator[PolicyError]:
    seen: set[object] = set()
    for index, rule in policies.items():
        for path, predicate in predicates_of(rule.match):
            new = predicate not in seen
            if new and len(seen) == MAX_PREDICATES:
                expected = (
                    f"one condition too many that takes a predicate bit (names, texts, tags, confidence, encrypted, "
                    f"attributes): a switch has room for {MAX_PREDICATES} different ones"
                )
                yield source.error(("policies", index, "match", *path), expected)
                return
            seen.add(predicate)
