"""Whether a flow fits the conditions of a policy, and if not, why: for the reference evaluator.

Read from the conditions themselves, without rules; what a pattern or a test of an attribute means is said by `ofext`.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from ofext import patterns
from ofext.ids import engine_of, format_app_id
from steering.flows import FlowDescription
from steering.network import NetworkView
from steering.policy.attributes import raw_value, tests_of, type_of
from steering.policy.conditions import HOSTS, AttributeCondition, FlowMatch
from steering.policy.values import ICMPV6, PROTOCOLS

MAX_LISTED = 8  # values of a condition in an explanation; a group may have thousands


class Fit(Enum):
    """Whether the conditions hold. OPEN: it depends on layer 7, and there is no verdict yet."""

    HOLDS = "holds"
    FAILS = "fails"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Judged:
    """The answer, and why; the reason is empty if all conditions hold."""

    fit: Fit
    reason: str = ""


def judge(match: FlowMatch, flow: FlowDescription, network: NetworkView | None) -> Judged:
    """Whether all of it holds: with three values, what fails fails whatever is open beside it."""
    parts = [_own(match, flow, network)]
    parts += [judge(inner, flow, network) for inner in match.all or ()]
    if match.any is not None:
        parts.append(_one_of([judge(inner, flow, network) for inner in match.any]))
    parts += [_turned(judge(inner, flow, network)) for inner in match.not_ or ()]
    for fit in (Fit.FAILS, Fit.OPEN):
        found = next((part for part in parts if part.fit is fit), None)
        if found is not None:
            return found
    return Judged(Fit.HOLDS)


def _one_of(parts: Sequence[Judged]) -> Judged:
    for fit in (Fit.HOLDS, Fit.OPEN):
        found = next((part for part in parts if part.fit is fit), None)
        if found is not None:
            return found
    return Judged(Fit.FAILS, f"nothing of `any` fits: {'; '.join(part.reason for part in parts)}")


def _turned(part: Judged) -> Judged:
    """`not`."""
    if part.fit is Fit.OPEN:
        return part
    return Judged(Fit.FAILS, "fits what `not` excludes") if part.fit is Fit.HOLDS else Judged(Fit.HOLDS)


def _own(match: FlowMatch, flow: FlowDescription, network: NetworkView | None) -> Judged:
    """The conditions of the mapping itself; first those on layers 2 to 4: where they fail, no verdict is waited for."""
    lower = next(_lower_obstacles(match, flow, network), None)
    if lower is not None:
        return Judged(Fit.FAILS, lower)
    if not match.looks_at_layer_7:
        return Judged(Fit.HOLDS)
    if flow.application is None:
        return Judged(Fit.OPEN, "looks at layer 7, and there is no verdict yet")
    upper = next(_upper_obstacles(match, flow), None)
    return Judged(Fit.HOLDS) if upper is None else Judged(Fit.FAILS, upper)


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
            yield f"{name} is {address}, not in {_or(networks)}"
    for name in ("src_port", "dst_port"):
        yield from _not_within(name, getattr(match, name), getattr(flow, name))
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
        yield f"ip_proto is {flow.ip_proto}, not {_or(map(str, sorted(wanted)))}"


def _upper_obstacles(match: FlowMatch, flow: FlowDescription) -> Iterator[str]:
    """Why the conditions on layer 7 do not hold."""
    if match.application and not any(_is_application(key, flow) for key in match.application):
        yield f"application is {flow.application}, not {_or(match.application)}"
    yield from _not_in("category", match.category, flow.category)
    yield from _not_in("owner", match.owner, None if flow.owner is None else flow.owner.lower())
    yield from _not_in("engine", match.engine, None if flow.app_id is None else engine_of(flow.app_id))
    yield from _not_in("state", match.state, flow.state)
    yield from _not_within("risk", match.risk, flow.risk)
    yield from _not_within("confidence", match.confidence, flow.confidence)
    if match.encrypted is not None and flow.encrypted is not match.encrypted:
        yield f"encrypted is {'not known' if flow.encrypted is None else _yes(flow.encrypted)}"
    if match.tag and not flow.tags.intersection(match.tag):
        yield f"tags are {', '.join(sorted(flow.tags)) or 'none'}, and {_or(match.tag)} is not among them"
    for name, wanted in match.patterns.items():
        values = flow.texts(name)
        if not any(_fits(name, pattern, value) for pattern in wanted for value in values):
            yield f"{name} is {', '.join(values) or 'not known'}, not {_or(wanted)}"
    for name, condition in (match.attributes or {}).items():
        if not _passes(name, condition, flow):
            values = tuple(str(value) for given, value in flow.all_attributes() if given == name)
            yield f"attribute {name} is {', '.join(values) or 'not known'}, not {_in_words(condition)}"


def _is_application(key: str, flow: FlowDescription) -> bool:
    if "/" in key and flow.app_id is not None:
        return key == format_app_id(flow.app_id)
    return key == flow.application


def _fits(name: str, pattern: str, value: str) -> bool:
    if name in HOSTS:
        return patterns.matches(pattern, value)
    return patterns.text_matches(pattern.encode(), value.encode())


def _passes(name: str, condition: AttributeCondition, flow: FlowDescription) -> bool:
    """Every comparison holds for some value. A comparison that a value's type does not have holds for none."""
    values = [value for given, value in flow.all_attributes() if given == name]
    if not values:
        return False
    kind = type_of(values[0])
    try:
        tests = tests_of(condition, 0, kind)
    except ValueError:
        return False
    return all(any(test.holds(kind, raw_value(value, kind)) for value in values) for test in tests)


def _in_words(condition: AttributeCondition) -> str:
    given = condition.model_dump(exclude_none=True)
    return " and ".join("present" if key == "present" else f"{key} {value}" for key, value in given.items())


def _not_in(name: str, wanted: tuple[object, ...] | None, value: object) -> Iterator[str]:
    if wanted and value not in wanted:
        yield f"{name} is {'not known' if value is None else value}, not {_or(map(str, wanted))}"


def _not_within(name: str, spans: tuple[tuple[int, int], ...] | None, value: int | None) -> Iterator[str]:
    if spans and (value is None or not any(first <= value <= last for first, last in spans)):
        wanted = _or(str(a) if a == b else f"{a}-{b}" for a, b in spans)
        yield f"{name} is {'not known' if value is None else value}, not {wanted}"


def _is_in(address: str, network: str) -> bool:
    return ipaddress.ip_address(address) in ipaddress.ip_network(network)


def _or(values: Iterable[str]) -> str:
    """The values in words; of many, the first."""
    listed = list(values)
    more = len(listed) - MAX_LISTED
    return " or ".join(listed[:MAX_LISTED]) + (f" or one of {more} more" if more > 0 else "")


def _yes(value: bool) -> str:
    return "true" if value else "false"
