"""The compiled tables on real Open vSwitch bridges: `ofproto/trace` against the simulator, packets through chains."""

import re
import select
import socket
import struct
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ofext.catalogue import AttributeEntry, AttributeType
from ofext.facts import FlowFacts, holds
from ofext.ids import State
from ofext.label import Label
from steering.compile import compile_network
from steering.fields import ETH_IPV4, ETH_IPV6
from steering.network import AttributeView, CatalogueView, HostView, NetworkView, PortView, SwitchView
from steering.policy import parse_policy
from steering.render import predicate_table, render
from steering.rules import RuleSet
from steering.simulate import Packet, Simulator, Verdict
from steering.tables import ADMISSION
from tests.open_vswitch import flush_conntrack, why_not

pytestmark = pytest.mark.integration

BRIDGES = {1: "strbr1", 2: "strbr2", 3: "strbr3"}
FIRST_ZONE = 62_100
TAP, HOST, OTHER_HOST, IN, OUT, SECOND_IN, SECOND_OUT = 9, 1, 2, 5, 6, 7, 8
PORTS = (HOST, OTHER_HOST, IN, OUT, SECOND_IN, SECOND_OUT, TAP)
A, B, C = "02:00:00:00:00:0a", "02:00:00:00:00:0b", "02:00:00:00:00:0c"
FUNCTIONS = {(1, IN): (1, OUT), (2, IN): (2, OUT), (2, SECOND_IN): (2, SECOND_OUT)}
FUNCTIONS |= {other: one for one, other in FUNCTIONS.items()}
SYN, PSH, ACK, FIN = 0x02, 0x08, 0x10, 0x01
RECEIVE_S, QUIET_S = 3.0, 0.1

CATALOGUE = CatalogueView(
    applications={"ssh": 0x14000001, "http": 0x14000002, "tube": 0x14002711},
    categories={"video": 7, "web": 8},
    attributes={
        "http.method": AttributeView(30, AttributeType.STRING),
        "http.status": AttributeView(31, AttributeType.UINT),
    },
)
POLICY = """
version: 1
services:
  - {name: near, kind: transparent, attach: {switch: s1, ingress: 5, egress: 6}}
  - {name: far, kind: transparent, attach: {switch: s2, ingress: 5, egress: 6}}
  - {name: last, kind: transparent, attach: {switch: s2, ingress: 7, egress: 8}}
chains:
  - {name: one, services: [far]}
  - {name: two, services: [near, far]}
  - {name: three, services: [far, last, near]}
policies:
  - {name: no-ssh, match: {application: ssh}, action: deny, while_inspecting: hold}
  - {name: films, match: {application: tube, sni: "*.films.example"}, action: {chain: three}}
  - {name: odd-http, match: {application: http, ip_proto: tcp, dst_port: [1-79, 81-65535]}, action: {chain: two}}
  - name: posts
    match: {tag: [forms, upload], attributes: {http.method: POST, http.status: {range: 400-}}}
    action: deny
  - {name: calls, match: {ip_proto: udp, not: [{dst_port: 53}, {tag: gaming}]}, action: {dscp: 34}}
  - {name: sure, match: {application: http, dst_port: 9000}, action: deny, while_guessed: hold}
  - {name: risky, match: {risk: 60-100, encrypted: true, state: [final, revised]}, action: {chain: two}}
  - {name: voice, match: {ip_proto: udp, dst_port: 5060, src: [10.0.0.0/8, "2001:db8::/32"]}, action: {dscp: 46}}
  - {name: video, match: {category: video}, action: {chain: one}}
"""
POLICY_WITHOUT_HOLD = POLICY.replace(", while_inspecting: hold", "")


def run(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=20).stdout


