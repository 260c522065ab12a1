"""How long a flow waits for its mark while 5,000 new flows a second come, each of which gets a verdict and a mark.

A process of its own sends the load: DNS queries to an odd port, each a new flow that its first packet classifies, a
few every millisecond. Every so often this process sends a flow of its own over and over: its first packets leave the
bridge by port `old`, and once its mark is in the connection tracker by port `new`. Both times are the kernel's, taken
where a packet leaves the bridge. So a figure has all of it: the copy to the tap, the engine, the mark's way into Open
vSwitch, and up to 50 µs until the next repetition. What the agent says of its own part, from the packet's arrival at
the tap up to the mark in Open vSwitch's socket, is told beside it.
"""

import socket
import subprocess
import sys
import time
from typing import Final

from tests.bench import lab
from tests.bench.figures import Figure, percentile
from tests.bench.marks import FLOWS_BELOW, PORTS, install_rules, query, raw_socket, time_new_path, warm_up

FLOWS_PER_S: Final = 5_000
SECONDS: Final = 20.0
EVERY_S: Final = 0.01  # a flow of our own
TICK_S: Final = 0.001
STATUS_S: Final = 2.5  # the agent writes its counters every two seconds
OWN: Final = 30_000_000  # numbers of our own flows begin here, far from the load's


def measure() -> list[Figure]:
    """p50 and p99 under load, and what was lost."""
    with lab.bridge(PORTS), lab.agent(lab.free_port()) as agent:
        install_rules(agent.tap)
        with raw_socket(PORTS[0]) as sender, raw_socket(PORTS[1]) as old, raw_socket(PORTS[2]) as new:
            warm_up(sender, old)
            before = agent.processor_s()
            load = subprocess.Popen([sys.executable, "-m", "tests.bench.load"], stdout=subprocess.PIPE, text=True)
            try:
                waited_s, missed = _sample(sender, old, new)
            finally:
                sent, seconds = map(float, load.communicate()[0].split())
            after = agent.processor_s()
        time.sleep(STATUS_S)
        status = agent.status()
    rate = sent / seconds
    note = f"{rate:,.0f} new flows a second sent meanwhile"
    figures = [
        Figure(name=f"verdict to mark under load, {name}", value=percentile(waited_s, share) * 1e3, unit="ms",
               samples=len(waited_s), goal=goal, note=note)
        for name, share, goal in (("p50", 0.5, "<= 0.3 ms"), ("p99", 0.99, "<= 2 ms"))
    ]  # fmt: skip
    marks, engine = status["marks"], status["engine"]
    dropped = {name: count for name, count in engine.items() if "drop" in name and count}
    note = f"from the tap to the socket; a flow costs {_costs(before, after, sent)} of a processor"
    figures += [
        Figure(name=f"of that the agent's part, {name}", value=marks[f"delay_{name}_us"] / 1e3, unit="ms",
               samples=marks["by_engine"], note=note)
        for name in ("p50", "p99")
    ]  # fmt: skip
    note = f"marks dropped {marks['dropped']}, by the engine {dropped or 'nothing'}; {marks['marks']:,} marks made"
    return [*figures, Figure(name="own flows without a mark in time", value=missed, unit="flows",
                             samples=len(waited_s) + missed, note=note)]  # fmt: skip


def _costs(before: dict[str, float], after: dict[str, float], flows: float) -> str:
    """Microseconds of a processor for a flow, of the two threads that have most to do."""
    spent = {name: seconds - before.get(name, 0.0) for name, seconds in after.items()}
    most = sorted(spent, key=lambda name: spent[name], reverse=True)[:2]
    return ", ".join(f"{name} {spent[name] / flows * 1e6:.0f} µs" for name in most)


def _sample(sender: socket.socket, old: socket.socket, new: socket.socket) -> tuple[list[float], int]:
    """Seconds from the first packet by the old path to the first by the new one, and how many flows never got there."""
    waited_s, missed, number = [], 0, OWN
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        seconds = time_new_path(number, sender, old, new)
        if seconds is None:
            missed += 1
        else:
            waited_s.append(seconds)
        number += 1
        time.sleep(EVERY_S)
    return waited_s, missed


def main() -> None:
    """The load, in a process of its own; prints how many flows in how many seconds."""
    sent = 0
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as sender:
        sender.bind((PORTS[0], 0))
        began = time.perf_counter()
        while (passed := time.perf_counter() - began) < SECONDS:
            while sent < passed * FLOWS_PER_S:
                sender.send(query(sent + FLOWS_BELOW))
                sent += 1
            time.sleep(TICK_S)
    print(sent, time.perf_counter() - began)


if __name__ == "__main__":
    main()
