"""Proof that the rules of a whole network implement a policy, for every packet: `verify_network`.

What is proven, and what is taken for granted, is in docs/verify.md; why it is done with sets, in docs/adr.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass

from steering.network import CatalogueView, NetworkView
from steering.policy.policy import Policy
from steering.rules import RuleSet
from steering.verify.errors import VerifyError
from steering.verify.report import CounterExample, Reporter
from steering.verify.text import in_words
from steering.verify.verifier import Verifier

__all__ = ["CounterExample", "Proof", "Verifier", "VerifyError", "in_words", "prove", "verify_network"]

MAX_COUNTER_EXAMPLES = 10  # one wrong rule shows at many places; more of them tell nothing new


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """The result. Without counter-examples, the rules implement the policy for every packet at every port."""

    counter_examples: tuple[CounterExample, ...]
    switches: int
    rules: int

    def __bool__(self) -> bool:
        return not self.counter_examples


def verify_network(
    policy: Policy,
    catalogue: CatalogueView,
    network: NetworkView,
    rule_sets: Mapping[int, RuleSet],
    *,
    ordinary: frozenset[int] = frozenset(),
    compiled: Mapping[int, RuleSet] | None = None,
    limit: int = MAX_COUNTER_EXAMPLES,
) -> Proof:
    """Hold rules, compiled or read from the switches, against a policy.

    `ordinary` are switches without a DPI agent: there no condition on layer 7 ever holds, and nothing is waited for.
    With `compiled`, what the switches should hold, the rule to blame is found by comparison; without, by compiling.
    Counter-examples after the first `limit` are not looked for. Raises `VerifyError` if the rules or the policy do
    what cannot be judged.
    """
    verifier = Verifier(policy, catalogue, network, rule_sets.values(), ordinary)
    return prove(verifier, rule_sets, compiled=compiled, limit=limit)


def prove(
    verifier: Verifier,
    rule_sets: Mapping[int, RuleSet],
    *,
    compiled: Mapping[int, RuleSet] | None = None,
    limit: int = MAX_COUNTER_EXAMPLES,
) -> Proof:
    """As `verify_network`, with a verifier that may have seen other rules for the same policy: only changes cost."""
    reporter = Reporter(verifier, compiled)
    mismatches = itertools.islice(verifier.mismatches(rule_sets), limit)
    return Proof(
        counter_examples=tuple(reporter.report(mismatch, verifier.found(mismatch.entry)) for mismatch in mismatches),
        switches=len(verifier.network.switches),
        rules=sum(len(rules.rules) for rules in rule_sets.values()),
    )
