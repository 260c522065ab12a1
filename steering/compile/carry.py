"""Compilers of the tables that move packets: resume and path along a chain, forward and deliver to the destination."""

from __future__ import annotations

from collections.abc import Iterator

from steering import tables
from steering.chains import CARRIER_VID, LABEL_MASK, LABEL_SHIFT, Position
from steering.compile.edge import ETH_FAMILIES, TAGGED, UNICAST, neighbour_discovery
from steering.compile.scope import Attachment, Scope, rule
from steering.fields import ETH_SERVICE_TAG, VLAN_PRESENT
from steering.policy.model import Chain
from steering.rules import (
    GROUP_PREFIX,
    Action,
    Bucket,
    Conntrack,
    GotoTable,
    Group,
    Match,
    Output,
    OutputField,
    PushVlan,
    Rule,
    SetField,
    ToGroup,
)

FLOOD_GROUP = GROUP_PREFIX | 1
FLOOD_TAGGED_GROUP = GROUP_PREFIX | 2


def resume(scope: Scope) -> Iterator[Rule]:
    """A packet out of a function's egress side travels to the responder, out of its ingress side to the originator."""
    for chain in scope.world.policy.chains.values():
        number = scope.world.chain_numbers[chain.name]
        for reverse in (False, True):
            for hop, name in enumerate(_order(chain, reverse)):
                attachment = scope.world.attachments.get(name)
                if attachment is None or attachment.dpid != scope.switch.dpid:
                    continue
                port = attachment.ingress if reverse else attachment.egress
                match = Match.of(in_port=port, ct_label=(number << LABEL_SHIFT, LABEL_MASK))
                onward = _after(chain, Position(number, reverse, hop))
                yield rule(tables.RESUME, 200, match, *onward, owner=f"chain:{chain.name}")


def path(scope: Scope) -> Iterator[Rule]:
    """Towards the function of a position.

    A position whose function cannot be reached has no rule: its packets are dropped.
    """
    for chain in scope.world.policy.chains.values():
        number = scope.world.chain_numbers[chain.name]
        for reverse in (False, True):
            for hop, name in enumerate(_order(chain, reverse)):
                attachment = scope.world.attachments.get(name)
                if attachment is not None:
                    yield from _towards(scope, attachment, Position(number, reverse, hop), f"chain:{chain.name}")


def forward(scope: Scope) -> Iterator[Rule]:
    """Known destinations by their address, the rest by flooding.

    A host answers to a flooded packet before it is learned, so its switch must have seen that packet: IP unicast
    that did not come from a host here is tracked first, or the answer would count as the begin of the flow.
    """
    for host in sorted(scope.world.network.hosts.values(), key=lambda host: host.mac):
        port: int | None
        if host.dpid == scope.switch.dpid:
            port = host.port if host in scope.local_hosts else None
        else:
            port = scope.world.routes.next_port(scope.switch.dpid, host.dpid)
        if port is not None:
            out = (SetField("reg1", port), GotoTable(tables.DELIVER))
            yield rule(tables.FORWARD, 200, Match.of(eth_dst=host.mac), *out, owner=f"host:{host.mac}")
    flood_next = GotoTable(tables.FLOOD)
    for match in neighbour_discovery():
        yield rule(tables.FORWARD, 160, match, flood_next)
    lookup = Conntrack(zone=scope.switch.edge_zone, table=tables.FLOOD_TAP)
    for arrival in (*scope.fabric_ports, *sorted(scope.functions)):
        for family in ETH_FAMILIES:
            elsewhere = Match.of(in_port=arrival, eth_type=family, eth_dst=UNICAST)
            yield rule(tables.FORWARD, 150, elsewhere, lookup, owner=f"port:{arrival}")
    yield rule(tables.FORWARD, 100, Match(), flood_next)


def flood(_scope: Scope) -> Iterator[Rule]:
    """One group for untagged packets, one for those with a tag of the host's own."""
    yield rule(tables.FLOOD, 200, Match.of(vlan_vid=TAGGED), ToGroup(FLOOD_TAGGED_GROUP))
    yield rule(tables.FLOOD, 100, Match(), ToGroup(FLOOD_GROUP))


def deliver(scope: Scope) -> Iterator[Rule]:
    """Out: to a switch (a host's own tag below the carrier tag), or to a host, tracked here once."""
    for port in scope.fabric_ports:
        tagged = Match.of(reg1=port, vlan_vid=TAGGED)
        yield rule(tables.DELIVER, 400, tagged, *_carry(port), owner=f"port:{port}")
        yield rule(tables.DELIVER, 390, Match.of(reg1=port), Output(port), owner=f"port:{port}")
    out = OutputField("reg1")
    for host in scope.local_hosts:
        yield rule(tables.DELIVER, 300, Match.of(eth_src=host.mac), out, owner=f"host:{host.mac}")
    for match in neighbour_discovery():
        yield rule(tables.DELIVER, 250, match, out)
    for family in ETH_FAMILIES:
        lookup = Conntrack(zone=scope.switch.edge_zone, table=tables.DELIVER_TAP)
        yield rule(tables.DELIVER, 200, Match.of(eth_type=family), lookup)
    yield rule(tables.DELIVER, 100, Match(), out)


def groups(scope: Scope) -> Iterator[Group]:
    """The flood groups: spanning tree and host ports. A switch never sends a packet back to the port it came from."""
    tree = scope.world.routes.tree_ports(scope.switch.dpid)
    hosts = tuple(Bucket((Output(port),)) for port in scope.host_ports)
    plain = tuple(Bucket((Output(port),)) for port in tree)
    tagged = tuple(Bucket(_carry(port)) for port in tree)
    yield Group(group_id=FLOOD_GROUP, buckets=plain + hosts)
    yield Group(group_id=FLOOD_TAGGED_GROUP, buckets=tagged + hosts)


def _order(chain: Chain, reverse: bool) -> tuple[str, ...]:
    return chain.services[::-1] if reverse else chain.services


def _after(chain: Chain, position: Position) -> tuple[Action, ...]:
    if position.hop + 1 == len(chain.services):
        return (GotoTable(tables.FORWARD),)
    following = Position(position.chain, position.reverse, position.hop + 1)
    return SetField("reg0", following.number), GotoTable(tables.PATH)


def _towards(scope: Scope, attachment: Attachment, position: Position, owner: str) -> Iterator[Rule]:
    if attachment.dpid == scope.switch.dpid:
        label = SetField("ct_label", position.chain << LABEL_SHIFT)
        enter = Conntrack(zone=scope.switch.service_zone, commit=True, sets=(label,))
        out = Output(attachment.egress if position.reverse else attachment.ingress)
        for family in ETH_FAMILIES:
            yield rule(tables.PATH, 200, Match.of(reg0=position.number, eth_type=family), enter, out, owner=owner)
        return
    port = scope.world.routes.next_port(scope.switch.dpid, attachment.dpid)
    if port is not None:
        tag = (PushVlan(ETH_SERVICE_TAG), SetField("vlan_vid", VLAN_PRESENT | position.number))
        yield rule(tables.PATH, 200, Match.of(reg0=position.number), *tag, Output(port), owner=owner)


def _carry(port: int) -> tuple[Action, ...]:
    return PushVlan(ETH_SERVICE_TAG), SetField("vlan_vid", VLAN_PRESENT | CARRIER_VID), Output(port)
