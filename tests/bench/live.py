"""Packets a second from an interface without loss: `appsteer capture` with one and two threads, ndpiReader, tcpdump.

A veth pair in a namespace of its own; `appsteer-bench send` puts a workload of ../shared/bench/make_workloads.py into
one end, over and over, each time between other hosts; an engine listens at the other end. A rate is carried when the
engine says that it saw as many packets as were sent, in one of two tries. Rates rise by half until one is not carried,
and the gap is then halved; the highest rate carried counts, the median of three rounds. tcpdump, which writes packets
to /dev/null, is for scale: what capturing alone takes.

The sender runs on the last processor, an engine of one thread on the first, one of two threads on the first two. The
wire is the kernel: what the sender's processor does for each packet includes putting it into the rings. On a machine
with two processors two threads share one with the sender, and a sender that cannot go faster ends the search.
"""

import json
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, Final

from tests.bench import lab
from tests.bench.engine import MEMORY, NATIVE, OURS, SHARED
from tests.bench.figures import Figure
from tests.fakes.own_network import own_network

WORKLOADS: Final = ("enterprise", "storm")
SCALE: Final = 0.2  # some hundred thousand packets: a second at the highest rates, then other hosts come
NEAR, FAR = "bench-near", "bench-far"
ROUNDS: Final = 3
TRIES: Final = 2
SECONDS: Final = 2.0  # of sending, at each rate
FIRST_RATE: Final = 50_000.0
STEP: Final = 1.5
HALVINGS: Final = 3
NEARLY: Final = 0.97  # of the rate asked for: less means that the sender cannot do more
START_TIMEOUT_S: Final = 60.0
SETTLE_S: Final = 0.5  # between the last packet and the end of listening: more than a ring keeps a block back
MTU: Final = "65535"  # some frames of the workloads were put together by a network card
CAPTURE: Final = (
    "from typer import Typer\nfrom switch_dpi.cli import capture\napp = Typer()\napp.command()(capture)\napp()\n"
)


@dataclass(frozen=True, slots=True)
class Listener:
    """A program that reads an interface, and how it says what it saw."""

    name: str
    command: tuple[str, ...]
    processors: int
    ready: str | None
    """What it writes to standard error when it listens; None for one that does not say so in time."""
    seen: str
    """A pattern with the number of packets, in what it has written at its end."""


def _ours(threads: int) -> Listener:
    command = (sys.executable, "-c", CAPTURE, FAR, "--json", "--output", os.devnull, "--threads", str(threads))
    name = f"appsteer capture, {threads} thread{'s' * (threads > 1)}"
    return Listener(name, command, threads, "listening on", r"(\d+) packets, ")


LISTENERS: Final = (
    _ours(1),
    _ours(2),
    Listener("ndpiReader", ("ndpiReader", "-i", FAR), 1, None, r"IP packets:\s+\d+\s+of (\d+) packets total"),
    Listener(
        "tcpdump",
        ("tcpdump", "-n", "-B", "65536", "-i", FAR, "-w", os.devnull),
        1,
        "listening on",
        r"(\d+) packets? captured",
    ),
)


def measure() -> list[Figure]:
    """Figures of both workloads; none, with a word why, where something is missing."""
    lab.needs_root()
    missing = [name for name in ("cargo", "ndpiReader", "tcpdump", "ip") if shutil.which(name) is None]
    if missing or not (SHARED / "bench").is_dir():
        print(f"live: skipped, there is no {', '.join(missing) or SHARED / 'bench'}")
        return []
    subprocess.run(["cargo", "build", "-q", "--profile", "dist", "-p", "appsteer-bench"], cwd=NATIVE, check=True)
    figures = []
    with tempfile.TemporaryDirectory(prefix="appsteer-live-", dir=MEMORY if MEMORY.is_dir() else None) as folder:
        for name in WORKLOADS:
            _make(name, Path(folder))
        with own_network():
            _wire()
            for name in WORKLOADS:
                figures += _workload(name, Path(folder) / f"{name}.pcap")
    return figures


def _make(name: str, folder: Path) -> None:
    command = [sys.executable, "-B", "make_workloads.py", "--corpus", str(SHARED / "corpus"), "--out", str(folder)]
    command += ["--scale", str(SCALE), "--only", name]
    subprocess.run(command, cwd=SHARED / "bench", check=True, stdout=subprocess.DEVNULL)


def _wire() -> None:
    """A veth pair that says nothing of its own; it goes with the namespace."""
    subprocess.run(["ip", "link", "add", NEAR, "type", "veth", "peer", "name", FAR], check=True)
    for end in (NEAR, FAR):
        subprocess.run(["ip", "link", "set", end, "addrgenmode", "none", "mtu", MTU, "up"], check=True)


