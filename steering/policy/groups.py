"""Groups put in the place of their names: what conditions on groups say, in conditions on values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from steering.policy.conditions import FlowMatch
from steering.policy.model import Group, PolicyRule

MEMBERS: Final = {
    "src_group": ("src", "addresses"),
    "dst_group": ("dst", "addresses"),
    "user_group": ("user", "users"),
    "device_group": ("device", "devices"),
    "application_group": ("application", "applications"),
}
"""By condition: the condition on values that it stands for, and what a group must have for it."""

_KINDS: Final = {
    "keys": "application",
    "categories": "category",
    "tags": "tag",
    "owners": "owner",
    "risk": "risk",
}
"""By key of a group's applications: the condition on flows."""


def resolved(rule: PolicyRule, groups: Mapping[str, Group]) -> PolicyRule:
    """The policy without names of groups. All of them must be there, with what the condition asks of them."""
    if all(getattr(node, name) is None for _, node in rule.match.nodes() for name in MEMBERS):
        return rule
    return rule.model_copy(update={"match": _match(rule.match, groups)})


def _match(match: FlowMatch, groups: Mapping[str, Group]) -> FlowMatch:
    update: dict[str, Any] = dict.fromkeys(MEMBERS)
    beside = [_match(inner, groups) for inner in match.all or ()]
    for name, (condition, kind) in MEMBERS.items():
        named = [groups[group] for group in getattr(match, name) or ()]
        if not named:
            continue
        ways = _ways(condition, kind, named)
        if len(ways) == 1 and not (ways[0].keys() & update.keys()) and getattr(match, next(iter(ways[0]))) is None:
            update |= ways[0]
        else:
            beside.append(FlowMatch.model_construct(any=tuple(FlowMatch.model_construct(**way) for way in ways)))
    for name, nested in (("any", match.any), ("not_", match.not_)):
        update[name] = None if nested is None else tuple(_match(inner, groups) for inner in nested)
    return match.model_copy(update=update | {"all": tuple(beside) or None})


def _ways(condition: str, kind: str, groups: list[Group]) -> list[dict[str, Any]]:
    """Conditions on values of which one must hold for a flow that is in one of the groups."""
    if kind != "applications":
        return [{condition: tuple(dict.fromkeys(value for group in groups for value in getattr(group, kind)))}]
    found: dict[str, tuple[Any, ...]] = {}
    for name, values in _of_applications(groups):
        found[name] = tuple(dict.fromkeys((*found.get(name, ()), *values)))
    return [{name: values} for name, values in found.items()]


def _of_applications(groups: list[Group]) -> Iterator[tuple[str, tuple[Any, ...]]]:
    for group in groups:
        if group.applications is None:
            continue
        for kind, name in _KINDS.items():
            values = getattr(group.applications, kind)
            if values is not None:
                yield name, values
