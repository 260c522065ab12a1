"""Compilers of the tables at the edge.

Admission, learn, track, tap, and deliver_tap as tap's counterpart on the way out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from steering import tables
from steering.chains import CARRIER_VID, POSITION_BITS
from steering.compile.scope import Scope, rule
from steering.fields import (
    CT_NEW,
    CT_TRACKED,
    ETH_IPV4,
    ETH_IPV6,
    ETH_LLDP,
    TCP_ACK,
    TCP_FIN,
    TCP_RST,
    TCP_SYN,
    VLAN_PRESENT,
)
from steering.rules import (
    PORT_CONTROLLER,
    WHOLE_PACKET,
    Action,
    Conntrack,
    GotoTable,
    Match,
    Move,
    Output,
    OutputField,
    PopVlan,
    Rule,
    SetField,
)

ETH_FAMILIES = (ETH_IPV4, ETH_IPV6)
TAGGED = (VLAN_PRESENT, VLAN_PRESENT)
NEIGHBOUR_DISCOVERY = range(133, 138)  # ICMPv6 types, RFC 4861 §4
UNSETTLED, SETTLED = (0, 1), (1, 1)  # l7_state: bit 0 means settled
NEW = (CT_NEW | CT_TRACKED, CT_NEW | CT_TRACKED)
ASKED = (TCP_SYN, TCP_SYN | TCP_ACK)  # for a connection, and
ANSWERED = (TCP_SYN | TCP_ACK, TCP_SYN | TCP_ACK)
UNICAST = ("00:00:00:00:00:00", "01:00:00:00:00:00")  # IEEE 802: the group bit is the first octet's lowest


def admission(scope: Scope) -> Iterator[Rule]:
    """By the role of the port.

    Ports without a rule (held ones, LOCAL) and what functions send of their own are dropped.
    """
    if scope.switch.tap_port is not None:
        yield rule(tables.ADMISSION, 500, Match.of(in_port=scope.switch.tap_port))
    yield rule(tables.ADMISSION, 450, Match.of(eth_type=ETH_LLDP), Output(PORT_CONTROLLER, WHOLE_PACKET))
    for port, attachment in sorted(scope.functions.items()):
        back = Conntrack(zone=scope.switch.service_zone, table=tables.RESUME)
        for family in ETH_FAMILIES:
            match = Match.of(in_port=port, eth_type=family)
            yield rule(tables.ADMISSION, 400, match, back, owner=f"service:{attachment.service.name}")
    for port in scope.fabric_ports:
        yield from _from_switch(port)
    for port in scope.host_ports:
        yield rule(tables.ADMISSION, 300, Match.of(in_port=port), GotoTable(tables.LEARN), owner=f"port:{port}")


def learn(scope: Scope) -> Iterator[Rule]:
    """Hosts behind the port that is known for them go on; any other source is shown to the controller first."""
    track_next = GotoTable(tables.TRACK)
    for host in scope.local_hosts:
        match = Match.of(in_port=host.port, eth_src=host.mac)
        yield rule(tables.LEARN, 200, match, track_next, owner=f"host:{host.mac}")
    yield rule(tables.LEARN, 100, Match(), Output(PORT_CONTROLLER, WHOLE_PACKET), track_next)


def track(scope: Scope) -> Iterator[Rule]:
    """IP unicast to conntrack; ARP, neighbour discovery, multicast and all else to forwarding."""
    onward = GotoTable(tables.FORWARD)
    for match in neighbour_discovery():
        yield rule(tables.TRACK, 300, match, onward)
    for family in ETH_FAMILIES:
        match = Match.of(eth_type=family, eth_dst=UNICAST)
        yield rule(tables.TRACK, 200, match, Conntrack(zone=scope.switch.edge_zone, table=tables.TAP))
    yield rule(tables.TRACK, 100, Match(), onward)


def tap(scope: Scope) -> Iterator[Rule]:
    """Commit what is new and copy to the DPI agent what is not settled, and each end of a TCP connection.

    A SYN on a connection with a verdict asks for another one, as the first one's end went unseen: it has no verdict, so
    it is looked up where there are none.
    """
    onward = tables.POLICY
    yield from _tapped(scope, tables.TAP, onward, (), (GotoTable(onward),))
    if scope.switch.tap_port is not None:
        elsewhere = Conntrack(zone=scope.switch.service_zone, table=onward)
        for family in ETH_FAMILIES:
            match = Match.of(eth_type=family, ip_proto=6, tcp_flags=ASKED, l7_state=SETTLED)
            yield rule(tables.TAP, 350, match, Output(scope.switch.tap_port), elsewhere)


def deliver_tap(scope: Scope) -> Iterator[Rule]:
    """As `tap`, then out to the host."""
    out = OutputField("reg1")
    return _tapped(scope, tables.DELIVER_TAP, None, (out,), (out,))


def flood_tap(scope: Scope) -> Iterator[Rule]:
    """As `tap`, before flooding: the host that is looked for may be here, and then this is an edge of the flow."""
    return _tapped(scope, tables.FLOOD_TAP, tables.FLOOD, (), (GotoTable(tables.FLOOD),))


def neighbour_discovery() -> Iterator[Match]:
    """Matches for IPv6 neighbour discovery, which has to pass as ARP does."""
    for icmp_type in NEIGHBOUR_DISCOVERY:
        yield Match.of(eth_type=ETH_IPV6, ip_proto=58, icmpv6_type=icmp_type)


def _from_switch(port: int) -> Iterator[Rule]:
    owner = f"port:{port}"
    carried = Match.of(in_port=port, vlan_vid=VLAN_PRESENT | CARRIER_VID)
    yield rule(tables.ADMISSION, 400, carried, PopVlan(), GotoTable(tables.FORWARD), owner=owner)
    position = Move("vlan_vid", "reg0", POSITION_BITS)
    on_chain = Match.of(in_port=port, vlan_vid=TAGGED)
    yield rule(tables.ADMISSION, 390, on_chain, position, PopVlan(), GotoTable(tables.PATH), owner=owner)
    yield rule(tables.ADMISSION, 300, Match.of(in_port=port), GotoTable(tables.FORWARD), owner=owner)


def _tapped(
    scope: Scope, table: int, onward: int | None, new: tuple[Action, ...], known: tuple[Action, ...]
) -> Iterator[Rule]:
    """Packets of known connections go on by `known`, committed ones through conntrack to `onward`, and by `new`.

    Who answers a SYN on a connection with a verdict has begun another one: what was said of the first is taken away.
    """
    copy = () if scope.switch.tap_port is None else (Output(scope.switch.tap_port),)
    commit = Conntrack(zone=scope.switch.edge_zone, commit=True, table=onward)
    for family in ETH_FAMILIES:
        yield rule(table, 400, Match.of(eth_type=family, ct_state=NEW), *copy, commit, *new)
    if copy:
        begin_anew = replace(commit, sets=(SetField("ct_mark", 0), SetField("ct_label", 0)))
        for family in ETH_FAMILIES:
            match = Match.of(eth_type=family, ip_proto=6, tcp_flags=ANSWERED, l7_state=SETTLED)
            yield rule(table, 350, match, *copy, begin_anew, *new)
        yield rule(table, 300, Match.of(l7_state=UNSETTLED), *copy, *known)
        for family in ETH_FAMILIES:
            for flag in (TCP_FIN, TCP_RST):
                match = Match.of(eth_type=family, ip_proto=6, tcp_flags=(flag, flag))
                yield rule(table, 200, match, *copy, *known)
    yield rule(table, 100, Match(), *known)
