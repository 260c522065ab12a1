"""Which policy decides a flow, and which way it goes. Asks `steering`'s evaluator; changes nothing.

Owns the names behind the numbers of the wire, as the agents' catalogues give them.
"""

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from controller_app.flows import Flow
from ofext.catalogue import AppEntry, AttributeType, Catalogue
from ofext.events import FlowEvent
from ofext.ids import NOT_CLASSIFIED, UNKNOWN_APP, State, format_app_id, parse_app_id
from ofext.sites import site_id, site_in
from ofext.tags import TagBook
from steering.compile.routes import Routes
from steering.evaluate import Decision, FlowDescription, evaluate, explain
from steering.network import NetworkView
from steering.policy import Policy
from steering.policy.attributes import AttributeValue
from steering.policy.model import SendThrough

DEFAULT: Final = "default"
UNKNOWN: Final = "unknown"  # what a flow is called that was inspected without a result
MAX_SHOWN: Final = 256  # bytes of a value that is shown as hexadecimal


@dataclass(slots=True)
class Names:
    """Keys and names by number, from all catalogues together."""

    apps: dict[int, AppEntry] = field(default_factory=dict)
    categories: dict[int, str] = field(default_factory=dict)
    attributes: dict[int, tuple[str, int]] = field(default_factory=dict)
    tags: TagBook = field(default_factory=lambda: TagBook(()))

    def learn(self, catalogue: Catalogue) -> None:
        """Adds what a catalogue says. Makes new dictionaries: other threads may be going through the old ones."""
        self.apps = self.apps | {app.app_id: app for app in catalogue.apps}
        self.categories = self.categories | {entry.category: entry.key for entry in catalogue.categories}
        self.attributes = self.attributes | {
            entry.attribute: (entry.name, entry.kind) for entry in catalogue.attributes
        }
        self.tags = TagBook(self.apps.values())

    def app_key(self, app_id: int, path: str = "") -> str:
        """The key for policies: of a site its domain, if the flow's path names it; the number in RFC 6759's form if no
        catalogue has it; empty for none.
        """
        app = self.apps.get(app_id)
        if app is not None:
            return app.key
        if app_id == UNKNOWN_APP:
            return UNKNOWN
        return site_in(path, app_id) or (format_app_id(app_id) if app_id else "")

    def category_key(self, category: int) -> str:
        """The key for policies; the number if no catalogue has it; empty for none."""
        return self.categories.get(category, str(category) if category else "")

    def category_of(self, app_key: str) -> str:
        """The category of an application, empty if it is not known."""
        found = (app.category for app in self.apps.values() if app.key == app_key)
        return self.category_key(next(found, 0))

    def app_id_of(self, key: str) -> int | None:
        """The App-ID behind a key, a site's domain or a number in RFC 6759's form; None if it has none."""
        if key == UNKNOWN:
            return UNKNOWN_APP
        if "/" in key:
            return parse_app_id(key)
        if "." in key:
            return site_id(key)
        return next((number for number, app in self.apps.items() if app.key == key), None)

    def risk_of(self, app_id: int) -> int:
        """The risk of an application; 0, as in the switch, if no catalogue has it."""
        app = self.apps.get(app_id)
        return 0 if app is None else app.risk

    def owner_of(self, app_id: int) -> str | None:
        """Who owns an application; None if no catalogue says it."""
        app = self.apps.get(app_id)
        return app.owner or None if app is not None else None

    def values(self, raw: Iterable[tuple[int, bytes]]) -> dict[str, tuple[AttributeValue, ...]]:
        """Name to values, as policies see them: text as text, numbers as numbers, the rest as bytes."""
        found: dict[str, tuple[AttributeValue, ...]] = {}
        for attribute, value in raw:
            name, kind = self.attributes.get(attribute, (f"attribute-{attribute}", int(AttributeType.BYTES)))
            found[name] = (*found.get(name, ()), _as_value(value, kind))
        return found

    def metadata(self, raw: Iterable[tuple[int, bytes]]) -> dict[str, str]:
        """Name to readable value; values of an attribute that comes several times are joined."""
        shown: dict[str, str] = {}
        for attribute, value in raw:
            name, kind = self.attributes.get(attribute, (f"attribute-{attribute}", int(AttributeType.BYTES)))
            text = _readable(value, kind)
            shown[name] = f"{shown[name]}, {text}" if name in shown else text
        return shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What happens to a flow. `path` names the switches and functions from the originator on."""

    policy: str
    action: str
    chain: str = ""
    path: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    text: str = ""


class Judge:
    """Decides flows by one policy in one picture of the network."""

    def __init__(self, policy: Policy, names: Names, network: NetworkView) -> None:
        self._policy = policy
        self._names = names
        self._network = network
        self._routes = Routes(network)
        self._at = {address: host for host in network.hosts.values() for address in host.ips}
        self._beyond = {one: other for link in network.live_links() for one, other in (link, link[::-1])}

    def decide(self, flow: Flow, *, in_words: bool = False) -> Decided:
        """What happens to a flow that was reported, by the policy under which it ended if it has."""
        described = self._described(flow)
        policy = flow.policy or self._policy
        ends = self._ends(flow)
        return self._decided(policy, described, ends, in_words=in_words)

    def explain(self, described: FlowDescription) -> Decided:
        """What would happen to a flow, in words too."""
        ends = (self._switch_of(described.src), self._switch_of(described.dst))
        if described.ingress_switch is not None:
            switch = self._network.switch_named(described.ingress_switch)
            ends = (switch.dpid if switch else None, ends[1])
        return self._decided(self._policy, described, ends, in_words=True)

    def _decided(
        self, policy: Policy, described: FlowDescription, ends: tuple[int | None, int | None], *, in_words: bool
    ) -> Decided:
        decision = evaluate(policy, described, self._network)
        chain = decision.action.chain if isinstance(decision.action, SendThrough) else ""
        return Decided(
            policy=decision.policy or DEFAULT,
            action=decision.action_text,
            chain=chain,
            path=self._path(policy, decision, ends),
            reasons=tuple(f"{r.policy}: {r.outcome}: {r.text}" for r in decision.reasons) if in_words else (),
            text=explain(policy, described, self._network) if in_words else "",
        )

    def _described(self, flow: Flow) -> FlowDescription:
        event, names = flow.event, self._names
        classified = event.app_id != NOT_CLASSIFIED
        has_ports = event.l4 in (6, 17, 132)
        host = self._at.get(event.src)
        switch = self._network.switches.get(host.dpid if host else flow.primary)
        return FlowDescription(
            src=event.src,
            dst=event.dst,
            ip_proto=event.l4,
            src_port=event.sport if has_ports else None,
            dst_port=event.dport if has_ports else None,
            eth_src=host.mac if host else None,
            eth_dst=self._mac_of(event),
            vlan=event.vlan or None,
            ingress_switch=switch.name if switch else None,
            ingress_port=switch.ports[host.port].name if switch and host else None,
            application=names.app_key(event.app_id, event.path) if classified else None,
            category=names.category_key(event.category) if classified else None,
            app_id=event.app_id if classified else None,
            state=state_name(event.state) if classified else None,
            risk=names.risk_of(event.app_id) if classified else None,
            owner=names.owner_of(event.app_id) if classified else None,
            confidence=event.confidence if classified else None,
            encrypted=names.tags.encrypts(event.app_id, event.protocol_id, event.path) if classified else None,
            tags=names.tags.of(event.app_id, event.protocol_id, event.path) if classified else frozenset(),
            attributes=names.values(event.metadata),
        )

    def _mac_of(self, event: FlowEvent) -> str | None:
        host = self._at.get(event.dst)
        return host.mac if host else None

    def _ends(self, flow: Flow) -> tuple[int | None, int | None]:
        start = self._switch_of(flow.event.src)
        end = self._switch_of(flow.event.dst)
        others = [dpid for dpid in flow.edges if dpid != flow.primary]
        return (
            flow.primary if start is None else start,
            (others[0] if others else flow.primary) if end is None else end,
        )

    def _switch_of(self, address: str) -> int | None:
        host = self._at.get(address)
        return host.dpid if host else None

    def _path(self, policy: Policy, decision: Decision, ends: tuple[int | None, int | None]) -> tuple[str, ...]:
        start, end = ends
        if start is None or decision.action == "deny":
            return ()
        stops: list[tuple[int, str]] = []
        if isinstance(decision.action, SendThrough):
            for name in policy.chains[decision.action.chain].services:
                switch = self._network.switch_named(policy.services[name].attach.switch)
                if switch is None:
                    return ()
                stops.append((switch.dpid, name))
        here, path = start, [self._name(start)]
        for dpid, service in stops:
            path += [*self._way(here, dpid), service]
            here = dpid
        if end is not None:
            path += self._way(here, end)
        return tuple(path)

    def _way(self, start: int, end: int) -> list[str]:
        """Names of the switches after `start` up to `end`."""
        names: list[str] = []
        here = start
        while here != end and len(names) <= len(self._network.switches):
            port = self._routes.next_port(here, end)
            beyond = self._beyond.get((here, port)) if port is not None else None
            if beyond is None:
                return [*names, "?"]
            here = beyond[0]
            names.append(self._name(here))
        return names

    def _name(self, dpid: int) -> str:
        switch = self._network.switches.get(dpid)
        return switch.name if switch else f"{dpid:016x}"


def state_name(state: int) -> str:
    """The state's name, or its number if it is unknown here."""
    try:
        return State(state).name.lower()
    except ValueError:
        return str(state)


def _as_value(value: bytes, kind: int) -> AttributeValue:
    if kind == AttributeType.UINT:
        return int.from_bytes(value, "big")
    return value.decode("utf-8", errors="replace") if kind == AttributeType.STRING else value


def _readable(value: bytes, kind: int) -> str:
    if kind == AttributeType.STRING:
        return value.decode(errors="replace")
    if kind == AttributeType.UINT:
        return str(int.from_bytes(value, "big"))
    if kind == AttributeType.IP and len(value) in (4, 16):
        return str(ipaddress.ip_address(value))
    return value[:MAX_SHOWN].hex()
