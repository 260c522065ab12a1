"""The same cases through the relay's own threads and sockets: what arrives is what the session alone had sent."""

from __future__ import annotations

import socket
import threading
from pathlib import Path

from switch_dpi.publish import Publisher
from switch_dpi.shim.hot import HotRelay
from switch_dpi.shim.session import Phase
from tests.fuzz.openflow import rules
from tests.fuzz.openflow.case import Case, Down, Up
from tests.fuzz.openflow.rules import BrokenRuleError, Sent, Subject

HANDSHAKE_STEPS = 3
PATIENCE_S = 20.0


def run(case: Case, whole: list[Sent], folder: Path) -> bool:
    """Sends a case through the relay's sockets; False when it does not come to relaying by the usual handshake.

    `whole` is what each step sends. Raises BrokenRuleError.
    """
    subject = Subject(folder)
    for step in case.steps[:HANDSHAKE_STEPS]:
        subject.apply(step)
    if subject.session.phase is not Phase.RELAYING:
        return False
    ended = threading.Event()
    (bridge, near_bridge), (controller, near_controller) = socket.socketpair(), socket.socketpair()
    for near in (near_bridge, near_controller):
        near.setblocking(False)
    relay = HotRelay(
        subject.session, near_bridge, near_controller, _Silence(1), lambda: iter(()), lambda _: ended.set()
    )
    relay.start()
    try:
        _exchange(case, whole, _Reader(bridge), _Reader(controller))
        _expect_end(whole, ended)
    finally:
        relay.stop()
        bridge.close()
        controller.close()
    return True


def _expect_end(whole: list[Sent], ended: threading.Event) -> None:
    if whole[-1].closed and not ended.wait(PATIENCE_S):
        raise BrokenRuleError("the relay does not end where the session does")


class _Silence(Publisher):
    """Has no events: what arrives is what the session says."""

    @property
    def due(self) -> float | None:
        """Never."""
        return None


class _Reader:
    """Reads all the time, as a peer that is well does, so that nobody waits for nobody."""

    def __init__(self, end: socket.socket) -> None:
        self._end = end
        self._got = bytearray()
        self._changed = threading.Condition()
        self._is_over = False
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def send(self, data: bytes) -> None:
        try:
            self._end.sendall(data)
        except OSError:
            return  # the relay has closed it, which what arrives will show

    def expect(self, data: bytes, sent: Sent) -> None:
        """These bytes, and no others so far; only their beginning where the session ends."""
        with self._changed:
            done = self._changed.wait_for(lambda: len(self._got) >= len(data) or self._is_over, PATIENCE_S)
            got = bytes(self._got)
            self._got.clear()
        wanted = data[: len(got)] if sent.closed else data
        if not done or not rules.alike(got, wanted, in_any_order=sent.was_held):
            raise BrokenRuleError(f"through sockets: {got[:200].hex()} instead of {data[:200].hex()}")

    def _read(self) -> None:
        while True:
            try:
                data = self._end.recv(1 << 16)
            except OSError:
                data = b""
            with self._changed:
                self._got += data
                self._is_over = not data
                self._changed.notify_all()
            if not data:
                return


def _exchange(case: Case, whole: list[Sent], bridge: _Reader, controller: _Reader) -> None:
    for step, sent in list(zip(case.steps, whole, strict=True))[HANDSHAKE_STEPS:]:
        match step:
            case Up(data):
                bridge.send(data)
            case Down(data):
                controller.send(data)
        bridge.expect(sent.to_switch, sent)
        controller.expect(sent.to_controller, sent)
        if sent.closed:
            return
