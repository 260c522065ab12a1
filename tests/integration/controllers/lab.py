"""A bridge with hosts that a controller gets directly or through AppSteer's shim; all else is the same both ways.

A lab has a network namespace and an Open vSwitch of its own, so names, numbers and addresses of both ways are equal and
both may run at the same time, each in a thread (a namespace belongs to a thread).
"""

from __future__ import annotations

import contextlib
import json
import re
import socket
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TypeVar

from tests.fakes.own_network import own_network
from tests.fakes.private_ovs import PrivateOvs
from tests.integration.controllers.hosts import Host, host
from tests.integration.controllers.processes import running, until

APPSTEER = Path(sys.executable).with_name("appsteer")
BRIDGE = "br0"
TAP = "tap-br0"
DATAPATH_ID = 0x0A
EDGE_ZONE, SERVICE_ZONE = 100, 101
VERSIONS = {4: "OpenFlow13", 5: "OpenFlow14", 6: "OpenFlow15"}
SWITCH_SETTINGS = ("connection_mode=out-of-band", "max_backoff=1000", "inactivity_probe=5000")  # as the agent's

Result = TypeVar("Result")


class Way(Enum):
    """How the bridge and the controller come together."""

    DIRECTLY = "directly"
    SHIM = "shim"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lab:
    """One bridge, ``br0``."""

    folder: Path
    ovs: PrivateOvs
    hosts: tuple[Host, ...]

    def ofctl(self, *words: str, version: int = 6) -> str:
        """``ovs-ofctl`` past the controller: on the bridge's own socket, which is put in after the first word."""
        command, *rest = words
        socket_name = f"unix:{self.folder}/{BRIDGE}.mgmt"
        return self.ovs.sh("ovs-ofctl", "-O", VERSIONS[version], command, socket_name, *rest)

    def appctl(self, *words: str) -> str:
        """``ovs-appctl`` to the lab's ovs-vswitchd."""
        return self.ovs.sh("ovs-appctl", "-t", "ovs-vswitchd", *words)

    def wait_for_rule(self, pattern: str) -> None:
        """Until a rule fits a regular expression."""
        until(lambda: re.search(pattern, self.ofctl("dump-flows")), f"a rule like {pattern}")

    def flows(self) -> list[str]:
        """The flow table, without what counts or times."""
        told = r" cookie=0x[0-9a-f]+,| duration=[\d.]+s,| n_packets=\d+,| n_bytes=\d+,| (idle|hard)_age=\d+,"
        lines = self.ofctl("dump-flows", "--no-stats").splitlines()
        return sorted(re.sub(told, "", line).strip() for line in lines if "actions=" in line)

    @contextlib.contextmanager
    def under(self, way: Way, controller_port: int) -> Iterator[None]:
        """The bridge has its controller at a port of 127.0.0.1 for as long as the context lasts."""
        if way is Way.SHIM:
            with self._agent(controller_port):
                yield
            return
        set_controller(self.ovs, BRIDGE, controller_port)
        yield
        self.ovs.sh("ovs-vsctl", "del-controller", BRIDGE)

    @contextlib.contextmanager
    def _agent(self, controller_port: int) -> Iterator[None]:
        """The whole agent with its engine, as an operator starts it, until it inspects."""
        log = self.folder / "agent.log"
        path = self.folder / "agent.yaml"
        path.write_text(json.dumps(self._agent_config(controller_port)))  # JSON is YAML
        with running(sys.executable, str(APPSTEER), "agent", "--config", str(path), log=log) as agent:
            until(lambda: agent.poll() is not None or b"inspecting what comes" in log.read_bytes(), "an agent's tap")
            if agent.poll() is not None:
                raise RuntimeError(f"the agent ended: {log.read_text()}")
            yield
        log.rename(self.folder / "agent-before.log")

    def _agent_config(self, controller_port: int) -> dict[str, object]:
        bridge = {"name": BRIDGE, "tap_port": TAP, "edge_zone": EDGE_ZONE, "service_zone": SERVICE_ZONE}
        pauses = {"reconnect_min_s": 0.05, "reconnect_max_s": 0.2}
        return {
            "controller": {"address": "127.0.0.1", "port": controller_port, **pauses},
            "bridges": [bridge],
            "state_dir": str(self.folder / "state"),
            "plugins": {"folders": [], "address": None},
            "ovs": {"run_dir": str(self.folder)},
            "nice": 0,
        }


@contextlib.contextmanager
def lab(folder: Path, *, hosts: int = 0) -> Iterator[Lab]:
    """A lab in the calling thread; ports 1, 2, … of the bridge lead to the hosts."""
    folder.mkdir(parents=True)
    with own_network(), contextlib.ExitStack() as stack:
        ovs = PrivateOvs(folder)
        stack.callback(ovs.stop)
        add_bridge(ovs, BRIDGE, DATAPATH_ID)
        made = tuple(stack.enter_context(host(number, folder)) for number in range(1, hosts + 1))
        for one in made:
            add_port(ovs, BRIDGE, one.port, one.number)
        yield Lab(folder=folder, ovs=ovs, hosts=made)


def add_bridge(ovs: PrivateOvs, name: str, datapath_id: int) -> None:
    """A userspace bridge without rules, whose identity and addresses do not depend on chance."""
    ovs.sh(
        *("ovs-vsctl", "add-br", name, "--", "set", "bridge", name, "datapath_type=netdev", "fail_mode=secure"),
        f"other-config:datapath-id={datapath_id:016x}",
        f"other-config:hwaddr=02:00:00:00:01:{datapath_id:02x}",
    )


def add_port(ovs: PrivateOvs, bridge: str, interface: str, number: int) -> None:
    """An interface of the lab's namespace as a port with this number."""
    ovs.sh("ovs-vsctl", "add-port", bridge, interface, "--", "set", "interface", interface, f"ofport_request={number}")


def set_controller(ovs: PrivateOvs, bridge: str, port: int) -> None:
    """The bridge connects to a port of 127.0.0.1, with the settings that the agent makes."""
    target = f"tcp:127.0.0.1:{port}"
    ovs.sh("ovs-vsctl", "set-controller", bridge, target, "--", "set", "controller", bridge, *SWITCH_SETTINGS)


def both_ways(folder: Path, scenario: Callable[[Way, Path], Result]) -> tuple[Result, Result]:
    """What a scenario finds directly and through the shim; at the same time, each in a thread and folder of its own."""
    with ThreadPoolExecutor(max_workers=len(Way)) as threads:
        found = [threads.submit(scenario, way, folder / way.value) for way in Way]
        direct, shim = (each.result() for each in found)
    return direct, shim


def free_port() -> int:
    """A TCP port that nobody listens on in the caller's network namespace."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])
