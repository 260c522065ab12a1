"""A simulator of the tables: runs a packet through rule sets over a network view and says where it ends, and why.

Knows priorities, masks, goto, groups, tags, registers and conntrack zones as Open vSwitch 3.1 treats them. Layer
7 fields are matched against the verdict of a connection directly, without the lowering that the agents do. Links
lose nothing, functions return every packet at their other port, and time stands still.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from ofext.catalogue import AttributeEntry, AttributeType
from ofext.facts import FlowFacts
from steering.compile.scope import attachment_of
from steering.errors import SteeringError
from steering.fields import (
    CT_ESTABLISHED,
    CT_NEW,
    CT_REPLY,
    CT_TRACKED,
    ETH_IPV4,
    ETH_IPV6,
    VLAN_PRESENT,
    Value,
    field_named,
    to_number,
)
from steering.layer7 import PREDICATES, predicate_holds
from steering.network import NetworkView, PortRef
from steering.policy.policy import Policy
from steering.policy.values import WITH_PORTS
from steering.rules import (
    PORT_CONTROLLER,
    Action,
    Conntrack,
    GotoTable,
    Match,
    Move,
    Output,
    OutputField,
    PopVlan,
    PushVlan,
    Rule,
    RuleSet,
    SetField,
    ToGroup,
)
from steering.tables import table_name

MAX_ARRIVALS = 1000  # packets that one packet may become before it is taken for a loop


class SimulationError(SteeringError):
    """The packet does not come to an end (a loop), or a rule does what the simulator does not know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What an agent wrote into a connection. All zero: nothing yet.

    `facts` are what its predicates are about; the names beside them are short for the attributes that hold them.
    """

    app_id: int = 0
    category: int = 0
    risk: int = 0
    state: int = 0
    sni: str | None = None
    http_host: str | None = None
    dns_query: str | None = None
    facts: FlowFacts = field(default_factory=FlowFacts)

    @property
    def all_facts(self) -> FlowFacts:
        """The facts, those with a name of their own among them."""
        named = (("tls.sni", self.sni), ("http.host", self.http_host), ("dns.query", self.dns_query))
        found = tuple(
            (AttributeEntry(attribute=0, name=name, kind=AttributeType.STRING), value.encode())
            for name, value in named
            if value is not None
        )
        return replace(self.facts, metadata=self.facts.metadata + found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Packet:
    """A packet.

    `vids` are the VLAN tags, outer first; ports are 0 for protocols without; IP fields are empty for others.
    """

    eth_src: str
    eth_dst: str
    eth_type: int
    src: str = ""
    dst: str = ""
    ip_proto: int = 0
    src_port: int = 0
    dst_port: int = 0
    tcp_flags: int = 0
    icmpv6_type: int = 0
    dscp: int = 0
    vids: tuple[int, ...] = ()

    @property
    def is_ip(self) -> bool:
        """Whether conntrack takes the packet."""
        return self.eth_type in (ETH_IPV4, ETH_IPV6)

    def answer(self, tcp_flags: int = 0) -> Packet:
        """A packet from the receiver back to the sender, without flags if it is not TCP."""
        return replace(
            self,
            eth_src=self.eth_dst,
            eth_dst=self.eth_src,
            src=self.dst,
            dst=self.src,
            src_port=self.dst_port,
            dst_port=self.src_port,
            tcp_flags=tcp_flags if WITH_PORTS.get(self.ip_proto) == "tcp" else 0,
        )

    @property
    def endpoints(self) -> tuple[int, str, int, str, int]:
        """Protocol, source and destination."""
        return self.ip_proto, self.src, self.src_port, self.dst, self.dst_port


@dataclass(frozen=True, slots=True)
class Step:
    """A table that a packet passed; `rule` is None if none matched."""

    dpid: int
    table: int
    rule: Rule | None

    def __str__(self) -> str:
        found = "no rule, dropped" if self.rule is None else str(self.rule)
        return f"{self.dpid:#x} {table_name(self.table)}: {found}"


@dataclass(slots=True)
class Walk:
    """What became of one packet: steps in order, functions passed (and by which port), and where copies came out."""

    steps: list[Step] = field(default_factory=list)
    functions: list[str] = field(default_factory=list)
    entered: list[PortRef] = field(default_factory=list)
    delivered: list[tuple[PortRef, Packet]] = field(default_factory=list)
    tapped: list[int] = field(default_factory=list)
    shown_to_controller: list[int] = field(default_factory=list)

    def __str__(self) -> str:
        return "\n".join([*map(str, self.steps), f"delivered: {self.delivered}"])


@dataclass(slots=True)
class _Connection:
    originator: tuple[int, str, int, str, int]
    verdict: Verdict = Verdict()
    label: int = 0


@dataclass(slots=True)
class _Pass:
    """A packet inside a switch."""

    packet: Packet
    in_port: int
    registers: dict[str, int] = field(default_factory=lambda: {"reg0": 0, "reg1": 0})
    ct_state: int = 0
    ct_label: int = 0
    verdict: Verdict = Verdict()

    def copy(self) -> _Pass:
        return replace(self, registers=dict(self.registers))


class Simulator:
    """Switches with rules and their connections; `send` moves one packet through all of them."""

    def __init__(self, network: NetworkView, rule_sets: Mapping[int, RuleSet], policy: Policy) -> None:
        self._network = network
        self._tables = {dpid: _by_table(rules) for dpid, rules in rule_sets.items()}
        self._groups = {dpid: {group.group_id: group for group in rules.groups} for dpid, rules in rule_sets.items()}
        self._connections: dict[tuple[int, int, tuple[int, str, int, str, int]], _Connection] = {}
        self._peers = {end: other for a, b in network.live_links() for end, other in ((a, b), (b, a))}
        self._functions: dict[PortRef, tuple[str, PortRef]] = {}
        for service in policy.services.values():
            found = attachment_of(service, network)
            if found is not None:
                sides = (found.dpid, found.ingress), (found.dpid, found.egress)
                self._functions[sides[0]] = service.name, sides[1]
                self._functions[sides[1]] = service.name, sides[0]

    def send(self, packet: Packet, at: PortRef) -> Walk:
        """Let a packet come in at a port. Raises `SimulationError` if it never comes to an end."""
        walk = Walk()
        arrivals: deque[tuple[PortRef, Packet]] = deque([(at, packet)])
        for _ in range(MAX_ARRIVALS):
            if not arrivals:
                return walk
            (dpid, port), arriving = arrivals.popleft()
            for out, leaving in self._switch(_Pass(arriving, port), dpid, 0, walk):
                self._leave((dpid, out), leaving, walk, arrivals)
        raise SimulationError(f"a packet that came in at {at} is still on its way after {MAX_ARRIVALS} arrivals")

    def classify(self, packet: Packet, verdict: Verdict) -> int:
        """Write a verdict into the packet's connection in every edge zone; how many there were."""
        found = 0
        for switch in self._network.switches.values():
            connection = self._connection(switch.dpid, switch.edge_zone, packet)
            if connection is not None:
                connection.verdict = verdict
                found += 1
        return found

    def connect(self, packet: Packet, at: PortRef, verdict: Verdict, *, label: int = 0, is_reply: bool = False) -> None:
        """Have the packet's connection known in a zone (`at`: datapath id, zone), as packets before it left it."""
        first = packet.answer() if is_reply else packet
        self._connections[(*at, first.endpoints)] = _Connection(first.endpoints, verdict, label)

    def _leave(self, out: PortRef, packet: Packet, walk: Walk, arrivals: deque[tuple[PortRef, Packet]]) -> None:
        dpid, port = out
        if port == PORT_CONTROLLER:
            walk.shown_to_controller.append(dpid)
        elif port == self._network.switches[dpid].tap_port:
            walk.tapped.append(dpid)
        elif out in self._functions:
            name, other = self._functions[out]
            walk.functions.append(name)
            walk.entered.append(out)
            arrivals.append((other, packet))
        elif out in self._peers:
            arrivals.append((self._peers[out], packet))
        else:
            walk.delivered.append((out, packet))

    def _switch(self, state: _Pass, dpid: int, table: int, walk: Walk) -> Iterator[tuple[int, Packet]]:
        """One table and all that follows it: (port, packet) for each copy that leaves."""
        rule = next((rule for rule in self._tables[dpid].get(table, ()) if _fits(rule.match, state)), None)
        walk.steps.append(Step(dpid, table, rule))
        if rule is not None:
            yield from self._apply(rule.actions, state, dpid, walk)

    def _apply(self, actions: tuple[Action, ...], state: _Pass, dpid: int, walk: Walk) -> Iterator[tuple[int, Packet]]:
        for action in actions:
            match action:
                case Output(port=port):
                    yield from _out(port, state)
                case OutputField(field=name):
                    yield from _out(state.registers[name], state)
                case ToGroup(group_id=number):
                    for bucket in self._groups[dpid][number].buckets:
                        yield from self._apply(bucket.actions, state.copy(), dpid, walk)
                case Conntrack():
                    yield from self._conntrack(action, state, dpid, walk)
                case GotoTable(table=table):
                    yield from self._switch(state, dpid, table, walk)
                case _:
                    _edit(action, state)

    def _conntrack(self, action: Conntrack, state: _Pass, dpid: int, walk: Walk) -> Iterator[tuple[int, Packet]]:
        connection = self._connection(dpid, action.zone, state.packet)
        is_new = connection is None
        if connection is None:
            connection = _Connection(state.packet.endpoints)
            if action.commit and state.packet.is_ip:
                self._connections[dpid, action.zone, state.packet.endpoints] = connection
        for assignment in action.sets if action.commit else ():
            _assign(connection, assignment)
        if action.table is not None:
            tracked = state.copy()
            is_reply = connection.originator != state.packet.endpoints
            tracked.ct_state = CT_TRACKED | (CT_NEW if is_new else CT_ESTABLISHED) | (CT_REPLY if is_reply else 0)
            tracked.ct_label, tracked.verdict = connection.label, connection.verdict
            yield from self._switch(tracked, dpid, action.table, walk)
        state.ct_state, state.ct_label, state.verdict = 0, 0, Verdict()

    def _connection(self, dpid: int, zone: int, packet: Packet) -> _Connection | None:
        for key in (packet.endpoints, packet.answer().endpoints):
            found = self._connections.get((dpid, zone, key))
            if found is not None:
                return found
        return None


