"""Marks and lowered matches, taken by a real Open vSwitch (userspace datapath)."""

import os
import re
import socket
import subprocess
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from ofext import label, lowering, oxm
from ofext.ids import State
from ofext.openflow import basic
from ofext.openflow.header import Framer, Type, build
from ofext.openflow.marks import L4, Connection, frame, mark_packet_out
from ofext.openflow.rewrite import lower_message, predicates_of_message, raise_message
from ofext.predicates import PredicateTable
from tests.open_vswitch import flush_conntrack, why_not

pytestmark = pytest.mark.integration

BRIDGE = "ofxbr0"
ZONE = 64_001
APP = 0x14002711
LABEL = label.Label(state=State.FINAL, category=9, risk=3, predicates=frozenset({0, 95})).pack()
VERSIONS = (4, 5, 6)
RUN_DIR = Path(os.environ.get("OVS_RUNDIR", "/var/run/openvswitch"))

SYN, ACK = 0x02, 0x10


def run(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=20).stdout


@pytest.fixture
def bridge() -> Iterator[str]:
    if reason := why_not():
        pytest.skip(reason)
    protocols = "protocols=OpenFlow13,OpenFlow14,OpenFlow15"
    run("ovs-vsctl", "--may-exist", "add-br", BRIDGE, "--", "set", "bridge", BRIDGE, "datapath_type=netdev", protocols)
    flush_conntrack(ZONE)
    yield BRIDGE
    flush_conntrack(ZONE)
    run("ovs-vsctl", "--if-exists", "del-br", BRIDGE)


class Switch:
    """A connection to the bridge's management socket."""

    def __init__(self, version: int) -> None:
        self.version = version
        self._framer = Framer()
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(10)
        self._socket.connect(str(RUN_DIR / f"{BRIDGE}.mgmt"))
        self._socket.sendall(basic.hello([version]))
        self._inbox: list[bytes] = []
        assert basic.negotiate([version], self._receive()) == version

    def send(self, *messages: bytes) -> list[bytes]:
        """Sends messages and a barrier, returns what came before its reply."""
        barrier = build(self.version, Type.BARRIER_REQUEST, 0xBA)
        self._socket.sendall(b"".join(messages) + barrier)
        answers = []
        while (answer := self._receive())[1] != Type.BARRIER_REPLY:
            answers.append(answer)
        return answers

    def send_and_await(self, message: bytes, kind: Type) -> bytes:
        """Sends a message, returns the first of a kind that comes, which need not be before a barrier's reply."""
        self._socket.sendall(message)
        while (answer := self._receive())[1] != kind:
            pass
        return answer

    def close(self) -> None:
        self._socket.close()

    def _receive(self) -> bytes:
        while not self._inbox:
            data = self._socket.recv(65536)
            assert data, "Open vSwitch closed the connection"
            self._inbox += self._framer.feed(data)
        return self._inbox.pop(0)


@pytest.fixture(params=VERSIONS, ids=["1.3", "1.4", "1.5"])
def switch(request: pytest.FixtureRequest, bridge: str) -> Iterator[Switch]:
    assert bridge == BRIDGE
    connection = Switch(request.param)
    yield connection
    connection.close()


def entries() -> list[str]:
    """Connections of the test's zone."""
    dump = run("ovs-appctl", "dpctl/dump-conntrack", "-s", f"zone={ZONE}")
    return [line for line in dump.splitlines() if f"zone={ZONE}" in line]


def mark(version: int, connection: Connection, app_id: int = APP) -> bytes:
    return mark_packet_out(
        version, 7, zone=ZONE, connection=connection, app_id=app_id, label=LABEL, label_mask=label.VERDICT_MASK
    )


def assert_marked(line: str, app_id: int = APP) -> None:
    assert f"mark={app_id}," in line
    assert f"labels={LABEL:#x}" in line


def track(packet: bytes) -> None:
    """Lets the bridge track a packet, as its pipeline does."""
    actions = f"in_port=CONTROLLER packet={packet.hex()} actions=ct(commit,zone={ZONE})"
    run("ovs-ofctl", "-OOpenFlow14", "packet-out", BRIDGE, actions)


def segment(connection: Connection, flags: int, seq: int, ack: int) -> bytes:
    """A TCP segment, by the mark's frame with other flags and numbers."""
    made = frame(connection)
    size = 40 if ":" in connection.src else 20
    start = len(made) - 20
    header = bytearray(made[start:])
    header[4:12] = seq.to_bytes(4, "big") + ack.to_bytes(4, "big")
    header[13] = flags
    header[14:16] = (0xFFFF).to_bytes(2, "big")
    header[16:18] = b"\0\0"
    addresses = made[start - (32 if size == 40 else 8) : start]
    pseudo = addresses + (6).to_bytes(4, "big") + (20).to_bytes(4, "big") + bytes(header)
    total = sum(int.from_bytes(pseudo[i : i + 2], "big") for i in range(0, len(pseudo), 2))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    header[16:18] = (~total & 0xFFFF).to_bytes(2, "big")
    return made[:start] + bytes(header)


