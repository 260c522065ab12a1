"""The networks and policies that faults are put into."""

from collections.abc import Mapping
from dataclasses import dataclass

from steering.compile import compile_network
from steering.network import CatalogueView, HostView, NetworkView, PortView, SwitchView
from steering.policy import Policy, parse_policy
from steering.rules import RuleSet

CATALOGUE = CatalogueView(
    applications={"ssh": 0x14000001, "tube": 0x14002711}, categories={"unknown": 0, "video": 7, "web": 8}
)
ONE_SWITCH = """
version: 1
services: [{name: filter, kind: transparent, attach: {switch: s1, ingress: 5, egress: 6}}]
chains: [{name: inspected, services: [filter]}]
policies:
  - {name: no-ssh, match: {application: ssh}, action: deny, while_inspecting: hold}
  - {name: mail, match: {ip_proto: tcp, dst_port: [25, 587]}, action: {chain: inspected}}
  - {name: voice, match: {ip_proto: udp, dst_port: 5060-5070}, action: {dscp: 46}}
"""
THREE_SWITCHES = """
version: 1
services:
  - {name: near, kind: transparent, attach: {switch: s1, ingress: 5, egress: 6}}
  - {name: far, kind: transparent, attach: {switch: s2, ingress: 5, egress: 6}}
chains: [{name: one, services: [far]}, {name: both, services: [near, far]}]
policies:
  - {name: guests, match: {ingress: {switch: s1, port: 2}}, action: deny}
  - name: films
    match: {category: video, not: {sni: "*.films.example"}}
    action: {chain: one}
    while_inspecting: allow
  - {name: office, match: {src: 10.0.0.0/8, dst: 192.0.2.0/24}, action: {chain: both}}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """A policy in a network, with the rules that it compiles to."""

    name: str
    policy: Policy
    network: NetworkView
    rules: Mapping[int, RuleSet]


def worlds() -> list[World]:
    """One switch; and a ring of three with redundant links and chains across switches."""
    ring = frozenset({((1, 12), (2, 11)), ((2, 13), (3, 12)), ((3, 11), (1, 13))})
    return [
        _world("one switch", ONE_SWITCH, {1: (1, 2)}, frozenset()),
        _world("ring of three", THREE_SWITCHES, {1: (1,), 3: (1,)}, ring),
    ]


def _world(
    name: str,
    text: str,
    hosts: Mapping[int, tuple[int, ...]],
    links: frozenset[tuple[tuple[int, int], tuple[int, int]]],
) -> World:
    policy = parse_policy(text)
    numbers = sorted({end[0] for link in links for end in link} | set(hosts))
    network = NetworkView(
        switches={number: _switch(number, links) for number in numbers},
        links=links,
        hosts={
            mac: HostView(mac=mac, dpid=dpid, port=port)
            for dpid, ports in hosts.items()
            for port in ports
            for mac in [f"02:00:00:00:0{dpid}:0{port}"]
        },
    )
    return World(name=name, policy=policy, network=network, rules=compile_network(policy, CATALOGUE, network))


def _switch(number: int, links: frozenset[tuple[tuple[int, int], tuple[int, int]]]) -> SwitchView:
    wires = {port for link in links for dpid, port in link if dpid == number}
    ports = {port: PortView(port, f"s{number}-eth{port}") for port in {1, 2, 5, 6, 9, *wires}}
    return SwitchView(
        dpid=number, name=f"s{number}", ports=ports, tap_port=9, edge_zone=2 * number, service_zone=2 * number + 1
    )
