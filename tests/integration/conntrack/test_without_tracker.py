"""What rules have to do that a tracker does by itself: chains, restarts, a datapath that was not said to be so."""

from __future__ import annotations

import asyncio
import contextlib
import selectors
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from ofext.untracked import tables
from switch_dpi.config import load_config, parse_config
from switch_dpi.ovs import Ovs
from tests.fakes.agent_engine import FakeEngine
from tests.fakes.agent_lab import RunningAgent
from tests.fakes.agent_lab import until as until_true
from tests.fakes.openflow_peer import ControllerPeer
from tests.fakes.own_network import own_network
from tests.fakes.private_ovs import PrivateOvs, take_tracker
from tests.integration.conntrack.conftest import play
from tests.integration.conntrack.test_marks import still_passes
from tests.integration.conntrack.truth import Truth
from tests.lab.conversations import HTTP, SSH, listening
from tests.lab.hosts import OFFLOADS, run
from tests.lab.network import ALLOW_ALL, Lab, laboratory
from tests.lab.processes import until
from tests.open_vswitch import why_not

pytestmark = [pytest.mark.integration, pytest.mark.slow]

PORT = 31600
BRIDGE = "br1"
PACKET_OUTGOING = 4  # linux/if_packet.h
GUARDED = """
version: 1
services: [{name: guard, kind: transparent, attach: {switch: br1, ingress: fn-in, egress: fn-out}}]
chains: [{name: guarded, services: [guard]}]
policies: [{name: web, match: {application: http}, action: {chain: guarded}}]
"""


class Function:
    """A transparent function: what comes in at one side goes out at the other. Remembers what came."""

    def __init__(self, ovs: PrivateOvs) -> None:
        self.seen: dict[str, list[bytes]] = {"fn-in": [], "fn-out": []}
        self._sockets = {}
        for port in self.seen:
            run("ip", "link", "add", port, "type", "veth", "peer", "name", f"{port}-peer")
            for end in (port, f"{port}-peer"):
                run("ip", "link", "set", end, "up")
                run("ethtool", "-K", end, *OFFLOADS)
            made = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
            made.bind((f"{port}-peer", 0))
            self._sockets[port] = made
            ovs.sh("ovs-vsctl", "add-port", BRIDGE, port)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._forward)
        self._thread.start()

    def close(self) -> None:
        self._stop.set()
        self._thread.join()
        for made in self._sockets.values():
            made.close()

    def _forward(self) -> None:
        with selectors.DefaultSelector() as waiting:
            for port, made in self._sockets.items():
                waiting.register(made, selectors.EVENT_READ, port)
            while not self._stop.is_set():
                for key, _ in waiting.select(0.1):
                    frame, where = self._sockets[key.data].recvfrom(65536)
                    if where[2] != PACKET_OUTGOING:
                        self.seen[key.data].append(frame)
                        self._sockets["fn-out" if key.data == "fn-in" else "fn-in"].send(frame)


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    if reason := why_not():
        pytest.skip(reason)
    with laboratory(tmp_path_factory.mktemp("rules"), {BRIDGE: ("h1", "h2")}, has_tracker=False) as lab:
        yield lab


@pytest.fixture
def lab(network: Lab) -> Lab:
    if network.client.status().policy_text != ALLOW_ALL:
        network.apply(ALLOW_ALL)
    network.flush(BRIDGE)
    return network


@pytest.fixture
def function(lab: Lab) -> Iterator[Function]:
    with contextlib.closing(Function(lab.ovs)) as made:
        yield made


def test_a_chain_is_walked_there_and_back(lab: Lab, function: Function, truth: Truth) -> None:
    until("the function's ports are known", lambda: {"fn-in", "fn-out"} <= port_names(lab))
    lab.apply(GUARDED)

    async def scene() -> None:
        async with listening(lab.hosts["h2"], PORT) as (listener,):
            talks = [await listener.talk(lab.hosts["h1"], conversation) for conversation in (HTTP, SSH)]
            for talk in talks:
                truth.note(BRIDGE, talk)
                await talk.say()
            truth.wait()
            for side in function.seen.values():
                side.clear()
            for talk in talks:
                await still_passes(talk, expected=True)
                await asyncio.get_running_loop().sock_sendall(talk.server, b"less")
            until("the answer has come", lambda: sides(function, b"less") == {"fn-out"})
            assert sides(function, b"more") == {"fn-in"}
            ports = {talk.conversation: talk.ends[1].to_bytes(2, "big") for talk in talks}
            assert not any(ports[SSH] in frame[34:38] for side in function.seen.values() for frame in side)

    play(scene())