def reverse(connection: Connection) -> Connection:
    return replace(connection, src=connection.dst, dst=connection.src, sport=connection.dport, dport=connection.sport)


def handshake(connection: Connection, upto: int = 3) -> None:
    steps = [(connection, SYN, 1000, 0), (reverse(connection), SYN | ACK, 5000, 1001), (connection, ACK, 1001, 5001)]
    for end, flags, seq, ack in steps[:upto]:
        track(segment(end, flags, seq, ack))


TCP4 = Connection(src="192.0.2.1", dst="198.51.100.2", sport=40000, dport=443, l4=L4.TCP)
UDP4 = Connection(src="192.0.2.1", dst="198.51.100.2", sport=5353, dport=53, l4=L4.UDP)
TCP6 = Connection(src="2001:db8::1", dst="2001:db8::2", sport=40000, dport=443, l4=L4.TCP)


@pytest.mark.parametrize("connection", [TCP4, TCP6], ids=["ipv4", "ipv6"])
@pytest.mark.parametrize(
    ("steps", "state"),
    [(1, "SYN_SENT"), (2, "SYN_RECV|ESTABLISHED"), (3, "ESTABLISHED")],
    ids=["syn", "synack", "established"],
)
def test_a_tcp_connection_is_marked_and_keeps_its_state(
    switch: Switch, connection: Connection, steps: int, state: str
) -> None:
    handshake(connection, steps)
    before = re.search(r"state=(\w+)", entries()[0])
    assert before
    assert re.fullmatch(state, before[1])
    assert switch.send(mark(switch.version, connection)) == []
    (line,) = entries()
    assert_marked(line)
    assert f"state={before[1]}" in line


def test_a_mark_survives_the_next_segments_and_can_be_revised(switch: Switch) -> None:
    handshake(TCP4)
    switch.send(mark(switch.version, TCP4))
    track(segment(TCP4, ACK, 1001, 5001))
    assert_marked(entries()[0])
    switch.send(mark(switch.version, TCP4, APP + 1))
    assert_marked(entries()[0], APP + 1)


@pytest.mark.parametrize("connection", [TCP4, TCP6], ids=["ipv4", "ipv6"])
def test_a_mark_from_the_other_end_finds_the_same_connection(switch: Switch, connection: Connection) -> None:
    handshake(connection)
    assert switch.send(mark(switch.version, reverse(connection))) == []
    (line,) = entries()
    assert_marked(line)
    assert "state=ESTABLISHED" in line


def test_a_mark_for_a_tcp_connection_that_is_gone_makes_no_new_one(switch: Switch) -> None:
    assert switch.send(mark(switch.version, TCP4)) == []
    assert entries() == []


@pytest.mark.parametrize(
    "connection",
    [
        UDP4,
        Connection(src="2001:db8::1", dst="2001:db8::2", sport=5353, dport=53, l4=L4.UDP),
        Connection(src="192.0.2.1", dst="198.51.100.2", sport=77, dport=8 << 8, l4=L4.ICMP),
        Connection(src="2001:db8::1", dst="2001:db8::2", sport=77, dport=128 << 8, l4=L4.ICMPV6),
        replace(UDP4, vlan=12),
    ],
    ids=["udp4", "udp6", "icmp", "icmp6", "vlan"],
)
def test_datagram_connections_are_marked(switch: Switch, connection: Connection) -> None:
    track(frame(connection))
    assert len(entries()) == 1
    assert switch.send(mark(switch.version, connection)) == []
    (line,) = entries()
    assert_marked(line)


def test_the_epoch_of_a_label_is_not_touched(switch: Switch) -> None:
    epoch = label.Label(epoch=5).pack()
    nested = f"set_field:{epoch:#x}->ct_label"
    actions = f"in_port=CONTROLLER packet={frame(UDP4).hex()} actions=ct(commit,zone={ZONE},exec({nested}))"
    run("ovs-ofctl", "-OOpenFlow14", "packet-out", BRIDGE, actions)
    switch.send(mark(switch.version, UDP4))
    assert f"labels={LABEL | epoch:#x}" in entries()[0]


