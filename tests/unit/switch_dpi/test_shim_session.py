"""The shim's core: negotiation, standing by, relaying, refusing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ofext import oxm
from ofext.catalogue import AppEntry, Catalogue, CatalogueRequest
from ofext.catalogue_change import CatalogueChange, applied, join
from ofext.config import ConfigRequest, ConfigSet, EventConfig
from ofext.hello import AgentInfo, Hello
from ofext.ids import EXPERIMENTER_BYTES
from ofext.messages import ErrorCode, L7Error, Message, decode_message, encode_message, is_l7_message
from ofext.openflow import basic
from ofext.openflow.header import Framer, Type, build
from switch_dpi.shim.bundles import MAX_SPOILT
from switch_dpi.shim.gate import PutOff
from switch_dpi.shim.l7 import L7Endpoint
from switch_dpi.shim.session import HELLO_S, MAX_ANSWERS_SIZE, PATIENCE_S, Output, Phase, ShimSession
from switch_dpi.shim.window import WINDOW_SIZE
from tests.fakes.agent_engine import CATALOGUE

ALL = frozenset({1, 4, 5, 6})
REFUSED = EXPERIMENTER_BYTES + b"refuse me"
HIGH = EXPERIMENTER_BYTES + b"high"
LOW = oxm.ct_label(0, 0).encode()[:4] + oxm.ct_zone(0).encode()[:4]  # what the bridge's messages have where L7 may be


class Gate:
    """Marks what went through it."""

    def __init__(self) -> None:
        self.is_making_room = False
        self.is_full = False

    def lower(self, message: bytes) -> bytes | L7Error | PutOff:
        if self.is_full and HIGH in message:
            self.is_making_room = True
            return PutOff(b"question")
        if REFUSED in message:
            return L7Error(code=ErrorCode.MATCH_VALUE, text="refused")
        return message.replace(HIGH, LOW)

    def raise_(self, message: bytes) -> bytes:
        return message.replace(LOW, HIGH)

    def answered(self, message: bytes) -> bytes | None:
        return b"next question" if REFUSED in message else None


def make(preferred: int | None = None, gate: Gate | None = None) -> ShimSession:
    return ShimSession(gate or Gate(), lambda: L7Endpoint(AgentInfo, lambda: CATALOGUE), 0.0, preferred)


def relaying(version: int = 5, gate: Gate | None = None) -> ShimSession:
    session = make(gate=gate)
    session.switch_data(basic.hello(ALL), 0.0)
    session.controller_connected(0.0)
    session.controller_data(basic.hello([version]), 0.0)
    session.take()
    assert session.phase is Phase.RELAYING
    return session


def kinds(data: bytes) -> list[int]:
    return [message[1] for message in Framer().feed(data)]


@pytest.mark.parametrize("version", [4, 5, 6])
def test_both_sides_are_told_the_controllers_version(version: int) -> None:
    session = make()
    session.switch_data(basic.hello(ALL), 0.0)
    session.controller_connected(0.0)
    assert basic.hello_versions(session.take().to_controller) == {4, 5, 6}
    session.controller_data(basic.hello([1, version]), 0.0)
    assert basic.hello_versions(session.take().to_switch) == {version}
    assert (session.version, session.phase) == (version, Phase.RELAYING)


def test_hello_without_bitmap_means_all_versions_up_to_its_own() -> None:
    session = make()
    session.switch_data(basic.hello(ALL), 0.0)
    session.controller_connected(0.0)
    session.controller_data(build(4, Type.HELLO, 1), 0.0)
    assert session.version == 4


def test_bridge_without_a_common_version_is_told_and_left() -> None:
    session = make()
    session.switch_data(basic.hello([1]), 0.0)
    output = session.take()
    assert kinds(output.to_switch) == [Type.ERROR]
    assert "OpenFlow 1.0" in output.close


def test_controller_without_a_common_version_is_dropped_and_the_bridge_kept() -> None:
    session = make()
    session.switch_data(basic.hello(ALL), 0.0)
    session.controller_connected(0.0)
    session.controller_data(basic.hello([1]), 0.0)
    output = session.take()
    assert kinds(output.to_controller) == [Type.HELLO, Type.ERROR]
    assert output.drop_controller
    assert not output.close
    assert session.wants_controller


def test_bridge_is_kept_content_while_the_controller_is_away() -> None:
    session = make()
    session.switch_data(basic.hello(ALL), 0.0)
    assert session.timer == PATIENCE_S
    session.tick(PATIENCE_S)
    assert basic.hello_versions(session.take().to_switch) == {5}
    session.switch_data(basic.echo_request(5, 9, b"there?"), 1.0)
    assert session.take().to_switch == build(5, Type.ECHO_REPLY, 9, b"there?")
    assert session.wants_controller


def test_standing_by_becomes_relaying_when_the_guess_was_right() -> None:
    session = make(preferred=6)
    session.switch_data(basic.hello(ALL), 0.0)
    session.tick(PATIENCE_S)
    session.take()
    session.controller_connected(2.0)
    session.controller_data(basic.hello([6]) + build(6, Type.FEATURES_REQUEST, 2), 2.0)
    output = session.take()
    assert kinds(output.to_switch) == [Type.FEATURES_REQUEST]
    assert session.phase is Phase.RELAYING


def test_wrong_guess_ends_the_session_and_is_remembered() -> None:
    session = make(preferred=6)
    session.switch_data(basic.hello(ALL), 0.0)
    session.tick(PATIENCE_S)
    session.controller_connected(2.0)
    session.controller_data(basic.hello([4]), 2.0)
    assert "connect anew" in session.take().close
    assert session.version == 4


def test_controller_that_says_nothing_is_dropped() -> None:
    session = make()
    session.switch_data(basic.hello(ALL), 0.0)
    session.controller_connected(0.0)
    session.tick(PATIENCE_S)
    assert session.phase is Phase.STANDBY
    session.tick(PATIENCE_S + HELLO_S)
    assert session.take().drop_controller


def test_end_of_the_controller_ends_the_session() -> None:
    session = relaying()
    session.controller_lost("gone")
    assert "gone" in session.take().close


def test_stream_that_is_not_openflow_ends_the_session() -> None:
    session = relaying()
    session.controller_data(b"GET / HTTP/1.1\r\n" + bytes(8), 0.0)
    session.switch_data(bytes((5, 2, 0, 4)) + bytes(8), 0.0)
    assert session.take().close


def test_rules_are_lowered_and_answers_raised_only_after_the_extensions_hello() -> None:
    session = relaying()
    session.controller_data(build(5, Type.FLOW_MOD, 1, HIGH), 0.0)
    assert session.take().to_switch == build(5, Type.FLOW_MOD, 1, LOW)
    answer = build(5, Type.MULTIPART_REPLY, 2, LOW)
    session.switch_data(answer, 0.0)
    assert session.take().to_controller == answer
    session.controller_data(encode_message(Hello(), version=5, xid=3), 0.0)
    session.take()
    session.switch_data(answer, 0.0)
    assert session.take().to_controller == build(5, Type.MULTIPART_REPLY, 2, HIGH)


def test_messages_of_the_extension_stay_with_the_agent_and_others_pass() -> None:
    session = relaying()
    session.controller_data(encode_message(Hello(), version=5, xid=3), 0.0)
    output = session.take()
    assert not output.to_switch
    assert isinstance(decode_message(output.to_controller).message, Hello)
    foreign = build(5, Type.EXPERIMENTER, 4, b"\0\0\x23\x20" + bytes(12))
    session.controller_data(foreign, 0.0)
    assert session.take().to_switch == foreign


@pytest.mark.parametrize(
    ("before", "asked", "code"),
    [
        ([], ConfigRequest(), ErrorCode.NOT_NEGOTIATED),
        ([], Hello(versions=frozenset({30})), ErrorCode.NO_COMMON_VERSION),
        ([Hello()], ConfigSet(config=EventConfig(max_batch=0)), ErrorCode.BAD_CONFIG),
    ],
)
def test_extension_refuses_with_an_error_of_its_own(before: list[Message], asked: Message, code: ErrorCode) -> None:
    session = relaying()
    for message in before:
        session.controller_data(encode_message(message, version=5, xid=1), 0.0)
    session.take()
    session.controller_data(encode_message(asked, version=5, xid=2), 0.0)
    answer = decode_message(session.take().to_controller).message
    assert isinstance(answer, L7Error)
    assert answer.code == code


def test_bridge_that_says_nothing_is_left() -> None:
    session = make()
    session.tick(HELLO_S)
    assert "no HELLO" in session.take().close


def test_controller_that_does_not_begin_with_hello_is_dropped_and_the_next_begins_afresh() -> None:
    session = make()
    session.switch_data(basic.hello(ALL), 0.0)
    session.controller_connected(0.0)
    session.controller_data(build(5, Type.FEATURES_REQUEST, 2) + b"\5\0", 0.0)
    assert "before the HELLO" in session.take().drop_controller
    session.controller_connected(1.0)
    session.controller_data(basic.hello([5]), 1.0)
    assert session.phase is Phase.RELAYING


def test_refused_rule_is_answered_under_its_xid_and_disturbs_nothing() -> None:
    session = relaying()
    after = build(5, Type.BARRIER_REQUEST, 8)
    session.controller_data(build(5, Type.FLOW_MOD, 7, REFUSED) + after, 0.0)
    output = session.take()
    assert output.to_switch == after
    envelope = decode_message(output.to_controller)
    assert (envelope.xid, isinstance(envelope.message, L7Error)) == (7, True)


def bundle_add(version: int, inner: bytes) -> bytes:
    body = (9).to_bytes(4, "big") + bytes(4) + inner
    if version > 4:
        return build(version, Type.BUNDLE_ADD_MESSAGE, 1, body)
    return build(version, Type.EXPERIMENTER, 1, b"ONF\0" + (2301).to_bytes(4, "big") + body)


def bundle_control(version: int, request: int, xid: int) -> bytes:
    body = (9).to_bytes(4, "big") + request.to_bytes(2, "big") + bytes(2)
    if version > 4:
        return build(version, Type.BUNDLE_CONTROL, xid, body)
    return build(version, Type.EXPERIMENTER, xid, b"ONF\0" + (2300).to_bytes(4, "big") + body)


@pytest.mark.parametrize("version", [4, 5, 6])
def test_bundle_that_lost_a_rule_is_discarded_instead_of_committed(version: int) -> None:
    session = relaying(version)
    session.controller_data(bundle_add(version, REFUSED), 0.0)
    session.take()
    session.controller_data(bundle_control(version, 4, xid=2), 0.0)
    output = session.take()
    assert output.to_switch == bundle_control(version, 6, xid=2)
    assert output.to_controller[:2] == bytes((version, Type.ERROR))
    assert output.to_controller[4:12] == bytes((0, 0, 0, 2, 0, 17, 0, 13))
    session.switch_data(bundle_control(version, 7, xid=2), 0.0)
    assert not session.take().to_controller


def test_events_stand_between_messages() -> None:
    session = relaying()
    whole = build(5, Type.PACKET_IN, 1, b"x" * 100)
    session.switch_data(whole[:50], 0.0)
    session.inject(b"event")
    session.switch_data(whole[50:], 0.0)
    assert session.take().to_controller == b"event" + whole


@given(st.lists(st.integers(1, 40), max_size=20), st.sampled_from([b"", bytes(8)]), st.sampled_from([b"", bytes(8)]))
def test_any_cut_of_the_streams_gives_the_same(cuts: list[int], down_fault: bytes, up_fault: bytes) -> None:
    down = b"".join(
        [
            basic.hello([5]),
            build(5, Type.FEATURES_REQUEST, 1),
            encode_message(Hello(), version=5, xid=2),
            build(5, Type.FLOW_MOD, 3, HIGH + bytes(40)),
            build(5, Type.FLOW_MOD, 4, REFUSED),
        ]
    )
    up = build(5, Type.FEATURES_REPLY, 1, bytes(24)) + build(5, Type.PACKET_IN, 0, LOW)
    down, up = down + down_fault, up + up_fault
    assert run(pieces(down, cuts), pieces(up, cuts)) == run([down], [up])


def run(down: list[bytes], up: list[bytes]) -> tuple[bytes, bytes]:
    session = make()
    session.switch_data(basic.hello(ALL), 0.0)
    session.controller_connected(0.0)
    outputs: list[Output] = []
    for piece in down:
        session.controller_data(piece, 0.0)
        outputs.append(session.take())
    for piece in up:
        session.switch_data(piece, 0.0)
        outputs.append(session.take())
    return b"".join(o.to_switch for o in outputs), b"".join(o.to_controller for o in outputs)


def pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    found = []
    for cut in cuts:
        found.append(data[:cut])
        data = data[cut:]
    return [piece for piece in [*found, data] if piece]


def test_a_controller_that_has_the_catalogue_is_told_what_changes() -> None:
    known = [CATALOGUE]
    session = ShimSession(Gate(), lambda: L7Endpoint(AgentInfo, lambda: known[0]), 0.0)
    session.switch_data(basic.hello(ALL), 0.0)
    session.controller_connected(0.0)
    session.controller_data(basic.hello([5]), 0.0)
    session.controller_data(encode_message(Hello(), version=5, xid=1), 0.0)
    session.take()
    session.refresh()
    assert session.take().to_controller == b""
    session.controller_data(encode_message(CatalogueRequest(), version=5, xid=2), 0.0)
    session.take()
    session.refresh()
    assert session.take().to_controller == b""
    many = tuple(AppEntry(app_id=number, key=f"app-{number}", name="x" * 99) for number in range(1, 2000))
    known[0] = Catalogue(version="fake 2", apps=many)
    assert session.refresh()
    known[0] = Catalogue(version="fake 3", apps=many[:1])  # waits for the end of the one before
    while session.refresh():
        pass
    parts = [decode_message(raw).message for raw in Framer().feed(session.take().to_controller)]
    told = [part for part in parts if isinstance(part, CatalogueChange)]
    assert [part.version for part in told] == ["fake 2"] * (len(told) - 1) + ["fake 3"]
    second = applied(CATALOGUE, join(told[:-1]))
    assert second == Catalogue(version="fake 2", apps=many)
    assert told[-1].gone_apps == {app.app_id for app in many[1:]}
    assert applied(second, told[-1]) == known[0]
    assert not session.refresh()
    assert session.take().to_controller == b""


def test_answers_that_the_controller_does_not_take_are_not_made() -> None:
    many = Catalogue(version="1", apps=tuple(AppEntry(app_id=n, key=f"app-{n}", name="x" * 99) for n in range(3000)))
    session = ShimSession(Gate(), lambda: L7Endpoint(AgentInfo, lambda: many), 0.0)
    session.switch_data(basic.hello(ALL), 0.0)
    session.controller_connected(0.0)
    session.controller_data(basic.hello([5]), 0.0)
    session.take()
    asked = 50
    request = encode_message(CatalogueRequest(), version=5, xid=2)
    after = build(5, Type.BARRIER_REQUEST, 3)
    session.controller_data(encode_message(Hello(), version=5, xid=1) + request * asked + after, 0.0)
    parts, turns = [], 0
    while True:
        output = session.take()
        assert len(output.to_controller) <= MAX_ANSWERS_SIZE + 0xFFFF
        parts += [decode_message(raw).message for raw in Framer().feed(output.to_controller) if is_l7_message(raw)]
        if not session.is_busy:
            break
        assert not output.to_switch  # a barrier waits for the answers before it
        session.resume(0.0)
        turns += 1
    assert output.to_switch == after
    told = [part for part in parts if isinstance(part, Catalogue)]
    assert (turns > asked, sum(not part.more for part in told), len(told) % asked) == (True, asked, 0)


def test_a_rule_that_is_put_off_and_all_behind_it_but_echoes_wait() -> None:
    gate = Gate()
    session = relaying(gate=gate)
    gate.is_full = True
    rule, after = build(5, Type.FLOW_MOD, 2, HIGH), build(5, Type.PACKET_OUT, 3)
    echo = build(5, Type.ECHO_REQUEST, 4)
    session.controller_data(rule + after + echo, 0.0)
    assert session.take().to_switch == b"question" + echo
    assert session.is_busy
    assert session.is_held
    gate.is_full = gate.is_making_room = False
    assert not session.is_held
    session.resume(0.0)
    assert session.take().to_switch == rule.replace(HIGH, LOW) + after
    assert not session.is_busy


def test_fault_behind_messages_that_wait_for_answers_comes_after_them() -> None:
    session = relaying()
    requests = encode_message(Hello(), version=5, xid=1) + encode_message(ConfigRequest(), version=5, xid=2) * 4000
    session.controller_data(requests + bytes(8), 0.0)
    answers = b""
    while session.is_busy:
        output = session.take()
        answers += output.to_controller
        assert not output.close
        session.resume(0.0)
    output = session.take()
    assert len(Framer().feed(answers + output.to_controller)) == 4001
    assert "message length" in output.close


@pytest.mark.parametrize("version", [4, 6, 0, 255])
def test_message_of_another_version_is_the_bridges_to_refuse_or_the_agents(version: int) -> None:
    session = relaying()
    rule, hello = build(version, Type.FLOW_MOD, 1, HIGH), encode_message(Hello(), version=version, xid=7)
    session.controller_data(rule + hello, 0.0)
    output = session.take()
    assert output.to_switch == rule
    assert output.to_controller == basic.error(5, 7, basic.ERROR_BAD_REQUEST, basic.BAD_VERSION, hello)


def test_events_wait_until_those_before_them_were_read() -> None:
    session = relaying()
    whole = build(5, Type.EXPERIMENTER, 0, bytes(9992))
    sent = 0
    while session.takes_events:
        session.inject(whole)
        sent += len(whole)
    assert WINDOW_SIZE <= sent <= WINDOW_SIZE + len(whole)
    echoes = [raw for raw in Framer().feed(session.take().to_controller) if raw[1] == Type.ECHO_REQUEST]
    assert len(echoes) == sent // (7 * len(whole))
    own = basic.echo_reply(basic.echo_request(5, 0, b"of the bridge"))
    session.controller_data(own, 0.0)
    assert (session.takes_events, session.take().to_switch) == (False, own)
    session.controller_data(basic.echo_reply(echoes[0]) * 2, 0.0)
    assert (session.takes_events, session.take().to_switch) == (True, b"")


def test_answers_of_the_switch_to_the_gate_are_taken_out() -> None:
    session = relaying()
    own, foreign = (build(5, Type.ECHO_REPLY, 1, data) for data in (REFUSED, EXPERIMENTER_BYTES + b"other"))
    session.switch_data(own + foreign, 0.0)
    output = session.take()
    assert (output.to_switch, output.to_controller) == (b"next question", foreign)


def test_spoilt_bundle_that_is_opened_anew_is_whole_again() -> None:
    session = relaying()
    session.controller_data(bundle_add(5, REFUSED) + bundle_control(5, 0, xid=2) + bundle_control(5, 4, xid=3), 0.0)
    assert session.take().to_switch == bundle_control(5, 0, xid=2) + bundle_control(5, 4, xid=3)


@pytest.mark.parametrize("version", [4, 5, 6])
def test_only_the_answer_to_the_shims_own_discard_is_swallowed(version: int) -> None:
    session = relaying(version)
    session.controller_data(bundle_add(version, REFUSED) + bundle_control(version, 4, xid=2), 0.0)
    session.take()
    others = [
        basic.error(version, 2, 4, 1, build(version, Type.FLOW_MOD, 2, bytes(40))),
        bundle_control(version, 1, xid=2),
        build(version, Type.EXPERIMENTER, 2, bytes(16)),
    ]
    failed = basic.error(version, 2, 17, 2, bundle_control(version, 6, xid=2))
    session.switch_data(b"".join(others) + failed + failed, 0.0)
    assert session.take().to_controller == b"".join(others) + failed


def test_controller_with_too_many_spoilt_bundles_is_left() -> None:
    session = relaying()
    for bundle in range(MAX_SPOILT):
        session.controller_data(bundle_add(5, REFUSED).replace(b"\0\0\0\x09", bundle.to_bytes(4, "big"), 1), 0.0)
    assert not session.take().close
    session.controller_data(bundle_add(5, REFUSED).replace(b"\0\0\0\x09", b"last", 1), 0.0)
    assert "open bundles" in session.take().close


def test_answers_to_requests_that_come_one_by_one_are_bounded_too() -> None:
    session = relaying()
    session.controller_data(encode_message(Hello(), version=5, xid=1), 0.0)
    request, size = encode_message(ConfigRequest(), version=5, xid=2), 0
    while not session.is_busy:
        session.controller_data(request, 0.0)
        size += len(session.take().to_controller)
    assert MAX_ANSWERS_SIZE <= size < MAX_ANSWERS_SIZE + 1000
    session.resume(0.0)  # the controller has read them
    assert not session.is_busy
