"""The policy, read as sets: for each direction, with a verdict and without, which packets get which treatment.

This is the meaning of a policy file written a second time, from docs/policy.md and not from the compiler, so that both
would have to be wrong in the same way for a mistake to pass. Each condition of `FlowMatch` has one reader here; a
condition without a reader is refused, never ignored.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum

from ofext.fields import L7Field
from ofext.ids import State, parse_app_id
from ofext.predicates import Predicate
from ofext.sites import site_id
from steering.fields import ETH_IPV4, ETH_IPV6
from steering.network import CatalogueView, NetworkView
from steering.policy.attributes import tests_of
from steering.policy.conditions import HOSTS, TEXTS, AttributeCondition, FlowMatch, Ingress, state_number
from steering.policy.model import Group, PolicyRule, Treatment
from steering.policy.policy import Policy
from steering.policy.values import ICMPV6, PROTOCOLS, WITH_PORTS
from steering.verify.errors import VerifyError
from steering.verify.overlay import Layer, overlaid
from steering.verify.space import ENTRY_EDGE, IS_ENCRYPTED, IS_PLAIN, PacketSet, Space


class Knows(Enum):
    """What is known of a flow's layer 7: its verdict, nothing until there is one, or nothing ever (no DPI agent)."""

    VERDICT = "verdict"
    NOTHING_YET = "nothing yet"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Fits:
    """Packets for which conditions hold, and for which they fail; for the others it is open: no verdict is known."""

    holds: PacketSet
    fails: PacketSet


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """What conditions are read with. `switch_numbers` are those of `Space.switch`."""

    space: Space
    catalogue: CatalogueView
    network: NetworkView
    groups: Mapping[str, Group]
    switch_numbers: Mapping[int, int]

    def decisions(self, policy: Policy, *, reverse: bool, knows: Knows) -> Layer[Treatment]:
        """Packets of one direction by what the policy says of their flow; every packet is in one part."""
        layers: list[Layer[Treatment]] = []
        for rule in rules_of(policy):
            fits = self.fits(rule.match, reverse=reverse, knows=knows)
            if rule.while_guessed is not None and knows is Knows.VERDICT:
                certain = self.fits(rule.match, reverse=reverse, knows=Knows.NOTHING_YET).holds
                guessed = self.space.connection(ENTRY_EDGE, "l7_state", State.GUESSED)
                resting = fits.holds & ~certain & guessed
                layers.append(Layer({rule.while_guessed: resting}, resting))
            layers.append(Layer({rule.action: fits.holds}, fits.holds))
            if rule.while_inspecting is not None and knows is Knows.NOTHING_YET:
                waiting = ~fits.holds & ~fits.fails
                layers.append(Layer({rule.while_inspecting: waiting}, waiting))
        is_waiting = knows is Knows.NOTHING_YET
        default: Treatment = policy.defaults.while_inspecting if is_waiting else policy.defaults.action
        return overlaid([*layers, Layer({default: self.space.all}, self.space.all)], self.space)

    def fits(self, match: FlowMatch, *, reverse: bool, knows: Knows) -> Fits:
        """With three values: what fails fails whatever is open beside it."""
        parts = [self._own(match, reverse=reverse, knows=knows)]
        parts += [self.fits(inner, reverse=reverse, knows=knows) for inner in match.all or ()]
        if match.any is not None:
            ways = [self.fits(inner, reverse=reverse, knows=knows) for inner in match.any]
            space = self.space
            parts.append(Fits(space.any_of(way.holds for way in ways), space.all_of(way.fails for way in ways)))
        for inner in match.not_ or ():
            excluded = self.fits(inner, reverse=reverse, knows=knows)
            parts.append(Fits(excluded.fails, excluded.holds))
        return Fits(self.space.all_of(part.holds for part in parts), self.space.any_of(part.fails for part in parts))

    def _own(self, match: FlowMatch, *, reverse: bool, knows: Knows) -> Fits:
        """The conditions of one mapping itself."""
        given = {name: wanted for name in _CONDITIONS if (wanted := getattr(match, name)) is not None}
        unread = set(given) - set(_LOWER) - set(_UPPER)
        if unread:
            raise VerifyError(f"no proof is known for the condition {min(unread)!r}")
        lower = self.space.all_of(_LOWER[name](self, given[name], reverse) for name in given if name in _LOWER)
        if not set(given) & set(_UPPER):
            return Fits(lower, ~lower)
        if knows is not Knows.VERDICT:
            return Fits(self.space.none, ~lower)
        whole = lower & self.space.all_of(_UPPER[name](self, given[name]) for name in given if name in _UPPER)
        return Fits(whole, ~whole)


