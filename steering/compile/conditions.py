"""From the conditions of a policy to matches, for one direction of its flows.

Each condition becomes a list of alternatives (fragments of a match); a policy's matches are their combinations.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

from steering.compile.layer7 import layer_7_alternatives
from steering.compile.meet import meet
from steering.compile.scope import Scope
from steering.errors import CompileError
from steering.fields import ETH_IPV4, ETH_IPV6, VLAN_PRESENT, Value
from steering.policy.conditions import FlowMatch, Ingress
from steering.policy.logic import Parts
from steering.policy.ranges import merged, range_masks
from steering.policy.values import ICMPV6, PROTOCOLS, WITH_PORTS
from steering.rules import Match

MAX_MATCHES_PER_POLICY = 4096  # a policy that needs more is a list of something else; the switch looks through masks

T = TypeVar("T")

Fragment = Mapping[str, Value | tuple[Value, Value | None]]

_DIRECTED = ("eth_src", "eth_dst", "src", "dst", "src_port", "dst_port", "ingress")
_EVERYTHING = FlowMatch()
_FAMILIES = {4: ETH_IPV4, 6: ETH_IPV6}
_ICMP = PROTOCOLS["icmp"]


class TooManyError(CompileError):
    """The conditions combine to more rules than a policy may have."""


def has_direction(parts: Parts) -> bool:
    """Whether the two directions of a flow look different to these conditions."""
    return any(getattr(match, name) is not None for match in parts for name in _DIRECTED)


def is_of_one_switch(match: FlowMatch) -> bool:
    """Whether the matches differ from switch to switch."""
    return any(node.ingress is not None for _, node in match.nodes())


def lower_matches(parts: Parts, scope: Scope, *, reverse: bool, by_family: bool) -> list[Match]:
    """Matches on layers 2 to 4 for packets of one direction that enter at this switch; empty if none can.

    `by_family` makes every match name its IP version, as actions on IP need it.
    """
    found = [_lower(match, scope, reverse=reverse, by_family=by_family) for match in parts or (_EVERYTHING,)]
    return found[0] if len(found) == 1 else combined(found)


def _lower(match: FlowMatch, scope: Scope, *, reverse: bool, by_family: bool) -> list[Match]:
    headers = header_matches(match, reverse=reverse, by_family=by_family)
    if match.ingress is None:
        return headers
    places = [Match.from_mapping(place) for place in _ingress(match.ingress, scope, reverse=reverse)]
    return combined([places, headers])


def header_matches(match: FlowMatch, *, reverse: bool, by_family: bool) -> list[Match]:
    """As `lower_matches` without where the originator is attached, the same on every switch."""
    alternatives: list[Sequence[Fragment]] = [
        _ethernet(match, reverse=reverse),
        [{"vlan_vid": VLAN_PRESENT | vid} for vid in match.vlan or ()] or [{}],
        _network_layer(match, reverse=reverse, by_family=by_family),
    ]
    return _combined(alternatives)


def verdict_matches(parts: Parts, scope: Scope) -> list[Match]:
    """Matches on layer 7, for flows that have a verdict only. Raises `CompileError`, which does not name the policy."""
    return combined(itertools.chain.from_iterable(layer_7_alternatives(each, scope.world.catalogue) for each in parts))


def combined(conditions: Iterable[Sequence[Match]]) -> list[Match]:
    """Every way to fulfil all conditions by one of its alternatives each; those that nothing can fit are left out."""
    made = [Match()]
    for alternatives in conditions:
        pairs = itertools.product(made, alternatives)
        made = limited(both for one, other in pairs if (both := meet(one, other)) is not None)
    return list(dict.fromkeys(made))


def joined(first: Match, second: Match) -> Match:
    """Both matches at once; they name different fields, or values of a field that may be repeated."""
    return Match(tuple(sorted(first.fields + second.fields, key=lambda part: (part[0], str(part[1])))))


def limited(made: Iterable[T]) -> list[T]:
    """All of them; `TooManyError` before there are more than a policy may have."""
    kept = list(itertools.islice(made, MAX_MATCHES_PER_POLICY + 1))
    if len(kept) > MAX_MATCHES_PER_POLICY:
        raise TooManyError(f"needs more than {MAX_MATCHES_PER_POLICY} rules: give fewer values, or wider ones")
    return kept


def _combined(alternatives: Sequence[Sequence[Fragment]]) -> list[Match]:
    chosen = itertools.product(*alternatives)
    return limited(
        Match.from_mapping({name: value for part in parts for name, value in part.items()}) for parts in chosen
    )


def _ethernet(match: FlowMatch, *, reverse: bool) -> list[Fragment]:
    source, destination = ("eth_dst", "eth_src") if reverse else ("eth_src", "eth_dst")
    sources: list[Fragment] = [{source: mac} for mac in match.eth_src or ()] or [{}]
    destinations: list[Fragment] = [{destination: mac} for mac in match.eth_dst or ()] or [{}]
    return limited({**a, **b} for a, b in itertools.product(sources, destinations))


def _ingress(ingress: Ingress, scope: Scope, *, reverse: bool) -> list[Fragment]:
    """Forward: the port itself. Reverse: the packet goes to a host that is known to be there, wherever it enters."""
    switch = scope.world.network.switch_named(ingress.switch)
    if switch is None:
        return []
    wanted = None if ingress.port is None else switch.port_named(ingress.port)
    if ingress.port is not None and wanted is None:
        return []
    if not reverse:
        if switch.dpid != scope.switch.dpid:
            return []
        return [{}] if wanted is None else [{"in_port": wanted}]
    hosts = (h for h in scope.world.network.hosts.values() if h.dpid == switch.dpid and wanted in (None, h.port))
    return [{"eth_dst": mac} for mac in sorted(host.mac for host in hosts)]


def _network_layer(match: FlowMatch, *, reverse: bool, by_family: bool) -> list[Fragment]:
    needs_family = by_family or any((match.src, match.dst, match.ip_proto, match.src_port, match.dst_port))
    if not needs_family:
        return [{}]
    made: list[Fragment] = []
    for version, eth_type in _FAMILIES.items():
        base = {"eth_type": eth_type}
        addresses = itertools.product(
            list(_address(match.src, version, "dst" if reverse else "src")),
            list(_address(match.dst, version, "src" if reverse else "dst")),
        )
        transports = limited(_transport(match, version, reverse=reverse))
        made += limited({**base, **a, **b, **t} for (a, b), t in itertools.product(addresses, transports))
    return made


def _address(given: tuple[str, ...] | None, version: int, side: str) -> Iterator[Fragment]:
    """Nothing at all if addresses are given and none is of this IP version: then no packet of it fits."""
    for network in given or ():
        if (":" in network) is not (version == 6):
            continue
        address, _, length = network.partition("/")
        bits = 32 if version == 4 else 128
        full = (1 << bits) - 1
        yield {f"ipv{version}_{side}": (address, full & ~(full >> int(length)))}
    if not given:
        yield {}


def _transport(match: FlowMatch, version: int, *, reverse: bool) -> Iterator[Fragment]:
    has_ports = match.src_port or match.dst_port
    for protocol in match.ip_proto or (WITH_PORTS if has_ports else (None,)):
        if protocol is None:
            yield {}
        elif not has_ports:
            yield {"ip_proto": ICMPV6 if version == 6 and protocol == _ICMP else protocol}
        elif protocol in WITH_PORTS:
            name = WITH_PORTS[protocol]
            sides = ("dst", "src") if reverse else ("src", "dst")
            for a, b in itertools.product(_port(match.src_port, name, sides[0]), _port(match.dst_port, name, sides[1])):
                yield {"ip_proto": protocol, **a, **b}


def _port(given: tuple[tuple[int, int], ...] | None, protocol: str, side: str) -> list[Fragment]:
    if not given:
        return [{}]
    return [{f"{protocol}_{side}": pair} for span in merged(given) for pair in range_masks(*span)]
