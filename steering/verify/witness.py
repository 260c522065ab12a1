"""From a set of packets for which rules and policy differ to one of them, as concrete and as ordinary as it can be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from ofext.ids import State, format_app_id
from steering.evaluate import FlowDescription
from steering.fields import (
    CT_ESTABLISHED,
    CT_NEW,
    CT_REPLY,
    ETH_IPV4,
    ETH_IPV6,
    FIELDS,
    TCP_ACK,
    TCP_PSH,
    TCP_SYN,
    VLAN_PRESENT,
    from_number,
)
from steering.network import CatalogueView, NetworkView, PortRef
from steering.policy.attributes import AttributeValue
from steering.policy.values import PROTOCOLS, WITH_PORTS
from steering.simulate import Packet, Verdict
from steering.verify.facts import facts_of
from steering.verify.space import CT_INVALID, CT_RELATED, ENTRY_EDGE, ENTRY_SERVICE, IS_ENCRYPTED, PacketSet, Space
from steering.verify.transfer import Arrival

_LABEL_SHIFT = 19  # where the raw part of ct_label begins: the verdict lies below


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """What conntrack knows of the packet's connection in one zone of one switch."""

    dpid: int
    zone: int
    state: str
    is_reply: bool
    verdict: Verdict
    attributes: Mapping[str, tuple[AttributeValue, ...]]
    label: int

    @property
    def is_known(self) -> bool:
        """Whether there is a connection at all."""
        return self.state == "established"

    def __str__(self) -> str:
        direction = ", an answer" if self.is_reply else ""
        return f"{self.state}{direction}" if self.is_known else self.state


@dataclass(frozen=True, slots=True, kw_only=True)
class Witness:
    """One packet: where it comes in, and what conntrack knows of it where it is looked up. `edge`: at its entry."""

    at: PortRef
    packet: Packet
    connections: tuple[Connection, ...]
    point: Mapping[str, int] = field(repr=False)

    @property
    def edge(self) -> Connection:
        """The connection in the edge zone of the switch that the packet enters."""
        return self.connections[0]


