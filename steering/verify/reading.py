"""The policy, read as sets: for each direction, with a verdict and without, which packets get which treatment.

This is the meaning of a policy file written a second time, from docs/policy.md and not from the compiler, so that both
would have to be wrong in the same way for a mistake to pass. Each condition of `FlowMatch` has one reader here; a
condition without a reader is refused, never ignored.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from ofext.sites import site_id
from steering.fields import ETH_IPV4, ETH_IPV6
from steering.network import CatalogueView, NetworkView
from steering.policy.conditions import FlowMatch, Ingress
from steering.policy.model import PolicyRule, Treatment
from steering.policy.policy import Policy
from steering.policy.values import ICMPV6, PROTOCOLS, WITH_PORTS
from steering.verify.errors import VerifyError
from steering.verify.overlay import Layer, overlaid
from steering.verify.space import ENTRY_EDGE, PacketSet, Space


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """What conditions are read with. `switch_numbers` are those of `Space.switch`."""

    space: Space
    catalogue: CatalogueView
    network: NetworkView
    switch_numbers: Mapping[int, int]

    def decisions(self, policy: Policy, *, reverse: bool, has_verdict: bool) -> Layer[Treatment]:
        """Packets of one direction by what the policy says of their flow; every packet is in one part."""
        layers: list[Layer[Treatment]] = []
        for rule in policy.rules:
            treatment = self._treatment(rule, has_verdict=has_verdict)
            if treatment is not None:
                members = self.lower(rule.match, reverse=reverse)
                if has_verdict:
                    members &= self.upper(rule)
                layers.append(Layer({treatment: members}, members))
        default: Treatment = policy.defaults.action if has_verdict else policy.defaults.while_inspecting
        return overlaid([*layers, Layer({default: self.space.all}, self.space.all)], self.space)

    def lower(self, match: FlowMatch, *, reverse: bool) -> PacketSet:
        """Packets of one direction of the flows that the conditions on layers 2 to 4 fit."""
        found = self.space.all
        for name in FlowMatch.model_fields:
            wanted = getattr(match, name)
            if wanted is None or name in _UPPER:
                continue
            if name not in _LOWER:
                raise VerifyError(f"no proof is known for the condition {name!r}")
            found &= _LOWER[name](self, wanted, reverse)
        return found

    def upper(self, rule: PolicyRule) -> PacketSet:
        """Packets of the flows whose verdict the conditions on layer 7 fit."""
        found = self.space.all
        for name, read in _UPPER.items():
            wanted = getattr(rule.match, name)
            if wanted is not None:
                found &= self.space.any_of(read(self, value, rule) for value in wanted)
        return found

    @staticmethod
    def _treatment(rule: PolicyRule, *, has_verdict: bool) -> Treatment | None:
        """What the policy does to flows that it fits; None if it passes them over."""
        return rule.action if has_verdict or not rule.match.needs_verdict else rule.while_inspecting


def _ethernet(name: str, other: str) -> Callable[[Reader, Iterable[str], bool], PacketSet]:
    def read(reader: Reader, wanted: Iterable[str], reverse: bool) -> PacketSet:
        return reader.space.any_of(reader.space.packet(other if reverse else name, mac) for mac in wanted)

    return read


def _vlan(reader: Reader, wanted: Iterable[int], _reverse: bool) -> PacketSet:
    return reader.space.any_of(reader.space.packet("vlan_vid", 0x1000 | vid) for vid in wanted)


def _protocol(reader: Reader, wanted: Iterable[int], _reverse: bool) -> PacketSet:
    """`icmp` means ICMPv6 where the packet is IPv6."""
    space = reader.space
    version_4, version_6 = space.packet("eth_type", ETH_IPV4), space.packet("eth_type", ETH_IPV6)
    found = []
    for number in wanted:
        in_version_6 = ICMPV6 if number == PROTOCOLS["icmp"] else number
        found += [
            version_4 & space.packet("ip_proto", number),
            version_6 & space.packet("ip_proto", in_version_6),
        ]
    return space.any_of(found)


def _address(side: str, other: str) -> Callable[[Reader, Iterable[str], bool], PacketSet]:
    def read(reader: Reader, wanted: Iterable[str], reverse: bool) -> PacketSet:
        networks = (ipaddress.ip_network(given) for given in wanted)
        return reader.space.any_of(
            reader.space.packet(
                f"ipv{network.version}_{other if reverse else side}",
                str(network.network_address),
                str(network.netmask),
            )
            for network in networks
        )

    return read


def _port(side: str, other: str) -> Callable[[Reader, Iterable[tuple[int, int]], bool], PacketSet]:
    def read(reader: Reader, wanted: Iterable[tuple[int, int]], reverse: bool) -> PacketSet:
        space = reader.space
        row = f"port_{other if reverse else side}"
        with_ports = space.any_of(space.packet("ip_proto", number) for number in WITH_PORTS)
        return with_ports & space.any_of(space.between(row, first, last) for first, last in wanted)

    return read


def _ingress(reader: Reader, wanted: Ingress, reverse: bool) -> PacketSet:
    """The originator's place: where its packets enter; of answers, where their receiver is known to be."""
    space, network = reader.space, reader.network
    switch = network.switch_named(wanted.switch)
    if switch is None:
        return space.none
    port = None if wanted.port is None else switch.port_named(wanted.port)
    if wanted.port is not None and port is None:
        return space.none
    if reverse:
        there = (host for host in network.hosts.values() if host.dpid == switch.dpid and port in (None, host.port))
        return space.any_of(space.packet("eth_dst", host.mac) for host in there)
    found = space.switch(reader.switch_numbers[switch.dpid])
    return found if port is None else found & space.packet("in_port", port)


def _application(reader: Reader, key: str, rule: PolicyRule) -> PacketSet:
    number = site_id(key) if "." in key else _number(reader.catalogue.applications, key, "application", rule)
    return reader.space.connection(ENTRY_EDGE, "l7_app_id", number)


def _category(reader: Reader, key: str, rule: PolicyRule) -> PacketSet:
    number = _number(reader.catalogue.categories, key, "category", rule)
    return reader.space.connection(ENTRY_EDGE, "l7_category", number)


def _pattern(name: str) -> Callable[[Reader, str, PolicyRule], PacketSet]:
    def read(reader: Reader, pattern: str, _rule: PolicyRule) -> PacketSet:
        return reader.space.connection(ENTRY_EDGE, f"l7_{name}", pattern)

    return read


def _number(known: Mapping[str, int], key: str, kind: str, rule: PolicyRule) -> int:
    if key not in known:
        raise VerifyError(f"policy {rule.name!r}: the catalogue has no {kind} {key!r}")
    return known[key]


_LOWER: Mapping[str, Callable[..., PacketSet]] = {
    "eth_src": _ethernet("eth_src", "eth_dst"),
    "eth_dst": _ethernet("eth_dst", "eth_src"),
    "vlan": _vlan,
    "ip_proto": _protocol,
    "src": _address("src", "dst"),
    "dst": _address("dst", "src"),
    "src_port": _port("src", "dst"),
    "dst_port": _port("dst", "src"),
    "ingress": _ingress,
}
_UPPER: Mapping[str, Callable[..., PacketSet]] = {
    "application": _application,
    "category": _category,
    **{name: _pattern(name) for name in ("sni", "http_host", "dns_query")},
}