def flow_mod(version: int, fields: list[oxm.Oxm], command: int = 0) -> bytes:
    """A FLOW_MOD without instructions in table 9, priority 77."""
    body = bytes(16) + bytes([9, command]) + bytes(4) + (77).to_bytes(2, "big") + b"\xff" * 12 + bytes(4)
    return build(version, Type.FLOW_MOD, 5, body + oxm.encode_match(fields))


def stats_request(version: int, fields: list[oxm.Oxm]) -> bytes:
    body = b"\0\1\0\0\0\0\0\0" + b"\xff\0\0\0" + b"\xff" * 8 + bytes(4) + bytes(16)
    return build(version, Type.MULTIPART_REQUEST, 6, body + oxm.encode_match(fields))


MATCH = [
    oxm.ct_state(oxm.CT_STATE_TRK, oxm.CT_STATE_TRK),
    oxm.l7_app_id(APP),
    oxm.l7_category(9),
    oxm.l7_state(State.INSPECTING, 1),
    oxm.l7_sni("*.example.com"),
]
OTHER = [oxm.ct_mark(APP), oxm.ct_label(5, label.LABEL_MASK)]


def lowered(message: bytes, table: PredicateTable) -> tuple[bytes, PredicateTable]:
    grown = table.with_predicates(predicates_of_message(message))
    assert isinstance(grown, PredicateTable)
    return lower_message(message, grown), grown


def matches_of(reply: bytes, version: int) -> list[set[oxm.Oxm]]:
    """Matches of the entries of a flow statistics reply."""
    found = []
    offset, at = 16, 24 if version == 6 else 48
    while offset < len(reply):
        found.append(set(oxm.decode_match(reply, offset + at)[0]))
        offset += int.from_bytes(reply[offset : offset + 2], "big")
    return found


def test_l7_rules_come_back_from_the_switch_as_they_were(switch: Switch) -> None:
    message, table = lowered(flow_mod(switch.version, MATCH), PredicateTable())
    assert switch.send(message, flow_mod(switch.version, OTHER)) == []
    request, table = lowered(stats_request(switch.version, MATCH[:2]), table)
    (reply,) = switch.send(request)
    assert matches_of(raise_message(reply, table), switch.version) == [set(MATCH)]
    (reply,) = switch.send(stats_request(switch.version, []))
    raised = matches_of(raise_message(reply, table), switch.version)
    assert {frozenset(match) for match in raised if len(match) > 1} == {
        frozenset(MATCH),
        frozenset([OTHER[0], oxm.ct_label(5)]),
    }


def test_a_strict_delete_with_the_same_l7_match_removes_the_rule(switch: Switch) -> None:
    message, table = lowered(flow_mod(switch.version, MATCH), PredicateTable())
    switch.send(message)
    delete, table = lowered(flow_mod(switch.version, MATCH, command=4), table)
    assert switch.send(delete) == []
    request, table = lowered(stats_request(switch.version, MATCH[1:2]), table)
    (reply,) = switch.send(request)
    assert matches_of(reply, switch.version) == []


def test_a_lowered_rule_hits_marked_packets_only(switch: Switch) -> None:
    track(frame(UDP4))
    rule = lowering.lower([oxm.l7_app_id(APP), oxm.l7_state(State.FINAL), oxm.l7_category(9)], PredicateTable())
    switch.send(flow_mod(switch.version, list(rule)))
    through = f"in_port=CONTROLLER packet={frame(UDP4).hex()} actions=ct(zone={ZONE},table=9)"
    run("ovs-ofctl", "-OOpenFlow14", "packet-out", BRIDGE, through)
    assert hits() == 0
    switch.send(mark(switch.version, UDP4))
    run("ovs-ofctl", "-OOpenFlow14", "packet-out", BRIDGE, through)
    assert hits() == 1


def hits() -> int:
    dump = run("ovs-ofctl", "-OOpenFlow14", "dump-flows", BRIDGE, "table=9")
    found = re.search(r"n_packets=(\d+)", dump)
    assert found, dump
    return int(found[1])


def bundle(version: int, inner: bytes) -> tuple[bytes, ...]:
    """Messages that open a bundle, add to it, and commit it (1.3: ONF extension 230)."""

    def control(kind: int) -> bytes:
        body = (1).to_bytes(4, "big") + kind.to_bytes(2, "big") + b"\0\1"
        if version == 4:
            return build(version, Type.EXPERIMENTER, 8, bytes.fromhex("4f4e4600000008fc") + body)
        return build(version, Type.BUNDLE_CONTROL, 8, body)

    body = (1).to_bytes(4, "big") + b"\0\0\0\1" + inner
    if version == 4:
        add = build(version, Type.EXPERIMENTER, 8, bytes.fromhex("4f4e4600000008fd") + body)
    else:
        add = build(version, Type.BUNDLE_ADD_MESSAGE, 8, body)
    return control(0), add, control(4)


