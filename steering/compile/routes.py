"""Ways through the network: shortest paths and one spanning tree, the same for the same network in every run."""

from __future__ import annotations

from collections import deque

import networkx as nx

from steering.network import NetworkView


class Routes:
    """Next hops by destination switch, and the ports of the spanning tree.

    Parallel links: the smallest ports are used.
    """

    def __init__(self, network: NetworkView) -> None:
        self._graph: nx.Graph[int] = nx.Graph()
        self._graph.add_nodes_from(sorted(network.switches))
        self._port: dict[tuple[int, int], int] = {}
        for (dpid_a, port_a), (dpid_b, port_b) in network.live_links():
            if not self._graph.has_edge(dpid_a, dpid_b):
                self._graph.add_edge(dpid_a, dpid_b)
                self._port[dpid_a, dpid_b] = port_a
                self._port[dpid_b, dpid_a] = port_b
        self._towards: dict[int, dict[int, int]] = {}
        self._tree = self._spanning_tree()

    def next_port(self, dpid: int, target: int) -> int | None:
        """The port of `dpid` towards `target`; None if there is no way, or none needed."""
        following = self._tree_towards(target).get(dpid)
        return None if following is None else self._port[dpid, following]

    def tree_ports(self, dpid: int) -> tuple[int, ...]:
        """The ports of a switch that are in the spanning tree."""
        return tuple(sorted(self._port[dpid, other] for other in self._tree[dpid]))

    def _tree_towards(self, target: int) -> dict[int, int]:
        if target not in self._towards:
            self._towards[target] = self._search(target) if target in self._graph else {}
        return self._towards[target]

    def _search(self, root: int) -> dict[int, int]:
        """Breadth first from `root`, neighbours in order: switch to its next switch towards the root."""
        parents: dict[int, int] = {}
        waiting = deque([root])
        while waiting:
            here = waiting.popleft()
            for other in sorted(self._graph[here]):
                if other != root and other not in parents:
                    parents[other] = here
                    waiting.append(other)
        return parents

    def _spanning_tree(self) -> dict[int, set[int]]:
        tree: dict[int, set[int]] = {dpid: set() for dpid in self._graph}
        for component in nx.connected_components(self._graph):
            for child, parent in self._search(min(component)).items():
                tree[child].add(parent)
                tree[parent].add(child)
        return tree
