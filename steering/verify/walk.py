"""The network: every way from switch to switch and through functions, and who observes which packets in the end.

Each arrival at a switch is a node, each way out of it an edge with the set of packets that take it. What is observed of
an arrival's packets is the least solution of: what its own switch shows, and what the arrivals behind its edges show
of the packets that go there. It is found by passing on what is new, backwards, until nothing is. Packets that go round
for ever are the greatest solution of: those that go on to an arrival whose packets go round for ever.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import networkx as nx

from steering.network import NetworkView, PortRef
from steering.policy.model import MAX_HOPS
from steering.rules import PORT_CONTROLLER
from steering.verify.observers import DUPLICATE, SIGNAL, Delivery, Label, Observer, Observers, Passage
from steering.verify.space import ENTRY_EDGE, ENTRY_SERVICE, PacketSet, Space
from steering.verify.tables import Updates
from steering.verify.transfer import Arrival, Leaving, SwitchTables, Transfer

MAX_PASSED = MAX_HOPS + 1  # functions: one more than any chain has, so that one too many is seen


@dataclass(frozen=True, slots=True)
class Edge:
    """Packets that go on from one arrival to another, perhaps through a function."""

    members: PacketSet
    target: Arrival
    function: Passage | None
    dscp: int | None
    updates: Updates


@dataclass(frozen=True, slots=True)
class Function:
    """One port of a transparent function: what goes in here comes out at the other."""

    passage: Passage
    other: PortRef


Outcomes = dict[Label, PacketSet]
"""By what was done to the packets, the relation of packets and observers."""


class Walk:
    """All journeys through the network under these rules. Raises `VerifyError`."""

    def __init__(
        self,
        network: NetworkView,
        tables: Mapping[int, SwitchTables],
        functions: Mapping[PortRef, Function],
        observers: Observers,
        space: Space,
    ) -> None:
        self._network = network
        self._functions = functions
        self._observers = observers
        self._space = space
        self._tables = tables
        self._peers = {end: other for a, b in network.live_links() for end, other in ((a, b), (b, a))}
        self._edges: dict[Arrival, list[Edge]] = {}
        self._sources: dict[Arrival, list[tuple[Arrival, Edge]]] = {}
        self._found: dict[Arrival, Outcomes] = {}
        self._delivered: dict[Arrival, PacketSet] = {}
        self._news: dict[tuple[Arrival, Label], PacketSet] = {}
        self._order: deque[tuple[Arrival, Label]] = deque()

    def outcomes(self, entries: Mapping[Arrival, PacketSet]) -> dict[Arrival, Outcomes]:
        """Who observes what of the packets of each entry. What else arrives between switches is no entry's business."""
        self._explore(entries)
        while self._order:
            node, label = self._order.popleft()
            news = self._news.pop((node, label))
            asked = self._space.slots_of(news)
            for source, edge in self._sources.get(node, ()):
                self._pass_back(source, edge, label, news, asked)
        return {start: self._found[start] for start in entries}

    def endless(self, entries: Iterable[Arrival]) -> dict[Arrival, PacketSet]:
        """Packets of each entry that never come to an end. After `outcomes`."""
        graph: nx.DiGraph[Arrival] = nx.DiGraph()
        graph.add_edges_from((node, edge.target) for node, edges in self._edges.items() for edge in edges)
        rounds = {node for part in nx.strongly_connected_components(graph) if _is_round(part, graph) for node in part}
        trapped = self._trapped(rounds)
        if not trapped:
            return {}
        leading = set(trapped).union(*(nx.ancestors(graph, node) for node in trapped))
        sets = self._greatest(leading, dict.fromkeys(leading, self._space.all))
        return {start: sets[start] for start in entries if sets.get(start, self._space.none) != self._space.none}

    def _trapped(self, rounds: set[Arrival]) -> dict[Arrival, PacketSet]:
        """Nodes of cycles with the packets that stay on them; connections are left out first, as that is cheaper."""
        kept = self._greatest(rounds, dict.fromkeys(rounds, self._space.all))
        return {node: members for node, members in kept.items() if members != self._space.none}

    def _greatest(self, nodes: set[Arrival], sets: dict[Arrival, PacketSet]) -> dict[Arrival, PacketSet]:
        inner = {node: [edge for edge in self._edges[node] if edge.target in nodes] for node in nodes}
        users: dict[Arrival, set[Arrival]] = {}
        for node, edges in inner.items():
            for edge in edges:
                users.setdefault(edge.target, set()).add(node)
        waiting = deque(nodes)
        queued = set(nodes)
        while waiting:
            node = waiting.popleft()
            queued.discard(node)
            onward = (edge.members & self._kept_from(node, edge, sets[edge.target]) for edge in inner[node])
            fewer = sets[node] & self._space.any_of(onward)
            if fewer != sets[node]:
                sets[node] = fewer
                for user in users.get(node, ()):
                    if user not in queued:
                        queued.add(user)
                        waiting.append(user)
        return sets

    def _kept_from(self, source: Arrival, edge: Edge, members: PacketSet) -> PacketSet:
        return self._seen_from(source, edge, members, self._space.slots_of(members))

    def _explore(self, entries: Mapping[Arrival, PacketSet]) -> None:
        waiting = deque(entries)
        while waiting:
            node = waiting.popleft()
            if node in self._edges:
                continue
            self._found[node], self._delivered[node] = {}, self._space.none
            entering = entries[node] if node.port is None else self._space.all
            made = self._tables[node.dpid].transfer(node, entering)
            self._edges[node] = list(self._edges_of(node, made))
            for edge in self._edges[node]:
                self._sources.setdefault(edge.target, []).append((node, edge))
                waiting.append(edge.target)

    def _edges_of(self, node: Arrival, made: Transfer) -> Iterator[Edge]:
        """The edges of a node; what its own switch shows is noted at once."""
        dpid = node.dpid
        for commit, members in made.commits.items():
            if commit.zone != self._network.switches[dpid].service_zone:
                self._show(node, SIGNAL, Observer("commit", dpid, commit.zone, commit.sets), members)
        for doubt, members in made.doubts.items():
            self._show(node, SIGNAL, Observer("doubt", dpid, 0, doubt.rules), members)
        for leaving, members in made.leaving.items():
            edge = self._onward(dpid, leaving, members)
            if edge is not None:
                yield edge
            elif leaving.port == PORT_CONTROLLER:
                self._show(node, SIGNAL, Observer("controller", dpid), members)
            elif leaving.port == self._network.switches[dpid].tap_port:
                self._show(node, SIGNAL, Observer("tap", dpid), members)
            else:
                label = Delivery((), leaving.dscp, () if leaving.tags == (None,) else leaving.tags)
                self._show(node, label, Observer("port", dpid, leaving.port), members)

    def _onward(self, dpid: int, leaving: Leaving, members: PacketSet) -> Edge | None:
        end = (dpid, leaving.port)
        function = self._functions.get(end)
        other = function.other if function is not None else self._peers.get(end)
        if other is None:
            return None
        name = None if function is None else function.passage
        return Edge(members, Arrival(*other, leaving.tags), name, leaving.dscp, leaving.updates)

    def _show(self, node: Arrival, label: Label, observer: Observer, members: PacketSet) -> None:
        self._note(node, label, members & self._space.observer(self._observers.number_of(observer)))

    def _note(self, node: Arrival, label: Label, relation: PacketSet) -> None:
        """Something more is observed of a node's packets; whoever leads there will be told."""
        space = self._space
        if isinstance(label, Delivery):
            twice = relation & self._delivered[node]
            self._delivered[node] |= relation
            if twice != space.none:
                self._note(node, DUPLICATE, twice)
        found = self._found[node]
        known = found.get(label, space.none)
        news = relation & ~known
        if news == space.none:
            return
        found[label] = known | news
        key = (node, label)
        if key not in self._news:
            self._order.append(key)
        self._news[key] = self._news.get(key, space.none) | news

    def _pass_back(self, source: Arrival, edge: Edge, label: Label, news: PacketSet, asked: set[int]) -> None:
        if isinstance(label, Delivery):
            passed = label.functions if edge.function is None else (edge.function, *label.functions)
            if len(passed) > MAX_PASSED:
                return  # only packets that go round come here, and these are found apart
            label = Delivery(passed, edge.dscp if label.dscp is None else label.dscp, label.tags)
        relation = edge.members & self._seen_from(source, edge, news, asked)
        if relation != self._space.none:
            self._note(source, label, relation)

    def _seen_from(self, source: Arrival, edge: Edge, relation: PacketSet, asked: set[int]) -> PacketSet:
        """A relation of the edge's target, in terms of the connections as they were at its source.

        `asked`: the slots that the relation depends on.
        """
        own = self._own_slots(source)
        written = {**own, **{slot: slot for slot, _ in edge.updates if slot not in own.values()}}
        changed = asked & set(written)
        if not changed:
            return relation
        updates = dict(edge.updates)
        values: dict[str, bool | PacketSet] = {}
        for slot in changed:
            if written[slot] != slot:
                values |= self._space.same_connection(slot, written[slot])
            values |= self._space.connection_values(slot, dict(updates.get(written[slot], ())))
        return self._space.substituted(relation, values)

    def _own_slots(self, source: Arrival) -> dict[int, int]:
        """Of an entry, the slots that its switch's zones have elsewhere, and those that they have at the entry."""
        if source.port is not None:
            return {}
        switch = self._network.switches[source.dpid]
        edge = self._space.slot(switch.dpid, switch.edge_zone)
        return {edge: ENTRY_EDGE, self._space.slot(switch.dpid, switch.service_zone): ENTRY_SERVICE}


def _is_round(part: set[Arrival], graph: nx.DiGraph[Arrival]) -> bool:
    return len(part) > 1 or any(graph.has_edge(node, node) for node in part)
