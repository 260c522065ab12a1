"""What the demo made, written down before it is used, and the one way to take it all away.

The ledger is a file of JSON lines in the demo's own folder under `/run`. The end of a demo, Ctrl-C, an exception and
`--clean` after a `kill -9` all call `undo`; there is no second way that could differ. A process counts as ours when its
id and its start time are in the ledger, or when it lives in a namespace that the demo made.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterable
from pathlib import Path

from topologies.demo.machine import DemoError, stop_ovs

HOME = Path("/run/appsteer-demo")
TERM_GRACE_S = 3.0  # a server that writes its last log line needs less
POLL_S = 0.05
KINDS = ("namespace", "bridge", "interface", "zone", "folder", "ovs")
START_TIME_FIELD = 21  # proc(5): field 22 of stat, counted from 1


class Ledger:
    """The list of things made, in the order in which they were made."""

    def __init__(self, home: Path = HOME) -> None:
        self.home = home
        self._file = home / "ledger.jsonl"

    def open(self) -> None:
        """Make the folder and claim it for this process; raise DemoError if another demo is alive."""
        owner = self.owner()
        if owner is not None:
            raise DemoError(f"another demo is running as process {owner}: wait for it, or end it with Ctrl-C")
        if self.home.exists():
            self.undo()
        self.home.mkdir(mode=0o700, parents=True)
        self._note("owner", str(os.getpid()), started=_started(os.getpid()))

    def owner(self) -> int | None:
        """Return the id of the living demo that the folder belongs to."""
        for entry in self._entries():
            if entry["kind"] == "owner" and _alive(int(entry["name"]), entry["started"]):
                return int(entry["name"])
        return None

    def process(self, pid: int) -> None:
        """Note a process of ours outside of the namespaces."""
        self._note("process", str(pid), started=_started(pid))

    def namespace(self, name: str, pid: int) -> None:
        """Name the network namespace of process `pid`: it stays until `undo`, and `ip netns exec` works."""
        self._note("shell", str(pid), started=_started(pid))
        self._note("namespace", name)
        subprocess.run(["ip", "netns", "attach", name, str(pid)], check=True, capture_output=True, text=True)

    def bridge(self, name: str) -> None:
        """Note a bridge that is about to be made."""
        self._note("bridge", name)

    def interface(self, name: str) -> None:
        """Note an interface in the machine's own namespace."""
        self._note("interface", name)

    def folder(self, path: Path) -> None:
        """Note an empty folder outside of the demo's own that is about to be made."""
        self._note("folder", str(path))

    def zone(self, number: int) -> None:
        """Note a zone of the switches' connection table, which outlives the bridges that used it."""
        self._note("zone", str(number))

    def ovs(self) -> None:
        """Note that it was the demo that started Open vSwitch."""
        self._note("ovs", "started")

    def undo(self) -> None:
        """Take everything away again: programs, then namespaces, bridges, interfaces, the folder. Safe to repeat."""
        names = {kind: [entry["name"] for entry in self._entries() if entry["kind"] == kind] for kind in KINDS}
        shells = self._living("shell")
        inside = {pid for namespace in names["namespace"] for pid in _pids_in(namespace)}
        end_processes(self._living("process") | inside - shells)
        end_processes(shells, first=signal.SIGKILL)  # Mininet's shells are interactive, which makes them ignore SIGTERM
        for namespace in names["namespace"]:
            _quietly("ip", "netns", "del", namespace)
        for bridge in names["bridge"]:
            _quietly("ovs-vsctl", "--timeout=10", "--if-exists", "del-br", bridge)
        for zone in names["zone"]:
            _quietly("ovs-appctl", "-T", "5", "dpctl/flush-conntrack", f"zone={zone}")
        for interface in names["interface"]:
            _quietly("ip", "link", "del", interface)
        for folder in names["folder"]:
            with contextlib.suppress(OSError):  # gone, or somebody else uses it by now
                Path(folder).rmdir()
        if names["ovs"]:
            stop_ovs()
        shutil.rmtree(self.home, ignore_errors=True)

    def _living(self, kind: str) -> set[int]:
        noted = [entry for entry in self._entries() if entry["kind"] == kind]
        return {int(entry["name"]) for entry in noted if _alive(int(entry["name"]), entry["started"])}

    def _note(self, kind: str, name: str, started: str = "") -> None:
        with self._file.open("a") as file:
            file.write(json.dumps({"kind": kind, "name": name, "started": started}) + "\n")

    def _entries(self) -> list[dict[str, str]]:
        if not self._file.exists():
            return []
        entries = []
        for line in self._file.read_text().splitlines():
            with contextlib.suppress(json.JSONDecodeError):  # the last line of a demo that was killed while writing it
                entries.append(json.loads(line))
        return entries


def end_processes(pids: Iterable[int], first: signal.Signals = signal.SIGTERM, grace_s: float = TERM_GRACE_S) -> None:
    """Ask processes to end with the signal `first`, wait, and kill those that did not; returns when none is left."""
    left = {pid for pid in pids if pid != os.getpid()}
    for number in (first, signal.SIGKILL):
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
        deadline = time.monotonic() + grace_s
        while (left := {pid for pid in left if _running(pid)}) and time.monotonic() < deadline:
            time.sleep(POLL_S)
        if not left:
            return


def _pids_in(namespace: str) -> set[int]:
    listed = subprocess.run(["ip", "netns", "pids", namespace], capture_output=True, text=True, check=False).stdout
    return {int(word) for word in listed.split()}


def _running(pid: int) -> bool:
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)  # collects our own children; strangers' are not ours to wait for
    fields = _stat(pid)
    return bool(fields) and fields[2] != "Z"


def _alive(pid: int, started: str) -> bool:
    return _running(pid) and _started(pid) == started


def _started(pid: int) -> str:
    fields = _stat(pid)
    return fields[START_TIME_FIELD] if fields else ""


def _stat(pid: int) -> list[str]:
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return []
    head, _, tail = text.rpartition(")")
    return ["", head, *tail.split()] if tail else []


def _quietly(*command: str) -> None:
    subprocess.run(command, capture_output=True, check=False)
