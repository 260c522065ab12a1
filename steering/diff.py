"""What has to change so that a switch holds what it should: desired against installed.

Rules that are right stay untouched (their cookie and counters survive). Rules and groups that are not ours are
left alone, unless one stands exactly where ours must be. Printing is plain text; colours are the command line's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType

from steering.rules import Group, Rule, RuleSet, is_our_cookie, is_our_group
from steering.tables import table_name


class Sign(Enum):
    """What happens to a rule or a group."""

    ADD = "+"
    MODIFY = "~"
    DELETE = "-"


@dataclass(frozen=True, slots=True)
class Change:
    """One line of a plan. `differences` are (what, installed, desired); of an addition or a deletion, empty."""

    sign: Sign
    subject: Rule | Group
    owner: str
    differences: tuple[tuple[str, str, str], ...] = ()

    def __str__(self) -> str:
        if isinstance(self.subject, Group):
            head = f"{self.sign.value} {self.subject}"
        else:
            rule = self.subject
            actions = " ".join(map(str, rule.actions)) or "drop"
            shown = "" if self.sign is Sign.MODIFY else f" → {actions}"
            head = f"{self.sign.value} {self.owner}  {table_name(rule.table)} [{rule.priority}] {rule.match}{shown}"
        return "\n".join([head, *(f"    {what}: {old} → {new}" for what, old, new in self.differences)])


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What to send. In order: groups that are added or modified, rules, and groups that are deleted at last."""

    adds: tuple[Rule, ...] = ()
    modifies: tuple[Rule, ...] = ()
    deletes: tuple[Rule, ...] = ()
    group_adds: tuple[Group, ...] = ()
    group_modifies: tuple[Group, ...] = ()
    group_deletes: tuple[Group, ...] = ()
    unchanged: int = 0
    changes: tuple[Change, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.changes)

    def __str__(self) -> str:
        return "\n".join([*map(str, self.changes), self.summary])

    @property
    def summary(self) -> str:
        """`3 to add, 1 to change, 0 to delete, 120 unchanged` (rules and groups)."""
        add, change, delete = (sum(c.sign is sign for c in self.changes) for sign in Sign)
        return f"{add} to add, {change} to change, {delete} to delete, {self.unchanged} unchanged"


def diff(desired: RuleSet, installed: RuleSet, owners: Mapping[int, str] = MappingProxyType({})) -> Changes:
    """Compare two rule sets.

    `owners` names the cookies of rules that are no longer desired, for example `RuleSet.owners()` of the last
    policy. OpenFlow cannot modify a cookie: a rule whose cookie differs is one change (`~`) to read, and to send an
    addition, which replaces it (OpenFlow 1.3 §6.4).
    """
    names = {**owners, **desired.owners()}
    have = {rule.key: rule for rule in installed.rules}
    want = {rule.key: rule for rule in desired.rules}
    adds: list[Rule] = []
    modifies: list[Rule] = []
    changes: list[Change] = []
    for key, rule in want.items():
        old = have.get(key)
        if old == rule:
            continue
        if old is None:
            adds.append(rule)
            changes.append(Change(Sign.ADD, rule, _owner(rule, names)))
            continue
        (modifies if old.cookie == rule.cookie else adds).append(rule)
        changes.append(Change(Sign.MODIFY, rule, _owner(rule, names), _differences(old, rule, names)))
    deletes = [rule for key, rule in have.items() if key not in want and is_our_cookie(rule.cookie)]
    changes += [Change(Sign.DELETE, rule, _owner(rule, names)) for rule in deletes]
    groups = _diff_groups(desired.groups, installed.groups)
    touched = sum(change.sign is not Sign.DELETE for change in changes)
    return Changes(
        adds=tuple(adds),
        modifies=tuple(modifies),
        deletes=tuple(deletes),
        group_adds=groups.group_adds,
        group_modifies=groups.group_modifies,
        group_deletes=groups.group_deletes,
        unchanged=len(want) - touched + groups.unchanged,
        changes=groups.changes + tuple(sorted(changes, key=_reading_order)),
    )


def _diff_groups(desired: Iterable[Group], installed: Iterable[Group]) -> Changes:
    have = {group.group_id: group for group in installed}
    want = {group.group_id: group for group in desired}
    adds = tuple(group for number, group in want.items() if number not in have)
    modifies = tuple(group for number, group in want.items() if number in have and have[number] != group)
    deletes = tuple(group for number, group in have.items() if number not in want and is_our_group(number))
    changes = [Change(Sign.ADD, group, "") for group in adds]
    changes += [
        Change(Sign.MODIFY, group, "", (("buckets", str(have[group.group_id]), str(group)),)) for group in modifies
    ]
    changes += [Change(Sign.DELETE, group, "") for group in deletes]
    return Changes(
        group_adds=adds,
        group_modifies=modifies,
        group_deletes=deletes,
        unchanged=len(want) - len(adds) - len(modifies),
        changes=tuple(changes),
    )


def _differences(old: Rule, new: Rule, names: Mapping[int, str]) -> tuple[tuple[str, str, str], ...]:
    found = []
    if old.cookie != new.cookie:
        found.append(("owner", _owner(old, names), _owner(new, names)))
    if old.actions != new.actions:
        before, after = (" ".join(map(str, rule.actions)) or "drop" for rule in (old, new))
        found.append(("actions", before, after))
    return tuple(found)


def _owner(rule: Rule, names: Mapping[int, str]) -> str:
    return rule.owner or names.get(rule.cookie) or f"cookie {rule.cookie:#018x}"


def _reading_order(change: Change) -> tuple[int, int, str]:
    if isinstance(change.subject, Group):
        return (-1, change.subject.group_id, "")
    return (change.subject.table, -change.subject.priority, str(change.subject.match))
