"""What a controller asks of a real agent with the native engine, beside a private Open vSwitch.

Statistics, flow control, plugins, depth, roles, barriers.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path

import pytest

from ofext import oxm
from ofext.catalogue import Catalogue, CatalogueRequest, join
from ofext.catalogue_change import CatalogueChange, applied
from ofext.config import ConfigReply, ConfigSet, Depth, EventConfig
from ofext.control import FlowCommand, FlowControl, FlowControlReply
from ofext.events import EventKind, FlowEvent, FlowEvents
from ofext.filters import AddressIn, FlowFilter, connection_filter
from ofext.hello import Feature, Hello
from ofext.ids import EXPERIMENTER_BYTES, UNKNOWN_APP, State
from ofext.messages import ErrorCode, L7Error, encode_message
from ofext.multipart import Reply, Request, decode_multipart, encode_request, is_l7_multipart
from ofext.openflow.header import Type, build, read_header
from ofext.plugin_swap import PluginSwap, PluginSwapReply, SwapCommand
from ofext.statistics import (
    AppStatsReply,
    AppStatsRequest,
    CatalogueStatsReply,
    CatalogueStatsRequest,
    EngineStatsReply,
    EngineStatsRequest,
    FlowStatsReply,
    FlowStatsRequest,
    PluginStatsReply,
    PluginStatsRequest,
    UserStatsReply,
    UserStatsRequest,
)
from switch_dpi.config import parse_config
from switch_dpi.native_engine import NativeEngine
from switch_dpi.shim.roles import Role
from tests.fakes.agent_lab import RunningAgent, until
from tests.fakes.openflow_peer import ControllerPeer, Session
from tests.fakes.own_network import own_network
from tests.fakes.private_ovs import PrivateOvs
from tests.unit.switch_dpi.plugin_files import write

pytestmark = pytest.mark.integration

BRIDGE, TAP, ZONE = "agtreq1", "agtreq1-tap", 9
PINNED_APP = 0x06000009
CLIENT, SERVER, PORT = "10.9.0.1", "10.9.0.2", 5399
IN_TABLE = bytes.fromhex("ffffffff fffffffd 0010 000000000000 00000010 fffffff9 ffff 000000000000")
"""Body of a PACKET_OUT (1.4 §7.3.7): no buffer, from the controller, one output to OFPP_TABLE."""


class Lab:
    """A switch that copies flows without a verdict, its agent, and a controller of the extension."""

    def __init__(self, folder: Path, ovs: PrivateOvs, peer: ControllerPeer) -> None:
        self.folder, self.ovs = folder, ovs
        self._told: list[FlowEvent] = []
        self.session = peer.accept()
        self.session.send_l7(Hello())
        agent = self.session.expect_l7(Hello).message.agent
        assert agent is not None
        self.features = agent.features
        for rule in (
            f"table=0,udp,actions=ct(zone={ZONE},table=1)",
            f"table=1,priority=2,udp,ct_state=+new,actions=output:{agent.tap_port},ct(commit,zone={ZONE})",
            f"table=1,priority=1,udp,ct_label=0/1,actions=output:{agent.tap_port}",
        ):
            ovs.sh("ovs-ofctl", "-O", "OpenFlow14", "add-flow", BRIDGE, rule)

    def send(self, sport: int, payload: bytes) -> None:
        """One packet of a flow goes through the switch."""
        self.session.send(build(5, Type.PACKET_OUT, 1, IN_TABLE + datagram(sport, payload)))

    def event(self, sport: int, kind: int = EventKind.VERDICT) -> FlowEvent:
        """The next event of this kind of a flow; those of others stay for later calls."""
        while True:
            for event in self._told:
                if (event.sport, event.kind) == (sport, kind):
                    self._told.remove(event)
                    return event
            self._told += self.session.expect_l7(FlowEvents).message.events

    def classified(self, sport: int) -> FlowEvent:
        """A flow that the engine has looked at, with its mark in the switch."""
        self.send(sport, DNS_QUERY)
        event = self.event(sport)
        until(lambda: f"mark={event.app_id}" in self.connection(sport))
        return event

    def connection(self, sport: int) -> str:
        """What the connection tracker says of a flow."""
        dump = self.ovs.sh("ovs-appctl", "-t", "ovs-vswitchd", "dpctl/dump-conntrack", "netdev@ovs-netdev")
        return next((line for line in dump.splitlines() if f"sport={sport}," in line and f"zone={ZONE}" in line), "")

    def ask(self, request: Request) -> list[Reply]:
        """All parts of the answer."""
        self.session.send(encode_request(request, version=5, xid=4711))
        parts = []
        while not parts or parts[-1].more:
            raw = self.session.expect(lambda m: is_l7_multipart(m) and read_header(m).xid == 4711)
            parts.append(decode_multipart(raw))
        return [part.message for part in parts]

    def control(self, control: FlowControl) -> FlowControlReply:
        self.session.send_l7(control)
        return self.session.expect_l7(FlowControlReply).message


DNS_QUERY = b"\x12\x34\1\0\0\1\0\0\0\0\0\0\3www\7example\3org\0\0\1\0\1"


SHORT = b"\1\2"  # too short for anybody to tell what it is


def datagram(sport: int, payload: bytes) -> bytes:
    """An Ethernet frame from the client to the server; the checksum of UDP is left out (RFC 768)."""
    udp = struct.pack("!HHHH", sport, PORT, 8 + len(payload), 0) + payload
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0)
    head += socket.inet_aton(CLIENT) + socket.inet_aton(SERVER)
    total = sum(struct.unpack("!10H", head))
    total = (total & 0xFFFF) + (total >> 16)
    return (
        bytes.fromhex("020000000002 020000000001 0800")
        + head[:10]
        + struct.pack("!H", ~total & 0xFFFF)
        + head[12:]
        + udp
    )


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    folder = tmp_path_factory.mktemp("requests")
    (folder / "plugins").mkdir()
    with own_network():
        peer, ovs = ControllerPeer(), PrivateOvs(folder)
        engine: NativeEngine | None = None
        agent: RunningAgent | None = None
        try:
            ovs.sh("ovs-vsctl", "add-br", BRIDGE, "--", "set", "bridge", BRIDGE, "datapath_type=netdev")
            text = f"""
