"""Requests of the extension in a session: a desk that takes its time, barriers, roles, where errors point."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ofext.catalogue import CatalogueRequest
from ofext.config import ConfigReply, ConfigSet, EventConfig
from ofext.control import FlowCommand, FlowControl, FlowControlReply
from ofext.errors import DecodeError
from ofext.events import EventKind
from ofext.hello import AgentInfo, Hello
from ofext.ids import EXPERIMENTER_BYTES
from ofext.messages import ErrorCode, L7Error, Message, decode_message, encode_message, is_l7_message
from ofext.multipart import encode_request, frame_reply
from ofext.openflow import basic
from ofext.openflow.header import Framer, Type, build
from ofext.plugin_swap import PluginSwap, SwapCommand
from ofext.statistics import AppStatsRequest
from switch_dpi.shim import roles
from switch_dpi.shim.l7 import Asked, L7Endpoint
from switch_dpi.shim.outbox import MAX_PARTS, MAX_REQUESTS, Outbox, SessionGoneError
from switch_dpi.shim.session import Phase, ShimSession
from tests.fakes.agent_engine import CATALOGUE
from tests.unit.switch_dpi.test_shim_session import ALL, Gate

REINSPECT = FlowControl(command=FlowCommand.REINSPECT)
BARRIER = build(5, Type.BARRIER_REQUEST, 50)


class WaitingDesk:
    """Keeps what it is asked until the test lets it be done."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.configs: list[EventConfig] = []

    def submit(self, asked: Asked) -> None:
        self.asked.append(asked)

    def configured(self, config: EventConfig) -> None:
        self.configs.append(config)

    def finish(self) -> None:
        asked = self.asked.pop(0)
        asked.outbox.put(encode_message(FlowControlReply(matched=1, touched=1), version=5, xid=asked.xid))
        asked.outbox.close_request()


class Setting:
    """A relaying session with a controller of the extension."""

    def __init__(self) -> None:
        self.desk = WaitingDesk()
        self.session = ShimSession(Gate(), lambda: L7Endpoint(AgentInfo, lambda: CATALOGUE, desk=self.desk), 0.0)
        self.session.switch_data(basic.hello(ALL), 0.0)
        self.session.controller_connected(0.0)
        self.session.controller_data(basic.hello([5]) + encode_message(Hello(), version=5, xid=1), 0.0)
        self.session.take()
        assert self.session.phase is Phase.RELAYING

    def ask(self, *raw: bytes) -> tuple[bytes, list[bytes]]:
        """What goes to the switch, and the messages to the controller."""
        self.session.controller_data(b"".join(raw), 0.0)
        return self.taken()

    def taken(self) -> tuple[bytes, list[bytes]]:
        self.session.resume(0.0)
        output = self.session.take()
        return output.to_switch, Framer().feed(output.to_controller)

    def told(self, message: Message) -> Message | L7Error:
        (answer,) = self.ask(encode_message(message, version=5, xid=9))[1]
        assert answer[4:8] == (9).to_bytes(4, "big")
        found = decode_message(answer).message
        assert not isinstance(found, bytes)
        return found

    def role(self, role: roles.Role) -> None:
        self.session.switch_data(build(5, Type.ROLE_REPLY, 3, role.to_bytes(4, "big") + bytes(12)), 0.0)
        self.session.take()


@pytest.fixture
def setting() -> Setting:
    return Setting()


def l7(message: Message, xid: int = 7) -> bytes:
    return encode_message(message, version=5, xid=xid)


def test_a_barrier_waits_for_what_was_asked_before_it_and_everything_behind_waits_for_the_barrier(
    setting: Setting,
) -> None:
    after = build(5, Type.FLOW_MOD, 60, bytes(40))
    assert setting.ask(l7(REINSPECT), BARRIER, after) == (b"", [])
    assert setting.session.is_held
    setting.desk.finish()
    to_switch, answers = setting.taken()
    assert to_switch == BARRIER + after
    assert [answer[4:8] for answer in answers] == [(7).to_bytes(4, "big")]
    assert not setting.session.is_held


def test_an_echo_does_not_wait_for_a_barrier(setting: Setting) -> None:
    after, echo = build(5, Type.FLOW_MOD, 60, bytes(40)), build(5, Type.ECHO_REQUEST, 61)
    assert setting.ask(l7(REINSPECT), BARRIER, after, echo)[0] == echo
    setting.desk.finish()
    assert setting.taken()[0] == BARRIER + after


def test_without_a_barrier_nothing_waits(setting: Setting) -> None:
    after = build(5, Type.FLOW_MOD, 60, bytes(40))
    assert setting.ask(l7(REINSPECT), after)[0] == after
    assert not setting.session.is_held


def test_flow_control_behind_a_barrier_waits_for_the_switch_to_answer_it(setting: Setting) -> None:
    assert setting.ask(BARRIER, l7(REINSPECT))[0] == BARRIER
    assert not setting.desk.asked
    reply = build(5, Type.BARRIER_REPLY, 50)
    setting.session.switch_data(reply, 0.0)
    assert setting.taken()[1] == [reply]
    assert [asked.work for asked in setting.desk.asked] == [REINSPECT]


def test_other_requests_do_not_wait_for_the_switch(setting: Setting) -> None:
    _, answers = setting.ask(BARRIER, l7(CatalogueRequest()))
    assert len(answers) == 1


def test_too_many_requests_are_refused_and_the_earlier_ones_answered(setting: Setting) -> None:
    _, answers = setting.ask(*(l7(REINSPECT, xid) for xid in range(MAX_REQUESTS + 1)))
    (refused,) = (decode_message(answer) for answer in answers)
    assert isinstance(refused.message, L7Error)
    assert (refused.message.code, refused.message.offset, refused.xid) == (ErrorCode.UNAVAILABLE, 12, MAX_REQUESTS)
    setting.desk.finish()
    assert len(setting.taken()[1]) == 1


