"""The marker against a socket that plays the switch."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from ofext.openflow import basic
from ofext.openflow.header import Framer, Type
from ofext.openflow.marks import Connection
from switch_dpi.marker import LONGEST_PAUSE_S, MAX_PENDING_SIZE, Marker

FLOW = Connection(src="10.0.0.1", sport=1, dst="10.0.0.2", dport=2, l4=6)


@pytest.fixture
def listener(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX) as found:
        found.bind(str(tmp_path / "br.mgmt"))
        found.listen()
        yield found


Pair = tuple[Marker, socket.socket]


@pytest.fixture
def pair(listener: socket.socket) -> Iterator[Pair]:
    """A marker and the switch's end of its connection."""
    marker = Marker(Path(listener.getsockname()), 5)
    assert marker.service(0.0)
    with listener.accept()[0] as switch:
        yield marker, switch
    marker.close()


def test_marks_follow_the_hello(pair: Pair) -> None:
    marker, switch = pair
    marker.mark(FLOW, 7, 1)
    marker.flush()
    assert [m[1] for m in Framer().feed(switch.recv(65536))] == [Type.HELLO, Type.PACKET_OUT]


def test_echo_is_answered_and_errors_are_counted(pair: Pair) -> None:
    marker, switch = pair
    switch.recv(65536)
    switch.sendall(basic.echo_request(5, 3, b"x") + basic.error(5, 4, 1, 1, b""))
    marker.service(1.0)
    assert switch.recv(65536) == basic.echo_reply(basic.echo_request(5, 3, b"x"))
    assert marker.counters.errors == 1


def test_lost_switch_is_tried_again_after_a_pause(pair: Pair) -> None:
    marker, switch = pair
    switch.close()
    marker.service(1.0)
    assert not marker.is_connected
    assert marker.service(1.0 + LONGEST_PAUSE_S)


def test_mark_without_a_connection_is_counted_as_dropped() -> None:
    marker = Marker(Path("/nowhere"), 5)
    assert not marker.service(0.0)
    marker.mark(FLOW, 7, 1)
    assert (marker.counters.marks, marker.counters.dropped) == (0, 1)


def test_switch_that_does_not_read_costs_a_bounded_memory(pair: Pair) -> None:
    marker, _switch = pair
    while not marker.counters.dropped:
        marker.mark(FLOW, 7, 1)
    marker.flush()
    assert marker.counters.marks < MAX_PENDING_SIZE


def test_protocol_without_a_header_is_counted(pair: Pair) -> None:
    marker, _switch = pair
    marker.mark(Connection(src="10.0.0.1", sport=0, dst="10.0.0.2", dport=0, l4=47), 7, 1)
    assert (marker.counters.marks, marker.counters.unmarkable) == (0, 1)
