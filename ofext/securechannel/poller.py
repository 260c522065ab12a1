"""epoll with what to call for each socket, and when time has passed."""

from __future__ import annotations

import select
import socket
import time
from collections.abc import Callable
from typing import Final

from ofext.securechannel.core import READ_SIZE

IN: Final = select.EPOLLIN
OUT: Final = select.EPOLLOUT
MAX_WAITING_SIZE: Final = 1 << 20  # bytes that a socket does not take; then nothing more is read for it

Handler = Callable[[int], None]


class Poller:
    """Of one thread."""

    def __init__(self) -> None:
        self._epoll = select.epoll()
        self._handlers: dict[int, Handler] = {}
        self._wanted: dict[int, int] = {}
        self._timers: dict[object, tuple[float, Callable[[], None]]] = {}

    def watch(self, fd: int, wanted: int, handler: Handler) -> None:
        """From now on, call ``handler`` with what happened, when it is wanted (:data:`IN`, :data:`OUT`) or an end."""
        if fd not in self._wanted:
            self._epoll.register(fd, wanted)
        elif self._wanted[fd] != wanted:
            self._epoll.modify(fd, wanted)
        self._wanted[fd] = wanted
        self._handlers[fd] = handler

    def forget(self, fd: int) -> None:
        """Before the socket is closed: its number may be another's right after."""
        if self._wanted.pop(fd, None) is not None:
            del self._handlers[fd]
            self._epoll.unregister(fd)

    def call_after(self, delay_s: float, key: object, call: Callable[[], None]) -> None:
        """Once, unless it is cancelled; a later one of the same key takes its place."""
        self._timers[key] = (time.monotonic() + delay_s, call)

    def cancel(self, key: object) -> None:
        """The timer of this key, if there is one."""
        self._timers.pop(key, None)

    def wait(self) -> None:
        """Call the handlers of what happens next, and the timers that are due."""
        for fd, event in self._epoll.poll(self._until_next()):
            handler = self._handlers.get(fd)
            if handler is not None:
                handler(event)
        now = time.monotonic()
        for key, (at, call) in tuple(self._timers.items()):
            if at <= now and self._timers.pop(key, None) is not None:  # an earlier call may have cancelled it
                call()

    def _until_next(self) -> float | None:
        if not self._timers:
            return None
        return max(0.0, min(at for at, _ in self._timers.values()) - time.monotonic())

    def close(self) -> None:
        """The sockets stay open."""
        self._epoll.close()


class Way:
    """A socket that does not block, with the bytes that it has not taken yet."""

    def __init__(self, end: socket.socket, poller: Poller, handler: Handler) -> None:
        self._socket = end
        self._poller = poller
        self._handler = handler
        self._watched: int | None = None
        self.waiting = bytearray()
        self.is_closed = False

    @property
    def is_full(self) -> bool:
        """Do not read what would be sent here."""
        return len(self.waiting) > MAX_WAITING_SIZE

    def read(self) -> bytes | None:
        """Empty at the end of the stream, None when there is nothing yet."""
        try:
            return self._socket.recv(READ_SIZE)
        except BlockingIOError:
            return None

    def push(self, data: bytes) -> None:
        """Send, now or as soon as the kernel takes it; after :meth:`close` to nobody."""
        if not data or self.is_closed:
            return
        if self.waiting:
            self.waiting += data
            return
        sent = self._send(data)
        if sent < len(data):
            self.waiting += data[sent:]

    def flush(self) -> None:
        """Send what waits, as far as the kernel takes it."""
        if self.waiting and not self.is_closed:
            del self.waiting[: self._send(self.waiting)]

    def watch(self, *, may_read: bool) -> None:
        """Ask for what is wanted now."""
        if not self.is_closed:
            wanted = (IN if may_read else 0) | (OUT if self.waiting else 0)
            if wanted != self._watched:
                self._watched = wanted
                self._poller.watch(self._socket.fileno(), wanted, self._handler)

    def close(self) -> None:
        """What waits is lost."""
        if not self.is_closed:
            self.is_closed = True
            self._poller.forget(self._socket.fileno())
            self._socket.close()

    def _send(self, data: bytes | bytearray) -> int:
        try:
            return self._socket.send(data)
        except BlockingIOError:
            return 0
