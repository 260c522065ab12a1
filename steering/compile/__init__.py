"""The compiler: a policy, a catalogue and a network view become one rule set for each switch. Pure functions."""

from __future__ import annotations

from steering.compile.carry import deliver, flood, forward, groups, path, resume
from steering.compile.edge import admission, deliver_tap, flood_tap, learn, tap, track
from steering.compile.policies import policy_table
from steering.compile.scope import Scope, World
from steering.network import CatalogueView, NetworkView
from steering.policy.policy import Policy
from steering.rules import RuleSet
from steering.tables import check_rule

__all__ = ["compile_network", "compile_switch"]

_COMPILERS = (
    admission,
    learn,
    track,
    tap,
    policy_table,
    resume,
    path,
    forward,
    deliver,
    deliver_tap,
    flood_tap,
    flood,
)


def compile_network(
    policy: Policy, catalogue: CatalogueView, network: NetworkView, *, with_layer_7: bool = True
) -> dict[int, RuleSet]:
    """The rules of every switch in the view, by datapath id. Raises `CompileError`.

    Without `with_layer_7` (no agent is there, and no catalogue) no flow ever has a verdict; what needs one is left out.

    A service whose switch or port is not in the view makes its chains drop: what must pass a function does not go
    round it.
    """
    world = World.of(policy, catalogue, network, with_layer_7=with_layer_7)
    return {dpid: compile_switch(Scope.of(world, switch)) for dpid, switch in sorted(network.switches.items())}


def compile_switch(scope: Scope) -> RuleSet:
    """The rules and groups of one switch, each checked against the declared tables."""
    rules = [rule for compiler in _COMPILERS for rule in compiler(scope)]
    for rule in rules:
        check_rule(rule)
    return RuleSet.of(rules, groups(scope))
