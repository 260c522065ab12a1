"""The tables of one switch as partitions: for packets in a known situation, which set meets which actions.

What the walk knows as plain values (registers, pushed tags, the port of a packet from a wire) is compared at once; the
rest of a match becomes a set. Of rules with one priority whose sets overlap and whose actions differ, OpenFlow leaves
open which applies (OpenFlow 1.3 §5.3): that part is ambiguous, and no actions of it can be proven.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

from steering.fields import FIELDS, VLAN_PRESENT, Value, to_number
from steering.layer7 import PREDICATES
from steering.rules import Action, Rule
from steering.verify.overlay import Layer, overlaid
from steering.verify.space import PacketSet, Space

Tag = int | None
"""A VLAN tag: a VID that was pushed on the way, None for the sender's own, `STRIPPED` where that one was taken off."""

STRIPPED = -1

MAX_KEPT = 100_000  # partitions; a network has some dozens a switch, and a verifier may see many changes of it

Values = tuple[tuple[str, int], ...]
"""Fields of a connection and what was written there (`Space.connection_values`)."""

Updates = tuple[tuple[int, Values], ...]
"""By slot, what a packet has written since it came to the switch."""

_CONNECTION = ("ct_state", "ct_mark", "ct_label", "l7_")
_INDEXED = ("reg0", "reg1", "in_port")  # fields with many values of which a situation has one


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """Two rules of one priority for the same packets; it stands where actions would."""

    rules: tuple[Rule, Rule]


Effect = tuple[Action, ...] | Ambiguous


@dataclass(frozen=True, slots=True)
class View:
    """What the last conntrack look-up showed: a slot, and what was set there since the packet came to the switch."""

    slot: int
    values: Values = ()


@dataclass(frozen=True, slots=True)
class Situation:
    """What is the same for all packets at one point of the walk. `in_port` None: any port of the switch."""

    table: int
    in_port: int | None
    reg0: int = 0
    reg1: int = 0
    view: View | None = None
    tags: tuple[Tag, ...] = ()
    dscp: int | None = None
    updates: Updates = ()
    copy: int = 0


class Partitions:
    """Partitions of tables, kept: the same rules in the same situation are worked out once for all switches."""

    def __init__(self, space: Space) -> None:
        self._space = space
        self._kept: dict[tuple[object, ...], Layer[Effect]] = {}
        self._numbers: dict[Rule, int] = {}
        self._by_identity: dict[int, tuple[int, Rule]] = {}

    def number_of(self, rule: Rule) -> int:
        """The same for equal rules."""
        found = self._by_identity.get(id(rule))
        if found is None:
            found = self._numbers.setdefault(rule, len(self._numbers)), rule
            self._by_identity[id(rule)] = found
        return found[0]

    def of(self, table: TableIndex, at: Situation) -> Layer[Effect]:
        """Which packets meet which actions; those that no rule matches are in no part."""
        chosen = tuple(table.rules(at))
        known = tuple(_plain_value(name, at) for name in table.plain_names)
        key = (tuple(map(self.number_of, chosen)), known, at.view if table.asks_connection else None)
        found = self._kept.get(key)
        if found is None:
            if len(self._kept) >= MAX_KEPT:
                self._kept.clear()
            found = self._kept[key] = self._made(chosen, at)
        return found

    def _made(self, rules: tuple[Rule, ...], at: Situation) -> Layer[Effect]:
        layers = []
        for _, level in groupby(rules, key=lambda rule: rule.priority):
            found = [(rule, self._matched(rule, at)) for rule in level]
            layers += _level([(rule, members) for rule, members in found if members != self._space.none], self._space)
        return overlaid(layers, self._space)

    def _matched(self, rule: Rule, at: Situation) -> PacketSet:
        found = self._space.all
        for name, value, mask in rule.match.fields:
            found &= self._condition(name, value, mask, at)
            if found == self._space.none:
                break
        return found

    def _condition(self, name: str, value: Value, mask: Value | None, at: Situation) -> PacketSet:
        space = self._space
        if name.startswith(_CONNECTION):
            if at.view is None:  # not looked up: all fields are zero, and no name is known
                is_zero = name not in PREDICATES and to_number(FIELDS[name], value) == 0
                return space.all if is_zero else space.none
            found = space.connection(at.view.slot, name, value, mask)
            if not at.view.values:
                return found
            return space.substituted(found, space.connection_values(at.view.slot, dict(at.view.values)))
        known = _plain_value(name, at)
        if known is None:
            return space.packet(name, value, mask)
        bits = (1 << FIELDS[name].bits) - 1 if mask is None else to_number(FIELDS[name], mask)
        return space.all if known & bits == to_number(FIELDS[name], value) else space.none


class TableIndex:
    """The rules of one table, found by the registers and the port of a situation."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._rules = sorted(rules, key=lambda rule: -rule.priority)
        names = {name for rule in self._rules for name, _, _ in rule.match.fields}
        self.plain_names = sorted(names & {*_INDEXED, "vlan_vid"})
        self.asks_connection = any(name.startswith(_CONNECTION) for name in names)
        self._places: dict[str, dict[int, list[int]]] = {name: {} for name in _INDEXED}
        self._rest: list[int] = []
        for place, rule in enumerate(self._rules):
            exact = ((name, value) for name, value, mask in rule.match.fields if name in _INDEXED and mask is None)
            name, value = next(exact, ("", 0))
            (self._places[name].setdefault(int(value), []) if name else self._rest).append(place)

    def rules(self, at: Situation) -> list[Rule]:
        """Those that the situation does not rule out by an exact value, the highest priority first."""
        places = list(self._rest)
        for name, by_value in self._places.items():
            known = getattr(at, name)
            if known is None:
                places += (place for found in by_value.values() for place in found)
            else:
                places += by_value.get(known, ())
        return [self._rules[place] for place in sorted(places)]


def _level(found: list[tuple[Rule, PacketSet]], space: Space) -> list[Layer[Effect]]:
    """Rules of one priority as layers: what is ambiguous on top, the rest in any order."""
    by_actions: dict[tuple[Action, ...], list[tuple[Rule, PacketSet]]] = {}
    for rule, members in found:
        by_actions.setdefault(rule.actions, []).append((rule, members))
    plain: list[Layer[Effect]] = []
    doubtful: list[Layer[Effect]] = []
    seen = space.none
    for actions, same in by_actions.items():
        whole = space.any_of(members for _, members in same)
        if seen & whole != space.none:
            doubtful += _overlaps(same, found, space)
        seen |= whole
        plain.append(Layer({actions: whole}, whole))
    return doubtful + plain


def _overlaps(
    same: list[tuple[Rule, PacketSet]], found: list[tuple[Rule, PacketSet]], space: Space
) -> Iterator[Layer[Effect]]:
    for rule, members in same:
        for other, others in found:
            if other.actions != rule.actions and (both := members & others) != space.none:
                yield Layer({Ambiguous((rule, other)): both}, both)


def _plain_value(name: str, at: Situation) -> int | None:
    """The number of a field that the walk knows; None where it is the packet's."""
    match name:
        case "reg0" | "reg1":
            return int(getattr(at, name))
        case "in_port":
            return at.in_port
        case "vlan_vid":
            if not at.tags or at.tags[0] == STRIPPED:
                return 0
            return None if at.tags[0] is None else VLAN_PRESENT | at.tags[0]
        case _:
            return None
