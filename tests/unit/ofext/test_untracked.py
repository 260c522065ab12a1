"""Switches without a connection tracker: fields as registers, actions as look-ups, the agent's tables out of sight."""

from __future__ import annotations

import contextlib
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ofext import oxm
from ofext.errors import OfextError
from ofext.openflow.header import Type, build
from ofext.openflow.marks import Connection
from ofext.oxm import Oxm
from ofext.untracked import actions, connections, everything, kept, messages, registers, tables
from ofext.untracked.errors import OwnTableError, UntrackedError, UntrackedMatchError

EDGE = 100
NICIRA = b"\x00\x00\x23\x20"
TOLD_STATES = 0x01 | 0x02 | 0x08 | 0x20


def nicira(subtype: int, body: bytes) -> bytes:
    raw = NICIRA + subtype.to_bytes(2, "big") + body
    size = oxm.padded(4 + len(raw))
    return (struct.pack("!HH", 0xFFFF, size) + raw).ljust(size, b"\0")


def ct(*, commit: bool = False, zone: int = EDGE, table: int = 0xFF, sets: bytes = b"") -> bytes:
    return nicira(actions.CT, struct.pack("!HIHB3xH", commit, 0, zone, table, 0) + sets)


def set_field(field: Oxm) -> bytes:
    body = field.encode()
    size = oxm.padded(4 + len(body))
    return (struct.pack("!HH", 25, size) + body).ljust(size, b"\0")


def output(port: int) -> bytes:
    return struct.pack("!HHIH6x", 0, 16, port, 0xFFFF)


def masked(make, bits: int) -> st.SearchStrategy[Oxm]:
    full = (1 << bits) - 1
    return st.tuples(st.integers(0, full), st.none() | st.integers(1, full - 1)).map(
        lambda pair: make(pair[0] if pair[1] is None else pair[0] & pair[1], pair[1])
    )


CONNTRACK = st.fixed_dictionaries(
    {},
    optional={
        "state": st.integers(1, 0xFF).map(lambda mask: oxm.ct_state(mask & TOLD_STATES, mask)),
        "zone": st.integers(0, 0xFFFF).map(oxm.ct_zone),
        "mark": masked(oxm.ct_mark, 32),
        "label": masked(oxm.ct_label, 128),
    },
).map(lambda found: tuple(found.values()))


@given(CONNTRACK)
def test_fields_of_conntrack_come_back_from_registers(fields: tuple[Oxm, ...]) -> None:
    in_port = Oxm(oxm.CLASS_OPENFLOW_BASIC, 0, False, bytes(4))
    changed = registers.to_registers((in_port, *fields))
    assert not any(map(registers.is_conntrack, changed))
    assert set(registers.from_registers(changed)) == {in_port, *fields}


