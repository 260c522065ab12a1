"""The demo from beginning to end: make the network, play the acts, take everything away."""

from __future__ import annotations

import shutil
import signal
from pathlib import Path
from types import FrameType
from typing import NoReturn

from topologies.demo import machine
from topologies.demo.acts import applications, change, plain, policies, survival
from topologies.demo.functions import set_up_shaper, set_up_wall
from topologies.demo.ledger import Ledger
from topologies.demo.network import Network
from topologies.demo.report import LiveFlows, Report
from topologies.demo.servers import Servers
from topologies.demo.stage import OPEN, Stage
from topologies.demo.steering import AppSteer
from topologies.demo.traffic import Traffic

LOGS_AFTER_FAILURE = Path("build/demo-logs")
SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
ACTS = (
    ("1. Functions are plugged in, nothing is steered: a network over three switches", plain),
    ("2. Policies: service functions for video and odd-port HTTP, no SSH", policies),
    ("3. Applications: what AppSteer says against what the servers say", applications),
    ("4. Accidents: agent and controller are killed under traffic", survival),
    ("5. Another policy, applied under traffic", change),
)


class Interrupted(BaseException):
    """SIGTERM or Ctrl-C; a BaseException, so that nothing between takes it for a mistake of its own."""


def run(report: Report) -> bool:
    """Run the demo; return whether every check passed."""
    ledger = Ledger()
    ledger.open()
    good = False
    try:
        for number in SIGNALS:
            signal.signal(number, _interrupt)
        if not machine.ovs_runs():
            ledger.ovs()
            machine.start_ovs()
        _play(ledger, report)
        good = report.failed == 0
    finally:
        for number in SIGNALS:
            signal.signal(number, signal.SIG_IGN)  # nobody interrupts the cleaning
        if not good:
            _keep_logs(ledger.home, report)
        ledger.undo()
    return good


def _play(ledger: Ledger, report: Report) -> None:
    report.act("0. Three switches in a ring, five hosts, two service functions")
    network = Network(ledger)
    network.build()
    set_up_shaper(network)
    set_up_wall(network)
    servers = Servers(network, ledger.home)
    servers.start()
    appsteer = AppSteer(ledger, OPEN)
    appsteer.start("controller")
    appsteer.start("agent")
    appsteer.wait_ready()
    stage = Stage(network=network, servers=servers, traffic=Traffic(network, servers), appsteer=appsteer, report=report)
    flows = LiveFlows(report, appsteer.follow)
    try:
        for title, act in ACTS:
            report.act(title)
            act.play(stage)
    finally:
        flows.close()


def _keep_logs(home: Path, report: Report) -> None:
    if (home / "logs").exists():
        shutil.rmtree(LOGS_AFTER_FAILURE, ignore_errors=True)
        shutil.copytree(home / "logs", LOGS_AFTER_FAILURE)
        report.say(f"logs of all programs: {LOGS_AFTER_FAILURE}")


def _interrupt(number: int, _frame: FrameType | None) -> NoReturn:
    raise Interrupted(signal.Signals(number).name)