def with_xid(message: bytes, xid: int) -> bytes:
    return message[:4] + xid.to_bytes(4, "big") + message[8:]


def test_a_rule_in_a_bundle_is_lowered(switch: Switch) -> None:
    begin, add, commit = bundle(switch.version, with_xid(flow_mod(switch.version, MATCH), 8))
    add, table = lowered(add, PredicateTable())
    answers = switch.send(begin, add, commit)
    assert {answer[1] for answer in answers} <= {Type.BUNDLE_CONTROL, Type.EXPERIMENTER}
    (reply,) = switch.send(stats_request(switch.version, []))
    assert set(MATCH) in matches_of(raise_message(reply, table), switch.version)


def test_the_end_of_a_rule_is_told_in_l7_fields(switch: Switch) -> None:
    added = bytearray(flow_mod(switch.version, MATCH))
    added[45] = 1  # OFPFF_SEND_FLOW_REM
    message, table = lowered(bytes(added), PredicateTable())
    delete, _ = lowered(flow_mod(switch.version, MATCH, command=4), table)
    switch.send(set_config(switch.version), message)
    removed = switch.send_and_await(delete, Type.FLOW_REMOVED)
    fields, _ = oxm.decode_match(raise_message(removed, table), 24 if switch.version == 6 else 48)
    assert removed[1] == Type.FLOW_REMOVED
    assert set(fields) == set(MATCH)


def test_an_error_quotes_the_controllers_own_message(switch: Switch) -> None:
    wrong = flow_mod(switch.version, MATCH)
    wrong += bytes.fromhex("0001000802000000")  # to table 2, from table 9
    wrong = wrong[:2] + len(wrong).to_bytes(2, "big") + wrong[4:]
    message, table = lowered(wrong, PredicateTable())
    (error,) = switch.send(message)
    raised = raise_message(error, table)
    assert (raised[1], raised[8:10]) == (Type.ERROR, b"\0\3")
    fields, _ = oxm.decode_match(raised, 12 + 48)
    assert set(fields) == set(MATCH)
    assert len(raised) == 12 + len(wrong)


def test_a_packet_in_of_the_edge_zone_says_its_verdict(switch: Switch) -> None:
    track(frame(UDP4))
    switch.send(mark(switch.version, UDP4), set_config(switch.version))
    to_controller = bytes.fromhex("000400180000000000000010fffffffdffff000000000000")
    rule = flow_mod(switch.version, [oxm.ct_zone(ZONE)]) + to_controller
    assert switch.send(rule[:2] + len(rule).to_bytes(2, "big") + rule[4:]) == []
    through = f"in_port=LOCAL packet={frame(UDP4).hex()} actions=ct(zone={ZONE},table=9)"
    run("ovs-ofctl", "-OOpenFlow14", "packet-out", BRIDGE, through)
    (packet_in,) = (message for message in switch.send() if message[1] == Type.PACKET_IN)
    fields, _ = oxm.decode_match(raise_message(packet_in, PredicateTable(), edge_zone=ZONE), 24)
    assert {oxm.l7_app_id(APP), oxm.l7_category(9), oxm.l7_state(State.FINAL), oxm.ct_mark(APP)} <= set(fields)


def set_config(version: int) -> bytes:
    """SET_CONFIG with miss_send_len: a management connection is told nothing unasked before."""
    return build(version, Type.SET_CONFIG, 4, b"\0\0\xff\xff")


@pytest.mark.parametrize("of_version", [5, 6])
def test_a_flow_monitor_tells_rules_in_l7_fields(bridge: str, of_version: int) -> None:
    assert bridge == BRIDGE
    body = (1).to_bytes(4, "big") + b"\xff" * 8 + (0x1F).to_bytes(2, "big") + b"\xff\0"
    request = build(of_version, Type.MULTIPART_REQUEST, 6, b"\0\x10\0\0\0\0\0\0" + body + oxm.encode_match(MATCH[1:2]))
    request, table = lowered(request, PredicateTable())
    message, table = lowered(flow_mod(of_version, MATCH), table)
    with closing(Switch(of_version)) as switch, closing(Switch(of_version)) as other:
        switch.send(request)
        assert other.send(message) == []
        updates = [answer for answer in switch.send() if answer[1] == Type.MULTIPART_REPLY]
    raised = raise_message(updates[-1], table)
    assert set(oxm.decode_match(raised, 16 + 24)[0]) == set(MATCH)
