"""What TLS costs: the same OpenFlow messages to a real bridge, directly and through the shim, plain and with TLS.

The ways take turns, so that a drift of the machine falls on all alike.
"""

import json
import signal
import socket
import statistics
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.bench.figures import Figure
from tests.bench.lab import APPSTEER, free_port
from tests.bench.peer import Peer, Session
from tests.fakes.own_network import own_network
from tests.fakes.private_ovs import PrivateOvs
from tests.fakes.tls_lab import Lab, server_context

ROUNDS = 5
BARRIERS_A_ROUND = 2000
PIPELINED_A_ROUND = 20000
BRIDGE = "tlsbench"
WAYS = ("direct", "direct, TLS", "shim", "shim, TLS to the controller", "shim, TLS on both sides")


def measure() -> list[Figure]:
    """Median round trip and messages a second, each way."""
    latency: dict[str, list[float]] = {way: [] for way in WAYS}
    rate: dict[str, list[float]] = {way: [] for way in WAYS}
    with tempfile.TemporaryDirectory(prefix="appsteer-bench-") as name, own_network():
        ovs = PrivateOvs(Path(name))
        try:
            ovs.sh("ovs-vsctl", "add-br", BRIDGE, "--", "set", "bridge", BRIDGE, "datapath_type=netdev")
            bench = _Bench(ovs, Lab(Path(name) / "ca"))
            for _ in range(ROUNDS):
                for way in WAYS:
                    with bench.session(way) as session:
                        session.barrier_times(200)  # warm
                        latency[way] += session.barrier_times(BARRIERS_A_ROUND)
                        rate[way].append(session.barrier_rate(PIPELINED_A_ROUND))
        finally:
            ovs.stop()
    return [_latency(way, latency) for way in WAYS] + [_rate(way, rate) for way in WAYS]


class _Bench:
    """A bridge, certificates, and an agent for each way."""

    def __init__(self, ovs: PrivateOvs, lab: Lab) -> None:
        self._ovs = ovs
        self._controller = lab.issue("127.0.0.1", "controller")
        self._agent, self._switch = (
            {name: str(getattr(files, name)) for name in ("private_key", "certificate", "authority")}
            for files in (lab.issue("agent", "agent"), lab.issue("switch", "switch"))
        )

    @contextmanager
    def session(self, way: str) -> Iterator[Session]:
        """Of a controller with the bridge."""
        peer = _SecurePeer(self._controller) if "TLS" in way else Peer(free_port())
        with self._direct(way, peer) if way.startswith("direct") else self._agent_beside(way, peer):
            session = peer.accept()
            try:
                yield session
            finally:
                session.close()
                peer.close()

    @contextmanager
    def _direct(self, way: str, peer: Peer) -> Iterator[None]:
        files = [self._switch[name] for name in ("private_key", "certificate", "authority")]
        scheme = "ssl" if "TLS" in way else "tcp"
        self._ovs.sh("ovs-vsctl", "set-ssl", *files, "--", "set-controller", BRIDGE, f"{scheme}:127.0.0.1:{peer.port}")
        yield
        self._ovs.sh("ovs-vsctl", "del-controller", BRIDGE, "--", "del-ssl")

    @contextmanager
    def _agent_beside(self, way: str, peer: Peer) -> Iterator[None]:
        path = self._ovs.run_dir / "agent.yaml"
        path.write_text(json.dumps(self._config(way, peer.port)), encoding="utf-8")  # JSON is YAML
        process = subprocess.Popen([str(APPSTEER), "agent", "--config", str(path)])
        try:
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(20)

    def _config(self, way: str, port: int) -> dict[str, Any]:
        controller: dict[str, Any] = {"address": "127.0.0.1", "port": port, "reconnect_max_s": 0.5}
        ovs: dict[str, Any] = {"run_dir": str(self._ovs.run_dir)}
        if "TLS" in way:
            controller["tls"] = self._agent
        if "both" in way:
            ovs["tls"] = {**self._agent, "switch": self._switch}
        more = {"state_dir": str(self._ovs.run_dir), "plugins": {"address": None}, "log_level": "warning"}
        return {"controller": controller, "bridges": [{"name": BRIDGE}], "ovs": ovs, **more}


class _SecurePeer(Peer):
    """As a peer, with TLS of Python's own."""

    def __init__(self, files: Any) -> None:
        super().__init__(free_port())
        self._context = server_context(files)

    def _take(self) -> socket.socket:
        return self._context.wrap_socket(super()._take(), server_side=True)


def _latency(way: str, latency: dict[str, list[float]]) -> Figure:
    plain_way = way.partition(",")[0]
    median, plain = (statistics.median(latency[name]) * 1e6 for name in (way, plain_way))
    note = "" if way == plain_way else f"{median - plain:.0f} µs more than without"
    return Figure(name=f"round trip, {way}", value=median, unit="µs", samples=len(latency[way]), note=note)


def _rate(way: str, rate: dict[str, list[float]]) -> Figure:
    note = "requests answered, 200 under way; a request and its answer are two messages"
    value = 2 * statistics.median(rate[way])
    return Figure(name=f"messages, {way}", value=value, unit="msg/s", samples=len(rate[way]), note=note)
