"""The proof: what the rules do with every packet against what the policy says, at every place where packets enter."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
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
from steering.verify.tables import Partitions
from steering.verify.transfer import Arrival, SwitchTables
from steering.verify.walk import Outcomes, Walk

NO_RULES = RuleSet()


@dataclass(frozen=True, slots=True)
class Mismatch:
    """Packets of one entry for which rules and policy differ. `kind`: `missing`, `surplus`, `twice` or `endless`."""

    kind: str
    entry: Arrival
    label: Label | None
    members: PacketSet


class Verifier:
    """One policy in one network, to hold any number of rule sets against.

    What is worked out for the rules of a switch is kept: of the next rule sets, only switches that hold others are
    worked out again.
    """

    def __init__(
        self,
        policy: Policy,
        catalogue: CatalogueView,
        network: NetworkView,
        asked: Iterable[RuleSet],
        ordinary: frozenset[int] = frozenset(),
    ) -> None:
        """`asked`: what all rule sets to come ask of layer 7. `ordinary` switches have no DPI agent."""
        self.policy = policy
        self.catalogue = catalogue
        self.network = network
        knows_layer_7 = bool(set(network.switches) - ordinary)
        predicates = [*_asked(asked), *(predicates_asked(policy, catalogue) if knows_layer_7 else ())]
        self.space = Space(Vocabulary(predicates, catalogue))
        self.observers = Observers()
        self.places = Places(policy, network, ordinary)
        numbers = {dpid: number for number, dpid in enumerate(sorted(network.switches))}
        reader = Reader(
            space=self.space, catalogue=catalogue, network=network, groups=policy.groups, switch_numbers=numbers
        )
        self.specification = Specification(policy, reader, self.places, self.observers)
        self._partitions = Partitions(self.space)
        self._switches: dict[int, list[tuple[RuleSet, SwitchTables]]] = {}
        self._entering = {entry: self._enters(entry) for entry in self._entries()}
        self._wanted: dict[Arrival, Outcomes] = {}
        self.rule_sets: Mapping[int, RuleSet] = {}
        self._found: dict[Arrival, Outcomes] = {}
        self._endless: dict[Arrival, PacketSet] = {}

    def mismatches(self, rule_sets: Mapping[int, RuleSet]) -> Iterator[Mismatch]:
        """All differences, one entry after the other. None: the rules implement the policy, for every packet."""
        self.rule_sets = rule_sets
        self._found, self._endless = self._walked(rule_sets)
        for entry, entering in self._entering.items():
            members = self._endless.get(entry, self.space.none) & entering
            if members != self.space.none:
                yield Mismatch("endless", entry, None, members)
            yield from self._differences(entry, entering)

    def is_same(self, one: Mapping[int, RuleSet], other: Mapping[int, RuleSet]) -> bool:
        """Whether two sets of rules do the same with every packet that can come in, whatever the policy says."""
        (found, endless), (others, others_endless) = self._walked(one), self._walked(other)
        none = self.space.none
        for entry, entering in self._entering.items():
            pairs = [(endless.get(entry, none), others_endless.get(entry, none))]
            labels = {**found[entry], **others[entry]}
            pairs += [(found[entry].get(label, none), others[entry].get(label, none)) for label in labels]
            for left, right in pairs:
                differs = (left & ~right) | (right & ~left)
                if self._possible(differs & entering) != none:
                    return False
        return True

    def found(self, entry: Arrival) -> Outcomes:
        """What the rules do with the packets of an entry. Once `mismatches` has begun."""
        return self._found[entry]

    def endless(self, entry: Arrival) -> PacketSet | None:
        """The packets of an entry that never come to an end; None if all do. Once `mismatches` has begun."""
        return self._endless.get(entry)

    def wanted(self, entry: Arrival) -> Outcomes:
        """What the policy wants done with the packets of an entry."""
        found = self._wanted.get(entry)
        if found is None:
            said = self.specification
            made = said.from_hosts(entry.dpid) if entry.port is None else said.from_function(entry.dpid)
            found = self._wanted[entry] = {label: seen & self._entering[entry] for label, seen in made.items()}
        return found

    def _walked(self, rule_sets: Mapping[int, RuleSet]) -> tuple[dict[Arrival, Outcomes], dict[Arrival, PacketSet]]:
        """What is observed of the packets of each entry, and which of them never come to an end."""
        tables = {dpid: self._tables(dpid, rule_sets.get(dpid, NO_RULES)) for dpid in self.network.switches}
        walk = Walk(self.network, tables, self.places.functions, self.observers, self.space)
        return walk.outcomes(self._entering), walk.endless(self._entering)

    def _tables(self, dpid: int, rules: RuleSet) -> SwitchTables:
        """What is known of a switch with these rules; a few of the last sets are kept."""
        kept = self._switches.setdefault(dpid, [])
        known = next((tables for others, tables in kept if others is rules), None)
        if known is None:
            known = SwitchTables(self.network.switches[dpid], rules, self.space, self._partitions)
            kept.append((rules, known))
            del kept[1:-1]  # the first, which others are variants of, and the last
        return known

    def _enters(self, entry: Arrival) -> PacketSet:
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

    def _differences(self, entry: Arrival, entering: PacketSet) -> Iterator[Mismatch]:
        none, wanted, found = self.space.none, self.wanted(entry), self._found[entry]
        for label in {**wanted, **found}:
            want, have = wanted.get(label, none), found.get(label, none) & entering
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


def _asked(rule_sets: Iterable[RuleSet]) -> Iterator[Predicate]:
    """All predicates that a rule asks for."""
    seen: set[int] = set()
    for rules in rule_sets:
        for rule in rules:
            if id(rule) not in seen:  # the same rule may be on every switch
                seen.add(id(rule))
                yield from _asked_by(rule)


def _asked_by(rule: Rule) -> Iterator[Predicate]:
    return (predicate_of(name, value, mask) for name, value, mask in rule.match.fields if name in PREDICATES)
