"""Writes verdicts into the bridge's connection tracker through ``<bridge>.mgmt``, an OpenFlow connection of its own.

Messages are made and written by the native ``MarkSink``, which engines share; the bytes are those of
``ofext.openflow.marks``. The rest is used by one thread at a time. Nothing here blocks: what the socket does not take
waits, up to a limit; a lost connection is made again with growing pauses. Time is an argument.
"""

from __future__ import annotations

import contextlib
import logging
import socket
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from ofext.errors import DecodeError
from ofext.label import VERDICT_MASK
from ofext.openflow import basic
from ofext.openflow.header import Framer, Type, Version
from ofext.openflow.marks import Connection
from switch_dpi._native import MarkSink

log = logging.getLogger(__name__)

MAX_PENDING_SIZE: Final = 4 * 2**20  # some 20,000 marks: a tenth of a second of what Open vSwitch takes
FIRST_PAUSE_S: Final = 0.05
LONGEST_PAUSE_S: Final = 1.0
LOG_PAUSE_S: Final = 10.0  # errors of the peer are logged this often at most
RECEIVE_SIZE: Final = 65536


@dataclass(slots=True)
class MarkerCounters:
    """What a marker has done since it was made."""

    marks: int = 0
    dropped: int = 0
    """Marks that found no room or no connection."""
    unmarkable: int = 0
    """Flows of a protocol that has no made-up header."""
    errors: int = 0
    """ERROR messages of the switch."""
    connects: int = 0
    probes: int = 0
    """Probes that the switch has answered."""
    by_engine: int = 0
    """Marks that engines have made by themselves."""
    delay_p50_us: int = 0
    """Of those: from the packet's arrival at the tap up to the mark in the switch's socket."""
    delay_p99_us: int = 0


class Marker:
    """One bridge's marks. :meth:`mark` collects, :meth:`flush` sends, :meth:`service` keeps the connection."""

    def __init__(self, path: Path, zone: int, version: int = Version.OF_1_4) -> None:
        self._path = path
        self._version = version
        self._socket: socket.socket | None = None
        self._framer = Framer()
        self._own = MarkerCounters()
        self.sink = MarkSink(version=version, zone=zone, label_mask=VERDICT_MASK, max_pending_size=MAX_PENDING_SIZE)
        """For engines that mark by themselves."""
        self._pause_s = FIRST_PAUSE_S
        self._next_try = 0.0
        self._next_log = 0.0

    @property
    def counters(self) -> MarkerCounters:
        """Up to now."""
        return replace(self._own, **self.sink.counters())

    @property
    def is_connected(self) -> bool:
        """Whether marks can be sent."""
        return self._socket is not None

    @property
    def pending_size(self) -> int:
        """Bytes that the switch has not taken yet."""
        return self.sink.pending_size

    def probe(self) -> None:
        """Ask the switch for a sign that it has taken every mark up to here; ``counters.probes`` counts the answers."""
        self.sink.add(basic.echo_request(self._version, 0))

    def mark(self, connection: Connection, app_id: int, label: int, _flow_id: int = 0, /) -> int:
        """Collect one mark: App-ID into ``ct_mark``, the verdict's bits of ``label`` into ``ct_label``.

        Its number among all marks, engines' too, in the order in which the switch gets them; 0 if it will not be sent.
        """
        ends = (connection.l4, connection.src, connection.sport, connection.dst, connection.dport)
        return self.sink.mark(ends, connection.vlan, app_id, label)

    def end(self, connection: Connection, flow_id: int) -> None:
        """A marked flow has ended; the tracker knows by itself."""

    def flush(self) -> None:
        """Send what has been collected, as far as the switch takes it now."""
        try:
            self.sink.flush()
        except OSError as error:
            self._disconnect(f"cannot be written: {error}")

    def service(self, now: float) -> bool:
        """Connect where needed, read answers, send what waits. True when a connection has just been made."""
        is_new = False
        if self._socket is None and now >= self._next_try:
            is_new = self._connect(now)
        if self._socket is not None:
            self._receive(now)
            self.flush()
        return is_new

    def close(self) -> None:
        """Send what still fits and close."""
        self.flush()
        self._disconnect("")

    def _connect(self, now: float) -> bool:
        self._next_try = now + self._pause_s
        self._pause_s = min(2 * self._pause_s, LONGEST_PAUSE_S)
        peer = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        peer.setblocking(False)
        try:
            peer.connect(str(self._path))
        except OSError as error:
            peer.close()
            log.debug("%s: %s", self._path, error)
            return False
        self._socket, self._framer, self._pause_s = peer, Framer(), FIRST_PAUSE_S
        self.sink.attach(peer.dup(), basic.hello([self._version]))
        self._own.connects += 1
        return True

    def _receive(self, now: float) -> None:
        while self._socket is not None:
            try:
                data = self._socket.recv(RECEIVE_SIZE)
            except BlockingIOError:
                return
            except OSError as error:
                self._disconnect(f"cannot be read: {error}")
                return
            if not data:
                self._disconnect("closed by the switch")
                return
            try:
                messages = self._framer.feed(data)
            except DecodeError as error:
                self._disconnect(f"is not OpenFlow: {error}")
                return
            for message in messages:
                self._answer(message, now)

    def _answer(self, message: bytes, now: float) -> None:
        if message[1] == Type.ECHO_REQUEST:
            self.sink.add(basic.echo_reply(message))
        elif message[1] == Type.ECHO_REPLY:
            self._own.probes += 1
        elif message[1] == Type.ERROR:
            self._own.errors += 1
            if now >= self._next_log:
                self._next_log = now + LOG_PAUSE_S
                log.warning("%s: %d errors so far, the last: %s", self._path, self._own.errors, message[8:].hex())

    def _disconnect(self, reason: str) -> None:
        if self._socket is None:
            return
        if reason:
            log.info("%s %s", self._path, reason)
        with contextlib.suppress(OSError):
            self._socket.close()
        self._socket = None
        self.sink.detach()