def network() -> NetworkView:
    """Switches in a line; ports 11 to 13 lead to switch 1 to 3. A and C are at s1, B is at s3."""
    switches = {
        n: SwitchView(
            dpid=n,
            name=f"s{n}",
            ports={p: PortView(p, f"{BRIDGES[n]}p{p}") for p in (*PORTS, *(10 + other for other in neighbours(n)))},
            tap_port=TAP,
            edge_zone=FIRST_ZONE + 2 * n,
            service_zone=FIRST_ZONE + 2 * n + 1,
        )
        for n in BRIDGES
    }
    places = ((A, 1, HOST), (B, 3, HOST), (C, 1, OTHER_HOST))
    return NetworkView(
        switches=switches,
        links=frozenset({((1, 12), (2, 11)), ((2, 13), (3, 12))}),
        hosts={mac: HostView(mac=mac, dpid=dpid, port=port) for mac, dpid, port in places},
    )


def neighbours(n: int) -> list[int]:
    return [other for other in BRIDGES if abs(other - n) == 1]


@pytest.fixture(scope="module")
def bridges() -> Iterator[None]:
    if reason := why_not():
        pytest.skip(reason)
    remove_bridges()
    for n, bridge in BRIDGES.items():
        command = ["ovs-vsctl", "add-br", bridge, "--", "set", "bridge", bridge, "datapath_type=netdev"]
        command += ["fail-mode=secure", "protocols=OpenFlow10,OpenFlow13,OpenFlow14"]
        for port in PORTS:
            name = f"{bridge}p{port}"
            command += ["--", "add-port", bridge, name, "--", "set", "interface", name, "type=internal"]
            command += [f"ofport_request={port}"]
        for other in neighbours(n):
            name, peer = f"{bridge}p{10 + other}", f"{BRIDGES[other]}p{10 + n}"
            command += ["--", "add-port", bridge, name, "--", "set", "interface", name, "type=patch"]
            command += [f"options:peer={peer}", f"ofport_request={10 + other}"]
        run(*command)
        for port in PORTS:
            Path(f"/proc/sys/net/ipv6/conf/{bridge}p{port}/disable_ipv6").write_text("1")
            run("ip", "link", "set", f"{bridge}p{port}", "up")
    yield
    remove_bridges()


def remove_bridges() -> None:
    for n, bridge in BRIDGES.items():
        run("ovs-vsctl", "--if-exists", "del-br", bridge)
        for zone in (FIRST_ZONE + 2 * n, FIRST_ZONE + 2 * n + 1):
            flush_conntrack(zone)


def install(rule_sets: dict[int, RuleSet], folder: Path) -> None:
    """Load the rules into the bridges and forget all connections."""
    for n, rules in rule_sets.items():
        groups, flows = render(rules)
        for kind, lines in (("groups", groups), ("flows", flows)):
            run("ovs-ofctl", "-O", "OpenFlow14", f"del-{kind}", BRIDGES[n])
            (folder / kind).write_text("\n".join(lines))
            run("ovs-ofctl", "-O", "OpenFlow14", f"add-{kind}", BRIDGES[n], str(folder / kind))
        for zone in (FIRST_ZONE + 2 * n, FIRST_ZONE + 2 * n + 1):
            flush_conntrack(zone)
    run("ovs-appctl", "revalidator/wait")  # until then packets of an earlier test may be treated by earlier rules


def tcp(dst_port: int = 80, flags: int = SYN, dst: str = B, version: int = 4) -> Packet:
    addresses = ("10.0.0.1", "10.0.0.2") if version == 4 else ("2001:db8::1", "2001:db8::2")
    return Packet(
        eth_src=A,
        eth_dst=dst,
        eth_type=ETH_IPV4 if version == 4 else ETH_IPV6,
        src=addresses[0],
        dst=addresses[1],
        ip_proto=6,
        src_port=40000,
        dst_port=dst_port,
        tcp_flags=flags,
    )


def udp(dst_port: int = 53, **fields: object) -> Packet:
    return replace(tcp(dst_port, 0), ip_proto=17, **fields)


def verdict(application: str, category: str = "web", sni: str | None = None) -> Verdict:
    return Verdict(
        app_id=CATALOGUE.applications[application], category=CATALOGUE.categories[category], state=State.FINAL, sni=sni
    )