def _by_table(rules: RuleSet) -> dict[int, tuple[Rule, ...]]:
    tables: dict[int, list[Rule]] = {}
    for rule in sorted(rules.rules, key=lambda rule: -rule.priority):
        tables.setdefault(rule.table, []).append(rule)
    return {number: tuple(found) for number, found in tables.items()}


def _out(port: int, state: _Pass) -> Iterator[tuple[int, Packet]]:
    if port != state.in_port:  # OpenFlow 1.3 §5.4: never back, unless asked for by OFPP_IN_PORT
        yield port, state.packet


def _edit(action: Action, state: _Pass) -> None:
    packet = state.packet
    match action:
        case SetField(field="vlan_vid", value=int(value)) if packet.vids:
            state.packet = replace(packet, vids=(value & 0xFFF, *packet.vids[1:]))
        case SetField(field="ip_dscp", value=int(value)):
            state.packet = replace(packet, dscp=value)
        case SetField(field=("reg0" | "reg1") as name, value=int(value)):
            state.registers[name] = value
        case Move(source="vlan_vid", target=target, bits=bits) if packet.vids:
            state.registers[target] = packet.vids[0] & ((1 << bits) - 1)
        case PushVlan():
            state.packet = replace(packet, vids=((packet.vids or (0,))[0], *packet.vids))
        case PopVlan() if packet.vids:
            state.packet = replace(packet, vids=packet.vids[1:])
        case _:
            raise SimulationError(f"the simulator does not know {action} here")


