"""Proof that the rules of a whole network implement a policy, for every packet: `verify_network`.

What is proven, and what is taken for granted, is in docs/verify.md; why it is done with sets, in docs/adr.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from steering.network import CatalogueView, NetworkView
from steering.policy.policy import Policy
from steering.rules import RuleSet
from steering.verify.errors import VerifyError
from steering.verify.report import CounterExample, Reporter
from steering.verify.text import in_words
from steering.verify.verifier import Verifier

__all__ = ["CounterExample", "Proof", "VerifyError", "in_words", "verify_network"]

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
    verifier = Verifier(policy, catalogue, network, rule_sets, ordinary)
    reporter = Reporter(verifier, compiled)
    found: list[CounterExample] = []
    for mismatch in verifier.mismatches():
        if len(found) == limit:
            break
        found.append(reporter.report(mismatch, verifier.found(mismatch.entry)))
    rules = sum(len(rules.rules) for rules in rule_sets.values())
    return Proof(counter_examples=tuple(found), switches=len(network.switches), rules=rules)
