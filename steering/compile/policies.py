"""Compiler of the policy tables: the operator's policies by falling priority, as `arrange` has placed them.

A policy's rules for flows without a verdict lie above its rules for flows with one; they never match the same packet,
as the first compare `l7_app_id` with 0. Above both lie the rules that send what the policy excludes to the next table.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from steering import tables
from steering.chains import Position
from steering.compile.arrange import Block
from steering.compile.conditions import (
    has_direction,
    is_of_one_switch,
    joined,
    limited,
    lower_matches,
    verdict_matches,
)
from steering.compile.edge import ETH_FAMILIES
from steering.compile.layer7 import ANY_VERDICT
from steering.compile.scope import Scope, rule
from steering.errors import CompileError
from steering.fields import CT_REPLY, TCP_PSH
from steering.policy.conditions import FlowMatch
from steering.policy.logic import Parts
from steering.policy.model import MarkDscp, PolicyRule, SendThrough, Treatment
from steering.policy.values import PROTOCOLS
from steering.rules import Action, GotoTable, Match, Rule, SetField

DEFAULT_OWNER = "default"

_UNDECIDED = Match.of(l7_app_id=0)
_GUESSED = FlowMatch(state=("guessed",))
_TCP = PROTOCOLS["tcp"]


def policy_table(scope: Scope) -> Iterator[Rule]:
    """All policies, then the defaults; in the tables before the last one, the way on to the next."""
    world = scope.world
    for position, policy_rule in enumerate(world.policy.rules):
        blocks = world.arrangement.blocks[position]
        if is_of_one_switch(policy_rule.match):
            yield from _one_policy(scope, policy_rule, blocks)
            continue
        if position not in world.shared_rules:
            world.shared_rules[position] = tuple(_one_policy(scope, policy_rule, blocks))
        yield from world.shared_rules[position]
    last = world.arrangement.last_table
    for table in range(tables.POLICY, last):
        yield rule(table, 0, Match(), GotoTable(table + 1))
    defaults = world.policy.defaults
    undecided = _Writer(scope, DEFAULT_OWNER, last, 1)
    yield from undecided.treated((), [_UNDECIDED], defaults.while_inspecting)
    yield from _Writer(scope, DEFAULT_OWNER, last, 0).treated((), [Match()], defaults.action)


def _one_policy(scope: Scope, policy_rule: PolicyRule, blocks: Iterable[Block]) -> Iterator[Rule]:
    try:
        made = itertools.chain.from_iterable(_block(scope, policy_rule, block) for block in blocks)
        yield from limited(made)
    except CompileError as error:
        raise CompileError(f"policy {policy_rule.name!r}: {error}") from error


def _block(scope: Scope, policy_rule: PolicyRule, block: Block) -> Iterator[Rule]:
    """From the lowest priority up: flows with a verdict, those without one, and what is excluded."""
    if block.needs_verdict and not scope.world.with_layer_7:
        return
    writer = _Writer(scope, f"policy:{policy_rule.name}", block.table, block.base)
    guessed, waiting = replace(writer, priority=block.guessed), replace(writer, priority=block.waiting)
    for term in block.terms:
        upper = verdict_matches(term.upper, scope) if term.upper or not block.needs_verdict else ANY_VERDICT
        yield from writer.treated(term.lower, upper, policy_rule.action)
        if block.needs_verdict and policy_rule.while_guessed is not None:
            by_guess = verdict_matches((*term.upper, _GUESSED), scope)
            yield from guessed.treated(term.lower, by_guess, policy_rule.while_guessed)
        if block.needs_verdict and policy_rule.while_inspecting is not None:
            yield from waiting.treated(term.lower, [_UNDECIDED], policy_rule.while_inspecting)
    for excluded in block.not_upper:
        yield from replace(writer, priority=block.past_upper).past((), verdict_matches((excluded,), scope))
    for excluded in block.not_lower:
        yield from replace(writer, priority=block.past_lower).past((excluded,), [Match()])


@dataclass(frozen=True, slots=True)
class _Writer:
    """Writes rules of one owner, table and priority."""

    scope: Scope
    owner: str
    table: int
    priority: int

    def treated(self, lower: Parts, upper: Sequence[Match], treatment: Treatment) -> Iterator[Rule]:
        """Rules that give the packets of both directions this treatment."""
        on_ip = isinstance(treatment, MarkDscp)
        both_alike = not has_direction(lower) and not isinstance(treatment, SendThrough)
        for reverse, whole in self._packets(lower, upper, on_ip=on_ip, both_alike=both_alike):
            if treatment == "hold":
                yield from self._held(whole)
            else:
                yield self._rule(whole, *_actions(self.scope, treatment, reverse=reverse))

    def past(self, lower: Parts, upper: Sequence[Match]) -> Iterator[Rule]:
        """Rules that send packets on to the next policy table."""
        for _, whole in self._packets(lower, upper, on_ip=False, both_alike=not has_direction(lower)):
            yield self._rule(whole, GotoTable(self.table + 1))

    def _packets(
        self, lower: Parts, upper: Sequence[Match], *, on_ip: bool, both_alike: bool
    ) -> Iterator[tuple[bool, Match]]:
        """Matches with their direction (whether it is the answers'); `both_alike`: one match for both."""
        for reverse in (False,) if both_alike else (False, True):
            state = Match() if both_alike else Match.of(ct_state=(CT_REPLY if reverse else 0, CT_REPLY))
            for headers in lower_matches(lower, self.scope, reverse=reverse, by_family=on_ip):
                for layer_7 in upper:
                    yield reverse, joined(joined(headers, layer_7), state)

    def _held(self, whole: Match) -> Iterator[Rule]:
        """Nothing with payload passes: TCP segments with PSH come again by retransmission, the rest waits whole."""
        fields = whole.as_dict()
        if fields.get("ip_proto", _TCP) == _TCP:
            for family in [fields["eth_type"]] if "eth_type" in fields else ETH_FAMILIES:
                segment = whole.with_fields(eth_type=family, ip_proto=_TCP)
                pushed = segment.with_fields(tcp_flags=(TCP_PSH, TCP_PSH))
                yield rule(self.table, self.priority + 2, pushed, owner=self.owner)
                yield rule(self.table, self.priority + 1, segment, GotoTable(tables.FORWARD), owner=self.owner)
        yield self._rule(whole)

    def _rule(self, match: Match, *actions: Action) -> Rule:
        return rule(self.table, self.priority, match, *actions, owner=self.owner)


def _actions(scope: Scope, treatment: Treatment, *, reverse: bool) -> tuple[Action, ...]:
    if isinstance(treatment, SendThrough):
        position = Position(scope.world.chain_numbers[treatment.chain], reverse, 0)
        return SetField("reg0", position.number), GotoTable(tables.PATH)
    if isinstance(treatment, MarkDscp):
        return SetField("ip_dscp", treatment.dscp), GotoTable(tables.FORWARD)
    return () if treatment == "deny" else (GotoTable(tables.FORWARD),)
