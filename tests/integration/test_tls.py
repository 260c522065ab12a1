"""TLS on both sides of the shim, beside a real Open vSwitch and a controller of another TLS implementation's making."""

from __future__ import annotations

import asyncio
import gc
import logging
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from ofext.openflow import basic
from ofext.openflow.header import Type, build
from ofext.securechannel.contexts import TlsFiles
from switch_dpi.agent import teardown
from switch_dpi.config import AgentConfig, parse_config
from tests.fakes.agent_engine import FakeEngine
from tests.fakes.agent_lab import RunningAgent, l7_session, until
from tests.fakes.openflow_peer import ControllerPeer, Session
from tests.fakes.own_network import own_network
from tests.fakes.private_ovs import PrivateOvs
from tests.fakes.tls_lab import Lab, RefusedServer, client_context, server_context

pytestmark = pytest.mark.integration

BRIDGE, OTHER = "tlsbr1", "tlsbr2"
FDS = Path("/proc/self/fd")
EXPIRED = timedelta(days=-1)


@pytest.fixture(autouse=True)
def _nothing_leaks(ovs: PrivateOvs) -> Iterator[None]:
    del ovs  # is there before and after
    gc.collect()
    before = (len(list(FDS.iterdir())), threading.active_count())
    yield
    gc.collect()
    assert (len(list(FDS.iterdir())), threading.active_count()) == before


@pytest.fixture(scope="module")
def ovs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrivateOvs]:
    with own_network():
        found = PrivateOvs(tmp_path_factory.mktemp("ovs"))
        try:
            yield found
        finally:
            found.stop()


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return Lab(tmp_path / "ca")


def yaml(files: TlsFiles, **more: object) -> str:
    parts = [f"private_key: {files.private_key}", f"certificate: {files.certificate}", f"authority: {files.authority}"]
    return "{" + ", ".join(parts + [f"{key}: {value}" for key, value in more.items()]) + "}"


class World:
    """What every test has: certificates, and agents that are stopped in the end."""

    def __init__(self, ovs: PrivateOvs, lab: Lab, folder: Path) -> None:
        self.ovs, self.lab, self.folder = ovs, lab, folder
        for bridge in (BRIDGE, OTHER):
            ovs.sh("ovs-vsctl", "add-br", bridge, "--", "set", "bridge", bridge, "datapath_type=netdev")
        self.agent_files = lab.issue("agent", "agent")
        self.switch_files = lab.issue("switch", "switch")
        self.controller_files = lab.issue("127.0.0.1", "controller")
        self._closers: list[Callable[[], None]] = []

    def peer(self, files: TlsFiles | None) -> ControllerPeer:
        """A controller, with TLS if there are files."""
        found = ControllerPeer(context=server_context(files) if files else None)
        self._closers.append(found.close)
        return found

    def config(self, port: int, *, bridge: str = BRIDGE, controller: str = "null", ovs: str = "null") -> AgentConfig:
        text = f"""
controller: {{address: 127.0.0.1, port: {port}, reconnect_max_s: 0.3, tls: {controller}}}
bridges: [{{name: {bridge}}}]
state_dir: {self.folder / bridge}
ovs: {{run_dir: {self.ovs.run_dir}, tls: {ovs}}}
"""
        return parse_config(text, Path("test.yaml"))

    def agent(self, config: AgentConfig) -> RunningAgent:
        running = RunningAgent(config, FakeEngine().facts())
        self._closers.insert(0, running.stop)
        return running

    def other_bridge(self) -> Session:
        """A bridge without TLS that nothing of this concerns."""
        peer = self.peer(None)
        self.agent(self.config(peer.port, bridge=OTHER))
        return peer.accept()

    def close(self) -> None:
        while self._closers:
            self._closers.pop(0)()


@pytest.fixture
def world(ovs: PrivateOvs, lab: Lab, tmp_path: Path) -> Iterator[World]:
    found = World(ovs, lab, tmp_path)
    try:
        yield found
    finally:
        found.close()
        ovs.sh("ovs-vsctl", "del-ssl", "--", "del-br", BRIDGE, "--", "del-br", OTHER)


def port_of(agent: RunningAgent) -> int:
    until(lambda: not str(agent.bridge.status()["listen"]).endswith(":0"))
    return int(str(agent.bridge.status()["listen"]).rpartition(":")[2])


def is_alive(session: Session) -> bool:
    return session.request(Type.BARRIER_REQUEST)[1] == Type.BARRIER_REPLY


