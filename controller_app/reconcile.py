"""Brings a switch from what is installed to what is wanted, in one bundle.

Only rules with our cookie prefix and groups with our id prefix are read, compared and changed. What is right stays
as it is, with cookie and counters. The switch makes all changes or none.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from os_ken.ofproto import ofproto_v1_4 as ofp

from controller_app import openflow
from controller_app.errors import UntranslatableError
from controller_app.openflow import Datapath, Message, parser
from controller_app.session import Session
from steering.diff import Changes, diff
from steering.rules import COOKIE_PREFIX_MASK, COOKIE_VALUE, Rule, RuleSet, is_our_group


@dataclass(frozen=True, slots=True)
class Installed:
    """What a switch holds of ours. `strange` are entries of ours that no rule of this version can say."""

    rules: RuleSet
    strange: tuple[Message, ...] = ()
    packets: dict[Rule, int] = field(default_factory=dict, compare=False)


def read(session: Session) -> Installed:
    """Asks the switch for our rules and groups. Raises SwitchError."""
    rules: dict[Rule, int] = {}
    strange: list[Message] = []
    for stats in session.flow_stats(COOKIE_VALUE, COOKIE_PREFIX_MASK):
        try:
            rules[openflow.rule_from_stats(stats)] = stats.packet_count
        except UntranslatableError:
            strange.append(stats)
    groups = []
    for description in session.group_descriptions():
        if is_our_group(description.group_id):
            try:
                groups.append(openflow.group_from_description(description))
            except UntranslatableError:
                strange.append(description)
    return Installed(RuleSet.of(rules, groups), tuple(strange), rules)


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
            yield (
                f"removal of group {entry.group_id:#x}",
                parser.OFPGroupMod(datapath, ofp.OFPGC_DELETE, ofp.OFPGT_ALL, entry.group_id, []),
            )
        else:
            yield f"removal of a rule in table {entry.table_id}", _strict_removal(datapath, entry)


def _strict_removal(datapath: Datapath, stats: Message) -> Message:
    return parser.OFPFlowMod(
        datapath,
        cookie=stats.cookie,
        cookie_mask=0xFFFF_FFFF_FFFF_FFFF,
        table_id=stats.table_id,
        command=ofp.OFPFC_DELETE_STRICT,
        priority=stats.priority,
        out_port=ofp.OFPP_ANY,
        out_group=ofp.OFPG_ANY,
        match=stats.match,
    )


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
        yield f"removal of {group}", openflow.delete_group(datapath, group)
