"""The relay in Python: a thread that moves bytes between two sockets while a session relays.

It reads whatever has ``recv`` and ``send``; plain sockets go to the native relay (``native_relay``), which is faster.
"""

from __future__ import annotations

import contextlib
import select
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Final

from ofext.events import FlowEvent
from switch_dpi.publish import Publisher
from switch_dpi.shim.news import News
from switch_dpi.shim.session import ShimSession

READ_SIZE: Final = 64 * 1024  # twice that and more malloc takes from the kernel, anew for every read: 10 µs a message
MAX_WAITING_SIZE: Final = 1 << 20  # bytes that one side does not take; then the other side is not read


class HotRelay:
    """Relays until a side closes, the session ends, or :meth:`stop`."""

    def __init__(
        self,
        session: ShimSession,
        switch: socket.socket,
        controller: socket.socket,
        publisher: Publisher,
        live_events: Callable[[], Iterator[FlowEvent]],
        on_end: Callable[[str], object],
    ) -> None:
        self._session = session
        self._switch, self._controller = _Side(switch), _Side(controller)
        self._news = News(session, publisher, live_events)
        self._on_end = on_end
        self._is_stopping = False
        self._woken, self._waker = socket.socketpair()
        self._woken.setblocking(False)
        self._waker.setblocking(False)
        self._epoll = select.epoll()
        self._thread = threading.Thread(target=self._run, name="relay", daemon=True)

    def start(self) -> None:
        """The sockets belong to the relay from here on."""
        self._thread.start()

    def wake(self) -> None:
        """There may be events to publish. From any thread."""
        with contextlib.suppress(OSError):  # full: it is awake already; closed: it has ended
            self._waker.send(b"\0")

    def stop(self) -> None:
        """End without telling ``on_end``; returns when the sockets are closed."""
        self._is_stopping = True
        self.wake()
        if threading.current_thread() is not self._thread:
            self._thread.join()

    def _run(self) -> None:
        reason = "the relay failed"
        try:
            reason = self._relay()
        except OSError as error:
            reason = str(error)
        finally:
            self._epoll.close()
            for peer in (self._switch.socket, self._controller.socket, self._woken, self._waker):
                peer.close()
            if not self._is_stopping:
                self._on_end(reason)

    def _relay(self) -> str:
        switch_fd, controller_fd = self._switch.socket.fileno(), self._controller.socket.fileno()
        for fd in (switch_fd, controller_fd, self._woken.fileno()):
            self._epoll.register(fd, select.EPOLLIN)
        session, clock = self._session, time.monotonic
        while True:
            if self._may_answer:
                session.resume(clock())
                if ended := self._deliver():
                    return ended
            wait_s = self._publish()
            for fd, event in self._epoll.poll(0.0 if self._may_answer else wait_s):
                if fd == switch_fd:
                    data = self._switch.ready(event)
                    if data == b"":
                        return "the bridge closed the connection"
                    session.switch_data(data or b"", clock())
                elif fd == controller_fd:
                    data = self._controller.ready(event)
                    if data == b"":
                        return "the controller closed the connection"
                    session.controller_data(data or b"", clock())
                elif self._is_stopping:
                    return "stopped"
                else:
                    self._woken_up()
                if ended := self._deliver():
                    return ended

    def _woken_up(self) -> None:
        self._woken.recv(READ_SIZE)
        if self._session.refresh():
            self.wake()

    @property
    def _may_answer(self) -> bool:
        """The controller has asked for more, and has taken what it got."""
        return self._session.is_busy and not self._session.is_held and not self._controller.waiting

    def _deliver(self) -> str:
        """Send what the session has; why it ended, or empty."""
        output = self._session.take()
        self._switch.send(output.to_switch)
        self._controller.send(output.to_controller)
        self._switch.watch(self._epoll, may_read=not self._controller.is_full)
        may_ask = not (self._session.is_busy or self._switch.is_full or self._controller.is_full)
        self._controller.watch(self._epoll, may_read=may_ask)
        return output.close

    def _publish(self) -> float | None:
        """Send a batch of events if it is due; seconds until the next one is, None when nothing waits.

        One at a time: what comes from the bridge goes first.
        """
        now = time.monotonic()
        due_in_s = None if self._controller.waiting else self._news.due_in_s(now)
        if due_in_s is None or due_in_s > 0:
            return due_in_s
        self._news.inject(now)
        self._deliver()
        return 0.0


class _Side:
    """One socket and what it has not taken yet."""

    def __init__(self, peer: socket.socket) -> None:
        self.socket = peer
        self.waiting = bytearray()
        self._watched = select.EPOLLIN

    @property
    def is_full(self) -> bool:
        return len(self.waiting) > MAX_WAITING_SIZE

    def ready(self, event: int) -> bytes | None:
        """Bytes that came, empty at the end of the stream, None when the event was about writing only."""
        if event & select.EPOLLOUT and self.waiting:
            sent = self.socket.send(self.waiting)
            del self.waiting[:sent]
        if not event & ~select.EPOLLOUT:
            return None
        try:
            return self.socket.recv(READ_SIZE)
        except BlockingIOError:
            return None

    def send(self, data: bytes) -> None:
        if not data:
            return
        if not self.waiting:
            try:
                sent = self.socket.send(data)
            except BlockingIOError:
                sent = 0
            if sent == len(data):
                return
            data = data[sent:]
        self.waiting += data

    def watch(self, epoll: select.epoll, *, may_read: bool) -> None:
        wanted = (select.EPOLLIN if may_read else 0) | (select.EPOLLOUT if self.waiting else 0)
        if wanted != self._watched:
            self._watched = wanted
            epoll.modify(self.socket.fileno(), wanted)