def test_both_sides_relay_and_the_teardown_gives_everything_back(world: World) -> None:
    peer = world.peer(world.controller_files)
    switch = yaml(world.agent_files, names="[switch]", switch=yaml(world.switch_files))
    config = world.config(peer.port, controller=yaml(world.agent_files), ovs=switch)
    world.agent(config)
    session = l7_session(peer)
    assert is_alive(session)
    assert world.ovs.sh("ovs-vsctl", "get-controller", BRIDGE).startswith("ssl:127.0.0.1:")
    payload = bytes(60_000)
    for _ in range(40):
        session.send(build(5, Type.ECHO_REQUEST, 7, payload))
    for _ in range(40):
        assert session.expect(lambda m: m[1] == Type.ECHO_REPLY)[8:] == payload
    world.close()
    assert asyncio.run(teardown(config)) == [f"{BRIDGE}: given back as it was", "Open vSwitch: TLS settings taken away"]
    assert world.ovs.sh("ovs-vsctl", "get", "Open_vSwitch", ".", "ssl").strip() == "[]"


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        ("authority", "its certificate is of an authority that we do not know"),
        ("expired", "its certificate is not accepted: certificate has expired"),
        ("name", "its certificate is not accepted: IP address mismatch"),
        ("purpose", "its certificate is not accepted: unsuitable certificate purpose"),
        ("plain", "it speaks OpenFlow without TLS"),
        ("ours", "it says that our certificate has expired"),
    ],
)
def test_controller_that_cannot_be_trusted_is_refused_and_tried_again(
    world: World, tmp_path: Path, caplog: pytest.LogCaptureFixture, trouble: str, words: str
) -> None:
    lab, ours = world.lab, world.agent_files
    bad: dict[str, Callable[[], TlsFiles | None]] = {
        "authority": lambda: Lab(tmp_path / "stranger").issue("127.0.0.1", "controller"),
        "expired": lambda: lab.issue("expired", "controller", "127.0.0.1", lifetime=EXPIRED),
        "name": lambda: lab.issue("10.9.9.9", "controller"),
        "purpose": lambda: lab.issue("thief", "switch", "127.0.0.1"),
        "plain": lambda: None,
        "ours": lambda: world.controller_files,
    }
    if trouble == "ours":
        ours = lab.issue("old", "agent", lifetime=EXPIRED)
    other = world.other_bridge()
    peer = RefusedServer(bad[trouble](), basic.hello([5]))
    agent = world.agent(world.config(peer.port, controller=yaml(ours)))
    try:
        until(lambda: words in caplog.text)
        until(lambda: peer.connections > 2)
    finally:
        peer.close()
    assert caplog.text.count(words) == 1  # not at each attempt
    until(lambda: "is kept content" in str(agent.bridge.status()["session"]))
    assert agent.bridge.status()["sessions"] == 1
    assert is_alive(other)


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        ("authority", "is refused: its certificate is of an authority that we do not know"),
        ("expired", "is refused: its certificate is not accepted: certificate has expired"),
        ("purpose", "is refused: its certificate is not accepted: unsuitable certificate purpose"),
        ("name", "is refused: its certificate is of CN=guest, expected is switch"),
        ("ours", "is refused: it says that our certificate has expired"),
    ],
)
def test_switch_that_cannot_be_trusted_is_refused(
    world: World, tmp_path: Path, caplog: pytest.LogCaptureFixture, trouble: str, words: str
) -> None:
    lab, ours = world.lab, world.agent_files
    bad: dict[str, Callable[[], TlsFiles]] = {
        "authority": lambda: Lab(tmp_path / "stranger").issue("switch", "switch"),
        "expired": lambda: lab.issue("expired", "switch", lifetime=EXPIRED),
        "purpose": lambda: lab.issue("ctl", "controller"),
        "name": lambda: lab.issue("guest", "switch"),
        "ours": lambda: world.switch_files,
    }
    if trouble == "ours":
        ours = lab.issue("old", "agent", lifetime=EXPIRED)
    files = bad[trouble]()
    other = world.other_bridge()
    set_ssl(world, files, world.agent_files.authority)
    agent = world.agent(world.config(world.peer(None).port, ovs=yaml(ours, names="[switch]")))
    until(lambda: words in caplog.text)
    assert agent.bridge.status()["sessions"] == 0
    assert is_alive(other)


def test_switch_comes_in_as_soon_as_it_has_a_new_certificate(world: World, caplog: pytest.LogCaptureFixture) -> None:
    world.lab.issue("switch", "switch", lifetime=EXPIRED, replace=True)
    peer = world.peer(None)
    world.agent(world.config(peer.port, ovs=yaml(world.agent_files, switch=yaml(world.switch_files))))
    until(lambda: "is refused: its certificate is not accepted: certificate has expired" in caplog.text)
    world.lab.issue("switch", "switch", replace=True)  # and nobody tells Open vSwitch
    assert is_alive(peer.accept())


