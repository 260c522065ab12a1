"""Writes verdicts into the bridge's connection tracker through ``<bridge>.mgmt``, an OpenFlow connection of its own.

Used by one thread at a time. Nothing here blocks: what the socket does not take waits, up to a limit; a lost connection
is made again with growing pauses. Time is an argument.
"""

from __future__ import annotations

import contextlib
import logging
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ofext.errors import DecodeError, EncodeError
from ofext.label import VERDICT_MASK
from ofext.openflow import basic
from ofext.openflow.header import Framer, Type, Version
from ofext.openflow.marks import Connection, mark_packet_out

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


class Marker:
    """One bridge's marks. :meth:`mark` collects, :meth:`flush` sends, :meth:`service` keeps the connection."""

    def __init__(self, path: Path, zone: int, version: int = Version.OF_1_4) -> None:
        self._path = path
        self._zone = zone
        self._version = version
        self._socket: socket.socket | None = None
        self._framer = Framer()
        self._pending = bytearray()
        self._xid = 0
        self._pause_s = FIRST_PAUSE_S
        self._next_try = 0.0
        self._next_log = 0.0
        self.counters = MarkerCounters()

    @property
    def is_connected(self) -> bool:
        """Whether marks can be sent."""
        return self._socket is not None

    @property
    def pending_size(self) -> int:
        """Bytes that the switch has not taken yet."""
        return len(self._pending)

    def probe(self) -> None:
        """Ask the switch for a sign that it has taken every mark up to here; ``counters.probes`` counts the answers."""
        if self._socket is not None:
            self._pending += basic.echo_request(self._version, 0, b"")

    def mark(self, connection: Connection, app_id: int, label: int) -> None:
        """Collect one mark: App-ID into ``ct_mark``, the verdict's bits of ``label`` into ``ct_label``."""
        if self._socket is None or len(self._pending) > MAX_PENDING_SIZE:
            self.counters.dropped += 1
            return
        self._xid = (self._xid + 1) & 0xFFFFFFFF
        try:
            self._pending += mark_packet_out(
                self._version,
                self._xid,
                zone=self._zone,
                connection=connection,
                app_id=app_id,
                label=label,
                label_mask=VERDICT_MASK,
            )
        except EncodeError as error:
            self.counters.unmarkable += 1
            log.debug("no mark for %s: %s", connection, error)
            return
        self.counters.marks += 1

    def flush(self) -> None:
        """Send what has been collected, as far as the switch takes it now."""
        if self._socket is None or not self._pending:
            return
        try:
            sent = self._socket.send(self._pending)
        except BlockingIOError:
            return
        except OSError as error:
            self._disconnect(f"cannot be written: {error}")
            return
        del self._pending[:sent]

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
        self._pending = bytearray(basic.hello([self._version]))
        self.counters.connects += 1
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
            self._pending += basic.echo_reply(message)
        elif message[1] == Type.ECHO_REPLY:
            self.counters.probes += 1
        elif message[1] == Type.ERROR:
            self.counters.errors += 1
            if now >= self._next_log:
                self._next_log = now + LOG_PAUSE_S
                log.warning("%s: %d errors so far, the last: %s", self._path, self.counters.errors, message[8:].hex())

    def _disconnect(self, reason: str) -> None:
        if self._socket is None:
            return
        if reason:
            log.info("%s %s", self._path, reason)
        with contextlib.suppress(OSError):
            self._socket.close()
        self._socket = None
        self._pending.clear()
