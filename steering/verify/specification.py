"""What the network must do with every packet: the policy's decisions, and the contract of docs/contracts.md §2.

Says for each switch that packets enter who observes them and after which functions: hosts, DPI agents, the controller,
the connection tracker. It knows no tables: not their order, numbers, registers or tags.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import networkx as nx

from steering.fields import CT_NEW, CT_REPLY, ETH_LLDP, TCP_ACK, TCP_FIN, TCP_PSH, TCP_RST, TCP_SYN
from steering.network import HostView, NetworkView, SwitchView
from steering.policy.model import MarkDscp, SendThrough, Treatment
from steering.policy.policy import Policy
from steering.policy.values import PROTOCOLS
from steering.verify.errors import VerifyError
from steering.verify.observers import SIGNAL, Delivery, Label, Observer, Observers
from steering.verify.places import Places
from steering.verify.reading import Knows, Reader
from steering.verify.space import ENTRY_EDGE, ENTRY_SERVICE, PacketSet, Space
from steering.verify.walk import Outcomes

_NEIGHBOUR_DISCOVERY = (133, 134, 135, 136, 137)  # ICMPv6 types, RFC 4861 §4
_GROUP_BIT = "01:00:00:00:00:00"  # IEEE 802: the first octet's lowest
_SETTLED = 1  # bit 0 of the verdict's state
_FORGET = (("ct_label", 0), ("ct_mark", 0))  # what takes a verdict away


@dataclass(frozen=True, slots=True)
class _Part:
    """Switches that reach each other: to whom packets go that are forwarded there, and who notices at the edges."""

    known: PacketSet
    to_known: PacketSet
    to_all: PacketSet
    at_edges: PacketSet
    at_flooded: PacketSet


class Specification:
    """What must come of the packets that enter at each switch."""

    def __init__(self, policy: Policy, reader: Reader, places: Places, observers: Observers) -> None:
        self._policy = policy
        self._reader = reader
        self._network: NetworkView = reader.network
        self._places = places
        self._observers = observers
        self._space: Space = reader.space
        self._parts = dict(self._each_part())
        self._decided = {
            (reverse, knows): reader.decisions(policy, reverse=reverse, knows=knows)
            for reverse in (False, True)
            for knows in self._knowledge()
        }
        sets = (members for layer in self._decided.values() for members in layer.parts.values())
        self._asks_place = any(map(self._space.asks_switch, sets))

    def from_hosts(self, dpid: int) -> Outcomes:
        """Of packets that come in at a switch, at any port behind which there is no switch and no function."""
        space, switch = self._space, self._network.switches[dpid]
        made: dict[Label, list[PacketSet]] = {}
        lldp = space.packet("eth_type", ETH_LLDP)
        hosts = space.any_of(space.packet("in_port", port) for port in self._places.host_ports(dpid)) & ~lldp
        known = (space.packet("in_port", host.port) & space.packet("eth_src", host.mac) for host in self._locals(dpid))
        unlearned = hosts & ~space.any_of(known)
        from_tap = space.none if switch.tap_port is None else space.packet("in_port", switch.tap_port)
        self._add(made, SIGNAL, (unlearned | lldp) & ~from_tap, self._sees(Observer("controller", dpid)))
        tracked = hosts & self._tracked()
        begun = self._begun(switch)
        again = self._asked_again(switch)
        self._add(made, SIGNAL, tracked, self._noticed(switch, ENTRY_EDGE))
        if switch.tap_port is not None:
            self._add(made, SIGNAL, tracked & again, self._sees(Observer("tap", dpid)))
        self._forward(made, dpid, hosts & ~tracked, Delivery(), is_first=True)
        for (treatment, reverse), members in self._treated(dpid, again, begun).items():
            self._treat(made, dpid, tracked & members, treatment, reverse=reverse)
        return {label: space.any_of(sets) for label, sets in made.items()}

    def from_function(self, dpid: int) -> Outcomes:
        """Of packets that a function sends of its own."""
        lldp = self._space.packet("eth_type", ETH_LLDP)
        return {SIGNAL: lldp & self._sees(Observer("controller", dpid))}

    def is_judged(self, point: Mapping[str, int]) -> bool:
        """Whether policies see this packet (rows to numbers, as `Space.pick` gives them)."""
        return self._space.holds(self._tracked(), point)

    def entering(self, dpid: int) -> PacketSet:
        """Packets that may enter at a switch from outside, as conntrack may see them."""
        space = self._space
        ports = space.any_of(space.packet("in_port", port) for port in self._places.outer_ports(dpid))
        return ports & space.plausible(ENTRY_EDGE) & space.unclassified(ENTRY_SERVICE)

    def emitted(self, dpid: int) -> PacketSet:
        """Packets that a function may send although no flow was sent into it: their connection is on no chain."""
        slot = self._space.slot(dpid, self._network.switches[dpid].service_zone)
        return self._space.unclassified(slot) & self._space.connection(slot, "ct_label", 0, 0xFFFF_FFFF)

    def _treated(self, dpid: int, again: PacketSet, begun: PacketSet) -> dict[tuple[Treatment, bool], PacketSet]:
        """By treatment and direction.

        A connection that begins anew has no verdict. One that somebody asks to begin anew is not looked up where the
        old one's verdict is, so its direction is what the zone of the functions knows.
        """
        space = self._space
        blank = space.connection(ENTRY_EDGE, "l7_app_id", 0) | begun
        made: dict[tuple[Treatment, bool], PacketSet] = {}
        for reverse in (False, True):
            state = CT_REPLY if reverse else 0
            here = space.connection(ENTRY_EDGE, "ct_state", state, CT_REPLY) & ~again
            there = space.connection(ENTRY_SERVICE, "ct_state", state, CT_REPLY) & again
            situations = {Knows.VERDICT: here & ~blank, Knows.NOTHING_YET: (here & blank) | there}
            if dpid in self._places.ordinary:
                situations = {Knows.NOTHING: here}
            for knows, situation in situations.items():
                for treatment, members in self._decided[reverse, knows].parts.items():
                    key = (treatment, reverse)
                    chosen = situation & self._at_switch(members, dpid)
                    made[key] = made.get(key, space.none) | chosen
        return made

    def _knowledge(self) -> Iterator[Knows]:
        """What flows can be judged by in this network."""
        if set(self._network.switches) - self._places.ordinary:
            yield from (Knows.VERDICT, Knows.NOTHING_YET)
        if self._places.ordinary:
            yield Knows.NOTHING

    def _at_switch(self, members: PacketSet, dpid: int) -> PacketSet:
        """Of a decision, what is said of packets that enter at a switch."""
        return self._space.at_switch(members, self._reader.switch_numbers[dpid]) if self._asks_place else members

    def _treat(
        self, made: dict[Label, list[PacketSet]], dpid: int, members: PacketSet, treatment: Treatment, *, reverse: bool
    ) -> None:
        if isinstance(treatment, SendThrough):
            self._through(made, dpid, members, treatment.chain, reverse=reverse)
        elif isinstance(treatment, MarkDscp):
            self._forward(made, dpid, members, Delivery(dscp=treatment.dscp), is_first=True)
        elif treatment == "allow":
            self._forward(made, dpid, members, Delivery(), is_first=True)
        elif treatment == "hold":
            self._forward(made, dpid, members & self._tcp(0, TCP_PSH), Delivery(), is_first=True)
        elif treatment != "deny":
            raise VerifyError(f"no proof is known for the action {treatment!r}")

    def _through(
        self, made: dict[Label, list[PacketSet]], dpid: int, members: PacketSet, chain: str, *, reverse: bool
    ) -> None:
        """Function after function; one that is not there, or has no way to it, ends the journey."""
        services = self._policy.chains[chain].services
        passages = []
        for name in reversed(services) if reverse else services:
            passage = self._places.passage(name, reverse=reverse)
            if passage is None or self._parts[passage.entered[0]] is not self._parts[dpid]:
                return
            passages.append(passage)
        label = Delivery(tuple(passages))
        self._forward(made, dpid, members, label, is_first=False)

    def _forward(
        self, made: dict[Label, list[PacketSet]], dpid: int, members: PacketSet, label: Delivery, *, is_first: bool
    ) -> None:
        """To the receiver, or to everybody where it is not known; never back to the port that it came from."""
        part, space = self._parts[dpid], self._space
        out = (part.known & part.to_known) | (~part.known & part.to_all)
        if is_first:
            ports = self._places.host_ports(dpid)
            back = (space.packet("in_port", port) & self._sees(Observer("port", dpid, port)) for port in ports)
            out &= ~space.any_of(back)
        self._add(made, label, members, out)
        elsewhere = ~space.any_of(self._sees(observer) for observer in self._edge_observers(dpid))
        noticed = (part.known & part.at_edges) | (~part.known & part.at_flooded)
        self._add(made, SIGNAL, members, noticed & elsewhere)

    def _add(self, made: dict[Label, list[PacketSet]], label: Label, members: PacketSet, seen: PacketSet) -> None:
        found = members & seen
        if found != self._space.none:
            made.setdefault(label, []).append(found)

    def _sees(self, observer: Observer) -> PacketSet:
        return self._space.observer(self._observers.number_of(observer))

    def _tracked(self) -> PacketSet:
        """What policies see: IP unicast without neighbour discovery."""
        return self._followed() & self._space.packet("eth_dst", "00:00:00:00:00:00", _GROUP_BIT)

    def _followed(self) -> PacketSet:
        space = self._space
        discovery = space.any_of(space.packet("icmpv6_type", kind) for kind in _NEIGHBOUR_DISCOVERY)
        return space.ip() & ~discovery

    def _tcp(self, flags: int, mask: int) -> PacketSet:
        return self._space.packet("ip_proto", PROTOCOLS["tcp"]) & self._space.packet("tcp_flags", flags, mask)

    def _noticed(self, switch: SwitchView, slot: int) -> PacketSet:
        """What an edge does with a packet of a connection: enter it, copy it to the agent, take a verdict away."""
        space, dpid, zone = self._space, switch.dpid, switch.edge_zone
        new = space.connection(slot, "ct_state", CT_NEW, CT_NEW)
        found = [new & self._sees(Observer("commit", dpid, zone))]
        if switch.tap_port is not None:
            settled = space.connection(slot, "l7_state", _SETTLED, _SETTLED)
            begun = settled & ~new & self._tcp(TCP_SYN | TCP_ACK, TCP_SYN | TCP_ACK)
            ends = self._tcp(TCP_FIN, TCP_FIN) | self._tcp(TCP_RST, TCP_RST)
            found.append((new | begun | ~settled | ends) & self._sees(Observer("tap", dpid)))
            found.append(begun & self._sees(Observer("commit", dpid, zone, _FORGET)))
        return space.any_of(found)

    def _begun(self, switch: SwitchView) -> PacketSet:
        """Answers to a SYN on a connection with a verdict: another connection."""
        if switch.tap_port is None:
            return self._space.none
        settled = self._space.connection(ENTRY_EDGE, "l7_state", _SETTLED, _SETTLED)
        return settled & self._tcp(TCP_SYN | TCP_ACK, TCP_SYN | TCP_ACK)

    def _asked_again(self, switch: SwitchView) -> PacketSet:
        """SYNs on a connection with a verdict."""
        if switch.tap_port is None:
            return self._space.none
        settled = self._space.connection(ENTRY_EDGE, "l7_state", _SETTLED, _SETTLED)
        return settled & self._tcp(TCP_SYN, TCP_SYN | TCP_ACK)

    def _each_part(self) -> Iterator[tuple[int, _Part]]:
        graph: nx.Graph[int] = nx.Graph()
        graph.add_nodes_from(self._network.switches)
        graph.add_edges_from((a[0], b[0]) for a, b in self._network.live_links())
        for dpids in nx.connected_components(graph):
            part = self._part(sorted(dpids))
            yield from ((dpid, part) for dpid in dpids)

    def _part(self, dpids: list[int]) -> _Part:
        space = self._space
        ports = ((dpid, port) for dpid in dpids for port in self._places.host_ports(dpid))
        unicast = self._tracked()
        known, to_known, at_edges, at_flooded = [], [], [], []
        for dpid in dpids:
            here = list(self._locals(dpid))
            switch = self._network.switches[dpid]
            macs = [space.packet("eth_dst", host.mac) for host in here]
            known += macs
            to_known += [
                mac & self._sees(Observer("port", dpid, host.port)) for mac, host in zip(macs, here, strict=True)
            ]
            sources = space.any_of(space.packet("eth_src", host.mac) for host in here)
            noticed = self._noticed(switch, space.slot(dpid, switch.edge_zone))
            at_edges.append(space.any_of(macs) & self._followed() & ~sources & noticed)
            at_flooded.append(unicast & noticed)
        return _Part(
            known=space.any_of(known),
            to_known=space.any_of(to_known),
            to_all=space.any_of(self._sees(Observer("port", dpid, port)) for dpid, port in ports),
            at_edges=space.any_of(at_edges),
            at_flooded=space.any_of(at_flooded),
        )

    def _edge_observers(self, dpid: int) -> Iterable[Observer]:
        """Who noticed already where the packet came in."""
        zone = self._network.switches[dpid].edge_zone
        return Observer("tap", dpid), Observer("commit", dpid, zone), Observer("commit", dpid, zone, _FORGET)

    def _locals(self, dpid: int) -> Iterator[HostView]:
        ports = self._places.host_ports(dpid)
        return (host for host in self._network.hosts.values() if host.dpid == dpid and host.port in ports)
