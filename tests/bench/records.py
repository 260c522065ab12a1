"""Flow records a second from the agent to a controller application, in batches.

Flows are made first: one DNS query each, through the switch to the tap, until the agent's book has them. Then a
controller connects, says hello, and is told of all of them as fast as the agent can; the same again for each reader.
What is timed is everything in between: the agent's book, records, batches and messages, its relay, the socket, cutting
the stream into messages, decoding batches, and what the application reads of each record.
"""

import statistics
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import astuple
from typing import Final

from ofext.events import FlowEvents
from tests.bench import events, lab
from tests.bench.figures import Figure
from tests.bench.peer import Peer

ROUNDS: Final = 5
ENOUGH: Final = 0.8  # of the flows: what a switch that reads packets by itself loses before the tap is not made up for
FLOWS_LIVE_S: Final = 3600  # no tracker has these flows: they must not end before they are told
FILL_TIMEOUT_S: Final = 60.0
STATUS_S: Final = 2.5


class Application:
    """What a controller application may do with batches."""

    def __init__(self) -> None:
        self.records = 0
        self.volume: Counter[int] = Counter()

    def count(self, batch: FlowEvents) -> None:
        """Only count."""
        self.records += len(batch.events)

    def add_up(self, batch: FlowEvents) -> None:
        """Bytes for each application: three numbers of a record."""
        volume = self.volume
        for event in batch.events:
            volume[event.app_id] += event.bytes_c2s + event.bytes_s2c

    def read_all(self, batch: FlowEvents) -> None:
        """Every field."""
        for event in batch.events:
            self.records += bool(astuple(event))


def measure() -> list[Figure]:
    """The rate for each way of reading."""
    port = lab.free_port()
    application = Application()
    readers: dict[str, tuple[Callable[[FlowEvents], None], str]] = {
        "counted": (application.count, ">= 200,000 record/s"),
        "application and bytes read": (application.add_up, ""),
        "everything read": (application.read_all, ""),
    }
    rates: dict[str, list[float]] = {name: [] for name in readers}
    costs: dict[str, list[tuple[float, float]]] = {name: [] for name in readers}
    with lab.bridge(("asb-gen",)), lab.agent(port, idle_timeout_udp_s=FLOWS_LIVE_S) as agent:
        lab.run("ovs-ofctl", "-O", "OpenFlow14", "add-flow", lab.BRIDGE, f"in_port=1,actions=output:{agent.tap}")
        flows = _fill(agent)
        peer = Peer(port)  # not before: who connected meanwhile would have given up
        for _ in range(ROUNDS):
            for name, (read, _goal) in readers.items():
                session = peer.accept()
                before = sum(agent.processor_s().values()), time.process_time()
                count, seconds = session.take_flows(read)
                after = sum(agent.processor_s().values()), time.process_time()
                session.close()
                rates[name].append(count / seconds)
                costs[name].append(((after[0] - before[0]) / count, (after[1] - before[1]) / count))
        peer.close()
    return [
        Figure(
            name=f"records to a controller, {name}",
            value=statistics.median(rates[name]),
            unit="record/s",
            samples=ROUNDS,
            goal=goal,
            note=f"{flows:,} live flows told to a controller that connects; {_cost(costs[name])}",
        )
        for name, (_read, goal) in readers.items()
    ]


def _cost(seconds: list[tuple[float, float]]) -> str:
    """Of a processor, for a record: what bounds the rate where both have one for themselves."""
    agents, applications = (statistics.median(each) * 1e6 for each in zip(*seconds, strict=True))
    return f"a record costs the agent {agents:.1f} µs, the application {applications:.1f} µs of a processor"


def _fill(agent: lab.Agent) -> int:
    """Make flows; how many the agent's book has."""
    with ProcessPoolExecutor(max_workers=1) as sender:
        sender.submit(events.send).result()
    deadline = time.monotonic() + FILL_TIMEOUT_S
    known, before = 0, -1
    while known != before and time.monotonic() < deadline:
        time.sleep(STATUS_S)
        known, before = agent.status()["flows"], known
    if known < ENOUGH * events.FLOWS:
        raise RuntimeError(f"the agent knows {known:,} of {events.FLOWS:,} flows")
    return known