def label_of(found: Verdict, rules: RuleSet) -> int:
    table = predicate_table(rules)
    holding = frozenset(number for predicate, number in table.bits.items() if holds(predicate, found.all_facts))
    return Label(state=found.state, category=found.category, risk=found.risk, predicates=holding).pack()


def failed_upload(*tags: str) -> FlowFacts:
    """An HTTP request that was answered with an error."""
    method = AttributeEntry(attribute=30, name="http.method", kind=AttributeType.STRING)
    status = AttributeEntry(attribute=31, name="http.status", kind=AttributeType.UINT)
    return FlowFacts(metadata=((method, b"post"), (status, b"\1\xf4")), tags=frozenset(tags))


CASES = {
    "new TCP connection": (tcp(), None),
    "new TCP connection over IPv6": (tcp(version=6), None),
    "payload while inspecting": (tcp(flags=PSH | ACK), None),
    "datagram while inspecting": (udp(), None),
    "denied application": (tcp(443, PSH | ACK), verdict("ssh")),
    "denied application over IPv6": (tcp(443, PSH | ACK, version=6), verdict("ssh")),
    "pattern that holds": (tcp(443, PSH | ACK), verdict("tube", sni="a.films.example")),
    "pattern that does not hold": (tcp(443, PSH | ACK), verdict("tube", sni="films.example")),
    "port below the gap": (tcp(79, ACK), verdict("http")),
    "port in the gap": (tcp(80, ACK), verdict("http")),
    "port above the gap": (tcp(8081, ACK), verdict("http")),
    "category": (tcp(443, ACK), verdict("tube", "video")),
    "end of a connection": (tcp(443, FIN | ACK), verdict("http")),
    "tag and two attributes": (tcp(80, ACK), replace(verdict("http"), facts=failed_upload("forms"))),
    "two attributes without a tag": (tcp(80, ACK), replace(verdict("http"), facts=failed_upload("x"))),
    "payload of a flow that is guessed": (tcp(9000, PSH | ACK), replace(verdict("http"), state=State.GUESSED)),
    "no guess any more": (tcp(9000, PSH | ACK), verdict("http")),
    "not excluded": (udp(3478), verdict("http")),
    "excluded by layer 4": (udp(53), verdict("tube", "video")),
    "excluded by layer 7": (udp(5060), replace(verdict("http"), facts=FlowFacts(tags=frozenset({"gaming"})))),
    "exclusion by layer 7 while inspecting": (udp(3478), None),
    "risk above": (tcp(80, ACK), replace(verdict("http"), risk=61, facts=FlowFacts(is_encrypted=True))),
    "risk below": (tcp(80, ACK), replace(verdict("http"), risk=59, facts=FlowFacts(is_encrypted=True))),
    "mark": (udp(5060), verdict("http")),
    "host on the same switch": (tcp(80, ACK, dst=C), verdict("http")),
    "host on the same switch, new": (tcp(80, dst=C), None),
    "unknown destination": (tcp(80, ACK, dst="02:00:00:00:00:99"), verdict("http")),
    "tag of the host's own": (replace(tcp(80, ACK), vids=(7,)), verdict("http")),
    "unknown source": (replace(tcp(80, ACK), eth_src="02:00:00:00:00:98"), verdict("http")),
    "ARP": (Packet(eth_src=A, eth_dst="ff:ff:ff:ff:ff:ff", eth_type=0x0806), None),
    "multicast": (udp(5353, eth_dst="01:00:5e:00:00:fb", dst="224.0.0.251"), None),
}


@pytest.fixture(scope="module")
def installed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[int, RuleSet]:
    """The policy's rules, of which the first switch has its own installed."""
    request.getfixturevalue("bridges")
    rule_sets = compile_network(parse_policy(POLICY), CATALOGUE, network())
    install({1: rule_sets[1]}, tmp_path_factory.mktemp("rules"))
    return rule_sets


