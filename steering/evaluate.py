"""The reference evaluator: what a policy says about a flow, read from the policy itself, without tables.

The compiler must agree with it for every policy and flow; tests hold both against each other. It is also what explains
decisions to people.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass

from ofext import patterns
from steering.network import NetworkView
from steering.policy.model import FlowMatch, MarkDscp, PolicyRule, SendThrough, Treatment
from steering.policy.policy import Policy
from steering.policy.values import ICMPV6, PROTOCOLS


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowDescription:
    """A flow as its originator sees it. `application` is None while there is no verdict; then layer 7 is not looked at.

    `src` and `dst` are IP addresses; ports are None for protocols without. A condition on something that is None never
    holds.
    """

    src: str
    dst: str
    ip_proto: int
    src_port: int | None = None
    dst_port: int | None = None
    eth_src: str | None = None
    eth_dst: str | None = None
    vlan: int | None = None
    ingress_switch: str | None = None
    ingress_port: str | int | None = None
    application: str | None = None
    category: str | None = None
    sni: str | None = None
    http_host: str | None = None
    dns_query: str | None = None


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
        outcome, text, treatment = _judge(rule, flow, network)
        reasons.append(Reason(policy=rule.name, outcome=outcome, text=text))
        if treatment is not None:
            is_interim = rule.match.needs_verdict and flow.application is None
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
    interim = " until there is a verdict" if decision.is_interim else ""
    return "\n".join([*lines, f"→ {decision.action_text}{interim}, decided by {by}"])


def treatment_text(treatment: Treatment) -> str:
    """An action in words."""
    if isinstance(treatment, SendThrough):
        return f"chain {treatment.chain}"
    return f"dscp {treatment.dscp}" if isinstance(treatment, MarkDscp) else treatment


def _judge(rule: PolicyRule, flow: FlowDescription, network: NetworkView | None) -> tuple[str, str, Treatment | None]:
    lower = next(_lower_obstacles(rule.match, flow, network), None)
    if lower is not None:
        return "no match", lower, None
    if not rule.match.needs_verdict:
        return "decides", f"all conditions hold: {treatment_text(rule.action)}", rule.action
    if flow.application is None:
        if rule.while_inspecting is None:
            return "passed over", "looks at layer 7, and there is no verdict yet", None
        return "decides", f"while inspecting: {treatment_text(rule.while_inspecting)}", rule.while_inspecting
    upper = next(_upper_obstacles(rule.match, flow), None)
    if upper is not None:
        return "no match", upper, None
    return "decides", f"all conditions hold: {treatment_text(rule.action)}", rule.action


def _lower_obstacles(match: FlowMatch, flow: FlowDescription, network: NetworkView | None) -> Iterator[str]:
    """Why the conditions on layers 2 to 4 do not hold."""
    for name in ("eth_src", "eth_dst"):
        given = getattr(flow, name)
        yield from _not_in(name, getattr(match, name), given and given.lower())
    yield from _not_in("vlan", match.vlan, flow.vlan)
    yield from _protocol_obstacles(match, flow)
    for name in ("src", "dst"):
        networks, address = getattr(match, name), getattr(flow, name)
        if networks and not any(_is_in(address, network) for network in networks):
            yield f"{name} is {address}, not in {' or '.join(networks)}"
    for name in ("src_port", "dst_port"):
        spans, port = getattr(match, name), getattr(flow, name)
        if spans and (port is None or not any(first <= port <= last for first, last in spans)):
            wanted = " or ".join(str(a) if a == b else f"{a}-{b}" for a, b in spans)
            yield f"{name} is {port}, not {wanted}"
    if match.ingress is not None:
        switch, port = _place(match.ingress.switch, match.ingress.port, network)
        given_switch, given_port = _place(flow.ingress_switch, flow.ingress_port, network)
        yield from _not_in("ingress switch", (switch,), given_switch)
        yield from _not_in("ingress port", None if port is None else (port,), given_port)


def _place(switch: str | None, port: str | int | None, network: NetworkView | None) -> tuple[str | None, str | None]:
    """Switch and port by the names that the network has for them, if it knows them."""
    text = None if port is None else str(port)
    view = network.switch_named(switch) if network is not None and switch is not None else None
    if view is None or text is None:
        return (switch if view is None else view.name), text
    number = view.port_named(int(text) if text.isdecimal() else text)
    return view.name, text if number is None else view.ports[number].name


def _protocol_obstacles(match: FlowMatch, flow: FlowDescription) -> Iterator[str]:
    is_version_6 = ipaddress.ip_address(flow.src).version == 6
    wanted = {ICMPV6 if number == PROTOCOLS["icmp"] and is_version_6 else number for number in match.ip_proto or ()}
    if wanted and flow.ip_proto not in wanted:
        yield f"ip_proto is {flow.ip_proto}, not {' or '.join(map(str, sorted(wanted)))}"


def _upper_obstacles(match: FlowMatch, flow: FlowDescription) -> Iterator[str]:
    """Why the conditions on layer 7 do not hold."""
    yield from _not_in("application", match.application, flow.application)
    yield from _not_in("category", match.category, flow.category)
    for name, wanted in match.patterns.items():
        value = getattr(flow, name)
        if value is None or not any(patterns.matches(pattern, value) for pattern in wanted):
            yield f"{name} is {value or 'not known'}, not {' or '.join(wanted)}"


def _not_in(name: str, wanted: tuple[object, ...] | None, value: object) -> Iterator[str]:
    if wanted and value not in wanted:
        yield f"{name} is {'not known' if value is None else value}, not {' or '.join(map(str, wanted))}"


def _is_in(address: str, network: str) -> bool:
    return ipaddress.ip_address(address) in ipaddress.ip_network(network)
