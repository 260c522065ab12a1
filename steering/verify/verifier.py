"""The proof: what the rules do with every packet against what the policy says, at every place where packets enter."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ofext.predicates import Predicate
from steering.fields import VLAN_PRESENT
from steering.layer7 import PREDICATES, predicate_of
from steering.network import CatalogueView, NetworkView
from steering.policy.policy import Policy
from steering.rules import Rule, RuleSet
from steering.verify.facts import Vocabulary
from steering.verify.observers import Duplicate, Label, Observers
from steering.verify.places import Places
from steering.verify.reading import Reader, predicates_asked
from steering.verify.space import PacketSet, Space
from steering.verify.specification import Specification
from steering.verify.transfer import Arrival
from steering.verify.walk import Outcomes, Walk


@dataclass(frozen=True, slots=True)
class Mismatch:
    """Packets of one entry for which rules and policy differ. `kind`: `missing`, `surplus`, `twice` or `endless`."""

    kind: str
    entry: Arrival
    label: Label | None
    members: PacketSet


class Verifier:
    """One policy, one network and one set of rules: everything that the proof is made of."""

    def __init__(
        self,
        policy: Policy,
        catalogue: CatalogueView,
        network: NetworkView,
        rule_sets: Mapping[int, RuleSet],
        ordinary: frozenset[int] = frozenset(),
    ) -> None:
        self.policy = policy
        self.catalogue = catalogue
        self.network = network
        self.rule_sets = rule_sets
        knows_layer_7 = bool(set(network.switches) - ordinary)
        asked = [*_asked(rule_sets), *(predicates_asked(policy, catalogue) if knows_layer_7 else ())]
        self.space = Space(Vocabulary(asked, catalogue))
        self.observers = Observers()
        self.places = Places(policy, network, ordinary)
        numbers = {dpid: number for number, dpid in enumerate(sorted(network.switches))}
        reader = Reader(
            space=self.space, catalogue=catalogue, network=network, groups=policy.groups, switch_numbers=numbers
        )
        self.specification = Specification(policy, reader, self.places, self.observers)
        self._found: dict[Arrival, Outcomes] = {}
        self._endless: dict[Arrival, PacketSet] = {}
        self.walk = Walk(network, rule_sets, self.places.functions, self.observers, self.space)

    def mismatches(self) -> Iterator[Mismatch]:
        """All differences, one entry after the other. None: the rules implement the policy, for every packet."""
        entries = {entry: self.entering(entry) for entry in self._entries()}
        self._found = self.walk.outcomes(entries)
        self._endless = self.walk.endless(entries)
        for entry, entering in entries.items():
            wanted = self.wanted(entry)
            members = self._endless.get(entry, self.space.none) & entering
            if members != self.space.none:
                yield Mismatch("endless", entry, None, members)
            yield from self._differences(entry, entering, wanted, self._found[entry])

    def found(self, entry: Arrival) -> Outcomes:
        """What the rules do with the packets of an entry. Once `mismatches` has begun."""
        return self._found[entry]

    def endless(self, entry: Arrival) -> PacketSet | None:
        """The packets of an entry that never come to an end; None if all do. Once `mismatches` has begun."""
        return self._endless.get(entry)

    def wanted(self, entry: Arrival) -> Outcomes:
        """What the policy wants done with the packets of an entry."""
        if entry.port is None:
            return self.specification.from_hosts(entry.dpid)
        return self.specification.from_function(entry.dpid)

    def entering(self, entry: Arrival) -> PacketSet:
        """The packets that may come in at an entry."""
        untagged = self.space.packet("vlan_vid", 0, VLAN_PRESENT)
        tags = ~untagged if entry.tags else untagged
        if entry.port is None:
            return tags & self.specification.entering(entry.dpid)
        return tags & self.specification.emitted(entry.dpid)

    def _entries(self) -> Iterator[Arrival]:
        for dpid in sorted(self.network.switches):
            for tags in ((), (None,)):
                yield Arrival(dpid, None, tags)
                yield from (Arrival(dpid, port, tags) for port in sorted(self.places.function_ports(dpid)))

    def _differences(
        self, entry: Arrival, entering: PacketSet, wanted: Outcomes, found: Outcomes
    ) -> Iterator[Mismatch]:
        none = self.space.none
        for label in {**wanted, **found}:
            want, have = wanted.get(label, none) & entering, found.get(label, none) & entering
            if want == have:
                continue
            for kind, relation in (("missing", want & ~have), ("surplus", have & ~want)):
                members = self._possible(relation)
                if members != none:
                    yield Mismatch("twice" if isinstance(label, Duplicate) else kind, entry, label, members)

    def _possible(self, relation: PacketSet) -> PacketSet:
        """Without what conntrack can never show of the connections that the relation asks for."""
        for slot in self.space.slots_of(relation):
            relation &= self.space.plausible(slot)
        return relation


def _asked(rule_sets: Mapping[int, RuleSet]) -> Iterator[Predicate]:
    """All predicates that a rule asks for."""
    seen: set[int] = set()
    for rules in rule_sets.values():
        for rule in rules:
            if id(rule) not in seen:  # the same rule may be on every switch
                seen.add(id(rule))
                yield from _asked_by(rule)


def _asked_by(rule: Rule) -> Iterator[Predicate]:
    return (predicate_of(name, value, mask) for name, value, mask in rule.match.fields if name in PREDICATES)