@pytest.mark.parametrize("case", CASES)
def test_trace_takes_the_rules_that_the_simulator_takes(installed: dict[int, RuleSet], case: str) -> None:
    packet, found = CASES[case]
    view, policy, rule_sets = network(), parse_policy(POLICY), installed
    simulator = Simulator(view, rule_sets, policy)
    if found is not None:
        simulator.send(replace(packet, tcp_flags=SYN if packet.ip_proto == 6 else 0), (1, HOST))
        simulator.classify(packet, found)
    walk = simulator.send(packet, (1, HOST))
    later = (at for at, step in enumerate(walk.steps) if at and step.table == ADMISSION)  # elsewhere, or here again
    expected = [(s.table, s.rule.priority, s.rule.cookie) for s in walk.steps[: next(later, None)] if s.rule]
    assert trace(packet, found, rule_sets[1]) == expected


def trace(packet: Packet, found: Verdict | None, rules: RuleSet) -> list[tuple[int, int, int]]:
    """Table, priority and cookie of each rule that Open vSwitch takes, until the packet leaves the bridge."""
    fields = [
        f"in_port={HOST}",
        f"dl_src={packet.eth_src}",
        f"dl_dst={packet.eth_dst}",
        f"dl_type={packet.eth_type:#x}",
    ]
    if packet.vids:
        fields.append(f"dl_vlan={packet.vids[0]}")
    if packet.is_ip:
        sides = ("nw_src", "nw_dst") if packet.eth_type == ETH_IPV4 else ("ipv6_src", "ipv6_dst")
        fields += [f"{sides[0]}={packet.src}", f"{sides[1]}={packet.dst}", f"nw_proto={packet.ip_proto}"]
        name = "tcp" if packet.ip_proto == 6 else "udp"
        fields += [f"{name}_src={packet.src_port}", f"{name}_dst={packet.dst_port}"]
    if packet.ip_proto == 6:
        fields.append(f"tcp_flags={packet.tcp_flags:#05x}")
    if found is not None:
        fields += [f"ct_mark={found.app_id:#x}", f"ct_label={label_of(found, rules):#x}"]
    state = "trk,new" if found is None else "trk,est"
    command = ["ovs-appctl", "ofproto/trace", BRIDGES[1], ",".join(fields)]
    text = run(*command, *["--ct-next", state] * 3).partition('bridge("strbr2")')[0]
    rule = re.compile(r"^ *(\d+)\. .*priority (\d+), cookie (0x[0-9a-f]+)$", re.MULTILINE)
    return [(int(table), int(priority), int(cookie, 16)) for table, priority, cookie in rule.findall(text)]


class Wire:
    """Raw sockets on the bridges' ports: hosts send and receive, functions pass on what they get and count it."""

    def __init__(self) -> None:
        self._sockets = {(n, p): raw_socket(f"{bridge}p{p}") for n, bridge in BRIDGES.items() for p in PORTS}
        self.passed: list[tuple[int, int]] = []
        self.tapped: list[int] = []
        self._number = int(time.monotonic() * 1000) & 0x7FFF

    def send(self, at: tuple[int, int], packet: Packet, until: Callable[[list[tuple[int, int]]], bool]) -> list:
        """Send, and play the functions until `until` holds and nothing more comes; where (switch, port) it arrived."""
        self.passed.clear()
        self.tapped.clear()
        self._number += 1
        arrived: list[tuple[int, int]] = []
        self._sockets[at].send(frame_of(packet, self._number))
        deadline = time.monotonic() + RECEIVE_S
        by_socket = {sock: place for place, sock in self._sockets.items()}
        while time.monotonic() < deadline:
            ready = select.select(list(by_socket), [], [], QUIET_S)[0]
            for sock in ready:
                self._receive(by_socket[sock], sock, arrived)
            if not ready and until(arrived):
                break
        return arrived

    def _receive(self, place: tuple[int, int], sock: socket.socket, arrived: list[tuple[int, int]]) -> None:
        data, address = sock.recvfrom(2048)
        if address[2] == socket.PACKET_OUTGOING or self._number != number_in(data):
            return  # our own, or late, of an earlier packet
        n, port = place
        if port == TAP:
            self.tapped.append(n)
        elif place in FUNCTIONS:
            self.passed.append(place)
            self._sockets[FUNCTIONS[place]].send(data)
        elif port in (HOST, OTHER_HOST):
            arrived.append(place)

    def close(self) -> None:
        for sock in self._sockets.values():
            sock.close()


