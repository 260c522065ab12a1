"""Engines mark connections by themselves: at a real interface, with a socket in the place of the switch."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from ipaddress import ip_address

import pytest

from ofext import label
from ofext.ids import State
from ofext.label import VERDICT_MASK
from ofext.openflow.header import Framer
from ofext.openflow.marks import Connection, mark_packet_out
from plugins.loader import signature_files
from switch_dpi._native import FlowEvent, LabelRules, LiveCapture, MarkSink, Risks, Signatures
from tests.fakes.own_network import own_network

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(os.geteuid() != 0, reason="network namespaces and packet rings need root"),
]

ZONE = 7
HOST_ATTRIBUTE = "dns.query"
BIT = label.predicate_bit(9)
DEADLINE_S = 10.0
OTHER_RULES = LabelRules(risks=Risks({}), tests=[], confidences=[], by_path=False)


@pytest.fixture
def link() -> Iterator[tuple[str, str]]:
    """Two ends of a wire; they go with the namespace, whatever happens."""
    with own_network():
        subprocess.run(["ip", "link", "add", "mrk-a", "type", "veth", "peer", "name", "mrk-b"], check=True)
        for end in ("mrk-a", "mrk-b"):
            subprocess.run(["ip", "link", "set", end, "addrgenmode", "none", "up"], check=True)  # no packets of its own
        yield "mrk-a", "mrk-b"


@pytest.fixture(scope="module")
def signatures() -> Signatures:
    return Signatures.load(signature_files())


class Bench:
    """An engine at one end of the wire, and what it writes to the switch."""

    def __init__(self, link: tuple[str, str], signatures: Signatures) -> None:
        self.wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
        self.wire.bind((link[0], 0))
        self.sink = MarkSink(version=5, zone=ZONE, label_mask=VERDICT_MASK, max_pending_size=100_000)
        near, self.switch = socket.socketpair()
        self.sink.attach(near, b"")
        self.capture = LiveCapture(link[1], signatures)
        self.capture.mark_with(self.sink)

    def close(self) -> None:
        self.capture.close()
        self.wire.close()
        self.switch.close()

    def verdict(self, port: int, host: str) -> FlowEvent:
        """Sends a query; the news that its flow is classified."""
        self.wire.send(query(port, host))
        deadline = time.monotonic() + DEADLINE_S
        while time.monotonic() < deadline:
            for event in self.capture.poll(0.1, 64):
                if event.kind == "verdict" and event.record.sport == port and event.record.state == State.FINAL:
                    return event
        raise AssertionError("no verdict")

    def written(self) -> list[bytes]:
        """Messages up to now: marks leave before their events come."""
        self.switch.setblocking(False)
        try:
            return Framer().feed(self.switch.recv(65536))
        except BlockingIOError:
            return []


@pytest.fixture
def bench(link: tuple[str, str], signatures: Signatures) -> Iterator[Bench]:
    made = Bench(link, signatures)
    yield made
    made.close()


def test_the_mark_of_a_verdict_leaves_with_risk_and_bits_before_the_news(bench: Bench) -> None:
    first = bench.verdict(1001, "www.example.com")
    assert bench.written() == []  # nobody has said how labels are made
    assert first.marked_by(OTHER_RULES) is None
    attribute = dict(zip(first.record.metadata, [number for number, _ in first.record.metadata_ids], strict=False))
    rules = LabelRules(
        risks=Risks({first.record.mark_id: 5}),
        tests=[(attribute[HOST_ATTRIBUTE], "host", 3, [b"example.com"], BIT)],
        confidences=[],
        by_path=False,
    )
    bench.sink.set_rules(rules)
    made = 0
    for port, host, bits in ((2001, "a.example.com", BIT), (2002, "example.com", 0)):
        event = bench.verdict(port, host)
        record = event.record
        written = bench.written()  # a guess goes before
        made += len(written)
        wanted = record.state | record.category_id << label.CATEGORY_SHIFT | 5 << label.RISK_SHIFT | bits
        assert event.marked_by(rules) == (made, wanted)
        assert event.marked_by(OTHER_RULES) is None
        connection = Connection(src=record.src, dst=record.dst, sport=record.sport, dport=record.dport, l4=17)
        mark = mark_packet_out(
            5, made, zone=ZONE, connection=connection, app_id=record.mark_id, label=wanted, label_mask=VERDICT_MASK
        )
        assert written[-1] == mark
    counters = bench.sink.counters()
    assert (counters["marks"], counters["by_engine"], counters["dropped"]) == (made, made, 0)
    assert counters["delay_p50_us"] > 0


def test_engines_leave_reserved_connections_alone(bench: Bench) -> None:
    bench.sink.set_rules(OTHER_RULES)
    key = (17, "10.0.0.2", 53, "10.0.0.1", 1001)  # whichever end comes first
    bench.sink.reserve(key)
    assert bench.verdict(1001, "www.example.com").marked_by(OTHER_RULES) is None
    assert bench.written() == []
    bench.sink.release(key)
    assert bench.verdict(1002, "www.example.com").marked_by(OTHER_RULES) is not None
    assert bench.written()


def test_engines_leave_flows_alone_whose_path_nothing_is_known_of(bench: Bench) -> None:
    rules = LabelRules(risks=Risks({}), tests=[], confidences=[], by_path=True)
    bench.sink.set_rules(rules)
    record = (event := bench.verdict(1001, "www.example.com")).record
    assert event.marked_by(rules) is None
    rules.learn(record.mark_id, record.path, BIT)
    found = bench.verdict(1002, "www.example.com").marked_by(rules)
    assert found is not None
    assert found[1] & BIT


def query(port: int, host: str) -> bytes:
    """A DNS query in Ethernet (RFC 1035 §4.1); checksums are zero."""
    name = b"".join(bytes([len(part)]) + part.encode() for part in host.split("."))
    dns = bytes.fromhex("000101000001000000000000") + name + bytes.fromhex("0000010001")
    udp = port.to_bytes(2) + (53).to_bytes(2) + (8 + len(dns)).to_bytes(2) + bytes(2) + dns
    head = b"\x45\0" + (20 + len(udp)).to_bytes(2) + bytes.fromhex("0000000040110000")
    return b"\2" * 12 + b"\x08\0" + head + ip_address("10.0.0.1").packed + ip_address("10.0.0.2").packed + udp
