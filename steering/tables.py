"""The pipeline as declared data: which tables there are, what each may match, and where it may send a packet on.

Every compiled rule is checked against this declaration, so that a mistake in a table's compiler is an error here and
not a packet that goes astray. docs/contracts.md §2 has the same tables in prose.
"""

from __future__ import annotations

from dataclasses import dataclass

from steering.errors import RuleError
from steering.fields import FIELDS
from steering.rules import Conntrack, GotoTable, Rule, SetField, is_our_cookie

POLICY_TABLES = 64  # what a policy excludes (`not`) goes on in the next of them

ADMISSION, LEARN, TRACK, TAP, POLICY = range(5)
LAST_POLICY = POLICY + POLICY_TABLES - 1
RESUME, PATH, FORWARD, DELIVER, DELIVER_TAP, FLOOD_TAP, FLOOD = range(LAST_POLICY + 1, LAST_POLICY + 8)

_L7 = frozenset(name for name in FIELDS if name.startswith("l7_"))
_IP = frozenset({"eth_type", "ip_proto"})
_ADDRESSES = frozenset({"ipv4_src", "ipv4_dst", "ipv6_src", "ipv6_dst"})
_PORTS = frozenset({"tcp_src", "tcp_dst", "udp_src", "udp_dst", "sctp_src", "sctp_dst"})
_POLICY = _L7 | _IP | _ADDRESSES | _PORTS | {"in_port", "eth_src", "eth_dst", "vlan_vid", "tcp_flags", "ct_state"}
_TAP = _IP | {"l7_state", "tcp_flags", "ct_state"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One table: legal match fields, tables a rule may go on to (by goto or through conntrack), and what it is for."""

    number: int
    name: str
    fields: frozenset[str]
    next: frozenset[int]
    purpose: str


PIPELINE: tuple[Table, ...] = (
    Table(
        number=ADMISSION,
        name="admission",
        fields=frozenset({"in_port", "eth_type", "vlan_vid"}),
        next=frozenset({LEARN, PATH, RESUME, FORWARD}),
        purpose="what is behind the port the packet came from: tap, switch, function or host",
    ),
    Table(
        number=LEARN,
        name="learn",
        fields=frozenset({"in_port", "eth_src"}),
        next=frozenset({TRACK}),
        purpose="tells the controller about hosts that it does not know",
    ),
    Table(
        number=TRACK,
        name="track",
        fields=_IP | {"eth_dst", "icmpv6_type"},
        next=frozenset({TAP, FORWARD}),
        purpose="IP unicast goes through the edge zone, the rest past all policies",
    ),
    Table(
        number=TAP,
        name="tap",
        fields=_TAP,
        next=frozenset({POLICY}),
        purpose="commits new connections and copies what is not classified yet to the DPI agent",
    ),
    *(
        Table(
            number=number,
            name="policy" if number == POLICY else f"policy-{number - POLICY + 1}",
            fields=_POLICY,
            next=frozenset({number + 1, PATH, FORWARD}) - {RESUME},
            purpose="the operator's policies, first match first; the next one has those after an exclusion (`not`)",
        )
        for number in range(POLICY, LAST_POLICY + 1)
    ),
    Table(
        number=RESUME,
        name="resume",
        fields=frozenset({"in_port", "ct_label"}),
        next=frozenset({PATH, FORWARD}),
        purpose="a packet back from a function: next hop of its chain",
    ),
    Table(
        number=PATH,
        name="path",
        fields=frozenset({"reg0", "eth_type"}),
        next=frozenset(),
        purpose="a packet on a chain: into the function if it is here, else under a service tag towards it",
    ),
    Table(
        number=FORWARD,
        name="forward",
        fields=_IP | {"in_port", "eth_dst", "icmpv6_type"},
        next=frozenset({DELIVER, FLOOD_TAP, FLOOD}),
        purpose="the port to the destination, or flooding; IP unicast from elsewhere is tracked before it is flooded",
    ),
    Table(
        number=DELIVER,
        name="deliver",
        fields=_IP | {"reg1", "vlan_vid", "eth_src", "icmpv6_type"},
        next=frozenset({DELIVER_TAP}),
        purpose="to the next switch, or to a host here, tracked on the way out unless it was on the way in",
    ),
    Table(
        number=DELIVER_TAP,
        name="deliver_tap",
        fields=_TAP,
        next=frozenset(),
        purpose="as tap, for packets on their way out to a host",
    ),
    Table(
        number=FLOOD_TAP,
        name="flood_tap",
        fields=_TAP,
        next=frozenset({FLOOD}),
        purpose="as tap, for packets to a host that is not known yet and may be here",
    ),
    Table(
        number=FLOOD,
        name="flood",
        fields=frozenset({"vlan_vid"}),
        next=frozenset(),
        purpose="to all host ports and along the spanning tree",
    ),
)

_TABLES = {table.number: table for table in PIPELINE}

_NEEDS_PROTOCOL = {"tcp": {6}, "udp": {17}, "sctp": {132}, "icmpv6": {58}}  # OpenFlow 1.3 §7.2.3.8, prerequisites


def table_name(number: int) -> str:
    """The name of a table, or its number if it is not one of ours."""
    table = _TABLES.get(number)
    return table.name if table else str(number)


def check_rule(rule: Rule) -> None:
    """Refuse a rule that its table does not allow, with `RuleError`."""
    table = _TABLES.get(rule.table)
    if table is None:
        raise RuleError(f"no table {rule.table}: {rule}")
    if not 0 <= rule.priority <= 0xFFFF:
        raise RuleError(f"priority {rule.priority} does not fit 16 bits: {rule}")
    if not is_our_cookie(rule.cookie):
        raise RuleError(f"cookie {rule.cookie:#x} lacks our prefix: {rule}")
    illegal = [name for name, _, _ in rule.match.fields if name not in table.fields]
    if illegal:
        raise RuleError(f"table {table.name} does not match {', '.join(illegal)}: {rule}")
    _check_prerequisites(rule)
    _check_actions(rule, table)


def _check_prerequisites(rule: Rule) -> None:
    fields = rule.match.as_dict()
    eth_type, ip_proto = fields.get("eth_type"), fields.get("ip_proto")
    for name in fields:
        protocols = _NEEDS_PROTOCOL.get(name.partition("_")[0])
        if protocols is not None and ip_proto not in protocols:
            raise RuleError(f"{name} needs ip_proto {protocols}: {rule}")
        family = {"ipv4": 0x0800, "ipv6": 0x86DD}.get(name.partition("_")[0])
        if family is not None and eth_type != family:
            raise RuleError(f"{name} needs eth_type {family:#06x}: {rule}")
    if ip_proto is not None and eth_type not in (0x0800, 0x86DD):
        raise RuleError(f"ip_proto needs an eth_type of IP: {rule}")
    needs_ip = any(isinstance(a, Conntrack) or (isinstance(a, SetField) and a.field == "ip_dscp") for a in rule.actions)
    if needs_ip and eth_type not in (0x0800, 0x86DD):
        raise RuleError(f"conntrack and DSCP need an eth_type of IP: {rule}")


def _check_actions(rule: Rule, table: Table) -> None:
    for position, action in enumerate(rule.actions):
        target = action.table if isinstance(action, GotoTable | Conntrack) else None
        if target is None:
            continue
        if target not in table.next:
            raise RuleError(f"table {table.name} does not go on to {table_name(target)}: {rule}")
        if isinstance(action, GotoTable) and target <= table.number:
            raise RuleError(f"goto leads forward only: {rule}")
        if position != len(rule.actions) - 1:
            raise RuleError(f"actions behind {action} are never applied: {rule}")