def raw_socket(interface: str) -> socket.socket:
    made = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0003))  # ETH_P_ALL
    made.bind((interface, 0))
    return made


def number_in(frame: bytes) -> int:
    """The IPv4 identification, by which `frame_of` numbers packets; the host's own tag is skipped."""
    at = 22 if frame[12:14] == b"\x81\x00" else 18
    return int.from_bytes(frame[at : at + 2], "big")


def frame_of(packet: Packet, number: int = 0) -> bytes:
    """The packet on the wire, IPv4, with right checksums (conntrack refuses others)."""
    source, destination = (socket.inet_aton(address) for address in (packet.src, packet.dst))
    if packet.ip_proto == 6:
        offset_and_flags = 5 << 12 | packet.tcp_flags
        ports = (packet.src_port, packet.dst_port)
        segment = struct.pack("!HHIIHHHH", *ports, 1, 1, offset_and_flags, 65535, 0, 0)
    else:
        segment = struct.pack("!HHHH", packet.src_port, packet.dst_port, 12, 0) + b"data"
    pseudo = source + destination + struct.pack("!HH", packet.ip_proto, len(segment))
    at = 16 if packet.ip_proto == 6 else 6
    segment = segment[:at] + checksum(pseudo + segment) + segment[at + 2 :]
    header = struct.pack("!BBHHHBBH", 0x45, packet.dscp << 2, 20 + len(segment), number, 0, 64, packet.ip_proto, 0)
    header += source + destination
    header = header[:10] + checksum(header) + header[12:]
    tags = b"".join(struct.pack("!HH", 0x8100, vid) for vid in packet.vids)
    addresses = bytes.fromhex((packet.eth_dst + packet.eth_src).replace(":", ""))
    return addresses + tags + struct.pack("!H", packet.eth_type) + header + segment


def checksum(data: bytes) -> bytes:
    """RFC 1071, for an even number of bytes."""
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return struct.pack("!H", ~total & 0xFFFF)


def mark(packet: Packet, found: Verdict, rule_sets: dict[int, RuleSet]) -> None:
    """What the agents of both edges do: a made-up packet that writes the verdict into the connection."""
    for n in (1, 3):
        sets = f"set_field:{found.app_id:#x}->ct_mark,set_field:{label_of(found, rule_sets[n]):#x}->ct_label"
        action = f"ct(commit,zone={FIRST_ZONE + 2 * n},exec({sets}))"
        made_up = f"in_port=controller packet={frame_of(packet).hex()} actions={action}"
        run("ovs-ofctl", "-O", "OpenFlow14", "packet-out", BRIDGES[n], made_up)


@pytest.fixture
def wire(request: pytest.FixtureRequest) -> Iterator[Wire]:
    request.getfixturevalue("bridges")
    made = Wire()
    yield made
    made.close()


def arrived_at(*places: tuple[int, int]) -> Callable[[list[tuple[int, int]]], bool]:
    return lambda arrived: all(place in arrived for place in places)


def nothing(_arrived: list[tuple[int, int]]) -> bool:
    """Wait as long as there is to wait: what must not arrive could come late."""
    return False