def test_a_desk_waits_for_room_and_stops_when_the_session_ends() -> None:
    outbox = Outbox()
    for number in range(MAX_PARTS):
        outbox.put(bytes([number]))
    assert list(outbox.take()) == [bytes([number]) for number in range(MAX_PARTS)]
    outbox.close()
    with pytest.raises(SessionGoneError):
        outbox.put(b"late")


def test_statistics_are_handed_to_the_desk_and_unknown_ones_refused(setting: Setting) -> None:
    assert setting.ask(encode_request(AppStatsRequest(), version=5, xid=8)) == (b"", [])
    assert [asked.work for asked in setting.desk.asked] == [AppStatsRequest()]
    unknown = bytearray(frame_reply(99, b"", version=5, xid=8, more=False))
    unknown[1] = Type.MULTIPART_REQUEST
    (answer,) = setting.ask(bytes(unknown))[1]
    error = decode_message(answer).message
    assert isinstance(error, L7Error)
    assert (error.code, error.offset, error.data) == (ErrorCode.UNKNOWN_TYPE, 20, (99).to_bytes(4, "big"))


def test_multiparts_of_others_go_to_the_switch(setting: Setting) -> None:
    ports = build(5, Type.MULTIPART_REQUEST, 8, b"\0\x0d\0\0\0\0\0\0" + bytes(8))
    assert setting.ask(ports) == (ports, [])


def test_a_slave_gets_no_events_and_may_change_nothing(setting: Setting) -> None:
    assert setting.session.endpoint.published is not None
    setting.role(roles.Role.SLAVE)
    assert setting.session.endpoint.published is None
    for refused in (REINSPECT, PluginSwap(command=SwapCommand.RELOAD), ConfigSet(config=EventConfig(max_batch=3))):
        error = setting.told(refused)
        assert isinstance(error, L7Error)
        assert (error.code, error.offset) == (ErrorCode.IS_SLAVE, 12)
    setting.role(roles.Role.MASTER)
    assert setting.session.endpoint.published == setting.session.endpoint.config


def test_a_slave_may_ask_for_kinds_of_its_own(setting: Setting) -> None:
    setting.role(roles.Role.SLAVE)
    wanted = replace(setting.session.endpoint.config, slave_kinds=frozenset({EventKind.ENDED}))
    assert isinstance(setting.told(ConfigSet(config=wanted)), ConfigReply)
    published = setting.session.endpoint.published
    assert published is not None
    assert published.kinds == {EventKind.ENDED}


def ours(kind: int, bitmap: int) -> bytes:
    return kind.to_bytes(2, "big") + b"\0\x10" + EXPERIMENTER_BYTES + bytes((0, 0, 0, 7)) + bitmap.to_bytes(4, "big")


PACKET_INS = bytes.fromhex("0000000800000003")


def test_set_async_says_which_events_come_and_the_switch_does_not_see_it(setting: Setting) -> None:
    asked = build(5, Type.SET_ASYNC, 4, PACKET_INS + ours(roles.MASTER_PROPERTY, 1 << 2) + ours(0xFFFE, 1 << 3))
    assert setting.ask(asked) == (build(5, Type.SET_ASYNC, 4, PACKET_INS), [])
    config = setting.session.endpoint.config
    assert (config.kinds, config.slave_kinds) == ({EventKind.VERDICT}, {EventKind.ENDED})
    setting.session.switch_data(build(5, Type.GET_ASYNC_REPLY, 5, PACKET_INS), 0.0)
    told = build(5, Type.GET_ASYNC_REPLY, 5, PACKET_INS + ours(0xFFFE, 1 << 3) + ours(0xFFFF, 1 << 2))
    assert setting.taken()[1] == [told]


def test_an_asynchronous_configuration_that_is_damaged_is_left_to_the_switch(setting: Setting) -> None:
    damaged = build(5, Type.SET_ASYNC, 4, ours(0xFFFF, 4)[:-4])
    with pytest.raises(DecodeError):
        roles.take_kinds(damaged)
    assert setting.ask(damaged) == (damaged, [])


@pytest.mark.parametrize(
    ("raw", "code", "offset", "data"),
    [
        (l7(Hello(versions=frozenset({30}))), ErrorCode.NO_COMMON_VERSION, 16, b"\x40\0\0\0"),
        (l7(FlowControlReply(matched=0, touched=0)), ErrorCode.UNKNOWN_TYPE, 12, b"\0\0\0\x09"),
        (l7(ConfigSet(config=EventConfig(max_batch=0))), ErrorCode.BAD_CONFIG, 18, b"\0\0"),
        (l7(ConfigSet(config=EventConfig(sample_every=0))), ErrorCode.BAD_CONFIG, 28, bytes(4)),
        (l7(FlowControl(command=FlowCommand.PIN)), ErrorCode.MALFORMED, 19, b"\0"),
    ],
)
def test_every_error_points_at_the_offending_bytes(
    setting: Setting, raw: bytes, code: int, offset: int, data: bytes
) -> None:
    (answer,) = setting.ask(raw)[1]
    assert is_l7_message(answer)
    error = decode_message(answer).message
    assert isinstance(error, L7Error)
    assert (error.code, error.offset, error.data) == (code, offset, data)
    assert raw[offset : offset + len(data)] == data


def test_configurations_reach_the_desk_and_the_usual_one_holds_again_after_the_session(setting: Setting) -> None:
    wanted = EventConfig(max_batch=9)
    setting.told(ConfigSet(config=wanted))
    setting.session.controller_lost("gone")
    assert setting.desk.configs == [wanted, EventConfig()]
