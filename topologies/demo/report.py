"""What the demo shows: headings, one line a check, the live table of flows, and the last line that counts.

Owns the terminal. On a terminal the table lives below the text; anywhere else a flow is a plain line, printed when its
verdict falls and when its path changes, unless a line like it was there before.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from subprocess import Popen
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.table import Table

SHOWN_FLOWS = 14
REFRESHES_PER_S = 4
RETRY_S = 0.5  # a follower ends with its controller; this long until the next one is tried
PROTOCOLS = {1: "icmp", 6: "tcp", 17: "udp"}


class Report:
    """Collects checks and prints everything."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(highlight=False, soft_wrap=True)
        self.passed = 0
        self.failed = 0

    @property
    def console(self) -> Console:
        """The terminal, or whatever standard output is."""
        return self._console

    def act(self, title: str) -> None:
        """Begin a part of the demo."""
        self._console.print(f"\n[bold]{escape(title)}[/bold]")

    def say(self, text: str) -> None:
        """Tell what is being done."""
        self._console.print(f"  {escape(text)}")

    def check(self, claim: str, holds: bool, evidence: str) -> None:
        """Print whether a claim holds, and what from outside AppSteer says so."""
        self.passed += holds
        self.failed += not holds
        verdict = "[green]PASS[/green]" if holds else "[bold red]FAIL[/bold red]"
        self._console.print(f"{verdict}  {escape(claim)} — {escape(evidence)}")

    def close(self) -> None:
        """Print the line that counts."""
        self._console.print(f"\n{self.passed} passed, {self.failed} failed")


class LiveFlows:
    """The flows of `appsteer flows --follow --json`, as a table that lives or as lines."""

    def __init__(self, report: Report, start_follower: Callable[[], Popen[str]]) -> None:
        self._report = report
        self._start_follower = start_follower
        self._follower = start_follower()
        self._closing = threading.Event()
        self._flows: dict[tuple[Any, ...], dict[str, Any]] = {}
        self._printed: set[tuple[Any, ...]] = set()
        self._live: Live | None = None
        if report.console.is_terminal:
            self._live = Live(self._table(), console=report.console, refresh_per_second=REFRESHES_PER_S, transient=True)
            self._live.start()
        self._thread = threading.Thread(target=self._read, name="flows", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the follower and leave the terminal as it was."""
        self._closing.set()
        self._follower.terminate()
        self._thread.join()
        self._follower.terminate()  # another one by now, if the thread was just starting it
        self._follower.wait()
        if self._live is not None:
            self._live.stop()
            self._report.console.print(self._table())

    def _read(self) -> None:
        while not self._closing.is_set():
            for line in self._follower.stdout or ():
                self._take(json.loads(line))
            self._follower.wait()
            if not self._closing.wait(RETRY_S):
                self._follower = self._start_follower()

    def _take(self, flow: dict[str, Any]) -> None:
        key = tuple(flow[field] for field in ("src", "sport", "dst", "dport", "l4"))
        self._flows.pop(key, None)
        self._flows[key] = flow
        if self._live is not None:
            self._live.update(self._table())
        elif flow["verdict_packet"]:
            self._print(flow)

    def _print(self, flow: dict[str, Any]) -> None:
        """Print a flow unless one like it, from another port of the same client, was printed before."""
        alike = *(flow[field] for field in ("src", "dst", "dport", "l4", "app", "action")), tuple(flow["path"])
        if alike not in self._printed:
            self._printed.add(alike)
            self._report.say("flow  " + "  ".join(columns(flow)))

    def _table(self) -> Table:
        table = Table(
            "flow", "application", "category", "verdict at packet", "policy", "path", title="appsteer flows --follow"
        )
        for flow in list(self._flows.values())[-SHOWN_FLOWS:]:
            table.add_row(*(escape(column) for column in columns(flow)))
        return table


def columns(flow: dict[str, Any]) -> tuple[str, ...]:
    """Return a flow as the table's columns."""
    protocol = PROTOCOLS.get(flow["l4"], str(flow["l4"]))
    ends = f"{protocol} {flow['src']}:{flow['sport']} → {flow['dst']}:{flow['dport']}"
    carrier = f" over {flow['protocol']}" if flow["protocol"] not in ("", flow["app"]) else ""
    application = f"{flow['app']}{carrier}" if flow["app"] else flow["state"]
    packet = str(flow["verdict_packet"]) if flow["verdict_packet"] else "—"
    path = "denied" if flow["action"] == "deny" else " → ".join(flow["path"])
    return (ends, application, flow["category"] or "—", packet, flow["policy"] or "—", path or "—")