@given(CONNTRACK)
def test_a_switch_may_report_registers_in_other_sizes(fields: tuple[Oxm, ...]) -> None:
    """Open vSwitch does: 32 bits in 1.3 and 1.4, 64 in 1.5."""
    held = {}
    for field in registers.to_registers(fields):
        held.update(dict(registers._parts(field)))
    singly = [registers.register(number, *part) for number, part in held.items()]
    assert set(registers.from_registers(singly)) == set(fields)
    pairs = []
    for first in range(0, 16, 2):
        parts = [held.get(number, (0, 0)) for number in (first, first + 1)]
        if any(mask for _, mask in parts):
            payload = b"".join(part[place].to_bytes(4, "big") for place in (0, 1) for part in parts)
            pairs.append(Oxm(registers.CLASS_PACKET_REGISTERS, first // 2, True, payload))
    assert set(registers.from_registers(pairs)) == set(fields)


@pytest.mark.parametrize(
    "field",
    [
        oxm.ct_state(0x10, 0x10),
        oxm.ct_state(0x24, 0x24),
        registers.register(12, 0),
        oxm.nxm(registers.LABEL_XXREG + 1, 0, None, 16),
        oxm.nxm(120, 0, None, 4),
    ],
    ids=["+inv", "+rel", "reg12", "xxreg3", "ct_nw_src"],
)
def test_what_rules_cannot_tell_is_refused_where_it_stands(field: Oxm) -> None:
    with pytest.raises(UntrackedMatchError) as refused:
        registers.to_registers((oxm.ct_zone(1), field))
    assert refused.value.index == 1


def test_not_invalid_and_not_related_hold_for_every_packet() -> None:
    field = oxm.ct_state(0x20, 0x34)
    assert registers.from_registers(registers.to_registers((field,))) == (field,)


SETS = st.lists(
    st.one_of(masked(oxm.ct_mark, 32), masked(oxm.ct_label, 128)).map(set_field)
    | st.integers(0, 63).map(lambda bit: nicira(actions.REG_LOAD, struct.pack("!HIQ", bit << 6, 0x0001D810, 1))),
    min_size=1,
    max_size=3,
).map(b"".join)
CTS = st.one_of(
    st.builds(ct, zone=st.integers(0, 0xFFFF), table=st.integers(0, 249) | st.just(0xFF)),
    st.builds(
        ct,
        commit=st.just(True),
        zone=st.integers(0, 0xFFFF),
        table=st.integers(0, 249) | st.just(0xFF),
        sets=SETS | st.just(b""),
    ),
    st.just(nicira(actions.CT_CLEAR, bytes(6))),
)
LISTS = st.lists(CTS | st.integers(1, 9).map(output), max_size=5).map(b"".join)


@given(LISTS, LISTS)
def test_actions_come_back_from_rules(plain: bytes, nested: bytes) -> None:
    clone = nicira(actions.CLONE, bytes(6) + nested)
    changed = actions.to_rules(plain + clone)
    assert NICIRA + bytes([0, actions.CT]) not in changed
    assert actions.from_rules(changed) == plain + clone


@pytest.mark.parametrize(
    "action",
    [
        nicira(actions.CT, struct.pack("!HIHB3xH", 2, 0, EDGE, 1, 0)),
        nicira(actions.CT, struct.pack("!HIHB3xH", 1, 0x00010204, 0x0F, 1, 0)),
        nicira(actions.CT, struct.pack("!HIHB3xH", 1, 0, EDGE, 1, 21)),
        ct(commit=True, sets=nicira(36, struct.pack("!2xHH", 1, 0))),
        ct(sets=set_field(oxm.ct_mark(1))),
        set_field(registers.register(9, 5)),
        nicira(actions.REG_LOAD, struct.pack("!HIQ", 31, 0x00011C04, 1)),
        nicira(actions.RESUBMIT_TABLE_CT, struct.pack("!HB3x", 0xFFF8, 1)),
    ],
    ids=["force", "zone from a field", "helper", "nat", "exec without commit", "reg9", "load to reg14", "resubmit ct"],
)
def test_actions_that_need_a_tracker_are_refused(action: bytes) -> None:
    with pytest.raises(UntrackedError) as refused:
        actions.to_rules(output(1) + action)
    assert refused.value.offset >= 16


@pytest.mark.parametrize("table", [tables.FIRST_OWN_TABLE, tables.LOOK_UP])
def test_no_way_leads_into_the_agents_tables(table: int) -> None:
    for action in (nicira(actions.RESUBMIT_TABLE, struct.pack("!HB3x", 0xFFF8, table)), ct(table=table)):
        with pytest.raises(OwnTableError):
            actions.to_rules(action)
    with pytest.raises(OwnTableError) as refused:
        messages.to_rules(flow_mod(instructions=struct.pack("!HHB3x", 1, 8, table)))
    assert refused.value.offset == 60
    with pytest.raises(OwnTableError):
        messages.to_rules(flow_mod(table=table))


def flow_mod(*fields: Oxm, version: int = 5, command: int = 0, table: int = 0, instructions: bytes = b"") -> bytes:
    head = bytes(16) + bytes([table, command]) + bytes(6) + b"\xff" * 12 + bytes(4)
    return build(version, Type.FLOW_MOD, 7, head + oxm.encode_match(fields) + instructions)


def apply(some: bytes) -> bytes:
    return struct.pack("!HH4x", 4, 8 + len(some)) + some


@pytest.mark.parametrize("version", [4, 5, 6])
def test_a_rule_is_read_back_from_statistics_as_it_was_sent(version: int) -> None:
    fields = (oxm.ct_state(0x21, 0x21), oxm.ct_mark(5), oxm.ct_label(1, 1))
    some = output(3) + ct(commit=True, table=4, sets=set_field(oxm.ct_mark(0)))
    sent = messages.to_rules(flow_mod(*fields, version=version, instructions=apply(some)))
    match, end = oxm.decode_match(sent, 48)
    assert not any(map(registers.is_conntrack, match))
    reply = statistics(version, [(0, sent[48:]), (tables.LOOK_UP, sent[48:])])
    got = messages.from_rules(reply)
    rows = list(entries(got))
    assert len(rows) == 1
    at = 24 if version == 6 else 48
    found, end = oxm.decode_match(rows[0], at)
    assert found == fields
    assert rows[0][end + (8 if version == 6 else 0) :] == apply(some)


def statistics(version: int, rules: list[tuple[int, bytes]], xid: int = 7) -> bytes:
    body = b""
    for table, rest in rules:
        if version == 6:
            _, end = oxm.decode_match(rest)
            counters = struct.pack("!HH4x", 0, 4)
            row = bytes(4) + bytes([table]) + bytes(19) + rest[:end] + counters + rest[end:]
        else:
            row = bytes(2) + bytes([table]) + bytes(45) + rest
        body += len(row).to_bytes(2, "big") + row[2:]
    return build(version, Type.MULTIPART_REPLY, xid, struct.pack("!HH4x", 1, 0) + body)


def entries(reply: bytes):
    at = 16
    while at < len(reply):
        size = int.from_bytes(reply[at : at + 2], "big")
        yield reply[at : at + size]
        at += size


def test_the_switch_has_fewer_tables_for_a_controller() -> None:
    features = build(5, Type.FEATURES_REPLY, 1, bytes(8) + bytes(4) + bytes([254]) + bytes(11))
    assert messages.from_rules(features)[20] == tables.FIRST_OWN_TABLE
    rows = b"".join(bytes([table]) + bytes(23) for table in (0, 249, 250, 253))
    got = messages.from_rules(build(5, Type.MULTIPART_REPLY, 1, struct.pack("!HH4x", 3, 0) + rows))
    assert [row[0] for row in (got[at : at + 24] for at in range(16, len(got), 24))] == [0, 249]


@pytest.mark.parametrize("command", [3, 4])
def test_a_deletion_from_all_tables_leaves_the_agents_alone(command: int) -> None:
    spread = messages.split(everything.spread(flow_mod(command=command, table=0xFF)))
    assert [each[24] for each in spread] == list(range(tables.FIRST_OWN_TABLE))
    inner = flow_mod(command=command, table=0xFF)
    bundled = build(5, Type.BUNDLE_ADD_MESSAGE, 7, bytes(8) + inner)
    assert [each[16 + 24] for each in messages.split(everything.spread(bundled))] == list(range(250))
    assert everything.spread(flow_mod(table=0xFF)) == flow_mod(table=0xFF)


def request(kind: int, version: int = 5) -> bytes:
    body = b"\xff" + bytes(3) + b"\xff" * 8 + bytes(20) + oxm.encode_match(())
    return build(version, Type.MULTIPART_REQUEST, 9, struct.pack("!HH4x", kind, 0) + body)


def test_statistics_of_all_tables_are_put_together() -> None:
    questions = everything.Questions()
    asked = messages.split(questions.ask(request(messages.FLOW)))
    assert [each[16] for each in asked] == list(range(tables.FIRST_OWN_TABLE))
    row = statistics(5, [(3, flow_mod()[48:])], xid=9)
    answers = [questions.answered(row if number == 3 else row[:2] + b"\0\x10" + row[4:16]) for number in range(250)]
    told = [each for each in answers if each]
    assert told == [row]
    assert questions.answered(row) == row  # of another question


@pytest.mark.parametrize("version", [5, 6])
def test_aggregates_are_added(version: int) -> None:
    questions = everything.Questions()
    asked = questions.ask(request(messages.AGGREGATE, version))
    if version == 5:
        body = struct.pack("!QQI4x", 2, 100, 1)
    else:
        body = struct.pack("!HHHBBI", 0, 12, 0x8002, 3 << 1, 4, 1) + bytes(4)
    reply = build(version, Type.MULTIPART_REPLY, 9, struct.pack("!HH4x", 2, 0) + body)
    told = [answer for _ in messages.split(asked) if (answer := questions.answered(reply))]
    total = struct.pack("!QQI4x", 500, 25000, 250) if version == 5 else body[:8] + struct.pack("!I4x", 250)
    assert [each[16:] for each in told] == [total]


def test_what_is_too_long_for_a_message_comes_in_parts() -> None:
    questions = everything.Questions()
    asked = messages.split(questions.ask(request(messages.FLOW)))
    rows = statistics(5, [(0, flow_mod()[48:])] * 100, xid=9)
    told = b"".join(questions.answered(rows) for _ in asked)
    parts = messages.split(told)
    assert [int.from_bytes(each[10:12], "big") for each in parts] == [1] * (len(parts) - 1) + [0]
    assert sum(len(list(entries(each))) for each in parts) == 100 * len(asked)


def test_a_refused_question_is_refused_once() -> None:
    questions = everything.Questions()
    asked = messages.split(questions.ask(request(messages.FLOW)))
    errors = [build(5, Type.ERROR, 9, struct.pack("!HH", 4, 1) + each) for each in asked]
    assert [bool(questions.answered(error)) for error in errors] == [True] + [False] * 249


def test_questions_that_wait_are_bounded() -> None:
    questions = everything.Questions()
    for number in range(everything.MAX_QUESTIONS):
        asked = request(messages.FLOW)
        questions.ask(asked[:4] + number.to_bytes(4, "big") + asked[8:])
    with pytest.raises(UntrackedError):
        questions.ask(request(messages.FLOW))


def test_a_mark_is_two_rules_that_are_read_back() -> None:
    connection = Connection(src="10.0.0.1", dst="10.0.0.2", sport=4000, dport=443, l4=6)
    there, back = connections.mark_rules(EDGE, connection, 0x14002711, 1 << 100 | 1, 77)
    rows = []
    for body in (there, back):
        head = bytes(2) + bytes([tables.LOOK_UP]) + bytes(9) + body[22:24] + body[18:20] + bytes(8) + body[:8]
        rows.append(head + bytes(16) + body[40:])
    reply = bytes(8) + struct.pack("!HH4x", 1, 0) + b"".join(len(r).to_bytes(2, "big") + r[2:] for r in rows)
    first, second = kept.kept_in(reply)
    assert (first.ends, second.ends) == (("10.0.0.1", 4000, "10.0.0.2", 443), ("10.0.0.2", 443, "10.0.0.1", 4000))
    assert (first.is_reply, second.is_reply) == (False, True)
    for each in (first, second):
        assert (each.zone, each.mark, each.label, each.flow_id) == (EDGE, 0x14002711, 1 << 100 | 1, 77)
        assert (each.priority, each.idle_timeout_s) == (tables.MARKED, tables.IDLE_TCP_S)


@given(st.binary(max_size=200), st.sampled_from(list(Type)), st.sampled_from([4, 5, 6]))
def test_any_bytes_raise_errors_of_this_package_only(body: bytes, kind: Type, version: int) -> None:
    message = build(version, kind, 1, body)
    for work in (messages.to_rules, messages.from_rules, everything.Questions().ask, everything.Questions().answered):
        with contextlib.suppress(OfextError):
            work(message)
