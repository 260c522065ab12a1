"""The native OpenFlow paths say the same bytes as ofext, which is the reference."""

from __future__ import annotations

import ipaddress
import socket

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ofext.errors import EncodeError
from ofext.event_records import is_usual
from ofext.events import FlowEvent, FlowEvents, encode_event, event_of_record
from ofext.label import LABEL_MASK, VERDICT_MASK
from ofext.openflow.marks import Connection, mark_packet_out
from plugins.loader import signature_files
from switch_dpi._native import Engine, EngineOptions, MarkSink, Signatures

UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # time is not what is tried

u16, u32 = st.integers(0, 0xFFFF), st.integers(0, 0xFFFFFFFF)
masks = st.sampled_from([0, VERDICT_MASK, LABEL_MASK, 1 << 127]) | st.integers(0, LABEL_MASK)
hosts = st.from_regex(r"[a-z]{1,20}(\.[a-z]{1,10}){1,3}", fullmatch=True)
queries = st.sampled_from([8 << 8, 13 << 8, 128 << 8])  # some that open a connection of ICMP


@pytest.fixture(scope="module")
def signatures() -> Signatures:
    return Signatures.load(signature_files())


@st.composite
def connections(draw: st.DrawFn) -> Connection:
    """With addresses of one family, and everything else at random."""
    version = draw(st.sampled_from([4, 6]))
    raw = st.binary(min_size=4 if version == 4 else 16, max_size=4 if version == 4 else 16)
    src, dst = (str(ipaddress.ip_address(draw(raw))) for _ in range(2))
    l4 = draw(st.sampled_from([1, 6, 17, 58, 47, 132]))
    vlan = draw(st.just(0) | st.integers(0, 0x1001))
    return Connection(src=src, dst=dst, sport=draw(u16), dport=draw(u16 | queries), l4=l4, vlan=vlan)


@UNHURRIED
@given(st.sampled_from([4, 5, 6]), connections(), u16, u32, st.integers(0, LABEL_MASK), masks)
def test_native_marks_are_those_of_ofext(
    version: int, connection: Connection, zone: int, app_id: int, label: int, mask: int
) -> None:
    label &= mask
    sink = MarkSink(version=version, zone=zone, label_mask=mask, max_pending_size=10_000)
    near, far = socket.socketpair()
    sink.attach(near, b"")
    ends = (connection.l4, connection.src, connection.sport, connection.dst, connection.dport)
    is_made = sink.mark(ends, connection.vlan, app_id, label)
    sink.flush()
    sink.detach()
    try:
        expected = mark_packet_out(
            version, 1, zone=zone, connection=connection, app_id=app_id, label=label, label_mask=mask
        )
    except EncodeError:
        expected = b""
    with far:
        assert far.recv(10_000) == expected
    assert is_made == bool(expected)


def test_mark_of_other_bits_than_the_mask_is_refused() -> None:
    sink = MarkSink(version=5, zone=1, label_mask=1, max_pending_size=10_000)
    near, far = socket.socketpair()
    sink.attach(near, b"")
    assert not sink.mark((6, "10.0.0.1", 1, "10.0.0.2", 2), 0, 7, 2)
    assert not sink.mark((6, "10.0.0.1", 1, "::1", 2), 0, 7, 1)
    assert not sink.mark((6, "ten", 1, "::1", 2), 0, 7, 1)
    assert sink.counters()["unmarkable"] == 3
    far.close()


@pytest.mark.parametrize("is_ipv4", [True, False])
@UNHURRIED
@given(host=hosts, protocol_id=u32, reason=st.integers(0, 5))
def test_native_records_are_those_of_ofext(
    *, signatures: Signatures, is_ipv4: bool, host: str, protocol_id: int, reason: int
) -> None:
    engine = Engine(signatures, EngineOptions(max_flows=64))
    events = engine.feed(_query(host, is_ipv4=is_ipv4), 1_000) + engine.finish()
    assert {event.kind for event in events} >= {"new", "ended"}
    for number, event in enumerate(events):
        record = event.record
        expected = FlowEvent(
            kind=2,
            flow_id=number,
            at_ns=event.at_ns,
            first_seen_ns=record.first_seen_ns,
            last_seen_ns=record.last_seen_ns,
            src=record.src,
            dst=record.dst,
            sport=record.sport,
            dport=record.dport,
            l4=record.l4,
            vlan=record.vlan,
            app_id=record.mark_id,
            protocol_id=protocol_id,
            category=record.category_id,
            state=record.state,
            confidence=record.confidence,
            verdict_packet=record.verdict_packet,
            packets_c2s=record.packets_c2s,
            packets_s2c=record.packets_s2c,
            bytes_c2s=record.bytes_c2s,
            bytes_s2c=record.bytes_s2c,
            path=record.path,
            evidence=record.evidence,
            end_reason=reason,
            metadata=tuple(record.metadata_ids),
        )
        raw = event.encode(kind=2, flow_id=number, protocol_id=protocol_id, end_reason=reason)
        assert raw == encode_event(expected)
        assert is_usual(raw, 0, len(raw))
        told = event_of_record(raw, kind=2, flow_id=number, app_id=record.mark_id, state=record.state)
        assert told.record == raw  # its fields are read when they are asked for
        assert told == expected
        assert encode_event(told) == raw
        assert FlowEvents.decode(FlowEvents(sequence=1, events=(told,)).encode()).events == (expected,)


def _query(host: str, *, is_ipv4: bool) -> bytes:
    """A DNS query in Ethernet (RFC 1035 §4.1); checksums are zero."""
    name = b"".join(bytes([len(part)]) + part.encode() for part in host.split("."))
    dns = bytes.fromhex("000101000001000000000000") + name + bytes.fromhex("0000010001")
    udp = (5353).to_bytes(2, "big") + (53).to_bytes(2, "big") + (8 + len(dns)).to_bytes(2, "big") + bytes(2) + dns
    if is_ipv4:
        size = (20 + len(udp)).to_bytes(2, "big")
        head = b"\x45\0" + size + bytes.fromhex("0000000040110000") + bytes([10, 0, 0, 1, 10, 0, 0, 2])
        return bytes(12) + b"\x08\0" + head + udp
    head = (
        b"\x60\0\0\0" + len(udp).to_bytes(2, "big") + b"\x11\x40" + bytes(15) + b"\1" + b"\xfe\x80" + bytes(13) + b"\1"
    )
    return bytes(12) + b"\x86\xdd" + head + udp
