"""Hostile controllers and strangers beside a real bridge: traffic, the other bridge's session and the agent go on."""

from __future__ import annotations

import contextlib
import gc
import os
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ofext.catalogue import CatalogueRequest
from ofext.hello import Hello
from ofext.messages import encode_message, frame_body
from ofext.openflow import basic
from ofext.openflow.header import Type, build
from switch_dpi.config import parse_config
from tests.fakes.agent_engine import FakeEngine
from tests.fakes.agent_lab import RunningAgent, l7_session, until
from tests.fakes.openflow_peer import ControllerPeer
from tests.fakes.own_network import own_network
from tests.fakes.private_ovs import PrivateOvs
from tests.fuzz.openflow import mutate, seeds

pytestmark = pytest.mark.integration

ATTACKED, OTHER = "hst1", "hst2"
PATIENCE_S = 15.0
STRANGERS = 200
MAX_GROWTH = 64 << 20  # bytes; unbounded, each of the floods takes more

HELLO = basic.hello([5])
L7_HELLO = encode_message(Hello(), version=5, xid=1)


def flood(message: bytes, size: int = 4 << 20) -> bytes:
    return message * (size // len(message))


def damaged() -> bytes:
    dice = mutate.Dice(4)
    return b"".join(mutate.message(dice, seeds.from_controller(5)) for _ in range(3000))


ATTACKS: dict[str, tuple[bytes, float]] = {
    "another protocol": (flood(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", 100_000), 0.0),
    "another protocol after the HELLO": (HELLO + b"GET / HTTP/1.1\r\n" + bytes(50_000), 0.0),
    "a length below the header": (HELLO + bytes.fromhex("0502000700000001"), 0.0),
    "half a header and no more": (HELLO + b"\5\2", 0.3),
    "the longest message, begun": (HELLO + bytes.fromhex("050effff00000001") + bytes(100), 0.3),
    "HELLOs": (flood(HELLO), 0.2),
    "echoes that are not read": (HELLO + flood(basic.echo_request(5, 1, bytes(60_000)), 8 << 20), 0.3),
    "catalogues that are not read": (
        HELLO + L7_HELLO + flood(encode_message(CatalogueRequest(), version=5, xid=2)),
        0.5,
    ),
    "unknown requests that are not read": (HELLO + L7_HELLO + flood(frame_body(77, b"", version=5, xid=3)), 0.3),
    "long rules with fields of the extension": (
        HELLO
        + flood(build(5, Type.FLOW_MOD, 1, bytes(40) + bytes.fromhex("0001fff0ffff02fb000a4c37") + bytes(65_000))),
        0.2,
    ),
    "other versions": (HELLO + flood(build(6, Type.FLOW_MOD, 1, bytes(80)) + build(0, 4, 1, bytes(8)), 1 << 20), 0.2),
    "damaged messages": (HELLO + L7_HELLO + damaged(), 0.2),
}

QUICK = ("another protocol after the HELLO", "catalogues that are not read", "damaged messages")
"""Those of `make test`: after each the bridge takes a second or more to come back. `make test-hostile` tries all."""


class Traffic:
    """Numbered frames through the bridge, from one port to another, until the end of the block."""

    def __init__(self, ovs: PrivateOvs) -> None:
        for name in ("hsta", "hstb"):
            sh = ["ip", "link", "add", name, "type", "veth", "peer", "name", f"{name}-br"]
            subprocess.run(sh, check=True)
            for end in (name, f"{name}-br"):
                subprocess.run(["ip", "link", "set", end, "up"], check=True)
            ovs.sh("ovs-vsctl", "add-port", ATTACKED, f"{name}-br")
        ovs.sh(
            "ovs-ofctl", "-O", "OpenFlow14", "add-flow", ATTACKED, "priority=99,in_port=hsta-br,actions=output:hstb-br"
        )
        self.sent = 0
        self._got: set[int] = set()
        self._is_over = threading.Event()
        self._ends = [socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x88B5)) for _ in range(2)]
        for end, name in zip(self._ends, ("hsta", "hstb"), strict=True):
            end.bind((name, 0x88B5))
        self._ends[1].setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        self._ends[1].settimeout(0.1)
        self._threads = [threading.Thread(target=work) for work in (self._send, self._receive)]

    def __enter__(self) -> Traffic:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        for thread in self._threads:
            thread.join()
        for end in self._ends:
            end.close()

    @property
    def lost(self) -> int:
        """Frames that did not arrive; after the end."""
        return self.sent - len(self._got)

    def _send(self) -> None:
        head = bytes.fromhex("0a0000000002 0a0000000001 88b5")
        while not self._is_over.wait(0.002):
            self._ends[0].send(head + self.sent.to_bytes(8, "big") + bytes(40))
            self.sent += 1

    def _receive(self) -> None:
        last = time.monotonic()
        while not self._is_over.is_set() or time.monotonic() - last < 1.0:
            with contextlib.suppress(TimeoutError):
                self._got.add(int.from_bytes(self._ends[1].recv(100)[14:22], "big"))
                last = time.monotonic()


class Lab:
    """Two bridges, an agent for each, and a good controller for the second."""

    def __init__(self, ovs: PrivateOvs, folder: Path) -> None:
        self.good = ControllerPeer()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(PATIENCE_S)
        ports = {ATTACKED: self.listener.getsockname()[1], OTHER: self.good.port}
        self.agents = {}
        for zone, (name, port) in enumerate(ports.items()):
            ovs.sh("ovs-vsctl", "add-br", name, "--", "set", "bridge", name, "datapath_type=netdev")
            text = f"""
controller: {{address: 127.0.0.1, port: {port}, reconnect_min_s: 0.1, reconnect_max_s: 0.3}}
bridges: [{{name: {name}, edge_zone: {10 + 2 * zone}, service_zone: {11 + 2 * zone}}}]
state_dir: {folder / "state"}
ovs: {{run_dir: {folder}}}
"""
            self.agents[name] = RunningAgent(parse_config(text, Path("test.yaml")), FakeEngine().facts())

    def close(self) -> None:
        for agent in self.agents.values():
            agent.stop()
        self.good.close()
        self.listener.close()

    def attack(self, data: bytes, hold_s: float) -> None:
        """What a controller sends that never reads; then it is gone."""
        connection, _ = self.listener.accept()
        with connection:
            connection.settimeout(hold_s + 0.2)
            with contextlib.suppress(OSError):  # closed by the shim, or not read by it any more
                connection.sendall(data)
            time.sleep(hold_s)

    def good_controller_now(self) -> None:
        """A controller that is well, in the place of the attacker: everything works."""
        connection, _ = self.listener.accept()
        with connection:
            connection.settimeout(PATIENCE_S)
            connection.sendall(HELLO + L7_HELLO + build(5, Type.BARRIER_REQUEST, 99))
            reader = connection.makefile("rb")
            while True:
                head = reader.read(8)
                assert len(head) == 8
                reader.read(int.from_bytes(head[2:4], "big") - 8)
                if head[1] == Type.BARRIER_REPLY and head[4:] == (99).to_bytes(4, "big"):
                    return


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[tuple[Lab, PrivateOvs]]:
    with own_network():
        ovs = PrivateOvs(tmp_path)
        made = Lab(ovs, tmp_path)
        try:
            yield made, ovs
        finally:
            made.close()
            ovs.stop()


def descriptors() -> int:
    gc.collect()
    return len(list(Path("/proc/self/fd").iterdir()))


def relaying() -> int:
    """Threads that relay, native ones and those beside them; others come and go with what asyncio asks the system."""
    native = 0
    for task in Path("/proc/self/task").iterdir():
        with contextlib.suppress(OSError):  # it has ended meanwhile
            native += (task / "comm").read_text() == "relay\n"
    return native + sum(thread.name == "relay-l7" for thread in threading.enumerate())


def memory() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


def settled(count: Callable[[], int], at_most: int) -> None:
    until(lambda: count() <= at_most, PATIENCE_S)


def test_hostile_controllers_disturb_nothing_but_themselves(lab: tuple[Lab, PrivateOvs]) -> None:
    made, ovs = lab
    other = l7_session(made.good)
    made.good_controller_now()
    until(lambda: "relays" not in str(made.agents[ATTACKED].bridge.status()["session"]), PATIENCE_S)
    files, threads, size = descriptors(), relaying(), memory()
    with Traffic(ovs) as traffic:
        for name in ATTACKS if os.environ.get("ALL_ATTACKS") else QUICK:
            made.attack(*ATTACKS[name])
            assert other.request(Type.BARRIER_REQUEST)[1] == Type.BARRIER_REPLY
            assert memory() - size < MAX_GROWTH
        made.good_controller_now()
    assert traffic.sent > 100
    assert traffic.lost == 0
    until(lambda: "relays" not in str(made.agents[ATTACKED].bridge.status()["session"]), PATIENCE_S)
    settled(relaying, threads)
    settled(descriptors, files)


def test_strangers_at_the_agents_port_disturb_nothing(lab: tuple[Lab, PrivateOvs]) -> None:
    made, _ = lab
    session = l7_session(made.good)
    address = made.agents[OTHER].bridge.status()["listen"].rpartition(":")
    files = descriptors()
    for number in range(STRANGERS):
        stranger = socket.create_connection((address[0], int(address[2])), PATIENCE_S)
        with stranger, contextlib.suppress(OSError):
            stranger.sendall(basic.hello([4, 5, 6]) + seeds.from_switch(5)[number % 40] * 50)
        if number % 50 == 0:
            assert session.request(Type.BARRIER_REQUEST)[1] == Type.BARRIER_REPLY
    assert session.request(Type.BARRIER_REQUEST)[1] == Type.BARRIER_REPLY
    assert made.agents[OTHER].bridge.status()["sessions"] == 1
    settled(descriptors, files)
