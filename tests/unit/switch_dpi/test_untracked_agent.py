"""The agent's side of a switch without a connection tracker, without a switch."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from ofext import oxm
from ofext.messages import ErrorCode, L7Error
from ofext.openflow.header import Framer, Type, build
from ofext.openflow.marks import Connection
from ofext.untracked import messages, tables
from ofext.untracked.kept import Kept
from switch_dpi.predicates import PredicateStore
from switch_dpi.untracked.gate import UntrackedGate
from switch_dpi.untracked.listing import paired
from switch_dpi.untracked.marker import BUNDLE_FROM, RuleMarker
from switch_dpi.untracked.tables import static_rules
from tests.fakes.agent_engine import VOCABULARY

EDGE = 100
CT = bytes.fromhex("ffff0018000023200023") + bytes(2) + bytes(4) + EDGE.to_bytes(2, "big") + b"\x01" + bytes(5)


def kept(ends: tuple[str, int, str, int], **said: int) -> Kept:
    usual = {"l4": 6, "zone": EDGE, "priority": tables.MARKED, "idle_timeout_s": 7440, "state": 0x22, "mark": 5}
    return Kept(ends=ends, **{**usual, "label": 1, "flow_id": 1, "icmp_id": 0, **said})


def test_two_rules_are_one_connection_in_its_originators_direction() -> None:
    there, back = kept(("a", 1, "b", 2)), kept(("b", 2, "a", 1), state=0x2A)
    for rules in ([there, back], [back, there]):
        (found,) = paired(rules)
        assert (found.src, found.sport, found.dst, found.dport) == ("a", 1, "b", 2)
        assert (found.mark, found.label, found.is_whole, found.is_closing) == (5, 1, True, False)


def test_a_verdict_covers_what_the_switch_has_learned() -> None:
    learned = [kept(("a", 1, "b", 2), priority=tables.KNOWN, mark=0, label=0, flow_id=0)]
    (found,) = paired([*learned, kept(("a", 1, "b", 2))])
    assert found.mark == 5


@pytest.mark.parametrize("other", [[], [kept(("b", 2, "a", 1), state=0x2A, mark=0)]], ids=["gone", "another"])
def test_a_connection_whose_directions_differ_is_to_be_marked_again(other: list[Kept]) -> None:
    (found,) = paired([kept(("a", 1, "b", 2)), *other])
    assert (found.mark, found.is_whole) == (5, False)


def test_the_answers_alone_tell_who_began() -> None:
    (found,) = paired([kept(("b", 2, "a", 1), state=0x2A, idle_timeout_s=tables.IDLE_CLOSING_S)])
    assert (found.src, found.dst, found.is_closing) == ("a", "b", True)


def test_an_echo_and_its_reply_are_one_connection() -> None:
    asked = kept(("a", 0, "b", 8), l4=1, icmp_id=77)
    answered = kept(("b", 0, "a", 0), l4=1, icmp_id=77, state=0x2A)
    (found,) = paired([asked, answered])
    assert (found.src, found.sport, found.dport) == ("a", 77, 8 << 8)


@pytest.fixture
def switch(tmp_path: Path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(str(tmp_path / "br.mgmt"))
        listener.listen()
        listener.settimeout(5)
        yield listener


def sent(marker: RuleMarker, peer: socket.socket) -> list[bytes]:
    marker.flush()
    peer.settimeout(5)
    return Framer().feed(peer.recv(1 << 20))


def test_few_marks_are_sent_singly_and_many_in_a_bundle(tmp_path: Path, switch: socket.socket) -> None:
    marker = RuleMarker(tmp_path / "br.mgmt", EDGE)
    assert marker.mark(Connection(src="10.0.0.1", dst="10.0.0.2", sport=1, dport=2, l4=6), 5, 1, 9) == 0
    assert marker.service(0.0)
    peer, _ = switch.accept()
    assert sent(marker, peer)[0][1] == Type.HELLO
    connections = [Connection(src="10.0.0.1", dst="10.0.0.2", sport=n, dport=2, l4=6) for n in range(BUNDLE_FROM)]
    assert marker.mark(connections[0], 5, 1, 9) == 1
    marker.end(connections[0], 9)
    assert [message[1] for message in sent(marker, peer)] == [Type.FLOW_MOD] * 3
    numbers = [marker.mark(each, 5, 1, 9) for each in connections]
    assert numbers == sorted(set(numbers))
    kinds = [message[1] for message in sent(marker, peer)]
    inside = [Type.BUNDLE_ADD_MESSAGE] * 2 * len(connections)
    assert kinds == [Type.BUNDLE_CONTROL, *inside, Type.BUNDLE_CONTROL]
    assert marker.mark(Connection(src="10.0.0.1", dst="10.0.0.2", sport=0, dport=0, l4=47), 5, 1) == 0
    assert (marker.counters.marks, marker.counters.dropped, marker.counters.unmarkable) == (1 + BUNDLE_FROM, 1, 1)
    marker.close()
    peer.close()


def flow_mod(*fields: oxm.Oxm, actions: bytes = b"") -> bytes:
    instruction = (b"\x00\x04" + (8 + len(actions)).to_bytes(2, "big") + bytes(4) + actions) if actions else b""
    return build(5, Type.FLOW_MOD, 3, bytes(24) + b"\xff" * 12 + bytes(4) + oxm.encode_match(fields) + instruction)


@pytest.fixture
def gate(tmp_path: Path) -> UntrackedGate:
    return UntrackedGate(PredicateStore(tmp_path / "p.json", EDGE, VOCABULARY))


def test_what_needs_a_tracker_is_refused_before_a_bit_is_taken(gate: UntrackedGate) -> None:
    refused = gate.lower(flow_mod(oxm.l7_sni("a.example"), oxm.ct_state(0x10, 0x10)))
    assert isinstance(refused, L7Error)
    assert (refused.code, refused.offset) == (ErrorCode.NO_TRACKER, 52 + len(oxm.l7_sni("a.example").encode()))
    assert not gate._store.table.bits


def test_l7_fields_and_conntrack_become_registers_and_come_back(gate: UntrackedGate) -> None:
    fields = (oxm.ct_state(0x20, 0x20), oxm.l7_app_id(7), oxm.l7_sni("a.example"))
    lowered = gate.lower(flow_mod(*fields, actions=CT))
    assert isinstance(lowered, bytes)
    rule, question = messages.split(lowered)
    assert question[1] == Type.ECHO_REQUEST
    assert b"\x00\x00\x23\x20\x00\x23" not in rule
    row = bytes(2) + bytes(46) + rule[48:]
    reply = build(5, Type.MULTIPART_REPLY, 8, b"\0\1" + bytes(6) + len(row).to_bytes(2, "big") + row[2:])
    (restored,) = gate.restore(reply)
    raised = gate.raise_(restored)
    found, end = oxm.decode_match(raised, 16 + 48)
    assert set(found) == set(fields)
    assert raised[end + 8 :] == CT


def test_the_agents_rules_are_of_its_own_tables() -> None:
    rules = static_rules(EDGE).splitlines()
    own = {f"table={number}," for number in range(tables.FIRST_OWN_TABLE, tables.LAST_TABLE + 1)}
    assert {next(part for part in own if f",{part}" in rule) for rule in rules} == own
    assert all(rule.startswith(f"cookie={tables.STATIC_COOKIE:#x}") for rule in rules)
