"""One TLS connection and the plain socket that belongs to it.

Moves what comes; when one side does not take it, the other is not read.
"""

from __future__ import annotations

import contextlib
import logging
import socket
from collections.abc import Callable
from typing import Final

from ofext.securechannel.core import Peer, TlsCore
from ofext.securechannel.errors import RefusedError
from ofext.securechannel.keepalive import keep_watch
from ofext.securechannel.poller import OUT, Poller, Way

log = logging.getLogger(__name__)

HANDSHAKE_S: Final = 5.0  # a peer that is alive needs milliseconds
LINGER_S: Final = 2.0  # what waits for one side when the other has ended is given up after this

OnOpen = Callable[[socket.socket, Peer], None]
"""Takes the plain end, which does not block. Raises RefusedError for a peer that is not wanted."""


class Link:
    """Used by one thread, whose poller calls it."""

    def __init__(
        self,
        peer: socket.socket,
        core: TlsCore,
        poller: Poller,
        on_open: OnOpen,
        on_end: Callable[[Link, str], None],
    ) -> None:
        """``on_end`` is told why the link is no more; empty: as it should."""
        peer.setblocking(False)
        with contextlib.suppress(OSError):  # gone already; reading will say so
            peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        keep_watch(peer)
        self._core = core
        self._poller = poller
        self._on_open, self._on_end = on_open, on_end
        self._peer = Way(peer, poller, lambda event: self._guarded(self._peer_event, event))
        self._near: Way | None = None
        self._is_over = False
        poller.call_after(HANDSHAKE_S, self, self._expire)

    @property
    def is_open(self) -> bool:
        """The peer was accepted."""
        return self._near is not None

    def begin(self, *, is_server: bool) -> None:
        """The side that connects speaks first."""
        if not is_server:
            self._guarded(self._speak_first, 0)
        else:
            self._peer.watch(may_read=True)

    def hurry(self) -> None:
        """What one side still has to say is given a moment, then the link is over."""
        self._poller.call_after(LINGER_S, self, self._expire)

    def end(self, reason: str) -> None:
        """Close both sides; whatever still waits is lost."""
        if self._is_over:
            return
        self._is_over = True
        self._poller.cancel(self)
        self._peer.close()
        if self._near is not None:
            self._near.close()
        self._on_end(self, reason)

    def _expire(self) -> None:
        self.end("" if self.is_open else f"no TLS handshake within {HANDSHAKE_S:g} s")

    def _guarded(self, step: Callable[[int], None], event: int) -> None:
        """A peer's mistake, and a socket's, is the end of this link and nothing else."""
        try:
            step(event)
        except RefusedError as error:
            self.end(error.reason)
        except OSError as error:
            self.end("" if self.is_open else f"{error.strerror or error}")
        except Exception:
            log.exception("a TLS connection ends by an error of our own")
            self.end("an error of our own")
        else:
            self._settle()

    def _speak_first(self, _event: int) -> None:
        self._core.begin()
        self._peer.push(self._core.take())

    def _peer_event(self, event: int) -> None:
        if event & OUT:
            self._peer.flush()
        if not event & ~OUT:
            return
        data = self._peer.read()
        if data and (self._near is None or not self._near.is_closed):
            self._feed(data)
        if data == b"" or self._core.has_ended:
            if self._near is None:
                raise RefusedError("it closed the connection before the handshake was over")
            self._peer.close()
            self.hurry()

    def _near_event(self, event: int) -> None:
        near = self._near
        if near is None:
            return
        if event & OUT:
            near.flush()
        if not event & ~OUT:
            return
        data = near.read()
        if data:
            self._core.send(data)
        elif data == b"":
            self._core.finish()
            near.close()
            self.hurry()
        self._peer.push(self._core.take())

    def _feed(self, data: bytes) -> None:
        try:
            plain = self._core.feed(data)
        finally:
            self._peer.push(self._core.take())  # of a refusal the alert
        if self._near is None and self._core.peer is not None:
            self._near = self._open(self._core.peer)
            self._poller.cancel(self)
        if self._near is not None:
            self._near.push(plain)

    def _open(self, peer: Peer) -> Way:
        far, near = socket.socketpair()
        far.setblocking(False)
        near.setblocking(False)
        try:
            self._on_open(far, peer)
        except BaseException:
            far.close()
            near.close()
            raise
        return Way(near, self._poller, lambda event: self._guarded(self._near_event, event))

    def _settle(self) -> None:
        """Over when one side has closed and the other has taken everything; else ask for the next events."""
        peer, near = self._peer, self._near
        if near is None:
            peer.watch(may_read=True)
        elif (peer.is_closed and not near.waiting) or (near.is_closed and not peer.waiting):
            self.end("")
        else:
            peer.watch(may_read=not near.is_full)
            near.watch(may_read=not peer.is_full)
