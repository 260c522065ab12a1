"""Plugins and verdicts as messages of the agent's API. No I/O, no decisions."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterable
from typing import Final

from plugins.entries import KINDS
from plugins.pack import Plugin
from switch_dpi.modules import ModuleStatus
from switch_dpi.northbound import agent_pb2 as pb
from switch_dpi.plugins_diff import Change, Verdict

LISTS: Final = ("domains", *KINDS)
"""What tells an application, as its entry has it."""


def plugin_message(plugin: Plugin, *, is_base: bool, modules: Iterable[ModuleStatus] = ()) -> pb.Plugin:
    """A plugin as it is listed."""
    return pb.Plugin(
        name=plugin.name,
        version=plugin.version,
        source=plugin.source,
        is_base=is_base,
        apps=plugin.apps,
        categories=plugin.categories,
        protocols=plugin.protocols,
        examples=plugin.examples,
        modules=[module_message(module) for module in modules if module.plugin == plugin.name],
    )


def with_content(message: pb.Plugin, plugin: Plugin) -> pb.Plugin:
    """The same with files, keys, and how much tells its applications."""
    counts = Counter[str]()
    message.files.extend(name for name, _ in (*plugin.files, *plugin.modules))
    for _, text in plugin.files:
        document = tomllib.loads(text)
        entries = (entry for table in ("app", "protocol") for entry in document.get(table, ()))
        message.keys.extend(str(entry.get("key", "")) for entry in entries)
        for app in document.get("app", ()):
            counts.update({name: len(app.get(name, ())) for name in LISTS})
    message.entries.extend(pb.EntryCount(list=name, count=counts[name]) for name in LISTS if counts[name])
    return message


def module_message(module: ModuleStatus) -> pb.Module:
    """A module's class as it is listed."""
    return pb.Module(
        name=module.name,
        state="cut off" if module.reason else "running",
        reason=module.reason,
        events=module.events,
        dropped=module.dropped,
        busy_s=module.busy_s,
    )


def change_message(change: Change) -> pb.FlowChange:
    """A flow that two sets do not agree on."""
    flow = change.flow
    return pb.FlowChange(
        pcap=change.capture,
        flow=flow.flow_id,
        l4=flow.l4,
        src=flow.src,
        sport=flow.sport,
        dst=flow.dst,
        dport=flow.dport,
        old=_verdict(change.old),
        new=_verdict(change.new),
    )


def _verdict(verdict: Verdict | None) -> pb.Verdict | None:
    if verdict is None:
        return None
    return pb.Verdict(app=verdict.app, protocol=verdict.protocol, category=verdict.category, evidence=verdict.evidence)
