"""What the shim costs: the same OpenFlow messages to a real bridge, through the shim and directly.

BARRIER_REQUESTs are answered by Open vSwitch itself. Direct and relayed rounds take turns, so that a drift of the
machine falls on both alike.
"""

import statistics

from tests.bench import lab
from tests.bench.figures import Figure
from tests.bench.peer import Peer

ROUNDS = 5
BARRIERS_A_ROUND = 2000
PIPELINED_A_ROUND = 20000


def measure() -> list[Figure]:
    """Median added latency, and messages a second, each way."""
    latency: dict[str, list[float]] = {"direct": [], "shim": []}
    rate: dict[str, list[float]] = {"direct": [], "shim": []}
    with lab.bridge():
        for _ in range(ROUNDS):
            port = lab.free_port()
            peer = Peer(port)
            lab.run("ovs-vsctl", "set-controller", lab.BRIDGE, f"tcp:127.0.0.1:{port}")
            _round(peer, latency["direct"], rate["direct"])
            lab.run("ovs-vsctl", "del-controller", lab.BRIDGE)
            with lab.agent(port):
                _round(peer, latency["shim"], rate["shim"])
            peer.close()
    direct, shim = (statistics.median(latency[way]) * 1e6 for way in ("direct", "shim"))
    samples = ROUNDS * BARRIERS_A_ROUND
    note = f"shim {shim:.0f} µs, direct {direct:.0f} µs"
    added = shim - direct
    figures = [
        Figure(
            name="shim: added to a round trip", value=added, unit="µs", samples=samples, goal="<= 100 µs", note=note
        ),
        Figure(name="shim: added to a message", value=added / 2, unit="µs", samples=samples, note="half of that"),
    ]
    for way, values in rate.items():
        note = "requests answered, 200 under way; a request and its answer are two messages"
        figures.append(
            Figure(
                name=f"messages, {way}", value=2 * statistics.median(values), unit="msg/s", samples=ROUNDS, note=note
            )
        )
    return figures


def _round(peer: Peer, latency: list[float], rate: list[float]) -> None:
    session = peer.accept()
    session.barrier_times(200)  # warm
    latency += session.barrier_times(BARRIERS_A_ROUND)
    rate.append(session.barrier_rate(PIPELINED_A_ROUND))
    session.close()
