"""One switch: what becomes of all packets that arrive in the same way, by the switch's tables.

Runs the tables forward with sets. Conntrack is an unknown: a look-up shows any state and verdict of the zone's
connection (the slot's variables), except for what was written there on the way. Copies that meet again in the same
situation are told apart, so that a packet that is sent twice does not look like one that is sent once.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from steering.fields import FIELDS, VLAN_PRESENT, to_number
from steering.network import SwitchView
from steering.rules import (
    PORT_CONTROLLER,
    Action,
    Conntrack,
    GotoTable,
    Group,
    Move,
    Output,
    OutputField,
    PopVlan,
    PushVlan,
    Rule,
    RuleSet,
    SetField,
    ToGroup,
)
from steering.verify.errors import VerifyError
from steering.verify.space import COMMITTED, ENTRY_EDGE, ENTRY_SERVICE, PacketSet, Space
from steering.verify.tables import STRIPPED, Ambiguous, Partitions, Situation, TableIndex, Tag, Updates, Values, View

MAX_STEPS = 100_000  # situations of one arrival: far more than tables × ports × chains; a switch that needs more loops
MAX_TAGS = 4  # service tag, carrier tag, the host's own, and one to see that there are too many
MAX_COPIES = 8  # of one packet in one situation


@dataclass(frozen=True, slots=True)
class Arrival:
    """A way to arrive at a switch. `port` None: from a host, or whatever else is plugged in, at any such port.

    `tags` as in `Tag`, outer first: `()` are packets that were sent without a tag, `(None,)` those with one.
    """

    dpid: int
    port: int | None
    tags: tuple[Tag, ...] = ()


@dataclass(frozen=True, slots=True)
class Leaving:
    """How packets leave, and what they changed in connections. `copy` tells copies of one packet apart."""

    port: int
    tags: tuple[Tag, ...]
    dscp: int | None
    updates: Updates
    copy: int = 0


@dataclass(frozen=True, slots=True)
class Commit:
    """A connection is entered, or what is known of it replaced."""

    zone: int
    sets: tuple[tuple[str, int], ...]


@dataclass(slots=True)
class Transfer:
    """What becomes of the packets of an arrival. `commits` and `doubts` need no copies apart: twice is as once."""

    leaving: dict[Leaving, PacketSet] = field(default_factory=dict)
    commits: dict[Commit, PacketSet] = field(default_factory=dict)
    doubts: dict[Ambiguous, PacketSet] = field(default_factory=dict)


class SwitchTables:
    """The tables of one switch."""

    def __init__(self, switch: SwitchView, rules: RuleSet, space: Space, partitions: Partitions) -> None:
        self._switch = switch
        self._space = space
        self._partitions = partitions
        by_table: dict[int, list[Rule]] = {}
        for rule in rules:
            by_table.setdefault(rule.table, []).append(rule)
        self._tables = {number: TableIndex(found) for number, found in by_table.items()}
        self._groups: Mapping[int, Group] = {group.group_id: group for group in rules.groups}
        self._made: dict[Arrival, tuple[PacketSet, Transfer]] = {}

    def transfer(self, arrival: Arrival, members: PacketSet) -> Transfer:
        """These packets, which arrive in this way. Raises `VerifyError` if the tables never come to an end."""
        known = self._made.get(arrival)
        if known is None or known[0] != members:
            run = _Run(self._switch, self._tables, self._groups, self._space, self._partitions)
            known = self._made[arrival] = members, run.run(arrival, members)
        return known[1]


class _Run:
    """One arrival under way through the tables."""

    def __init__(
        self,
        switch: SwitchView,
        tables: Mapping[int, TableIndex],
        groups: Mapping[int, Group],
        space: Space,
        partitions: Partitions,
    ) -> None:
        self._switch = switch
        self._tables = tables
        self._groups = groups
        self._space = space
        self._partitions = partitions
        self._waiting: dict[Situation, PacketSet] = {}
        self._order: list[tuple[int, int, Situation]] = []
        self._steps = 0
        self._is_entry = False
        self._made = Transfer()

    def run(self, arrival: Arrival, members: PacketSet) -> Transfer:
        self._is_entry = arrival.port is None
        untagged = self._space.packet("vlan_vid", 0, VLAN_PRESENT)
        was_tagged = bool(arrival.tags) and arrival.tags[-1] in (None, STRIPPED)
        self._go(Situation(0, arrival.port, tags=arrival.tags), members & (~untagged if was_tagged else untagged))
        while self._order:
            _, _, at = heapq.heappop(self._order)
            members = self._waiting.pop(at)
            table = self._tables.get(at.table)
            if table is None:
                continue
            for effect, matched in self._partitions.of(table, at).parts.items():
                chosen = members & matched
                if chosen == self._space.none:
                    continue
                if isinstance(effect, Ambiguous):
                    self._made.doubts[effect] = self._made.doubts.get(effect, self._space.none) | chosen
                else:
                    self._apply(effect, at, chosen)
        return self._made

    def _go(self, at: Situation, members: PacketSet) -> None:
        """Packets that wait for a table; those that are there already are copies."""
        for copy in range(at.copy, MAX_COPIES):
            place = replace(at, copy=copy)
            there = self._waiting.get(place)
            if there is None:
                self._steps += 1
                if self._steps > MAX_STEPS:
                    raise VerifyError(f"the tables of switch {self._switch.name} send packets round without end")
                self._waiting[place] = members
                heapq.heappush(self._order, (place.table, self._steps, place))
                return
            self._waiting[place] = there | members
            members &= there
            if members == self._space.none:
                return
        raise VerifyError(f"switch {self._switch.name} makes more than {MAX_COPIES} copies of one packet")

    def _apply(self, actions: Iterable[Action], at: Situation, members: PacketSet) -> None:
        remaining = list(actions)
        for position, action in enumerate(remaining):
            match action:
                case Output(port=port):
                    self._leave(port, at, members)
                case OutputField(field=name):
                    self._leave(_register(name, at), at, members)
                case GotoTable(table=table):
                    self._go(replace(at, table=table), members)
                case ToGroup(group_id=number):
                    if number not in self._groups:
                        raise VerifyError(
                            f"switch {self._switch.name} sends packets to group {number:#x}, and has none"
                        )
                    for bucket in self._groups[number].buckets:
                        self._apply(bucket.actions, at, members)
                case Conntrack():
                    at = self._conntrack(action, at, members)
                case Move(source="vlan_vid", target=target, bits=bits) if at.tags[:1] == (None,):
                    self._each_vid(target, bits, remaining[position + 1 :], at, members)
                    return
                case _:
                    at = _edited(action, at)

    def _each_vid(self, target: str, bits: int, rest: list[Action], at: Situation, members: PacketSet) -> None:
        """A register takes the tag that the sender chose: every value of it is a situation of its own."""
        for vid in range(1 << 12):
            chosen = members & self._space.cube("vlan_vid", VLAN_PRESENT | vid)
            if chosen != self._space.none:
                self._apply(rest, _with_register(at, target, vid & ((1 << bits) - 1)), chosen)

    def _leave(self, port: int, at: Situation, members: PacketSet) -> None:
        if at.in_port is None:
            members &= ~self._space.packet("in_port", port)  # OpenFlow 1.3 §5.4: never back, unless by OFPP_IN_PORT
        elif port == at.in_port:
            return
        if port == PORT_CONTROLLER:
            at = replace(at, tags=(), dscp=None, updates=())
        leaving = Leaving(port, at.tags, at.dscp, at.updates, at.copy)
        while members != self._space.none:
            there = self._made.leaving.get(leaving, self._space.none)
            self._made.leaving[leaving] = there | members
            members &= there
            leaving = replace(leaving, copy=leaving.copy + 1)

    def _conntrack(self, action: Conntrack, at: Situation, members: PacketSet) -> Situation:
        """Look up, perhaps commit; a copy goes on at the action's table. Returns the situation of the rest."""
        slot = self._slot(action.zone)
        updates = dict(at.updates)
        seen = dict(updates.get(slot, ()))
        if action.commit:
            sets = {item.field: to_number(FIELDS[item.field], item.value) for item in action.sets}
            commit = Commit(action.zone, tuple(sorted(sets.items())))
            self._made.commits[commit] = self._made.commits.get(commit, self._space.none) | members
            seen |= sets
        if action.table is not None:
            view = View(slot, tuple(sorted(seen.items())))
            onward = replace(at, table=action.table, view=view)
            if action.commit:
                onward = replace(onward, updates=self._committed(updates, slot, seen))
            self._go(onward, members)
        if action.commit:
            at = replace(at, updates=self._committed(updates, slot, seen))
        return replace(at, view=None)

    @staticmethod
    def _committed(updates: dict[int, Values], slot: int, seen: dict[str, int]) -> Updates:
        """What later look-ups in the zone find: the connection is there now."""
        later = {**seen, COMMITTED: 1}
        return tuple(sorted({**updates, slot: tuple(sorted(later.items()))}.items()))

    def _slot(self, zone: int) -> int:
        if self._is_entry and zone == self._switch.edge_zone:
            return ENTRY_EDGE
        if self._is_entry and zone == self._switch.service_zone:
            return ENTRY_SERVICE
        return self._space.slot(self._switch.dpid, zone)


