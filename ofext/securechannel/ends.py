"""Where TLS ends: a thread that has TLS connections on one side and plain sockets on the other.

Accepts at most :data:`MAX_SHAKING` unfinished handshakes a listener; one more ends the oldest, so that peers who never
finish keep nobody out who does.
"""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, Final

from ofext.securechannel.complaints import Complaints
from ofext.securechannel.contexts import Contexts
from ofext.securechannel.core import Peer, TlsCore
from ofext.securechannel.errors import FilesError, RefusedError
from ofext.securechannel.link import Link
from ofext.securechannel.poller import IN, Poller

log = logging.getLogger(__name__)

MAX_SHAKING: Final = 64  # unfinished handshakes at a listener; each has a socket and some 50 KiB
ACCEPTS_AT_A_TIME: Final = 16  # then those that are open get their turn
PAUSE_S: Final = 0.5  # until a listener without room for another socket tries again

OnAccept = Callable[[socket.socket, tuple[Any, ...], Peer], None]
"""Takes the plain end, the peer's address as ``accept`` gives it, and who it is. Called in the thread of the ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """Who may come in, and what then."""

    contexts: Contexts
    on_accept: OnAccept
    who: str
    """Begins the log lines, such as ``bridge s1``."""
    names: frozenset[str] = field(default_factory=frozenset)
    """The peer's certificate must have one of these; empty: any of the authority's will do."""


class TlsEnds:
    """All TLS connections of one bridge, or of one controller."""

    def __init__(self, name: str) -> None:
        self._poller = Poller()
        self._orders: deque[Callable[[], None]] = deque()
        self._woken, self._waker = socket.socketpair()
        self._woken.setblocking(False)
        self._waker.setblocking(False)
        self._links: dict[Link, None] = {}
        self._doors: list[tuple[socket.socket, dict[Link, None]]] = []
        self._complaints = Complaints(log)
        self._is_stopping = False
        self._thread = threading.Thread(target=self.run, name=name, daemon=True)

    def start(self) -> None:
        """In a thread of its own."""
        self._thread.start()

    def stop(self) -> None:
        """No more connections; returns when those that stood have said their last, after some seconds at most."""
        self._order(self._begin_stopping)
        if self._thread.is_alive() and threading.current_thread() is not self._thread:
            self._thread.join()

    def listen(self, listener: socket.socket, door: Door) -> None:
        """Let in whom the door lets in. The listener belongs to the ends from here on."""
        listener.setblocking(False)
        shaking: dict[Link, None] = {}
        self._doors.append((listener, shaking))
        self._order(lambda: self._watch(listener, door, shaking))

    def secure(
        self, peer: socket.socket, contexts: Contexts, *, server_name: str | None, who: str
    ) -> Future[tuple[socket.socket, Peer]]:
        """Begin TLS on a connection that we made; the plain end that belongs to it, or RefusedError, FilesError.

        ``server_name`` is what the certificate must name; a FilesError leaves ``peer`` open.
        """
        context = contexts.current()
        found: Future[tuple[socket.socket, Peer]] = Future()

        def begin() -> None:
            core = TlsCore(context, is_server=False, server_name=server_name)
            link = Link(peer, core, self._poller, lambda plain, who_is: _give(found, plain, who_is), ended)
            self._links[link] = None
            link.begin(is_server=False)

        def ended(link: Link, reason: str) -> None:
            self._links.pop(link, None)
            if not found.done():
                found.set_exception(RefusedError(reason or "the agent stops"))
            elif reason:
                self._complaints.say(f"{who}: {reason}", time.monotonic())

        self._order(begin)
        return found

    def run(self) -> None:
        """Serve until :meth:`stop`; for callers who have a thread already."""
        self._poller.watch(self._woken.fileno(), IN, lambda _: self._drain())
        try:
            while True:
                while self._orders:  # also those of before the start
                    self._orders.popleft()()
                if self._is_stopping and not self._links:
                    break
                self._poller.wait()
        finally:
            self._poller.close()
            for listener, _ in self._doors:
                listener.close()
            self._woken.close()
            self._waker.close()

    def _order(self, what: Callable[[], None]) -> None:
        """Have it done in the thread that the sockets belong to."""
        self._orders.append(what)
        with contextlib.suppress(OSError):  # full: it is awake already; closed: it has ended
            self._waker.send(b"\0")

    def _drain(self) -> None:
        self._woken.recv(4096)

    def _begin_stopping(self) -> None:
        self._is_stopping = True
        for listener, _ in self._doors:
            self._poller.forget(listener.fileno())
        for link in tuple(self._links):
            if link.is_open:
                link.hurry()
            else:
                link.end("")

    def _watch(self, listener: socket.socket, door: Door, shaking: dict[Link, None]) -> None:
        if not self._is_stopping:
            self._poller.watch(listener.fileno(), IN, lambda _: self._accept(listener, door, shaking))

    def _accept(self, listener: socket.socket, door: Door, shaking: dict[Link, None]) -> None:
        for _ in range(ACCEPTS_AT_A_TIME):
            try:
                peer, address = listener.accept()
            except BlockingIOError:
                return
            except OSError as error:  # no room for one more socket, which may last
                self._complaints.say(f"{door.who}: a connection could not be taken: {error}", time.monotonic())
                self._poller.forget(listener.fileno())
                self._poller.call_after(PAUSE_S, listener, lambda: self._watch(listener, door, shaking))
                return
            self._welcome(peer, address, door, shaking)

    def _welcome(self, peer: socket.socket, address: tuple[Any, ...], door: Door, shaking: dict[Link, None]) -> None:
        def opened(plain: socket.socket, who_is: Peer) -> None:
            if door.names and not door.names & who_is.names:
                raise RefusedError(f"its certificate is of {who_is.subject}, expected is {_list(door.names)}")
            shaking.pop(link, None)
            log.info("%s: %s is %s (%s)", door.who, address[0], who_is.subject, who_is.protocol)
            door.on_accept(plain, address, who_is)

        def ended(link: Link, reason: str) -> None:
            self._links.pop(link, None)
            shaking.pop(link, None)
            if reason:
                what = "ends" if link.is_open else "is refused"
                self._complaints.say(f"{door.who}: {address[0]} {what}: {reason}", time.monotonic())

        try:
            core = TlsCore(door.contexts.current(), is_server=True)
        except FilesError as error:
            peer.close()
            self._complaints.say(f"{door.who}: {address[0]} is refused: {error}", time.monotonic())
            return
        link = Link(peer, core, self._poller, opened, ended)
        self._links[link] = None
        shaking[link] = None
        if len(shaking) > MAX_SHAKING:
            next(iter(shaking)).end(f"more than {MAX_SHAKING} connections have not finished their handshake")
        link.begin(is_server=True)


def _give(found: Future[tuple[socket.socket, Peer]], plain: socket.socket, peer: Peer) -> None:
    """To the one who waits, unless it has given up."""
    if not found.set_running_or_notify_cancel():
        raise RefusedError("")
    found.set_result((plain, peer))


def _list(names: frozenset[str]) -> str:
    return " or ".join(sorted(names))
