"""Rules as `ovs-ofctl` writes flows, with layer 7 fields lowered to connection fields as an agent lowers them.

For reading, for `ovs-ofctl add-flows`, and to hold the compiled tables against a real switch.
"""

from __future__ import annotations

from collections.abc import Iterable

from ofext import lowering, oxm
from ofext.errors import OfextError
from ofext.oxm import Oxm
from ofext.predicates import PredicateTable, TableFull
from steering.errors import RuleError
from steering.fields import Kind, Value, field_named
from steering.layer7 import PREDICATES, oxm_of, predicate_of
from steering.rules import (
    PORT_CONTROLLER,
    Action,
    Conntrack,
    GotoTable,
    Group,
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

_HEX = frozenset({"eth_type", "vlan_vid", "reg0", "ct_state", "tcp_flags"})
_OVS_NAMES = {"ipv4_src": "nw_src", "ipv4_dst": "nw_dst"}
_CONNECTION_FIELDS = {oxm.NXM_NX_CT_MARK: "ct_mark", oxm.NXM_NX_CT_LABEL: "ct_label"}


def predicate_table(rules: RuleSet) -> PredicateTable:
    """A bit for every predicate of the rules, as an agent that starts empty gives them.

    Raises `RuleError` if too many.
    """
    wanted = (
        predicate_of(name, value, mask)
        for rule in rules
        for name, value, mask in rule.match.fields
        if name in PREDICATES
    )
    table = PredicateTable().with_predicates(wanted)
    if isinstance(table, TableFull):
        raise RuleError(f"no bit is left for {table.predicate}: there are {table.capacity}")
    return table


def render(rules: RuleSet) -> tuple[list[str], list[str]]:
    """Groups and flows of a switch, for `ovs-ofctl add-groups` and `add-flows`."""
    predicates = predicate_table(rules)
    return [render_group(group) for group in rules.groups], [render_rule(rule, predicates) for rule in rules]


def render_rule(rule: Rule, predicates: PredicateTable) -> str:
    """One flow. Raises `RuleError` if a pattern has no bit or the match cannot be lowered."""
    parts = [f"cookie={rule.cookie:#x}", f"table={rule.table}", f"priority={rule.priority}"]
    parts += [f"{name}={text}" for name, text in _lowered(rule.match, predicates)]
    actions = ",".join(_action(action) for action in rule.actions) or "drop"
    return f"{','.join(parts)},actions={actions}"


def render_group(group: Group) -> str:
    """One group."""
    buckets = (f"bucket={','.join(_action(action) for action in bucket.actions)}" for bucket in group.buckets)
    return ",".join([f"group_id={group.group_id}", "type=all", *buckets])


def _lowered(match: Match, predicates: PredicateTable) -> Iterable[tuple[str, str]]:
    upper: list[Oxm] = []
    for name, value, mask in match.fields:
        if name.startswith("l7_"):
            upper.append(oxm_of(name, value, mask))
        elif name == "ct_label":
            upper.append(oxm.ct_label(_number(value), None if mask is None else _number(mask)))
        else:
            yield _OVS_NAMES.get(name, name), _text(name, value, mask)
    try:
        lowered = lowering.lower(upper, predicates)
    except OfextError as error:
        raise RuleError(f"{match} cannot be lowered: {error}") from error
    for found in lowered:
        value_text = f"{int.from_bytes(found.value, 'big'):#x}"
        mask_text = "" if found.mask is None else f"/{int.from_bytes(found.mask, 'big'):#x}"
        yield _CONNECTION_FIELDS[found.field], value_text + mask_text


def _text(name: str, value: Value, mask: Value | None) -> str:
    if field_named(name).kind is not Kind.NUMBER:
        return str(value) if mask is None else f"{value}/{mask}"
    if name == "vlan_vid" and mask is None:
        mask = 0x1FFF
    shown = f"{value:#x}" if name in _HEX else str(value)
    return shown if mask is None else f"{_number(value):#x}/{_number(mask):#x}"


def _number(value: Value) -> int:
    if not isinstance(value, int):
        raise RuleError(f"{value!r} is no number")
    return value


def _action(action: Action) -> str:
    match action:
        case Output(port=port, max_size=size):
            text = f"controller(max_len={size})" if port == PORT_CONTROLLER else f"output:{port}"
        case OutputField(field=name):
            text = f"output:{name}"
        case SetField(field=name, value=value):
            text = f"set_field:{value}->{name}"
        case Move(source=source, target=target, bits=bits):
            text = f"move:{source}[0..{bits - 1}]->{target}[0..{bits - 1}]"
        case PushVlan(ethertype=ethertype):
            text = f"push_vlan:{ethertype:#06x}"
        case PopVlan():
            text = "pop_vlan"
        case Conntrack():
            text = _conntrack(action)
        case ToGroup(group_id=number):
            text = f"group:{number}"
        case GotoTable(table=table):
            text = f"goto_table:{table}"
    return text


def _conntrack(action: Conntrack) -> str:
    parts = ["commit"] if action.commit else []
    parts.append(f"zone={action.zone}")
    if action.table is not None:
        parts.append(f"table={action.table}")
    if action.sets:
        parts.append(f"exec({','.join(_action(assignment) for assignment in action.sets)})")
    return f"ct({','.join(parts)})"
