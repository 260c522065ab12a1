"""One real bridge with veth ports and, if asked for, an agent beside it; all of it taken away again at the end."""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.fakes.own_network import own_network
from tests.fakes.private_ovs import PrivateOvs

APPSTEER = Path(sys.executable).with_name("appsteer")
BRIDGE = "asbench"
TAP = "asbench-tap"
EDGE_ZONE, SERVICE_ZONE = 64000, 64001
START_TIMEOUT_S = 30.0


def run(*words: str) -> str:
    """Runs a command; its output. Raises CalledProcessError with what it printed."""
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextlib.contextmanager
def own_switch() -> Iterator[None]:
    """An Open vSwitch and a network namespace of the benchmark's own; the commands of Open vSwitch go there."""
    names = ("OVS_RUNDIR", "OVS_DBDIR", "OVS_LOGDIR")
    before = {name: os.environ.get(name) for name in names}
    with tempfile.TemporaryDirectory(prefix="appsteer-ovs-") as folder, own_network():
        ovs = PrivateOvs(Path(folder))
        os.environ.update(dict.fromkeys(names, folder))
        try:
            yield
        finally:
            ovs.stop()
            for name, value in before.items():
                os.environ.pop(name)
                if value is not None:
                    os.environ[name] = value


def run_dir() -> Path:
    """Where Open vSwitch has its sockets."""
    return Path(os.environ["OVS_RUNDIR"])


def interface(name: str) -> dict[str, Any]:
    """What `ip` says of an interface. Raises CalledProcessError when there is none."""
    (found,) = json.loads(run("ip", "-json", "-statistics", "link", "show", "dev", name))
    return dict(found)


@contextlib.contextmanager
def bridge(ports: tuple[str, ...] = ()) -> Iterator[None]:
    """The bridge with one veth pair a name: NAME outside, NAME-p in the bridge, port numbers from 1 in order."""
    _remove(ports)
    try:
        run("ovs-vsctl", "add-br", BRIDGE, "--", "set", "bridge", BRIDGE, "datapath_type=netdev", "fail_mode=secure",
            "protocols=OpenFlow13,OpenFlow14,OpenFlow15")  # fmt: skip
        for number, name in enumerate(ports, start=1):
            run("ip", "link", "add", name, "type", "veth", "peer", "name", f"{name}-p")
            for end in (name, f"{name}-p"):
                Path(f"/proc/sys/net/ipv6/conf/{end}/disable_ipv6").write_text("1")
                run("ip", "link", "set", end, "up")
                run("ethtool", "-K", end, "tx", "off", "tso", "off", "gso", "off", "gro", "off")
            run("ovs-vsctl", "add-port", BRIDGE, f"{name}-p", "--", "set", "interface", f"{name}-p",
                f"ofport_request={number}")  # fmt: skip
        yield
    finally:
        _remove(ports)


def _remove(ports: tuple[str, ...]) -> None:
    subprocess.run(["ovs-vsctl", "--if-exists", "del-br", BRIDGE], check=False, capture_output=True)
    for name in ports:
        subprocess.run(["ip", "link", "del", name], check=False, capture_output=True)


@dataclass(frozen=True, slots=True)
class Agent:
    """A running agent."""

    tap: int
    """Port number of the tap."""
    config: Path
    pid: int

    def status(self) -> dict[str, Any]:
        """What `appsteer agent --status` says of the bridge; the agent writes it every two seconds."""
        text = run(str(APPSTEER), "agent", "--config", str(self.config), "--status", "--json")
        bridge_status: dict[str, Any] = json.loads(text)["bridges"][0]
        return bridge_status

    def processor_s(self) -> dict[str, float]:
        """Seconds of a processor that its threads have had, by name; those that have ended are left out."""
        found: dict[str, float] = {}
        for task in Path(f"/proc/{self.pid}/task").iterdir():
            name = (task / "comm").read_text().strip()
            found[name] = found.get(name, 0.0) + int((task / "schedstat").read_text().split()[0]) / 1e9
        return found


@contextlib.contextmanager
def agent(controller_port: int, **engine: float) -> Iterator[Agent]:
    """`appsteer agent` beside the bridge, once its tap is there. `engine` is what the configuration says of it."""
    with tempfile.TemporaryDirectory(prefix="appsteer-bench-") as folder:
        config = {
            "controller": {"address": "127.0.0.1", "port": controller_port, "reconnect_max_s": 0.5},
            "ovs": {"run_dir": str(run_dir())},
            "plugins": {"address": None},
            "bridges": [{"name": BRIDGE, "tap_port": TAP, "edge_zone": EDGE_ZONE, "service_zone": SERVICE_ZONE}],
            "engine": engine,
            "state_dir": folder,
            "log_level": "warning",
        }
        path = Path(folder) / "agent.yaml"
        path.write_text(json.dumps(config))  # JSON is YAML
        process = subprocess.Popen([str(APPSTEER), "agent", "--config", str(path)])
        try:
            yield Agent(_wait_for_tap(process), path, process.pid)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(START_TIMEOUT_S)


def _wait_for_tap(process: subprocess.Popen[bytes]) -> int:
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"the agent ended with exit code {process.returncode}")
        answer = subprocess.run(
            ["ovs-vsctl", "get", "interface", TAP, "ofport"], capture_output=True, text=True, check=False
        )
        if (
            answer.returncode == 0
            and re.fullmatch(r"[1-9]\d*", answer.stdout.strip())
            and "UP" in interface(TAP)["flags"]
        ):
            time.sleep(1.0)  # the ring is opened when the interface is up
            return int(answer.stdout)
        time.sleep(0.05)
    raise RuntimeError(f"the agent made no tap port within {START_TIMEOUT_S:.0f} s")


@dataclass(slots=True)
class Unixctl:
    """The daemon's control socket (JSON-RPC, as ovs-appctl speaks it), without a new process for every question."""

    connection: socket.socket

    @classmethod
    def connect(cls) -> "Unixctl":
        """To the running ovs-vswitchd."""
        pid = (run_dir() / "ovs-vswitchd.pid").read_text().strip()
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(str(run_dir() / f"ovs-vswitchd.{pid}.ctl"))
        return cls(connection)

    def ask(self, method: str, *params: str) -> str:
        """The text of the answer. Raises RuntimeError with the daemon's own words."""
        question = {"method": method, "params": list(params), "id": 0}
        self.connection.sendall(json.dumps(question).encode())
        data = b""
        while True:
            part = self.connection.recv(1 << 20)
            if not part:
                raise RuntimeError(f"{method}: ovs-vswitchd closed its control socket")
            data += part
            with contextlib.suppress(json.JSONDecodeError):
                answer = json.loads(data)
                if answer.get("error"):
                    raise RuntimeError(f"{method}: {answer['error'].strip()}")
                return str(answer["result"])


def needs_root() -> None:
    """Ends with a sentence when this is not root."""
    if os.geteuid() != 0:
        sys.exit("the benchmarks make bridges and interfaces: run them as root (make bench uses sudo)")