def set_ssl(world: World, files: TlsFiles, authority: Path) -> None:
    world.ovs.sh("ovs-vsctl", "set-ssl", str(files.private_key), str(files.certificate), str(authority))


def test_settings_of_the_operator_stay(world: World, caplog: pytest.LogCaptureFixture) -> None:
    own = world.lab.issue("own", "switch")
    set_ssl(world, own, own.authority)
    before = world.ovs.sh("ovs-vsctl", "get-ssl")
    peer = world.peer(None)
    config = world.config(peer.port, ovs=yaml(world.agent_files, switch=yaml(world.switch_files)))
    world.agent(config)
    assert is_alive(peer.accept())
    assert "TLS settings of its own" in caplog.text
    world.close()
    assert asyncio.run(teardown(config)) == [f"{BRIDGE}: given back as it was"]
    assert world.ovs.sh("ovs-vsctl", "get-ssl") == before


def test_agent_says_what_is_missing_and_goes_on_when_it_is_there(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    peer = world.peer(None)
    world.agent(world.config(peer.port, ovs=yaml(world.agent_files)))
    until(lambda: "Open vSwitch has no TLS settings: run `ovs-vsctl set-ssl" in caplog.text)
    set_ssl(world, world.switch_files, world.switch_files.authority)
    assert is_alive(peer.accept())


def test_new_certificates_are_taken_up_without_a_break(world: World, caplog: pytest.LogCaptureFixture) -> None:
    peer = world.peer(world.controller_files)
    switch = yaml(world.agent_files, switch=yaml(world.switch_files))
    agent = world.agent(world.config(peer.port, controller=yaml(world.agent_files), ovs=switch))
    session = peer.accept()
    before = serial(port_of(agent), world)
    world.lab.issue("agent", "agent", replace=True)
    world.lab.issue("switch", "switch", replace=True)
    assert serial(port_of(agent), world) != before
    assert is_alive(session)
    assert agent.bridge.status()["sessions"] == 1
    caplog.set_level(logging.INFO)
    session.close()
    assert is_alive(peer.accept())  # both sides anew, with the new certificates
    assert "agent.crt has changed: new connections use it" in caplog.text


def serial(port: int, world: World) -> object:
    """Of the certificate that the agent shows."""
    context = client_context(world.controller_files, world.agent_files.authority)
    with socket.create_connection(("127.0.0.1", port), timeout=10) as raw, context.wrap_socket(raw) as found:
        return (found.getpeercert() or {})["serialNumber"]


def test_nobody_without_a_certificate_takes_the_place_of_the_bridge(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    peer = world.peer(None)
    agent = world.agent(world.config(peer.port, ovs=yaml(world.agent_files, switch=yaml(world.switch_files))))
    session = peer.accept()
    address = ("127.0.0.1", port_of(agent))
    held = [socket.create_connection(address, timeout=10) for _ in range(100)]  # more than may be unfinished
    with socket.create_connection(address, timeout=10) as plain:
        plain.sendall(basic.hello([5]))
        assert plain.recv(1) in (b"", b"\x15")
    with socket.create_connection(address, timeout=10) as raw:
        nobody = client_context(None, world.agent_files.authority)
        with pytest.raises(ssl.SSLError), nobody.wrap_socket(raw) as secured:
            secured.recv(1)
    for half in held:
        half.close()
    for words in ("it speaks OpenFlow without TLS", "it showed no certificate", "have not finished their handshake"):
        until(lambda words=words: f"bridge {BRIDGE}: 127.0.0.1 is refused: " in caplog.text and words in caplog.text)
    assert is_alive(session)
    assert agent.bridge.status()["sessions"] == 1


def test_tls_where_plain_openflow_is_expected_is_named(world: World, caplog: pytest.LogCaptureFixture) -> None:
    set_ssl(world, world.switch_files, world.switch_files.authority)
    peer = world.peer(None)
    agent = world.agent(world.config(peer.port))
    is_alive(peer.accept())
    world.ovs.sh("ovs-vsctl", "set-controller", BRIDGE, f"ssl:127.0.0.1:{port_of(agent)}")
    until(
        lambda: f"bridge {BRIDGE}: whoever connected speaks TLS, and the agent was not told to (ovs.tls)" in caplog.text
    )
    world.ovs.sh("ovs-vsctl", "set-controller", BRIDGE, f"tcp:127.0.0.1:{port_of(agent)}")
    assert is_alive(peer.accept())


def test_controller_that_wants_tls_is_named(world: World, caplog: pytest.LogCaptureFixture) -> None:
    peer = RefusedServer(world.controller_files, b"")
    try:
        world.agent(world.config(peer.port))
        until(lambda: "does it expect TLS (controller.tls)?" in caplog.text)
        until(lambda: peer.connections > 2)
    finally:
        peer.close()