def test_packets_take_the_chain_of_a_verdict_there_and_back(wire: Wire, tmp_path: Path) -> None:
    rule_sets = compile_network(parse_policy(POLICY_WITHOUT_HOLD), CATALOGUE, network())
    install(rule_sets, tmp_path)
    at_a, at_b = (1, HOST), (3, HOST)
    syn = tcp(443)
    assert wire.send(at_a, syn, arrived_at(at_b)) == [at_b]
    assert wire.passed == []
    assert sorted(wire.tapped) == [1, 3]
    assert wire.send(at_b, syn.answer(SYN | ACK), arrived_at(at_a)) == [at_a]

    mark(syn, verdict("tube", sni="a.films.example"), rule_sets)
    data = tcp(443, ACK)
    assert wire.send(at_a, data, arrived_at(at_b)) == [at_b]
    assert wire.passed == [(2, IN), (2, SECOND_IN), (1, IN)]
    assert wire.tapped == []
    assert wire.send(at_b, data.answer(ACK), arrived_at(at_a)) == [at_a]
    assert wire.passed == [(1, OUT), (2, SECOND_OUT), (2, OUT)]

    mark(syn, verdict("tube", "video"), rule_sets)  # a later verdict leads to another chain
    assert wire.send(at_a, data, arrived_at(at_b)) == [at_b]
    assert wire.passed == [(2, IN)]
    assert wire.send(at_b, data.answer(ACK), arrived_at(at_a)) == [at_a]
    assert wire.passed == [(2, OUT)]

    mark(syn, verdict("ssh"), rule_sets)
    assert wire.send(at_a, data, nothing) == []
    assert wire.send(at_b, data.answer(ACK), nothing) == []


def test_hosts_of_one_switch_are_steered_through_another_switch_and_tracked_once(wire: Wire, tmp_path: Path) -> None:
    rule_sets = compile_network(parse_policy(POLICY_WITHOUT_HOLD), CATALOGUE, network())
    install(rule_sets, tmp_path)
    syn = tcp(80, dst=C)
    assert wire.send((1, HOST), syn, arrived_at((1, OTHER_HOST))) == [(1, OTHER_HOST)]
    assert wire.tapped == [1]
    mark(syn, verdict("tube", "video"), rule_sets)
    assert wire.send((1, HOST), replace(syn, tcp_flags=ACK), arrived_at((1, OTHER_HOST))) == [(1, OTHER_HOST)]
    assert wire.passed == [(2, IN)]
    assert wire.tapped == []


def test_hold_lets_the_handshake_pass_and_keeps_payload_back_until_the_verdict(wire: Wire, tmp_path: Path) -> None:
    rule_sets = compile_network(parse_policy(POLICY), CATALOGUE, network())
    install(rule_sets, tmp_path)
    assert wire.send((1, HOST), tcp(22), arrived_at((3, HOST))) == [(3, HOST)]
    data = tcp(22, PSH | ACK)
    assert wire.send((1, HOST), data, nothing) == []
    assert wire.tapped == [1]
    mark(data, verdict("http"), rule_sets)
    assert (3, HOST) in wire.send((1, HOST), data, arrived_at((3, HOST)))


def test_a_tagged_host_reaches_another_switch_with_its_tag(wire: Wire, tmp_path: Path) -> None:
    install(compile_network(parse_policy(POLICY_WITHOUT_HOLD), CATALOGUE, network()), tmp_path)
    packet = replace(udp(53), vids=(34,))  # as a service tag, VID 34 would be a position
    assert wire.send((1, HOST), packet, arrived_at((3, HOST))) == [(3, HOST)]


def test_broadcast_reaches_every_host_port_once(wire: Wire, tmp_path: Path) -> None:
    install(compile_network(parse_policy(POLICY_WITHOUT_HOLD), CATALOGUE, network()), tmp_path)
    packet = udp(67, eth_dst="ff:ff:ff:ff:ff:ff", dst="255.255.255.255")
    others = [(n, port) for n in BRIDGES for port in (HOST, OTHER_HOST) if (n, port) != (1, HOST)]
    arrived = wire.send((1, HOST), packet, arrived_at(*others))
    assert sorted(set(arrived)) == sorted(others)
    assert wire.passed == []