def port_names(lab: Lab) -> set[str]:
    return {port.name for switch in lab.client.status().switches for port in switch.ports}


def sides(function: Function, payload: bytes) -> set[str]:
    """Where packets with a payload came into the function."""
    return {port for port, frames in function.seen.items() if any(frame.endswith(payload) for frame in frames)}


def test_an_agent_that_starts_takes_over_what_the_switch_keeps(lab: Lab, truth: Truth) -> None:
    async def scene() -> None:
        async with listening(lab.hosts["h2"], PORT) as (listener,):
            talk = await listener.talk(lab.hosts["h1"], HTTP)
            truth.note(BRIDGE, talk)
            await talk.say()
            truth.wait()
            lab.programs.kill("agent")
            assert truth.check_now() == 0
            await still_passes(talk, expected=True)
            lab.programs.start("agent")
            lab.wait_ready()
            assert truth.check_now() == 0
            found = [flow for flow in lab.client.flows() if flow.sport == talk.ends[1]]
            assert found[-1].app_key == "http"
            assert not found[-1].ended

    play(scene())


def test_rules_that_somebody_takes_away_are_made_again(lab: Lab, truth: Truth) -> None:
    lab.ovs.sh("ovs-ofctl", "-OOpenFlow14", "del-flows", BRIDGE, f"table={tables.LOOK_UP}")
    lab.ovs.sh("ovs-ofctl", "-OOpenFlow14", "del-flows", BRIDGE, f"table={tables.COMMIT}")
    until("the agent has made its rules", lambda: lab.ovs.sh("ovs-ofctl", "dump-flows", BRIDGE, "table=252"))
    until("they are in the table of connections", lambda: "priority=300" in own_rules(lab))

    async def scene() -> None:
        async with listening(lab.hosts["h2"], PORT) as (listener,):
            talk = await listener.talk(lab.hosts["h1"], SSH)
            truth.note(BRIDGE, talk)
            await talk.say()
            truth.wait()

    play(scene())


def own_rules(lab: Lab) -> str:
    return lab.ovs.sh("ovs-ofctl", "-OOpenFlow14", "dump-flows", BRIDGE, f"table={tables.LOOK_UP}")


def test_a_teardown_leaves_no_rule_of_the_agents(lab: Lab) -> None:
    config = load_config(lab.folder / "agent.yaml")
    lab.programs.kill("agent")
    assert asyncio.run(Ovs(config.ovs).teardown(config.plans[0]))
    assert "cookie=0x4c37" not in lab.ovs.sh("ovs-ofctl", "-OOpenFlow14", "dump-flows", BRIDGE)
    lab.programs.start("agent")
    lab.wait_ready()


def test_a_datapath_without_tracker_is_refused_with_the_option_to_say_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with own_network():
        ovs, peer = PrivateOvs(tmp_path), ControllerPeer()
        text = f"""
controller: {{address: 127.0.0.1, port: {peer.port}}}
bridges: [{{name: plain, edge_zone: 7}}]
state_dir: {tmp_path / "state"}
ovs: {{run_dir: {tmp_path}}}
"""
        agent = None
        try:
            ovs.sh("ovs-vsctl", "add-br", "plain", "--", "set", "bridge", "plain", "datapath_type=netdev")
            take_tracker(ovs, "plain")
            agent = RunningAgent(parse_config(text, Path("test.yaml")), FakeEngine().facts())
            until_true(lambda: "say `conntrack: false` for it" in caplog.text)
        finally:
            if agent is not None:
                agent.stop()
            peer.close()
            ovs.stop()