def _workload(name: str, capture: Path) -> list[Figure]:
    carried: dict[str, list[float]] = {listener.name: [] for listener in LISTENERS}
    at_sender_end = dict.fromkeys(carried, 0)
    for _ in range(ROUNDS):
        for listener in LISTENERS:
            first = min(carried[listener.name], default=0.0) / STEP or FIRST_RATE
            rate, is_sender_end = highest(partial(_carried, listener, capture), first)
            carried[listener.name].append(rate)
            at_sender_end[listener.name] += is_sender_end
    scale = statistics.median(carried["ndpiReader"])
    figures = []
    for engine, rates in carried.items():
        rate = statistics.median(rates)
        note = f"{min(rates):,.0f} to {max(rates):,.0f}"
        if scale and engine != "ndpiReader":
            note += f"; {rate / scale:.1f} times ndpiReader"
        if at_sender_end[engine]:
            note += f"; the sender could do no more in {at_sender_end[engine]} rounds"
        figures.append(
            Figure(name=f"{name}, live: {engine}", value=rate, unit="packet/s", samples=len(rates), note=note)
        )
    return figures


def highest(try_rate: Callable[[float], float | None], first: float) -> tuple[float, bool]:
    """The highest rate carried, and whether the sender could do no more.

    `try_rate` gives the rate that was reached, or None for one that was not carried. A rate that was asked for and not
    reached is the sender's end, and the search's.
    """
    good, rate = 0.0, first
    while True:
        reached = try_rate(rate)
        if reached is None:
            break
        good = max(good, reached)
        if reached < rate * NEARLY:
            return good, True
        rate *= STEP
    bad = rate
    for _ in range(HALVINGS):
        rate = (good + bad) / 2
        reached = try_rate(rate)
        if reached is None:
            bad = rate
        else:
            good = max(good, reached)
            if reached < rate * NEARLY:
                return good, True
    return good, False


def _carried(listener: Listener, capture: Path, rate: float) -> float | None:
    """Packets a second that were sent and all seen; None when some were lost each time."""
    for _ in range(TRIES):
        sent, seconds, seen = _try(listener, capture, rate)
        if seen >= sent:
            return sent / seconds
    return None


def _try(listener: Listener, capture: Path, rate: float) -> tuple[int, float, int]:
    """Packets sent, in how many seconds, and packets that the listener says it has seen."""
    processors = ",".join(map(str, range(min(listener.processors, os.cpu_count() or 1))))
    command = ["taskset", "-c", processors, *listener.command]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        said = _Reader(running)
        try:
            said.wait_until_ready(listener.ready)
            count = str(int(rate * SECONDS))
            sender = ["taskset", "-c", str((os.cpu_count() or 1) - 1), str(OURS), "send", NEAR, str(capture)]
            answer = subprocess.run([*sender, f"{rate}", count], check=True, capture_output=True, text=True)
            time.sleep(SETTLE_S)
        finally:
            running.send_signal(signal.SIGINT)
        text = said.all()
    found = re.search(listener.seen, text)
    if found is None:
        raise RuntimeError(f"{listener.name} did not say how many packets it saw: {text[-500:]!r}")
    sent = json.loads(answer.stdout)
    return sent["sent"], sent["seconds"], int(found[1])


class _Reader:
    """Takes what a program writes, so that it never waits for us."""

    def __init__(self, running: subprocess.Popen[str]) -> None:
        self._running = running
        self._parts: list[str] = []
        pipes = [pipe for pipe in (running.stdout, running.stderr) if pipe]
        self._threads = [threading.Thread(target=self._take, args=(pipe,)) for pipe in pipes]
        for thread in self._threads:
            thread.start()

    def wait_until_ready(self, word: str | None) -> None:
        """Until it has said so, or has a packet socket, and a moment more. Raises RuntimeError when it never does."""
        deadline = time.monotonic() + START_TIMEOUT_S
        while not (word in "".join(self._parts) if word else _has_packet_socket()):
            if self._running.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{self._running.args!r} does not listen: {''.join(self._parts)[-500:]!r}")
            time.sleep(0.05)
        time.sleep(SETTLE_S)

    def all(self) -> str:
        """Everything, when it has ended."""
        for thread in self._threads:
            thread.join()
        return "".join(self._parts)

    def _take(self, pipe: IO[str]) -> None:
        self._parts.extend(iter(pipe.readline, ""))


def _has_packet_socket() -> bool:
    """Whether somebody listens in this thread's network namespace (packet(7))."""
    return len(Path("/proc/thread-self/net/packet").read_text(encoding="utf-8").splitlines()) > 1