def _edited(action: Action, at: Situation) -> Situation:
    outer = at.tags[0] if at.tags and at.tags[0] != STRIPPED else 0
    has_tag = bool(at.tags) and at.tags[0] != STRIPPED
    match action:
        case SetField(field="vlan_vid", value=int(value)) if has_tag:
            return replace(at, tags=(value & 0xFFF, *at.tags[1:]))
        case SetField(field="ip_dscp", value=int(value)):
            return replace(at, dscp=value)
        case SetField(field=("reg0" | "reg1") as name, value=int(value)):
            return _with_register(at, name, value)
        case Move(source="vlan_vid", target=target, bits=bits) if outer is not None:
            return _with_register(at, target, outer & ((1 << bits) - 1))
        case PushVlan() if len(at.tags) < MAX_TAGS:
            return replace(at, tags=(outer, *at.tags))
        case PopVlan():
            return replace(at, tags=_popped(at.tags))
        case _:
            raise VerifyError(f"what {action} does here cannot be judged (tags: {at.tags})")


def _popped(tags: tuple[Tag, ...]) -> tuple[Tag, ...]:
    """Without the outer tag; a packet without tags stays as it is."""
    return (STRIPPED,) if tags in ((None,), (STRIPPED,)) else tags[1:]


def _with_register(at: Situation, name: str, value: int) -> Situation:
    if name == "reg0":
        return replace(at, reg0=value)
    if name == "reg1":
        return replace(at, reg1=value)
    raise VerifyError(f"what a rule writes into {name} cannot be judged")


def _register(name: str, at: Situation) -> int:
    return int(getattr(at, name))
