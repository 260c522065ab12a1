"""The agent outlives Open vSwitch: a private one is killed and started again beside it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ofext import oxm
from ofext.events import FlowEvents
from ofext.openflow.header import Type
from switch_dpi.config import parse_config
from tests.fakes.agent_engine import VIDEO_APP, FakeEngine, FakeEvent, FakeRecord, verdict
from tests.fakes.agent_lab import RunningAgent, flow_mod, l7_session, track, until
from tests.fakes.openflow_peer import ControllerPeer
from tests.fakes.own_network import own_network
from tests.fakes.private_ovs import PrivateOvs

pytestmark = pytest.mark.integration

BRIDGE = "agtbr2"
TAP = "agtbr2-tap"
ZONE = 7


@pytest.fixture
def ovs(tmp_path: Path) -> Iterator[PrivateOvs]:
    with own_network():
        found = PrivateOvs(tmp_path)
        try:
            found.sh("ovs-vsctl", "add-br", BRIDGE, "--", "set", "bridge", BRIDGE, "datapath_type=netdev")
            yield found
        finally:
            found.stop()


def test_agent_marks_and_relays_again_after_a_restart(ovs: PrivateOvs, tmp_path: Path) -> None:
    def conntrack() -> str:
        return ovs.sh("ovs-appctl", "-t", "ovs-vswitchd", "dpctl/dump-conntrack", "netdev@ovs-netdev", f"zone={ZONE}")

    peer, engine = ControllerPeer(), FakeEngine()
    text = f"""
controller: {{address: 127.0.0.1, port: {peer.port}, reconnect_max_s: 0.5}}
bridges: [{{name: {BRIDGE}, tap_port: {TAP}, edge_zone: {ZONE}}}]
state_dir: {tmp_path / "state"}
ovs: {{run_dir: {tmp_path}}}
events: {{reconcile_s: 1}}
"""
    agent = RunningAgent(parse_config(text, Path("test.yaml")), engine.facts())
    try:
        session = l7_session(peer)
        track(tmp_path / f"{BRIDGE}.mgmt", ZONE, 40000, conntrack)
        engine.tell(verdict(l4=17))
        session.expect_l7(FlowEvents)
        until(lambda: f"mark={VIDEO_APP}" in conntrack())

        ovs.stop()
        session.wait_closed()
        ovs.start()
        session = l7_session(peer)
        session.install(flow_mod(oxm.l7_app_id(VIDEO_APP)))
        assert session.request(Type.BARRIER_REQUEST)[1] == Type.BARRIER_REPLY
        assert "mark=" not in conntrack()

        until(lambda: len(engine.captures) > 1)  # the tap is another interface now
        track(tmp_path / f"{BRIDGE}.mgmt", ZONE, 40000, conntrack)
        rest = FakeRecord(l4=17, mark_id=0, state=0, category_id=0)
        engine.tell(FakeEvent(kind="new", record=rest))
        until(lambda: f"mark={VIDEO_APP}" in conntrack())
    finally:
        agent.stop()
        peer.close()
