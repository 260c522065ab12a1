"""The reference evaluator: what a policy says about a flow, read from the policy itself, without tables.

The compiler must agree with it for every policy and flow; tests hold both against each other. It is also what explains
decisions to people.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from steering.flows import FlowDescription
from steering.holds import Fit, judge
from steering.network import NetworkView
from steering.policy.model import MarkDscp, PolicyRule, SendThrough, Treatment
from steering.policy.policy import Policy

__all__ = ["Decision", "FlowDescription", "Reason", "evaluate", "explain", "treatment_text"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """What one policy did with the flow: `outcome` is `decides`, `no match` or `passed over`."""

    policy: str
    outcome: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What happens to the flow. `policy` is the name of the policy that decides, None for the default."""

    policy: str | None
    action: Treatment
    is_interim: bool
    reasons: tuple[Reason, ...]

    @property
    def action_text(self) -> str:
        """`allow`, `deny`, `hold`, `chain video`, `dscp 46`."""
        return treatment_text(self.action)


def evaluate(policy: Policy, flow: FlowDescription, network: NetworkView | None = None) -> Decision:
    """The first policy that decides, with the reasons of all before it.

    The network says which names and numbers of switches and ports mean the same; without it they are compared as text.
    """
    reasons: list[Reason] = []
    for rule in policy.rules:
        outcome, text, treatment, is_interim = _judge(rule, flow, network)
        reasons.append(Reason(policy=rule.name, outcome=outcome, text=text))
        if treatment is not None:
            return Decision(policy=rule.name, action=treatment, is_interim=is_interim, reasons=tuple(reasons))
    is_interim = flow.application is None
    action = policy.defaults.while_inspecting if is_interim else policy.defaults.action
    text = f"no policy matches; {'while inspecting' if is_interim else 'the action'} is {treatment_text(action)}"
    reasons.append(Reason(policy="defaults", outcome="decides", text=text))
    return Decision(policy=None, action=action, is_interim=is_interim, reasons=tuple(reasons))


def explain(policy: Policy, flow: FlowDescription, network: NetworkView | None = None) -> str:
    """The decision and, policy by policy, why; one line each. `network` as for `evaluate`."""
    decision = evaluate(policy, flow, network)
    width = max(len(reason.policy) for reason in decision.reasons)
    lines = [f"{reason.policy:<{width}}  {reason.outcome:<11}  {reason.text}" for reason in decision.reasons]
    by = "the defaults" if decision.policy is None else f"policy {decision.policy}"
    until = "there is a verdict" if flow.application is None else "the verdict is more than a guess"
    interim = f" until {until}" if decision.is_interim else ""
    return "\n".join([*lines, f"→ {decision.action_text}{interim}, decided by {by}"])


def treatment_text(treatment: Treatment) -> str:
    """An action in words."""
    if isinstance(treatment, SendThrough):
        return f"chain {treatment.chain}"
    return f"dscp {treatment.dscp}" if isinstance(treatment, MarkDscp) else treatment


def _judge(
    rule: PolicyRule, flow: FlowDescription, network: NetworkView | None
) -> tuple[str, str, Treatment | None, bool]:
    """Outcome, reason, what happens (None: the next policy has its turn), and whether only for the time being."""
    judged = judge(rule.match, flow, network)
    if judged.fit is Fit.FAILS:
        return "no match", judged.reason, None, False
    if judged.fit is Fit.OPEN:
        if rule.while_inspecting is None:
            return "passed over", judged.reason, None, False
        return "decides", f"while inspecting: {treatment_text(rule.while_inspecting)}", rule.while_inspecting, True
    if rule.while_guessed is not None and _rests_on_a_guess(rule, flow, network):
        return "decides", f"while it is a guess: {treatment_text(rule.while_guessed)}", rule.while_guessed, True
    return "decides", f"all conditions hold: {treatment_text(rule.action)}", rule.action, False


def _rests_on_a_guess(rule: PolicyRule, flow: FlowDescription, network: NetworkView | None) -> bool:
    """Whether the conditions hold only by a verdict that is guessed."""
    if flow.application is None or flow.state != "guessed":
        return False
    return judge(rule.match, replace(flow, application=None), network).fit is not Fit.HOLDS
