"""One round: who is killed, when, and for how long; what must hold afterwards."""

from __future__ import annotations

import contextlib
import random
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from controller_app.errors import NorthboundError
from tests.fakes.private_ovs import DAEMONS
from tests.lab.hosts import run
from tests.lab.network import Lab
from tests.lab.processes import until
from tests.soak.agreement import check_agent, check_flows, check_rules
from tests.soak.policies import a_policy
from tests.soak.traffic import Traffic

VICTIMS = (
    ("agent",),
    ("controller",),
    ("ovs-vswitchd",),
    ("ovsdb-server",),
    ("agent", "controller"),
    ("ovs-vswitchd", "ovsdb-server"),
    ("agent", "ovs-vswitchd"),
    ("controller", "ovs-vswitchd"),
)
FORWARDING = {"ovs-vswitchd", "ovsdb-server"}
"""Without the first nothing is forwarded. Nor without its database: Open vSwitch 3.1 then lacks the lock on it, and
runs no bridge of the userspace datapath until it has that again (it tries after 1 s, then 2, 4, up to 8 s)."""
LONGEST_PAUSE_S = 1.0
READY_S = 40.0
AGREE_S = 20.0  # flows that ended while the agent was away are found at its next looks at the tracker
GRACE_S = 35.0  # as long the agent remembers flows after Open vSwitch was started anew (switch_dpi.verdicts)
APPLY_SHARE = 0.6  # of the rounds, in which a policy is applied too


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What one round found out."""

    victims: tuple[str, ...]
    seconds: float = 0.0
    lost: int = 0
    """Packets that did not arrive, where a daemon of Open vSwitch was killed too."""
    applied: str = ""
    figures: dict[str, int] = field(default_factory=dict)


class Soak:
    """A laboratory with traffic, and what its rounds have left behind."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self.traffic = Traffic(lab)
        self._remembered_until_s = 0.0
        self._seen = (0, 0)

    def close(self) -> None:
        """Ends the traffic."""
        self.traffic.stop()

    def save_views(self, folder: Path) -> None:
        """What tracker, controller and agent say, beside the logs."""
        lab = self._lab
        lines = [f"{bridge} {found}" for bridge in lab.bridges for found in lab.tracked(bridge)]
        (folder / "tracked.txt").write_text("\n".join(lines), encoding="utf-8")
        (folder / "flows.txt").write_text("\n".join(map(str, lab.client.flows())), encoding="utf-8")

    def play(self, chosen: random.Random) -> Outcome:
        """One round. Raises AssertionError, TimeoutError or RuntimeError that say what does not hold."""
        outcome = Outcome(victims=chosen.choice(VICTIMS))
        started_s = time.monotonic()
        self.traffic.begin()
        applying = self._start_apply(chosen, outcome)
        time.sleep(chosen.uniform(0.0, LONGEST_PAUSE_S))
        self._kill_and_start(outcome.victims, chosen)
        applying.join()
        self._lab.wait_ready(READY_S)
        self._check(outcome)
        outcome.seconds = time.monotonic() - started_s
        return outcome

    def _kill_and_start(self, victims: tuple[str, ...], chosen: random.Random) -> None:
        lab = self._lab
        for victim in chosen.sample(victims, len(victims)):
            (lab.ovs.kill if victim in DAEMONS else lab.programs.kill)(victim)
            time.sleep(chosen.choice((0.0, chosen.uniform(0.0, LONGEST_PAUSE_S))))
        in_order = [victim for victim in DAEMONS if victim in victims]  # vswitchd waits for its database
        others = [victim for victim in victims if victim not in DAEMONS]
        chosen.shuffle(others)
        if "ovs-vswitchd" in victims:
            self._remembered_until_s = time.monotonic() + GRACE_S
        for victim in in_order:
            lab.ovs.start_one(victim)
        for victim in others:
            lab.programs.start(victim)
            time.sleep(chosen.choice((0.0, chosen.uniform(0.0, LONGEST_PAUSE_S))))

    def _start_apply(self, chosen: random.Random, outcome: Outcome) -> threading.Thread:
        """Beside the kill. It may fail, and whether it is in force then is the controller's to know."""
        policy = a_policy(chosen) if chosen.random() < APPLY_SHARE else ""
        pause_s = chosen.uniform(0.0, 2 * LONGEST_PAUSE_S)

        def apply() -> None:
            time.sleep(pause_s)
            if policy:
                outcome.applied = "refused"
                with contextlib.suppress(NorthboundError):
                    self._lab.apply(policy)
                    outcome.applied = "applied"

        thread = threading.Thread(target=apply)
        thread.start()
        return thread

    def _check(self, outcome: Outcome) -> None:
        lab, traffic = self._lab, self.traffic
        is_remembered = time.monotonic() < self._remembered_until_s

        def all_agree() -> bool:
            lab.programs.check_alive()
            outcome.figures["rules"] = check_rules(lab)
            outcome.figures["tracked"] = check_flows(lab, may_be_remembered=is_remembered)
            outcome.figures.update(check_agent(lab))
            return True

        until("controller, agent and Open vSwitch agree", all_agree, AGREE_S)
        lost = {stream.name: stream.lost() for stream in traffic.numbered}
        outcome.lost = sum(lost.values())
        if not FORWARDING.intersection(outcome.victims):
            killed = ", ".join(outcome.victims)
            assert not outcome.lost, f"packets were lost though only {killed} was killed: {lost}; {dropped_by(lab)}"
        assert not traffic.forbidden.arrived, f"{traffic.forbidden.arrived} packets took a path that is forbidden"
        assert not traffic.conversations.leaked, "SSH passed where it is denied and held"
        assert not traffic.failures, traffic.failures
        self._check_still_runs()

    def _check_still_runs(self) -> None:
        """What is allowed passes, and what lasts goes on."""
        conversations, stream = self.traffic.conversations, self.traffic.stream
        before = (conversations.done, stream.passed)
        until(
            "connections are made and the old one goes on",
            lambda: conversations.done > before[0] + 5 and stream.passed > before[1] + 20,
        )


def dropped_by(lab: Lab) -> str:
    """What Open vSwitch says that it dropped since it was started, and what it left unread in its ports' sockets."""
    counted = [
        " ".join(line.split())
        for line in lab.ovs.appctl("coverage/show").splitlines()
        if line.startswith(("datapath_drop", "drop_"))
    ]
    return f"dropped: {counted}; sockets: {run('ss', '-f', 'link', '-m')}"
