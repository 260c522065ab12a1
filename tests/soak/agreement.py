"""What controller, agent and Open vSwitch know, held against each other; AssertionError says what differs."""

from __future__ import annotations

import json
import re
import time

from switch_dpi.conntrack import Key, flow_key
from tests.lab.network import Lab

A_MOMENT_S = 1.0  # more than a short conversation lasts, and than an event takes to arrive
Views = tuple[int | None, int | None]
SETTLED_STATES = ("final", "revised", "gave_up")
_RULE = re.compile(r"cookie=(0x[0-9a-f]+), (.*?priority=\d+\S*) actions=")


def check_rules(lab: Lab) -> int:
    """Every switch holds what the policy in force compiles to, each rule once and no other; how many there are."""
    status = lab.client.status()
    stages = {switch.name: (switch.stage, switch.has_agent) for switch in status.switches}
    assert stages == dict.fromkeys(lab.bridges, ("ready", True)), stages
    assert not status.problems, status.problems
    for plan in lab.client.plan(status.policy_text, "in-force.yaml").switches:
        assert not plan.changes, f"{plan.name} differs: {[change.text for change in plan.changes][:5]}"
    compiled = {s.name: len(s.rules) for s in lab.client.compile(status.policy_text, "in-force.yaml").switches}
    for bridge in lab.bridges:
        dumped = lab.ovs.sh("ovs-ofctl", "-OOpenFlow14", "--no-stats", "--no-names", "dump-flows", bridge)
        rules = [found.groups() for found in map(_RULE.search, dumped.splitlines()) if found]
        assert len(rules) == len({match for _, match in rules}), f"{bridge} has a rule twice"
        assert all(cookie.startswith("0xa575") for cookie, _ in rules), f"{bridge} has a rule of somebody else"
        assert len(rules) == compiled[bridge], f"{bridge} has {len(rules)} rules, {compiled[bridge]} were compiled"
    return sum(compiled.values())


def check_flows(lab: Lab, *, may_be_remembered: bool) -> int:
    """The controller's live flows with a verdict are those of the trackers, with the same verdicts; how many there are.

    `may_be_remembered`: after Open vSwitch was started anew the agent knows flows for half a minute that it lacks.
    Flows come and go while both are asked, so what differs counts if it still does a moment later.
    """
    differing, count = _differences(lab, may_be_remembered)
    if differing:
        time.sleep(A_MOMENT_S)
        again, count = _differences(lab, may_be_remembered)
        differing = {key: views for key, views in again.items() if differing.get(key) == views}
    assert not differing, f"tracker and controller: {_some(differing)}"
    return count


def _differences(lab: Lab, may_be_remembered: bool) -> tuple[dict[Key, Views], int]:
    """By connection, what tracker and controller say; None: it is not there."""
    known = {
        flow_key(flow.l4, flow.src, flow.sport, flow.dst, flow.dport): flow.app_id
        for flow in lab.client.flows(only_live=True)
        if flow.state in SETTLED_STATES
    }
    settled = [found for bridge in lab.bridges for found in lab.settled(bridge)]
    tracked = {found.key: found.mark for found in settled if not found.is_closing}
    differing: dict[Key, Views] = {
        key: (mark, known.get(key)) for key, mark in tracked.items() if known.get(key) != mark
    }
    if not may_be_remembered:
        there = {found.key for found in settled}
        differing |= {key: (None, app) for key, app in known.items() if key not in there}
    return differing, len(tracked)


def check_agent(lab: Lab) -> dict[str, int]:
    """The agent relays for every bridge, and its marks were taken; its figures, summed."""
    status = json.loads((lab.folder / "agent-state" / "status.json").read_text(encoding="utf-8"))
    assert [bridge["bridge"] for bridge in status["bridges"]] == list(lab.bridges)
    for bridge in status["bridges"]:
        assert bridge["session"] == "relays", bridge["session"]
        assert bridge["marks"]["errors"] == 0, bridge["marks"]
        assert bridge["refused_matches"] == 0
    figures = ("flows", "predicates")
    return {name: sum(bridge[name] for bridge in status["bridges"]) for name in figures}


def _some(differing: dict[Key, Views]) -> str:
    return f"{len(differing)}, as {dict(list(differing.items())[:3])}"
