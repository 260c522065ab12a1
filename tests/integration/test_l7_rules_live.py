"""Rules on what packets say: real sockets, the real engine, an Open vSwitch of the test's own, through the shim."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from ofext import label, oxm
from ofext.attributes import AttributeTest, Operation
from ofext.oxm import Oxm
from switch_dpi.config import parse_config
from switch_dpi.native_engine import NativeEngine
from tests.fakes.agent_lab import RunningAgent, l7_session, until
from tests.fakes.l7_rules import add
from tests.fakes.openflow_peer import ControllerPeer, Session
from tests.fakes.own_network import own_network
from tests.fakes.private_ovs import PrivateOvs

pytestmark = pytest.mark.integration

BRIDGE, TAP, ZONE = "l7live", "l7live-tap", 12
SERVER, SERVER_MAC = "198.18.0.2", "02:00:00:00:00:02"  # RFC 2544: for tests
QUERY = bytes.fromhex("123401000001000000000000") + b"\x03www\x07example\x03org\x00\x00\x1c\x00\x01"
SNMP_GET = bytes.fromhex("302602010104067075626c6963a01902010102010002010030 0e300c06082b060102010105000500")
TFTP_READ = b"\0\x01boot.img\0octet\0"
SCALE = (0, 20, 40, 60, 80, 100)  # plugins/README.md
DNS_QUERY_TYPE = 21
AAAA = 28

HOLD = (
    oxm.l7_dns_query("*.EXAMPLE.org"),
    oxm.l7_encrypted(0),
    oxm.l7_attr(AttributeTest(DNS_QUERY_TYPE, Operation.RANGE, (b"\x02", bytes([AAAA])))),
    oxm.l7_confidence(64, 64),
    oxm.l7_engine(20),
)
DO_NOT_HOLD = (
    oxm.l7_dns_query("*.example.net"),
    oxm.l7_encrypted(1),
    oxm.l7_attr(AttributeTest(DNS_QUERY_TYPE, Operation.EQUALS, (b"\x01",))),
    oxm.l7_tag("streaming"),
    oxm.l7_user("*"),
)


class Live:
    """A host behind the bridge that asks, and the rules that its packets meet."""

    def __init__(self, ovs: PrivateOvs, session: Session) -> None:
        self._ovs = ovs
        self.session = session
        self._management = str(ovs.run_dir / f"{BRIDGE}.mgmt")

    def ofctl(self, *command: str) -> str:
        """As an administrator does."""
        return self._ovs.sh("ovs-ofctl", "-OOpenFlow14", command[0], self._management, *command[1:])

    def ask_until_hit(self, port: int, asked: bytes, *, priority: int) -> None:
        """Asks from one port until the rule with this priority is met."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as host:
            until(lambda: host.sendto(asked, (SERVER, port)) and self.hits(priority), 5.0)

    def labels(self, port: int) -> list[int]:
        """Labels of connections to a port of the server."""
        dump = self._ovs.appctl("dpctl/dump-conntrack", "netdev@ovs-netdev", f"zone={ZONE}")
        found = (line.partition("labels=")[2] for line in dump.splitlines() if f"dport={port})" in line)
        return [int(text.partition(",")[0].partition(")")[0], 16) for text in found]

    def hits(self, priority: int) -> int:
        """Packets of the rule in table 2 with this priority."""
        dump = self.ofctl("dump-flows", "table=2")
        (line,) = (line for line in dump.splitlines() if f"priority={priority}," in line)
        return int(line.partition("n_packets=")[2].partition(",")[0])


@pytest.fixture
def live(tmp_path: Path) -> Iterator[Live]:
    with own_network():
        ovs, peer, agent = PrivateOvs(tmp_path), ControllerPeer(), None
        text = f"""
controller: {{address: 127.0.0.1, port: {peer.port}}}
bridges: [{{name: {BRIDGE}, tap_port: {TAP}, edge_zone: {ZONE}}}]
state_dir: {tmp_path / "state"}
ovs: {{run_dir: {tmp_path}}}
plugins: {{folders: [], address: null}}
"""
        config = parse_config(text, Path("test.yaml"))
        engine = NativeEngine(config)
        try:
            ovs.sh("ovs-vsctl", "add-br", BRIDGE, "--", "set", "bridge", BRIDGE, "datapath_type=netdev")
            agent = RunningAgent(config, engine.facts)
            session = l7_session(peer)
            until(lambda: agent.bridge.status()["tap_port"])
            found = Live(ovs, session)
            found.ofctl("add-flow", f"in_port=LOCAL,udp,actions=ct(zone={ZONE},table=1)")
            tap = agent.bridge.status()["tap_port"]
            found.ofctl("add-flow", f"table=1,udp,actions=output:{tap},ct(commit,zone={ZONE},table=2)")
            ovs.sh("ip", "address", "add", "198.18.0.1/24", "dev", BRIDGE)
            ovs.sh("ip", "link", "set", BRIDGE, "up")
            ovs.sh("ip", "neighbour", "add", SERVER, "lladdr", SERVER_MAC, "dev", BRIDGE)
            yield found
        finally:
            if agent is not None:
                agent.stop()
            engine.modules.close()
            peer.close()
            ovs.stop()


@pytest.mark.parametrize(("fields", "is_hit"), [(HOLD, True), (DO_NOT_HOLD, False)], ids=["hold", "do not hold"])
def test_packets_meet_the_rules_that_their_flow_fits(live: Live, fields: tuple[Oxm, ...], is_hit: bool) -> None:
    """Each rule stands above the others while the host asks until the switch has the verdict, and then once more."""
    assert add(live.session, table=2, priority=1) == []
    for field in fields:
        assert add(live.session, field, table=2, priority=9) == []
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as host:
            if is_hit:
                until(lambda: host.sendto(QUERY, (SERVER, 53)) and live.hits(9), 5.0)
            else:
                assert add(live.session, oxm.l7_app_id(0x14000035), table=2, priority=5) == []
                until(lambda: host.sendto(QUERY, (SERVER, 53)) and live.hits(5), 5.0)
                assert live.hits(9) == 0
        live.ofctl("del-flows", "table=2")
        assert add(live.session, table=2, priority=1) == []


def test_rules_on_risk_are_met_by_flows_of_that_risk(live: Live) -> None:
    """From the data files through engine, catalogue and label to a rule for each step of the scale."""
    for risk in SCALE:
        assert add(live.session, oxm.l7_risk(risk), oxm.l7_state(1, 1), table=2, priority=10 + risk) == []
    assert add(live.session, oxm.l7_risk(64, 64), table=2, priority=200) == []
    for port, asked, risk in ((53, QUERY, 0), (161, SNMP_GET, 40), (69, TFTP_READ, 60)):
        live.ask_until_hit(port, asked, priority=10 + risk)
        (written,) = live.labels(port)
        assert label.Label.unpack(written).risk == risk
    assert [risk for risk in SCALE if live.hits(10 + risk)] == [0, 40, 60]
    assert not live.hits(200)
