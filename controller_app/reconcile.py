"""Brings a switch from what is installed to what is wanted, in one bundle.

Only rules with our cookie prefix and groups with our id prefix are read, compared and changed. What is right stays
as it is, with cookie and counters. The switch makes all changes or none.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from controller_app import openflow
from controller_app.errors import UntranslatableError
from controller_app.openflow import Datapath, Message
from controller_app.session import Session
from steering.diff import Changes, diff
from steering.rules import COOKIE_PREFIX_MASK, COOKIE_VALUE, RuleSet, is_our_group


@dataclass(frozen=True, slots=True)
class Installed:
    """What a switch holds of ours. `strange` are entries of ours that no rule of this version can say."""

    rules: RuleSet
    strange: tuple[Message, ...] = ()


def read(session: Session) -> Installed:
    """Asks the switch for our rules and groups. Raises SwitchError."""
    rules = []
    strange: list[Message] = []
    for stats in session.flow_stats(COOKIE_VALUE, COOKIE_PREFIX_MASK):
        try:
            rules.append(openflow.rule_from_stats(stats))
        except UntranslatableError:
            strange.append(stats)
    groups = []
    for description in session.group_descriptions():
        if is_our_group(description.group_id):
            try:
                groups.append(openflow.group_from_description(description))
            except UntranslatableError:
                strange.append(description)
    return Installed(RuleSet.of(rules, groups), tuple(strange))


def bring(session: Session, installed: Installed, desired: RuleSet) -> Changes:
    """Installs the difference, if there is any, and returns it. Raises SwitchError; the switch is then as before."""
    changes = diff(desired, installed.rules)
    messages = [*_removals(session.datapath, installed.strange), *_messages(session.datapath, changes)]
    if messages:
        session.commit(messages)
    return changes


def _removals(datapath: Datapath, strange: tuple[Message, ...]) -> Iterator[tuple[str, Message]]:
    for entry in strange:
        if hasattr(entry, "buckets"):
            yield f"removal of group {entry.group_id:#x}", openflow.delete_group(datapath, entry.group_id)
        else:
            yield f"removal of a rule in table {entry.table_id}", openflow.delete_entry(datapath, entry)


def _messages(datapath: Datapath, changes: Changes) -> Iterator[tuple[str, Message]]:
    """Groups before the rules that use them, and removals of groups after those of their rules."""
    for group in changes.group_adds:
        yield f"{group}", openflow.add_group(datapath, group)
    for group in changes.group_modifies:
        yield f"{group}", openflow.modify_group(datapath, group)
    for rule in changes.deletes:
        yield f"removal of {rule}", openflow.delete_rule(datapath, rule)
    for rule in (*changes.modifies, *changes.adds):
        named = f" ({rule.owner})" if rule.owner else ""
        yield f"rule {rule}{named}", openflow.add_rule(datapath, rule)
    for group in changes.group_deletes:
        yield f"removal of {group}", openflow.delete_group(datapath, group.group_id)
