"""Ways to spoil a compiled network. Each yields mutants: a sentence, and the rules of every switch."""

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from steering.errors import RuleError
from steering.fields import CT_REPLY, FIELDS, VLAN_PRESENT, Kind, from_number, to_number
from steering.rules import Action, Bucket, Conntrack, GotoTable, Match, Output, Rule, RuleSet, SetField
from tests.mutants.worlds import World

RuleSets = Mapping[int, RuleSet]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """One fault. `rules` are what was spoilt: before and after, of one switch."""

    kind: str
    text: str
    rule_sets: RuleSets


Operator = Callable[[World, int, Rule], Iterator[tuple[str, Sequence[Rule]]]]


def mutants(world: World) -> Iterator[Mutant]:
    """All of a world: every rule by every operator, and those that concern several rules."""
    for dpid, rules in world.rules.items():
        for rule in rules:
            for kind, operator in _OPERATORS.items():
                for text, others in operator(world, dpid, rule):
                    yield from _spoilt(world, dpid, kind, f"{rule}: {text}", rule, others)
        yield from _groups(world, dpid)
    yield from _directions(world)
    yield from _hops(world)


def _spoilt(world: World, dpid: int, kind: str, text: str, rule: Rule, others: Sequence[Rule]) -> Iterator[Mutant]:
    keys = {other.key for other in others}
    kept = [other for other in world.rules[dpid] if other != rule and other.key not in keys]
    try:
        spoilt = RuleSet.of([*kept, *others], world.rules[dpid].groups)
    except RuleError:
        return
    yield Mutant(kind=kind, text=f"s{dpid} {text}", rule_sets={**world.rules, dpid: spoilt})


def _dropped(_world: World, _dpid: int, _rule: Rule) -> Iterator[tuple[str, Sequence[Rule]]]:
    yield "is not there", ()


def _reordered(world: World, dpid: int, rule: Rule) -> Iterator[tuple[str, Sequence[Rule]]]:
    """Change places with the nearest rule of lower priority in the table, and rise above all."""
    lower = [other for other in world.rules[dpid] if other.table == rule.table and other.priority < rule.priority]
    if lower:
        other = max(lower, key=lambda one: one.priority)
        swapped = replace(rule, priority=other.priority), replace(other, priority=rule.priority)
        yield f"changes places with {other}", swapped
    yield "stands above all", (replace(rule, priority=60_000),)


def _matched(_world: World, _dpid: int, rule: Rule) -> Iterator[tuple[str, Sequence[Rule]]]:
    """Each field gone, with another value, and with another mask."""
    for name, value, mask in rule.match.fields:
        rest = [part for part in rule.match.fields if part != (name, value, mask)]
        field = FIELDS[name]
        if not _is_needed(name, rule):
            yield f"does not match {name}", (replace(rule, match=Match.from_canonical(rest)),)
        if field.kind is Kind.TEXT:
            continue
        number = to_number(field, value)
        bits = (1 << field.bits) - 1 if mask is None else to_number(field, mask)
        lowest = bits & -bits
        other = from_number(field, number ^ lowest), mask
        wider = from_number(field, number & ~lowest), from_number(field, bits & ~lowest)
        if name not in ("eth_type", "ip_proto") and bits & ~lowest:
            yield f"has a bit less in the mask of {name}", (_with(rule, rest, name, wider),)
        if name not in ("eth_type", "ip_proto"):
            yield f"matches another {name}", (_with(rule, rest, name, other),)


def _acted(world: World, dpid: int, rule: Rule) -> Iterator[tuple[str, Sequence[Rule]]]:
    """Each action gone or changed."""
    for at, action in enumerate(rule.actions):
        before, after = rule.actions[:at], rule.actions[at + 1 :]
        yield f"lacks {action}", (replace(rule, actions=(*before, *after)),)
        for other in _instead(world, dpid, action):
            yield f"has {other} for {action}", (replace(rule, actions=(*before, other, *after)),)
    if not rule.actions:
        onward = {0: 1, 1: 2, 2: 70}.get(rule.table, 70 if rule.table < 70 else 74)
        yield "forwards", (replace(rule, actions=(GotoTable(onward),)),)


