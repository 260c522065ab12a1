"""The agent beside a real bridge, with an engine that says what the test wants."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ofext import oxm
from ofext.catalogue import Catalogue, CatalogueRequest
from ofext.catalogue_change import CatalogueChange
from ofext.config import ConfigReply, ConfigSet, EventConfig
from ofext.events import EventKind, FlowEvents
from ofext.hello import Hello
from ofext.messages import ErrorCode, L7Error
from ofext.openflow.header import Type
from switch_dpi.config import AgentConfig, parse_config
from tests.fakes.agent_engine import CATALOGUE, VIDEO_APP, FakeEngine, FakeEvent, FakeRecord, verdict
from tests.fakes.agent_lab import RunningAgent, flow_mod, l7_session, track, until
from tests.fakes.openflow_peer import ControllerPeer
from tests.open_vswitch import flush_conntrack

pytestmark = pytest.mark.integration

BRIDGE = "agtbr1"
TAP = "agtbr1-tap"
ZONE = 4401


def sh(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def config_for(port: int, folder: Path, **more: str) -> AgentConfig:
    text = f"""
controller: {{address: 127.0.0.1, port: {port}, reconnect_max_s: 0.5}}
bridges:
  - {{name: {BRIDGE}, tap_port: {TAP}, edge_zone: {ZONE}, service_zone: {ZONE + 1}}}