def rules_of(policy: Policy) -> tuple[PolicyRule, ...]:
    """The policies as they stand in the file, with names of groups; of a policy made in code, as it was made."""
    return policy.written if len(policy.written) == len(policy.rules) else policy.rules


def predicates_asked(policy: Policy, catalogue: CatalogueView) -> Iterator[Predicate]:
    """The predicates that the conditions of a policy are about."""
    for rule in rules_of(policy):
        for _, match in rule.match.nodes():
            for name, field in _PATTERNS.items():
                yield from (Predicate.of(field, pattern) for pattern in getattr(match, name) or ())
            for name, condition in (match.attributes or {}).items():
                yield from _attribute_predicates(name, condition, catalogue)
    for group in policy.groups.values():
        yield from (Predicate.of(L7Field.USER, pattern) for pattern in group.users or ())
        yield from (Predicate.of(L7Field.DEVICE, pattern) for pattern in group.devices or ())
        if group.applications is not None:
            yield from (Predicate.of(L7Field.TAG, tag) for tag in group.applications.tags or ())


def sites_of(policy: Policy) -> dict[str, int]:
    """App-IDs of the sites that a policy names by their domain."""
    keys = [key for rule in policy.rules for _, node in rule.match.nodes() for key in node.application or ()]
    return {key: site_id(key) for key in keys if "." in key}


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


def _application(reader: Reader, wanted: Iterable[str]) -> PacketSet:
    """By key of the catalogue, by a site's domain, or by App-ID."""
    found = []
    for key in wanted:
        if "/" in key:
            number = int(parse_app_id(key))
        else:
            known = reader.catalogue.applications
            number = site_id(key) if "." in key else _number(known, key, "application")
        found.append(reader.space.connection(ENTRY_EDGE, "l7_app_id", number))
    return reader.space.any_of(found)


def _category(reader: Reader, wanted: Iterable[str]) -> PacketSet:
    numbers = (_number(reader.catalogue.categories, key, "category") for key in wanted)
    return reader.space.any_of(reader.space.connection(ENTRY_EDGE, "l7_category", number) for number in numbers)


def _engine(reader: Reader, wanted: Iterable[int]) -> PacketSet:
    """The upper 8 bits of the App-ID (RFC 6759 §4.1)."""
    engines = (reader.space.cube(f"{ENTRY_EDGE}.l7_app_id", number << 24, 0xFF << 24) for number in wanted)
    return reader.space.any_of(engines)


def _state(reader: Reader, wanted: Iterable[str]) -> PacketSet:
    numbers = map(state_number, wanted)
    return reader.space.any_of(reader.space.connection(ENTRY_EDGE, "l7_state", number) for number in numbers)


def _span(row: str) -> Callable[[Reader, Iterable[tuple[int, int]]], PacketSet]:
    def read(reader: Reader, wanted: Iterable[tuple[int, int]]) -> PacketSet:
        return reader.space.any_of(reader.space.between(f"{ENTRY_EDGE}.{row}", *span) for span in wanted)

    return read


def _encrypted(reader: Reader, wanted: bool) -> PacketSet:
    return reader.space.cube(f"{ENTRY_EDGE}.l7_encrypted", IS_ENCRYPTED if wanted else IS_PLAIN)


