"""What every act works with: the network, its servers and clients, AppSteer, and the report."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from topologies.demo.evidence import Snapshot
from topologies.demo.network import Network
from topologies.demo.report import Report
from topologies.demo.servers import Logs, Servers
from topologies.demo.steering import AppSteer, Flow
from topologies.demo.traffic import Traffic

POLICIES = Path(__file__).parent / "policies"
OPEN, CAMPUS, CHANGED = (POLICIES / name for name in ("open.yaml", "campus.yaml", "changed.yaml"))
SETTLE_S = 10.0
POLL_S = 0.1
STEERED_SHARE = 0.9  # of a download's bytes; what precedes the verdict went the direct way


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Everything that is running."""

    network: Network
    servers: Servers
    traffic: Traffic
    appsteer: AppSteer
    report: Report

    @property
    def logs(self) -> Logs:
        """What the servers wrote."""
        return self.servers.logs

    def snapshot(self) -> Snapshot:
        """The functions' counters now."""
        return Snapshot.take(self.network)

    def flow(self, wanted: Callable[[Flow], bool]) -> Flow | None:
        """Return the newest flow that fits, waiting a little for the controller to have heard of its verdict."""
        deadline = time.monotonic() + SETTLE_S
        while True:
            found = [flow for flow in self.appsteer.flows() if wanted(flow)]
            settled = [flow for flow in found if flow["state"] not in ("inspecting", "guessed")]
            if settled or time.monotonic() > deadline:
                fitting = settled or found
                return fitting[-1] if fitting else None
            time.sleep(POLL_S)


def eventually(holds: Callable[[], bool], timeout_s: float = SETTLE_S) -> bool:
    """Wait until `holds`, at most `timeout_s`; tell whether it came true."""
    deadline = time.monotonic() + timeout_s
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_S)
    return True