def _instead(world: World, dpid: int, action: Action) -> Iterator[Action]:
    switch = world.network.switches[dpid]
    ports = sorted(switch.ports)
    match action:
        case Output(port=port) if port in switch.ports:
            yield Output(ports[(ports.index(port) + 1) % len(ports)])
        case SetField(field="reg1", value=int(port)):
            yield SetField("reg1", ports[(ports.index(port) + 1) % len(ports)])
        case SetField(field="reg0", value=int(position)):
            yield from (SetField("reg0", position ^ bit) for bit in (0x01, 0x10, 0x20))
        case SetField(field="vlan_vid", value=int(tag)):
            yield from (SetField("vlan_vid", VLAN_PRESENT | (tag ^ bit) & 0xFFF) for bit in (0x01, 0x10, 0x20))
        case SetField(field="ip_dscp", value=int(mark)):
            yield SetField("ip_dscp", mark ^ 1)
        case Conntrack(zone=zone, commit=commit):
            yield replace(action, zone=switch.service_zone if zone == switch.edge_zone else switch.edge_zone)
            if commit:
                yield replace(action, commit=False, sets=())
            if action.sets:
                yield replace(action, sets=())
        case GotoTable(table=table) if table < 70:
            yield GotoTable(70)


def _groups(world: World, dpid: int) -> Iterator[Mutant]:
    """A bucket gone, and one that is there twice."""
    rules = world.rules[dpid]
    for group in rules.groups:
        for at, bucket in enumerate(group.buckets):
            fewer = group.buckets[:at] + group.buckets[at + 1 :]
            for text, buckets in ((f"lacks {_words(bucket)}", fewer), ("copies twice", (*group.buckets, bucket))):
                groups = tuple(replace(one, buckets=buckets) if one is group else one for one in rules.groups)
                yield Mutant(
                    kind="group",
                    text=f"s{dpid} {group}: {text}",
                    rule_sets={**world.rules, dpid: RuleSet(rules.rules, groups)},
                )


def _directions(world: World) -> Iterator[Mutant]:
    """The rules of a policy or chain for one direction are missing everywhere."""
    owners = sorted({rule.owner for rules in world.rules.values() for rule in rules if "policy:" in rule.owner})
    for owner in owners:
        for state, name in ((0, "originators"), (CT_REPLY, "responders")):
            part = ("ct_state", state, CT_REPLY)
            sets = {
                dpid: RuleSet(
                    tuple(rule for rule in rules if rule.owner != owner or part not in rule.match.fields), rules.groups
                )
                for dpid, rules in world.rules.items()
            }
            if any(len(sets[dpid].rules) < len(rules.rules) for dpid, rules in world.rules.items()):
                yield Mutant(kind="direction", text=f"{owner}: nothing for {name}", rule_sets=sets)


def _hops(world: World) -> Iterator[Mutant]:
    """Two positions of a chain changed for each other in every rule of one table."""
    matches = (rule.match.as_dict() for rules in world.rules.values() for rule in rules)
    positions = sorted({int(str(match["reg0"])) for match in matches if "reg0" in match})
    for one, other in itertools.pairwise(positions):
        change = {one: other, other: one}
        sets = {
            dpid: RuleSet(tuple(_moved(rule, change) for rule in rules), rules.groups)
            for dpid, rules in world.rules.items()
        }
        yield Mutant(kind="hops", text=f"position {one:#x} is taken for {other:#x}", rule_sets=sets)


def _moved(rule: Rule, change: Mapping[int, int]) -> Rule:
    found = rule.match.as_dict().get("reg0")
    return rule if found not in change else replace(rule, match=rule.match.with_fields(reg0=change[int(str(found))]))


def _with(rule: Rule, rest: Sequence[tuple[object, ...]], name: str, value: object) -> Rule:
    return replace(rule, match=Match.from_canonical([*rest, *Match.from_mapping({name: value}).fields]))


def _is_needed(name: str, rule: Rule) -> bool:
    """Whether other fields or actions of the rule ask for this one (OpenFlow's prerequisites): it cannot go alone."""
    others = [other for other, _, _ in rule.match.fields if other != name]
    if name == "eth_type":
        is_tracked = any(isinstance(action, Conntrack) for action in rule.actions)
        marks = any(isinstance(action, SetField) and action.field == "ip_dscp" for action in rule.actions)
        return is_tracked or marks or any(other.startswith(("ip", "tcp", "udp", "sctp", "icmp")) for other in others)
    return name == "ip_proto" and any(other.startswith(("tcp", "udp", "sctp", "icmp")) for other in others)


def _words(bucket: Bucket) -> str:
    return " ".join(map(str, bucket.actions))


_OPERATORS: Mapping[str, Operator] = {
    "dropped": _dropped,
    "reordered": _reordered,
    "match": _matched,
    "action": _acted,
}
