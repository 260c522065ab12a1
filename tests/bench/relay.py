"""What the shim costs: the same OpenFlow messages to a real bridge, through the shim and directly.

BARRIER_REQUESTs are answered by Open vSwitch itself. Direct and relayed rounds take turns, so that a drift of the
machine falls on both alike. The rate is that of PACKET_OUTs without actions, which Open vSwitch takes fast, up to the
answer to the barrier behind them; requests that are answered one for one are slower on Open vSwitch's side.
"""

import statistics
from dataclasses import dataclass, field

from tests.bench import lab
from tests.bench.figures import Figure
from tests.bench.peer import Peer

ROUNDS = 5
BARRIERS_A_ROUND = 2000
PIPELINED_A_ROUND = 20000
STREAMED_A_ROUND = 200_000


@dataclass(slots=True)
class Way:
    """What was measured on one way to the bridge."""

    latency_s: list[float] = field(default_factory=list)
    answered_per_s: list[float] = field(default_factory=list)
    streamed_per_s: list[float] = field(default_factory=list)

    def round(self, peer: Peer) -> None:
        """Measure once more."""
        session = peer.accept()
        session.barrier_times(200)  # warm
        self.latency_s += session.barrier_times(BARRIERS_A_ROUND)
        self.answered_per_s.append(session.barrier_rate(PIPELINED_A_ROUND))
        self.streamed_per_s.append(session.packet_out_rate(STREAMED_A_ROUND))
        session.close()


def measure() -> list[Figure]:
    """Median added latency, and messages a second, each way."""
    ways = {"direct": Way(), "shim": Way()}
    with lab.bridge():
        for _ in range(ROUNDS):
            port = lab.free_port()
            peer = Peer(port)
            lab.run("ovs-vsctl", "set-controller", lab.BRIDGE, f"tcp:127.0.0.1:{port}")
            ways["direct"].round(peer)
            lab.run("ovs-vsctl", "del-controller", lab.BRIDGE)
            with lab.agent(port):
                ways["shim"].round(peer)
            peer.close()
    return [*_latency(ways), *_rates(ways)]


def _latency(ways: dict[str, Way]) -> list[Figure]:
    direct, shim = (statistics.median(ways[way].latency_s) * 1e6 for way in ("direct", "shim"))
    samples = ROUNDS * BARRIERS_A_ROUND
    note = f"shim {shim:.0f} µs, direct {direct:.0f} µs"
    added = shim - direct
    return [
        Figure(name="shim: added to a round trip", value=added, unit="µs", samples=samples, note=note),
        Figure(
            name="shim: added to a message",
            value=added / 2,
            unit="µs",
            samples=samples,
            goal="<= 50 µs",
            note="half of that",
        ),
    ]


def _rates(ways: dict[str, Way]) -> list[Figure]:
    figures = []
    for name, way in ways.items():
        goal = ">= 100,000 msg/s" if name == "shim" else ""
        for kind, values, note in (
            ("streamed", way.streamed_per_s, "PACKET_OUTs to the bridge, one after the other"),
            ("answered", [2 * rate for rate in way.answered_per_s], "200 requests under way; both ways counted"),
        ):
            figures.append(
                Figure(
                    name=f"messages {kind}, {name}",
                    value=statistics.median(values),
                    unit="msg/s",
                    samples=ROUNDS,
                    goal=goal if kind == "streamed" else "",
                    note=note,
                )
            )
    return figures