class Witnesses:
    """Picks packets out of sets."""

    def __init__(self, space: Space, catalogue: CatalogueView, network: NetworkView, sites: Mapping[str, int]) -> None:
        """`sites`: App-IDs of the sites that the policy names, by domain."""
        self._space = space
        self._catalogue = catalogue
        self._applications = {**catalogue.applications, **sites}
        self._network = network

    def of(self, entry: Arrival, members: PacketSet) -> Witness:
        """A member of a set that is not empty."""
        for wish in self._wishes(entry.dpid, self._space.slots_of(members)):
            wished = members & wish
            if wished != self._space.none:
                members = wished
        point = self._space.pick(members)
        switch = self._network.switches[entry.dpid]
        zones = {ENTRY_EDGE: (entry.dpid, switch.edge_zone), ENTRY_SERVICE: (entry.dpid, switch.service_zone)}
        zones |= {slot: place for place, slot in self._space.zones() if place not in zones.values() or entry.port}
        connections = tuple(self._connection(slot, *place, point) for slot, place in zones.items())
        port = point["in_port"] if entry.port is None else entry.port
        return Witness(at=(entry.dpid, port), packet=_packet(point), connections=connections, point=point)

    def flow(self, witness: Witness, *, has_verdict: bool, is_reply: bool) -> FlowDescription:
        """The packet's flow as its originator sees it, for the reference evaluator."""
        sent = witness.packet.answer() if is_reply else witness.packet
        has_ports = sent.ip_proto in WITH_PORTS
        verdict = witness.edge.verdict
        is_known = has_verdict and verdict.app_id != 0
        switch, port = self._origin(witness, sent, is_reply=is_reply)
        return FlowDescription(
            src=sent.src,
            dst=sent.dst,
            ip_proto=sent.ip_proto,
            src_port=sent.src_port if has_ports else None,
            dst_port=sent.dst_port if has_ports else None,
            eth_src=sent.eth_src,
            eth_dst=sent.eth_dst,
            vlan=sent.vids[0] if sent.vids else None,
            ingress_switch=switch,
            ingress_port=port,
            application=self._key(self._applications, verdict.app_id) if is_known else None,
            owner=self._owner(verdict.app_id) if is_known else None,
            app_id=verdict.app_id if is_known else None,
            category=self._key(self._catalogue.categories, verdict.category) if is_known else None,
            state=_state_name(verdict.state) if is_known else None,
            risk=verdict.risk if is_known else None,
            confidence=verdict.facts.confidence if is_known else None,
            encrypted=verdict.facts.is_encrypted if is_known else None,
            tags=verdict.facts.tags if is_known else frozenset(),
            attributes=witness.edge.attributes if is_known else {},
        )

    def _origin(self, witness: Witness, sent: Packet, *, is_reply: bool) -> tuple[str | None, int | None]:
        if not is_reply:
            return self._network.switches[witness.at[0]].name, witness.at[1]
        host = self._network.hosts.get(sent.eth_src)
        if host is None or host.dpid not in self._network.switches:
            return None, None
        return self._network.switches[host.dpid].name, host.port

    def _owner(self, number: int) -> str | None:
        return next((name for name, owned in self._catalogue.owners.items() if number in owned), None)

    @staticmethod
    def _key(known: Mapping[str, int], number: int) -> str:
        return next((key for key, other in known.items() if other == number), format_app_id(number))

    def _connection(self, slot: int, dpid: int, zone: int, point: Mapping[str, int]) -> Connection:
        state = point[f"{slot}.ct_state"]
        encrypted = point[f"{slot}.l7_encrypted"]
        facts, attributes = facts_of(
            self._space.vocabulary,
            self._space.held(slot, point),
            point[f"{slot}.l7_confidence"],
            encrypted == IS_ENCRYPTED if encrypted else None,
        )
        verdict = Verdict(
            app_id=point[f"{slot}.l7_app_id"],
            category=point[f"{slot}.l7_category"],
            risk=point[f"{slot}.l7_risk"],
            state=point[f"{slot}.l7_state"],
            facts=facts,
        )
        known = "established" if state & CT_ESTABLISHED else "invalid" if state & CT_INVALID else "new"
        known = "related" if state & CT_RELATED else known
        return Connection(
            dpid=dpid,
            zone=zone,
            state=known,
            is_reply=bool(state & CT_REPLY),
            verdict=verdict,
            attributes=attributes,
            label=point[f"{slot}.ct_label"] << _LABEL_SHIFT,
        )

    def _wishes(self, dpid: int, slots: set[int]) -> Iterator[PacketSet]:
        """What an ordinary packet has, the most telling first; each is asked for if the set has such packets."""
        space = self._space
        for slot in sorted({ENTRY_EDGE, ENTRY_SERVICE, *slots}):
            yield space.connection(slot, "ct_state", 0, CT_RELATED | CT_INVALID)
            yield space.connection(slot, "ct_state", CT_NEW, CT_NEW) & space.connection(slot, "l7_app_id", 0)
            applications = [0, *self._applications.values()]
            yield space.any_of(space.connection(slot, "l7_app_id", number) for number in applications)
            yield space.any_of(
                space.connection(slot, "l7_category", number) for number in self._catalogue.categories.values()
            )
            yield space.any_of(space.cube(f"{slot}.l7_state", state) for state in (0, 1))
        yield space.packet("eth_type", ETH_IPV4)
        yield space.packet("eth_type", ETH_IPV6)
        for name in ("tcp", "udp"):
            yield space.packet("ip_proto", PROTOCOLS[name])
        for flags in (TCP_ACK | TCP_PSH, TCP_ACK, TCP_SYN):
            yield space.packet("tcp_flags", flags)
        yield space.packet("icmpv6_type", 128)
        hosts = self._network.hosts.values()
        here = [host for host in hosts if host.dpid == dpid]
        yield space.any_of(space.packet("eth_src", host.mac) & space.packet("in_port", host.port) for host in here)
        yield space.any_of(space.packet("eth_dst", host.mac) for host in hosts if host.dpid != dpid)
        yield space.any_of(space.packet("eth_dst", host.mac) for host in hosts)
        yield space.packet("eth_src", "02:00:00:00:00:f1")
        yield space.packet("eth_dst", "02:00:00:00:00:f2")
        yield from (space.packet("ipv4_src", "192.0.2.1"), space.packet("ipv4_dst", "192.0.2.2"))
        yield from (space.packet("ipv6_src", "2001:db8::1"), space.packet("ipv6_dst", "2001:db8::2"))
        for number in (443, 40000):
            yield space.cube("port_dst", number)
        yield space.cube("port_src", 40000)


def _state_name(number: int) -> str:
    try:
        return State(number).name.lower()
    except ValueError:
        return str(number)


def _packet(point: Mapping[str, int]) -> Packet:
    eth_type, protocol = point["eth_type"], point["ip_proto"]
    version = {ETH_IPV4: "ipv4", ETH_IPV6: "ipv6"}.get(eth_type)
    has_ports = version is not None and protocol in WITH_PORTS
    return Packet(
        eth_src=_text("eth_src", point),
        eth_dst=_text("eth_dst", point),
        eth_type=eth_type,
        src=_text(f"{version}_src", point) if version else "",
        dst=_text(f"{version}_dst", point) if version else "",
        ip_proto=protocol if version else 0,
        src_port=point["port_src"] if has_ports else 0,
        dst_port=point["port_dst"] if has_ports else 0,
        tcp_flags=point["tcp_flags"] if has_ports and protocol == PROTOCOLS["tcp"] else 0,
        icmpv6_type=point["icmpv6_type"] if version else 0,
        vids=(point["vlan_vid"] & 0xFFF,) if point["vlan_vid"] & VLAN_PRESENT else (),
    )


def _text(name: str, point: Mapping[str, int]) -> str:
    return str(from_number(FIELDS[name], point[name]))
