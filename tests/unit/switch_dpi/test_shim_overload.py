"""A controller that stops reading while the engine has much to tell: the switch goes first, all events are counted."""

from __future__ import annotations

import select
import socket
import threading
from collections.abc import Iterator

import pytest

from ofext.events import EventKind, FlowEvent, FlowEvents
from ofext.hello import AgentInfo, Hello
from ofext.messages import decode_message, encode_message, is_l7_message
from ofext.openflow import basic
from ofext.openflow.header import Framer, Type, build
from switch_dpi.publish import Publisher
from switch_dpi.shim.hot import HotRelay
from switch_dpi.shim.l7 import L7Endpoint
from switch_dpi.shim.session import ShimSession
from switch_dpi.shim.window import MARK_SIZE, WINDOW_SIZE
from tests.fakes.agent_engine import CATALOGUE
from tests.unit.switch_dpi.test_agent_publish import event
from tests.unit.switch_dpi.test_shim_session import ALL, Gate

QUEUE = 4096
FLOWS = 3000  # fewer than the queue holds: their later events stand for the earlier ones
ROUNDS = 10
DROPPED = 2500  # flows after these, too many to keep all; the oldest events make room
FROM_SWITCH = [
    basic.echo_request(5, 7, b"there?"),
    build(5, Type.PACKET_IN, 0, bytes(100)),
    build(5, 12, 0, bytes(72)),  # PORT_STATUS
]


class Overload:
    """A relay over TCP, whose kernels hold much for a controller that does not read."""

    def __init__(self) -> None:
        session = ShimSession(Gate(), lambda: L7Endpoint(AgentInfo, lambda: CATALOGUE), 0.0)
        session.switch_data(basic.hello(ALL), 0.0)
        session.controller_connected(0.0)
        session.controller_data(basic.hello([5]), 0.0)
        session.take()
        self.publisher = Publisher(QUEUE)
        with socket.create_server(("127.0.0.1", 0)) as listener:
            ends = []
            for _ in range(2):
                far = socket.create_connection(listener.getsockname())
                far.settimeout(20)
                near, _ = listener.accept()
                near.setblocking(False)
                ends.append((far, near))
        (self.switch, near_switch), (self.controller, near_controller) = ends
        self.relay = HotRelay(session, near_switch, near_controller, self.publisher, lambda: iter(()), lambda _: None)
        self.relay.start()
        self._framer = Framer()

    def add(self, events: list[FlowEvent]) -> None:
        """As the engine's thread does, some at a time."""
        for start in range(0, len(events), 64):
            self.publisher.add(events[start : start + 64], 0.0)
            self.relay.wake()

    def read(self) -> list[bytes]:
        """What the controller reads at a time; the agent's echoes are answered."""
        messages = self._framer.feed(self.controller.recv(1 << 16))
        for message in messages:
            if message[1] == Type.ECHO_REQUEST and message not in FROM_SWITCH:
                self.controller.sendall(basic.echo_reply(message))
        return messages

    def close(self) -> None:
        """Ends everything."""
        self.relay.stop()
        self.switch.close()
        self.controller.close()


@pytest.fixture
def overload() -> Iterator[Overload]:
    made = Overload()
    yield made
    made.close()


def batch(message: bytes) -> FlowEvents | None:
    found = decode_message(message).message if is_l7_message(message) else None
    return found if isinstance(found, FlowEvents) else None


def test_stalled_controller_gets_the_switchs_messages_first_and_every_event_is_accounted_for(
    overload: Overload,
) -> None:
    overload.controller.sendall(encode_message(Hello(), version=5, xid=1))
    while not any(is_l7_message(message) for message in overload.read()):
        pass
    made = [event(flow, EventKind.VERDICT, app=number) for number in range(ROUNDS) for flow in range(FLOWS)]
    made += [event(FLOWS + flow, EventKind.NEW) for flow in range(DROPPED)]
    overload.add(made)  # the controller reads nothing meanwhile
    overload.switch.sendall(b"".join(FROM_SWITCH))
    _until_relayed(overload)

    before_switch, from_switch, batches = 0, [], []
    while not batches or len(overload.publisher) or _more(overload.controller):
        for message in overload.read():
            if message in FROM_SWITCH:
                from_switch.append(message)
            elif (found := batch(message)) is not None:
                batches.append(found)
                before_switch += 0 if from_switch else len(message)
    assert from_switch == FROM_SWITCH
    assert before_switch <= WINDOW_SIZE + MARK_SIZE
    _check_counts(overload.publisher, batches, len(made))
    told = [found.flow_id for each in batches for found in each.events]
    assert told[-DROPPED:] == list(range(FLOWS, FLOWS + DROPPED))  # the youngest are all there


def _check_counts(publisher: Publisher, batches: list[FlowEvents], made: int) -> None:
    """SPEC.md §3.5: numbers without a gap, and each event is delivered, merged or counted as dropped."""
    expected = batches[0].sequence
    for each in batches:
        assert each.sequence == expected
        expected += len(each.events)
    delivered = sum(len(each.events) for each in batches)
    assert delivered == publisher.sent
    assert batches[-1].dropped == publisher.dropped > 0
    assert publisher.merged > 0
    assert made == delivered + publisher.merged + batches[-1].dropped


def _until_relayed(overload: Overload) -> None:
    """The relay has read what the switch sent: an answer to the switch comes back through it."""
    overload.controller.sendall(build(5, Type.BARRIER_REQUEST, 9))
    assert overload.switch.recv(8) == build(5, Type.BARRIER_REQUEST, 9)


def _more(end: socket.socket) -> bool:
    return bool(select.select([end], [], [], 0.2)[0])


def test_controller_that_answers_no_echo_gets_a_window_of_events_and_all_of_the_switchs_messages(
    overload: Overload,
) -> None:
    overload.controller.sendall(encode_message(Hello(), version=5, xid=1))
    while not any(is_l7_message(message) for message in overload.read()):
        pass
    overload.add([event(flow) for flow in range(10_000)])
    whole = build(5, Type.PACKET_IN, 0, bytes(1000)) * 2000
    sender = threading.Thread(target=overload.switch.sendall, args=(whole,))
    sender.start()
    framer, packets, size = Framer(), 0, 0
    while packets < 2000 or _more(overload.controller):
        for message in framer.feed(overload.controller.recv(1 << 16)):
            packets += message[1] == Type.PACKET_IN
            size += len(message) if batch(message) is not None else 0
    sender.join()
    assert (packets, size <= WINDOW_SIZE + MARK_SIZE) == (2000, True)