state_dir: {folder}
events: {{reconcile_s: 1}}
"""
    return parse_config(text, Path("test.yaml")).model_copy(update=more)


@pytest.fixture
def bridge() -> Iterator[str]:
    sh("ovs-vsctl", "--may-exist", "add-br", BRIDGE, "--", "set", "bridge", BRIDGE, "datapath_type=netdev")
    try:
        yield BRIDGE
    finally:
        sh("ovs-vsctl", "--if-exists", "del-br", BRIDGE)
        flush_conntrack(ZONE)


@pytest.fixture
def peer() -> Iterator[ControllerPeer]:
    found = ControllerPeer()
    yield found
    found.close()


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine()


@pytest.fixture
def agent(bridge: str, peer: ControllerPeer, engine: FakeEngine, tmp_path: Path) -> Iterator[RunningAgent]:
    del bridge  # must be there before
    running = RunningAgent(config_for(peer.port, tmp_path), engine.facts())
    yield running
    running.stop()


def conntrack() -> str:
    return sh("ovs-appctl", "dpctl/dump-conntrack", "netdev@ovs-netdev", f"zone={ZONE}")


def track_here(sport: int) -> None:
    track(Path(f"/var/run/openvswitch/{BRIDGE}.mgmt"), ZONE, sport, conntrack)


@pytest.mark.usefixtures("agent")
def test_controller_sees_one_switch_that_tells_its_tap_and_zones(peer: ControllerPeer) -> None:
    session = peer.accept()
    session.send_l7(Hello())
    info = session.expect_l7(Hello).message.agent
    assert info is not None
    assert (info.edge_zone, info.service_zone) == (ZONE, ZONE + 1)
    assert info.tap_port == int(sh("ovs-vsctl", "get", "interface", TAP, "ofport"))


@pytest.mark.usefixtures("agent")
def test_catalogue_and_configuration_are_answered(peer: ControllerPeer) -> None:
    session = l7_session(peer)
    session.send_l7(CatalogueRequest())
    assert session.expect_l7(Catalogue).message.apps[0].key == "video"
    session.send_l7(ConfigSet(config=EventConfig(max_batch=7)))
    assert session.expect_l7(ConfigReply).message.config.max_batch == 7


@pytest.mark.usefixtures("agent")
def test_a_new_catalogue_is_told_in_the_same_session(peer: ControllerPeer, engine: FakeEngine) -> None:
    session = l7_session(peer)
    session.send_l7(CatalogueRequest())
    assert session.expect_l7(Catalogue).message.version == "fake 1"
    engine.renew(Catalogue(version="fake 2", apps=CATALOGUE.apps))
    change = session.expect_l7(CatalogueChange).message
    assert (change.before, change.version, change.apps, change.gone_categories) == ("fake 1", "fake 2", (), {3})


@pytest.mark.usefixtures("agent")
def test_flow_mod_on_a_verdict_is_lowered_and_comes_back_raised(peer: ControllerPeer) -> None:
    session = l7_session(peer)
    session.install(flow_mod(oxm.l7_app_id(VIDEO_APP), oxm.l7_sni("*.video.test")))
    session.request(Type.BARRIER_REQUEST)
    rules = sh("ovs-ofctl", "-O", "OpenFlow14", "dump-flows", BRIDGE)
    assert f"ct_mark=0x{VIDEO_APP:x}" in rules
    assert re.search(r"ct_label=0x1[0-9a-f]{8}/", rules)
    stats = b"\0\1\0\0\0\0\0\0" + b"\xff\0\0\0" + b"\xff" * 8 + bytes(4) + bytes(16) + oxm.encode_match([])
    answer = session.request(Type.MULTIPART_REQUEST, stats)
    assert oxm.l7_app_id(VIDEO_APP).encode() in answer
    assert oxm.l7_sni("*.video.test").encode() in answer


@pytest.mark.usefixtures("agent")
def test_refused_match_is_answered_with_its_xid(peer: ControllerPeer) -> None:
    session = l7_session(peer)
    answer = session.request(Type.FLOW_MOD, flow_mod(oxm.l7_app_id(1), oxm.ct_mark(2)))
    assert answer[1] == Type.ERROR
    assert L7Error.decode(int.from_bytes(answer[10:12], "big"), answer[16:]).code == ErrorCode.MATCH_CONFLICT


@pytest.mark.usefixtures("agent")
def test_verdict_becomes_a_mark_and_an_event(peer: ControllerPeer, engine: FakeEngine) -> None:
    session = l7_session(peer)
    track_here(40000)
    engine.tell(verdict(l4=17))
    event = session.expect_l7(FlowEvents).message.events[0]
    assert (event.kind, event.app_id, event.evidence) == (EventKind.VERDICT, VIDEO_APP, "ClientHello")
    until(lambda: f"mark={VIDEO_APP}" in conntrack())


@pytest.mark.usefixtures("agent")
def test_pattern_installed_later_reaches_live_flows(peer: ControllerPeer, engine: FakeEngine) -> None:
    session = l7_session(peer)
    track_here(40000)
    engine.tell(verdict(l4=17, metadata_ids=[(1, b"www.video.test")]))
    until(lambda: f"mark={VIDEO_APP}" in conntrack())
    assert "labels=0x19" in conntrack()
    session.install(flow_mod(oxm.l7_sni("*.video.test")))
    until(lambda: "labels=0x100000019" in conntrack())


@pytest.mark.usefixtures("agent")
def test_new_controller_is_told_of_live_flows(peer: ControllerPeer, engine: FakeEngine) -> None:
    first = l7_session(peer)
    track_here(40000)
    engine.tell(verdict(l4=17))
    first.expect_l7(FlowEvents)
    first.close()
    second = l7_session(peer)
    assert second.expect_l7(FlowEvents).message.events[0].app_id == VIDEO_APP


@pytest.mark.usefixtures("bridge")
def test_restarted_agent_finds_its_flows_in_the_switch(
    peer: ControllerPeer, engine: FakeEngine, tmp_path: Path
) -> None:
    first = RunningAgent(config_for(peer.port, tmp_path), engine.facts())
    session = l7_session(peer)
    track_here(40000)
    engine.tell(verdict(l4=17))
    session.expect_l7(FlowEvents)
    until(lambda: f"mark={VIDEO_APP}" in conntrack())
    first.stop()
    again = RunningAgent(config_for(peer.port, tmp_path), engine.facts())
    try:
        event = l7_session(peer).expect_l7(FlowEvents).message.events[0]
        assert (event.app_id, event.category, event.state, event.sport) == (VIDEO_APP, 3, 1, 40000)
    finally:
        again.stop()


@pytest.mark.usefixtures("agent")
def test_flow_that_left_the_tracker_is_told_as_ended(peer: ControllerPeer, engine: FakeEngine) -> None:
    session = l7_session(peer)
    track_here(40000)
    engine.tell(verdict(l4=17))
    session.expect_l7(FlowEvents)
    engine.tell(FakeEvent(kind="ended", record=FakeRecord(l4=17), reason="idle"))
    flush_conntrack(ZONE)
    assert session.expect_l7(FlowEvents).message.events[0].kind == EventKind.ENDED


@pytest.mark.usefixtures("bridge")
def test_bridge_is_kept_content_while_there_is_no_controller(engine: FakeEngine, tmp_path: Path) -> None:
    gone = ControllerPeer()
    gone.close()
    running = RunningAgent(config_for(gone.port, tmp_path), engine.facts())
    try:
        until(lambda: "is kept content" in str(running.bridge.status()["session"]))
        time.sleep(3)
        assert running.bridge.status()["sessions"] == 1
        back = ControllerPeer(gone.port)
        session = back.accept()
        assert session.request(Type.BARRIER_REQUEST)[1] == Type.BARRIER_REPLY
        back.close()
    finally:
        running.stop()


@pytest.mark.usefixtures("agent")
@pytest.mark.parametrize("version", [4, 5, 6])
def test_every_version_is_relayed(peer: ControllerPeer, version: int) -> None:
    session = peer.accept(frozenset({version}))
    answer = session.request(Type.BARRIER_REQUEST)
    assert (answer[0], answer[1]) == (version, Type.BARRIER_REPLY)
