"""Compiler of the policy table: the operator's policies by falling priority, four priorities each.

A policy's rules for flows without a verdict lie above its rules for flows with one; they never match the same
packet, as the first compare `l7_app_id` with 0. Policies are counted from the last, so that a new first policy
moves no other.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from steering import tables
from steering.chains import Position
from steering.compile.conditions import (
    has_direction,
    is_of_one_switch,
    joined,
    limited,
    lower_matches,
    verdict_matches,
)
from steering.compile.edge import ETH_FAMILIES
from steering.compile.scope import Scope, rule
from steering.errors import CompileError
from steering.fields import CT_REPLY, TCP_PSH
from steering.policy.conditions import FlowMatch
from steering.policy.model import MarkDscp, PolicyRule, SendThrough, Treatment
from steering.policy.values import PROTOCOLS
from steering.rules import Action, GotoTable, Match, Rule, SetField

SLOTS = 4  # priorities of one policy: verdict, while inspecting, and for `hold` two above that
DEFAULT_OWNER = "default"

_UNDECIDED = Match.of(l7_app_id=0)
_EVERYTHING = FlowMatch()
_TCP = PROTOCOLS["tcp"]


def policy_table(scope: Scope) -> Iterator[Rule]:
    """All policies, then the defaults."""
    policies = scope.world.policy.rules
    shared = scope.world.shared_rules
    for position, policy_rule in enumerate(policies):
        base = SLOTS * (len(policies) - position)
        if is_of_one_switch(policy_rule.match):
            yield from _one_policy(scope, policy_rule, base)
            continue
        if position not in shared:
            shared[position] = tuple(_one_policy(scope, policy_rule, base))
        yield from shared[position]
    defaults = scope.world.policy.defaults
    yield from _treated(scope, _EVERYTHING, [_UNDECIDED], defaults.while_inspecting, 1, DEFAULT_OWNER)
    yield from _treated(scope, _EVERYTHING, [Match()], defaults.action, 0, DEFAULT_OWNER)


def _one_policy(scope: Scope, policy_rule: PolicyRule, base: int) -> Iterator[Rule]:
    owner = f"policy:{policy_rule.name}"
    match = policy_rule.match
    try:
        made = _treated(scope, match, verdict_matches(match, scope), policy_rule.action, base, owner)
        interim = policy_rule.while_inspecting
        if interim is not None:
            made = itertools.chain(made, _treated(scope, match, [_UNDECIDED], interim, base + 1, owner))
        yield from limited(made)
    except CompileError as error:
        raise CompileError(f"policy {policy_rule.name!r}: {error}") from error


def _treated(
    scope: Scope, match: FlowMatch, upper: list[Match], treatment: Treatment, priority: int, owner: str
) -> Iterator[Rule]:
    """Rules that give the packets of both directions this treatment."""
    on_ip = isinstance(treatment, MarkDscp)
    for reverse, state in _directions(match, treatment):
        for lower in lower_matches(match, scope, reverse=reverse, by_family=on_ip):
            for layer_7 in upper:
                whole = joined(joined(lower, layer_7), state)
                if treatment == "hold":
                    yield from _held(whole, priority, owner)
                else:
                    actions = _actions(scope, treatment, reverse=reverse)
                    yield rule(tables.POLICY, priority, whole, *actions, owner=owner)


def _directions(match: FlowMatch, treatment: Treatment) -> list[tuple[bool, Match]]:
    """Each direction with the match on `ct_state` that tells it; one without a match if both look and go the same."""
    if not has_direction(match) and not isinstance(treatment, SendThrough):
        return [(False, Match())]
    return [(reverse, Match.of(ct_state=(CT_REPLY if reverse else 0, CT_REPLY))) for reverse in (False, True)]


def _actions(scope: Scope, treatment: Treatment, *, reverse: bool) -> tuple[Action, ...]:
    if isinstance(treatment, SendThrough):
        position = Position(scope.world.chain_numbers[treatment.chain], reverse, 0)
        return SetField("reg0", position.number), GotoTable(tables.PATH)
    if isinstance(treatment, MarkDscp):
        return SetField("ip_dscp", treatment.dscp), GotoTable(tables.FORWARD)
    return () if treatment == "deny" else (GotoTable(tables.FORWARD),)


def _held(whole: Match, priority: int, owner: str) -> Iterator[Rule]:
    """Nothing with payload passes: TCP segments with PSH wait for their retransmission, other protocols wait whole."""
    fields = whole.as_dict()
    if fields.get("ip_proto", _TCP) == _TCP:
        for family in [fields["eth_type"]] if "eth_type" in fields else ETH_FAMILIES:
            segment = whole.with_fields(eth_type=family, ip_proto=_TCP)
            pushed = segment.with_fields(tcp_flags=(TCP_PSH, TCP_PSH))
            yield rule(tables.POLICY, priority + 2, pushed, owner=owner)
            yield rule(tables.POLICY, priority + 1, segment, GotoTable(tables.FORWARD), owner=owner)
    yield rule(tables.POLICY, priority, whole, owner=owner)