def _pattern(field: L7Field) -> Callable[[Reader, Iterable[str]], PacketSet]:
    def read(reader: Reader, wanted: Iterable[str]) -> PacketSet:
        predicates = (Predicate.of(field, pattern) for pattern in wanted)
        return reader.space.any_of(reader.space.predicate(ENTRY_EDGE, predicate) for predicate in predicates)

    return read


def _attributes(reader: Reader, wanted: Mapping[str, AttributeCondition]) -> PacketSet:
    """Every comparison of every attribute must hold, each for some value."""
    found = reader.space.all
    for name, condition in wanted.items():
        for predicate in _attribute_predicates(name, condition, reader.catalogue):
            found &= reader.space.predicate(ENTRY_EDGE, predicate)
    return found


def _attribute_predicates(name: str, condition: AttributeCondition, catalogue: CatalogueView) -> Iterator[Predicate]:
    view = catalogue.attributes.get(name)
    if view is None:
        raise VerifyError(f"the catalogue has no attribute {name!r}")
    try:
        tests = tests_of(condition, view.number, view.kind)
    except ValueError as error:
        raise VerifyError(f"attribute {name!r}: {error}") from error
    return (Predicate(L7Field.ATTR, test.encode()) for test in tests)


def _owner(reader: Reader, wanted: Iterable[str]) -> PacketSet:
    numbers: set[int] = set()
    for name in wanted:
        if name not in reader.catalogue.owners:
            raise VerifyError(f"the catalogue has no owner {name!r}")
        numbers |= reader.catalogue.owners[name]
    return reader.space.any_of(reader.space.connection(ENTRY_EDGE, "l7_app_id", number) for number in numbers)


def _address_group(side: str, other: str) -> Callable[[Reader, Iterable[str], bool], PacketSet]:
    def read(reader: Reader, wanted: Iterable[str], reverse: bool) -> PacketSet:
        groups = (reader.groups[name] for name in wanted)
        return _address(side, other)(reader, [net for group in groups for net in group.addresses or ()], reverse)

    return read


def _text_group(kind: str, field: L7Field) -> Callable[[Reader, Iterable[str]], PacketSet]:
    def read(reader: Reader, wanted: Iterable[str]) -> PacketSet:
        groups = (reader.groups[name] for name in wanted)
        return _pattern(field)(reader, [pattern for group in groups for pattern in getattr(group, kind) or ()])

    return read


def _application_group(reader: Reader, wanted: Iterable[str]) -> PacketSet:
    """What one of the groups lists, in any of its ways, says of the flow's application."""
    listed = [reader.groups[name].applications for name in wanted]
    ways: Mapping[str, Callable[..., PacketSet]] = {
        "keys": _application,
        "categories": _category,
        "tags": _pattern(L7Field.TAG),
        "owners": _owner,
        "risk": _span("l7_risk"),
    }
    return reader.space.any_of(
        read(reader, values)
        for members in listed
        for kind, read in ways.items()
        if members is not None and (values := getattr(members, kind)) is not None
    )


def _number(known: Mapping[str, int], key: str, kind: str) -> int:
    if key not in known:
        raise VerifyError(f"the catalogue has no {kind} {key!r}")
    return known[key]


_CONDITIONS = tuple(name for name in FlowMatch.model_fields if name not in ("all", "any", "not_"))
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
    "src_group": _address_group("src", "dst"),
    "dst_group": _address_group("dst", "src"),
}
_PATTERNS = {name: L7Field[name.upper()] for name in ("tag", *HOSTS, *TEXTS)}
_UPPER: Mapping[str, Callable[..., PacketSet]] = {
    "application": _application,
    "category": _category,
    "owner": _owner,
    "engine": _engine,
    "state": _state,
    "risk": _span("l7_risk"),
    "confidence": _span("l7_confidence"),
    "encrypted": _encrypted,
    "attributes": _attributes,
    "user_group": _text_group("users", L7Field.USER),
    "device_group": _text_group("devices", L7Field.DEVICE),
    "application_group": _application_group,
    **{name: _pattern(field) for name, field in _PATTERNS.items()},
}
