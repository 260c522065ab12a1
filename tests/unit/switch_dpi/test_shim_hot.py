"""Both relays, the native one and the one in Python, between two sockets."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator

import pytest

from ofext.catalogue import CatalogueRequest
from ofext.events import FlowEvents
from ofext.hello import AgentInfo, Hello
from ofext.messages import decode_message, encode_message, is_l7_message
from ofext.openflow import basic
from ofext.openflow.header import Framer, Type, build
from switch_dpi.publish import Publisher
from switch_dpi.shim.hot import HotRelay
from switch_dpi.shim.l7 import L7Endpoint
from switch_dpi.shim.session import ShimSession
from tests.fakes.agent_engine import CATALOGUE
from tests.unit.switch_dpi.test_agent_publish import event
from tests.unit.switch_dpi.test_shim_session import ALL, Gate

MAX_WAITING_SIZE = 1 << 20  # of native/openflow/src/relay.rs: bytes that one side does not take
BEFORE = build(5, Type.BARRIER_REQUEST, 77)  # its beginning came before the relay took over


class Setting:
    """A relay between two socket pairs; the far ends are ``switch`` and ``controller``."""

    def __init__(self) -> None:
        session = ShimSession(Gate(), lambda: L7Endpoint(AgentInfo, lambda: CATALOGUE), 0.0)
        session.switch_data(basic.hello(ALL), 0.0)
        session.controller_connected(0.0)
        session.controller_data(basic.hello([5]) + BEFORE[:5], 0.0)
        session.take()
        self.publisher = Publisher(100)
        self.reasons: list[str] = []
        self.ended = threading.Event()
        self.switch, near_switch = socket.socketpair()
        self.controller, near_controller = socket.socketpair()
        for near in (near_switch, near_controller):
            near.setblocking(False)
        for far in (self.switch, self.controller):
            far.settimeout(10)
        self.relay = HotRelay(
            session, near_switch, near_controller, self.publisher, lambda: iter([event(1)]), self._note
        )
        self.relay.start()
        self.controller.sendall(BEFORE[5:])
        assert self.switch.recv(100) == BEFORE

    def _note(self, reason: str) -> None:
        self.reasons.append(reason)
        self.ended.set()


@pytest.fixture
def setting() -> Iterator[Setting]:
    found = Setting()
    yield found
    found.relay.stop()
    found.switch.close()
    found.controller.close()


def test_messages_pass_both_ways(setting: Setting) -> None:
    down, up = build(5, Type.BARRIER_REQUEST, 1), build(5, Type.BARRIER_REPLY, 1)
    setting.controller.sendall(down)
    assert setting.switch.recv(100) == down
    setting.switch.sendall(up)
    assert setting.controller.recv(100) == up


def test_end_of_one_side_ends_the_other(setting: Setting) -> None:
    setting.controller.close()
    assert setting.ended.wait(10)
    assert setting.reasons == ["the controller closed the connection"]
    assert setting.switch.recv(1) == b""


def test_stop_ends_without_a_word(setting: Setting) -> None:
    setting.relay.stop()
    assert setting.switch.recv(1) == b""
    assert not setting.reasons


def test_slow_controller_slows_the_bridge_down_and_loses_nothing(setting: Setting) -> None:
    messages = [build(5, Type.PACKET_IN, n, bytes(60_000)) for n in range(10 * MAX_WAITING_SIZE // 60_000)]
    stream = b"".join(messages)
    sender = threading.Thread(target=setting.switch.sendall, args=(stream,))
    sender.start()
    sender.join(0.5)
    assert sender.is_alive()  # nobody reads at the other end
    got = bytearray()
    while len(got) < len(stream):
        got += setting.controller.recv(1 << 20)
    sender.join(10)
    assert bytes(got) == stream


def test_controller_of_the_extension_is_told_of_live_flows_and_news(setting: Setting) -> None:
    setting.controller.sendall(encode_message(Hello(), version=5, xid=1))
    flows: list[int] = []
    framer = Framer()
    while flows != [1, 2]:
        for message in framer.feed(setting.controller.recv(1 << 16)):
            body = decode_message(message).message if is_l7_message(message) else None
            if isinstance(body, FlowEvents):
                flows += [found.flow_id for found in body.events]
                if body.events and flows == [1]:
                    setting.publisher.add([event(2)], 0.0)
                    setting.relay.wake()


def test_order_is_kept_around_what_the_session_looks_at(setting: Setting) -> None:
    def barrier(xid: int) -> bytes:
        return build(5, Type.BARRIER_REQUEST, xid)

    unknown = build(5, Type.EXPERIMENTER, 2, bytes.fromhex("4f4e4600000008fc") + bytes(8))
    setting.controller.sendall(barrier(1) + unknown + barrier(3) + unknown + barrier(5))
    expected = [1, 2, 3, 2, 5]
    framer, got = Framer(), []
    while len(got) < len(expected):
        got += [message[7] for message in framer.feed(setting.switch.recv(1 << 16))]
    assert got == expected


def test_what_is_no_openflow_ends_the_session(setting: Setting) -> None:
    setting.switch.sendall(build(5, Type.BARRIER_REPLY, 1) + bytes.fromhex("05000007 00000000"))
    assert setting.ended.wait(10)
    assert setting.reasons[0].startswith("bridge: ")
    assert "length" in setting.reasons[0]


def test_controller_that_takes_no_answers_is_not_answered_without_end(setting: Setting) -> None:
    asked = encode_message(Hello(), version=5, xid=1) + encode_message(CatalogueRequest(), version=5, xid=2) * 2000
    sender = threading.Thread(target=_send_until_closed, args=(setting.controller, asked))
    sender.start()
    sender.join(0.5)
    setting.switch.close()
    assert setting.ended.wait(10)
    sender.join(10)
    assert not sender.is_alive()


def _send_until_closed(peer: socket.socket, data: bytes) -> None:
    with contextlib.suppress(OSError):
        while True:
            peer.sendall(data)