def _assign(connection: _Connection, assignment: SetField) -> None:
    """Verdicts are not lowered here: rules can only take them away."""
    number = to_number(field_named(assignment.field), assignment.value)
    if assignment.field == "ct_label":
        connection.label = number
        connection.verdict = connection.verdict if number else Verdict(app_id=connection.verdict.app_id)
    elif assignment.field == "ct_mark" and number == 0:
        connection.verdict = replace(connection.verdict, app_id=0)
    else:
        raise SimulationError(f"the simulator does not know {assignment} in conntrack")


def _fits(match: Match, state: _Pass) -> bool:
    return all(_field_fits(name, value, mask, state) for name, value, mask in match.fields)


def _field_fits(name: str, value: Value, mask: Value | None, state: _Pass) -> bool:
    if name in PREDICATES:
        return predicate_holds(name, value, mask, state.verdict.all_facts)
    wanted = field_named(name)
    actual = _actual(name, state)
    if actual is None:
        return False
    full = (1 << wanted.bits) - 1
    bits = full if mask is None else to_number(wanted, mask)
    return to_number(wanted, actual) & bits == to_number(wanted, value)


def _actual(name: str, state: _Pass) -> Value | None:
    """The packet's value of a field; None if it has none (a prerequisite fails)."""
    packet = state.packet
    layer, _, rest = name.partition("_")
    match layer:
        case "l7":
            found: Value | None = getattr(state.verdict, rest)
            return found
        case "ct":
            return {"ct_state": state.ct_state, "ct_label": state.ct_label}.get(name)
        case "ipv4" | "ipv6":
            has_family = packet.eth_type == (ETH_IPV4 if layer == "ipv4" else ETH_IPV6)
            return getattr(packet, rest) if has_family else None
        case "tcp" | "udp" | "sctp":
            if not packet.is_ip or WITH_PORTS.get(packet.ip_proto) != layer:
                return None
            return packet.tcp_flags if rest == "flags" else int(getattr(packet, f"{rest}_port"))
        case _:
            return _plain(name, state)


def _plain(name: str, state: _Pass) -> Value | None:
    packet = state.packet
    if name in state.registers:
        return state.registers[name]
    if name == "in_port":
        return state.in_port
    if name == "vlan_vid":
        return VLAN_PRESENT | packet.vids[0] if packet.vids else 0
    if name in ("eth_src", "eth_dst", "eth_type"):
        value: Value = getattr(packet, name)
        return value
    if packet.is_ip and name in ("ip_proto", "icmpv6_type"):
        number: int = getattr(packet, name)
        return number
    return None
