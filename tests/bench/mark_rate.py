"""Marks a second into the connection tracker of a real bridge: the agent's marker against Open vSwitch.

The connections are there before; each round writes another App-ID into all of them, and a second is over when Open
vSwitch has answered the echo request behind the last mark. Afterwards every connection must have the last round's mark.
"""

import statistics
import time

from ofext.ids import State
from ofext.openflow.marks import Connection
from switch_dpi.conntrack import parse_conntrack
from switch_dpi.marker import MAX_PENDING_SIZE, Marker
from tests.bench import lab
from tests.bench.figures import Figure

CONNECTIONS = 50_000
ROUNDS = 5
GIVE_UP_S = 60.0
CROWDED_SIZE = MAX_PENDING_SIZE // 2
FIRST_APP = 0x14002711


def measure() -> list[Figure]:
    """The rate, and how many connections have their mark in the end."""
    connections = [
        Connection(src=f"10.9.{n >> 8 & 255}.1", dst="10.8.0.1", sport=1024 + (n >> 8), dport=2 + (n & 255), l4=17)
        for n in range(CONNECTIONS)
    ]
    with lab.bridge():
        marker = Marker(lab.run_dir() / f"{lab.BRIDGE}.mgmt", lab.EDGE_ZONE)
        _mark(marker, connections, 0)  # makes them
        rates = [CONNECTIONS / _mark(marker, connections, FIRST_APP + number) for number in range(ROUNDS)]
        marker.close()
        dumped = lab.run("ovs-appctl", "dpctl/dump-conntrack", f"zone={lab.EDGE_ZONE}")
    marked = sum(found.mark == FIRST_APP + ROUNDS - 1 for found in parse_conntrack(dumped))
    if marked != CONNECTIONS:
        raise RuntimeError(f"{marked:,} of {CONNECTIONS:,} connections have the last mark; {marker.counters}")
    note = f"into {CONNECTIONS:,} connections over and over; all of them have the last mark"
    return [
        Figure(
            name="marks",
            value=statistics.median(rates),
            unit="mark/s",
            samples=ROUNDS,
            goal=">= 100,000 mark/s",
            note=note,
        )
    ]


def _mark(marker: Marker, connections: list[Connection], app_id: int) -> float:
    """Seconds until Open vSwitch has taken a mark for each connection."""
    began = time.perf_counter()
    answered = marker.counters.probes
    marker.service(time.monotonic())
    for number, connection in enumerate(connections):
        marker.mark(connection, app_id, State.FINAL)
        if number % 64 == 0:
            marker.flush()
        while marker.pending_size > CROWDED_SIZE:
            _service(marker, began)
    marker.probe()
    while marker.counters.probes == answered:
        _service(marker, began)
    return time.perf_counter() - began


def _service(marker: Marker, began: float) -> None:
    if time.perf_counter() - began > GIVE_UP_S:
        raise RuntimeError(f"Open vSwitch did not take the marks within {GIVE_UP_S:.0f} s")
    marker.service(time.monotonic())