controller: {{address: 127.0.0.1, port: {peer.port}, reconnect_max_s: 0.5}}
bridges: [{{name: {BRIDGE}, tap_port: {TAP}, edge_zone: {ZONE}}}]
state_dir: {folder / "state"}
plugins: {{folders: [{folder / "plugins"}], address: null}}
ovs: {{run_dir: {folder}}}
"""
            config = parse_config(text, Path("test.yaml"))
            engine = NativeEngine(config)
            agent = RunningAgent(config, engine.facts)
            yield Lab(folder, ovs, peer)
        finally:
            if agent is not None:
                agent.stop()
            if engine is not None:
                engine.modules.close()
            peer.close()
            ovs.stop()


def about(sport: int) -> FlowFilter:
    return connection_filter(17, ((CLIENT, sport), (SERVER, PORT)))


def test_the_agent_says_what_it_can(lab: Lab) -> None:
    assert lab.features == sum(Feature) - Feature.TRACKED_BY_RULES  # the bridge has a connection tracker


def test_flow_statistics_are_filtered_in_the_agent(lab: Lab) -> None:
    first, second = lab.classified(41001), lab.classified(41002)
    fits = FlowFilter(
        match=(oxm.l7_app_id(first.app_id), oxm.l7_state(1, 1), oxm.l7_dns_query("*.example.org")),
        addresses=(AddressIn(network=ip_network("10.9.0.0/24")),),
        protocol=17,
    )
    (reply,) = lab.ask(FlowStatsRequest(filter=fits))
    assert isinstance(reply, FlowStatsReply)
    assert {second.flow_id, first.flow_id} <= {flow.flow_id for flow in reply.flows}
    assert [flow.flow_id for flow in reply.flows][:2] == [second.flow_id, first.flow_id]
    for other in (
        FlowFilter(match=(oxm.l7_dns_query("*.example.net"),)),
        FlowFilter(addresses=(AddressIn(network=ip_network("10.8.0.0/16")),)),
        FlowFilter(protocol=6),
    ):
        assert lab.ask(FlowStatsRequest(filter=other)) == [FlowStatsReply()]
    (limited,) = lab.ask(FlowStatsRequest(limit=1, with_metadata=False))
    assert isinstance(limited, FlowStatsReply)
    assert [flow.metadata for flow in limited.flows] == [()]


def test_a_filter_that_no_rule_may_have_is_refused_at_its_field(lab: Lab) -> None:
    bad = FlowFilter(match=(oxm.l7_category(1), oxm.l7_category(2)))
    raw = encode_request(FlowStatsRequest(filter=bad), version=5, xid=12)
    lab.session.send(raw)
    error = lab.session.expect_l7(L7Error).message
    assert error.code == ErrorCode.MATCH_CONFLICT
    assert error.data.startswith(oxm.l7_category(2).encode())
    assert raw[error.offset :].startswith(error.data)


def test_a_pinned_flow_has_the_controllers_verdict_in_the_switch_until_it_is_let_go(lab: Lab) -> None:
    before = lab.classified(41010)
    pin = FlowControl(command=FlowCommand.PIN, app_id=PINNED_APP, category=3, state=State.REVISED, filter=about(41010))
    assert lab.control(pin) == FlowControlReply(matched=1, touched=1)
    assert f"mark={PINNED_APP}" in lab.connection(41010)
    event = lab.event(41010)
    assert (event.app_id, event.state, event.confidence) == (PINNED_APP, State.REVISED, 100)
    assert "controller" in event.evidence
    assert lab.control(FlowControl(command=FlowCommand.UNPIN, filter=about(41010))).touched == 1
    assert f"mark={before.app_id}" in lab.connection(41010)
    assert lab.event(41010).app_id == before.app_id
    assert lab.control(FlowControl(command=FlowCommand.UNPIN, filter=about(41010))) == FlowControlReply(
        matched=1, touched=0
    )


def test_a_pin_ends_by_itself(lab: Lab) -> None:
    before = lab.classified(41011)
    lab.control(FlowControl(command=FlowCommand.PIN, app_id=PINNED_APP, state=1, pin_s=1, filter=about(41011)))
    assert lab.event(41011).app_id == PINNED_APP
    assert lab.event(41011).app_id == before.app_id
    until(lambda: f"mark={before.app_id}" in lab.connection(41011))


def test_a_barrier_after_a_flow_control_is_answered_when_the_switch_has_the_marks(lab: Lab) -> None:
    event = lab.classified(41020)
    anew = encode_message(FlowControl(command=FlowCommand.REINSPECT, filter=about(41020)), version=5, xid=21)
    lab.session.send(anew + build(5, Type.BARRIER_REQUEST, 22))
    lab.session.expect(lambda message: read_header(message).xid == 22)
    assert "mark=" not in lab.connection(41020)
    forgotten = lab.event(41020)
    assert (forgotten.app_id, forgotten.state, forgotten.flow_id) == (0, State.INSPECTING, event.flow_id)
    lab.send(41020, DNS_QUERY)  # is copied to the tap again, and the engine looks at it
    again = lab.event(41020)
    assert (again.app_id, again.state, again.flow_id) == (event.app_id, State.FINAL, event.flow_id)
    until(lambda: f"mark={event.app_id}" in lab.connection(41020))


def test_the_depth_of_a_configuration_holds_at_once(lab: Lab) -> None:
    for _ in range(3):
        lab.send(41030, SHORT)
    lab.session.send_l7(ConfigSet(config=EventConfig(depth=Depth(max_packets=4))))
    lab.session.expect_l7(ConfigReply)
    lab.send(41030, SHORT)
    event = lab.event(41030)
    assert (event.state, event.app_id, event.verdict_packet) == (State.GAVE_UP, UNKNOWN_APP, 4)
    lab.session.send_l7(ConfigSet(config=EventConfig()))
    lab.session.expect_l7(ConfigReply)


def test_applications_users_engine_and_plugins_are_counted(lab: Lab) -> None:
    event = lab.classified(41040)
    (apps,) = lab.ask(AppStatsRequest())
    assert isinstance(apps, AppStatsReply)
    counted = next(app for app in apps.apps if app.app_id == event.app_id)
    assert counted.volume.live_flows >= 1
    assert counted.volume.packets_c2s >= counted.volume.flows
    (users,) = lab.ask(UserStatsRequest())
    assert isinstance(users, UserStatsReply)
    assert CLIENT in {user.user for user in users.users}
    (engine,) = lab.ask(EngineStatsRequest())
    assert isinstance(engine, EngineStatsReply)
    counters = dict(engine.counters)
    assert counters["engine.packets"] > 0
    assert counters["events.sent"] > 0
    assert counters["marks.marks"] > 0
    (plugins,) = lab.ask(PluginStatsRequest())
    assert isinstance(plugins, PluginStatsReply)
    assert [(plugin.name, plugin.is_base) for plugin in plugins.plugins] == [("packaged", True)]


def test_plugins_of_the_folder_are_exchanged_and_only_the_difference_is_told(lab: Lab) -> None:
    lab.session.send_l7(CatalogueRequest())
    parts = [lab.session.expect_l7(Catalogue).message]
    while parts[-1].more:
        parts.append(lab.session.expect_l7(Catalogue).message)
    before = join(parts)
    assert (
        join(part.part for part in lab.ask(CatalogueStatsRequest()) if isinstance(part, CatalogueStatsReply)) == before
    )
    write(lab.folder / "plugins")
    write(lab.folder, "elsewhere.toml")
    for name in ("elsewhere", "../elsewhere", "packaged"):
        lab.session.send_l7(PluginSwap(command=SwapCommand.LOAD, name=name))
        error = lab.session.expect_l7(L7Error).message
        assert (error.code, error.offset, error.data) == (ErrorCode.PLUGIN_REFUSED, 20, name.encode())
    lab.session.send_l7(PluginSwap(command=SwapCommand.LOAD, name="intranet"))
    change = lab.session.expect_l7(CatalogueChange, 60).message
    reply = lab.session.expect_l7(PluginSwapReply, 60).message
    assert [app.key for app in change.apps] == ["intranet"]
    assert reply == PluginSwapReply(catalogue_version=change.version, plugins=2)
    after = applied(before, change)
    assert {app.key: app.app_id for app in before.apps}.items() <= {app.key: app.app_id for app in after.apps}.items()
    lab.session.send_l7(PluginSwap(command=SwapCommand.UNLOAD, name="intranet"))
    lab.session.expect_l7(PluginSwapReply, 60)
    assert applied(after, lab.session.expect_l7(CatalogueChange, 60).message) == before


def role_request(session: Session, role: Role, generation: int) -> None:
    answer = session.request(24, role.to_bytes(4, "big") + bytes(4) + generation.to_bytes(8, "big"))
    assert answer[1] == Type.ROLE_REPLY


def test_a_slave_is_sent_no_events_and_is_told_of_live_flows_when_it_is_none_any_more(lab: Lab) -> None:
    known = lab.classified(41050)
    role_request(lab.session, Role.SLAVE, 1)
    lab.session.send_l7(FlowControl(command=FlowCommand.REINSPECT, filter=about(41050)))
    error = lab.session.expect_l7(L7Error).message
    assert (error.code, error.offset) == (ErrorCode.IS_SLAVE, 12)
    (counted,) = lab.ask(EngineStatsRequest())
    assert isinstance(counted, EngineStatsReply)
    sent = dict(counted.counters)["events.sent"]
    for sport in (41051, 41052):
        lab.ovs.sh("ovs-ofctl", "-O", "OpenFlow14", "packet-out", BRIDGE, packet_out(sport))
    until(lambda: all("mark=" in lab.connection(sport) for sport in (41051, 41052)))
    (counted,) = lab.ask(EngineStatsRequest())
    assert isinstance(counted, EngineStatsReply)
    assert dict(counted.counters)["events.sent"] == sent
    role_request(lab.session, Role.EQUAL, 2)
    for sport in (41050, 41051, 41052):
        assert lab.event(sport).app_id == known.app_id


def packet_out(sport: int) -> str:
    return f"in_port=controller packet={datagram(sport, DNS_QUERY).hex()} actions=table"


def test_set_async_says_which_events_come_and_the_switch_accepts_the_rest(lab: Lab) -> None:
    ours = bytes.fromhex("ffff0010") + EXPERIMENTER_BYTES + bytes.fromhex("00000007 00000008")
    lab.session.send(build(5, Type.SET_ASYNC, 31, bytes.fromhex("0000000800000003") + ours))
    answer = lab.session.request(26)
    assert answer[1] == Type.GET_ASYNC_REPLY
    assert ours in answer
    lab.session.send_l7(ConfigSet(config=EventConfig()))
    lab.session.expect_l7(ConfigReply)
    assert ours not in lab.session.request(26)
