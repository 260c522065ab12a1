"""How many bytes of events a controller may have before it that it has not read yet. No I/O.

Kernels hold megabytes for a controller that does not read, and what lies there cannot be merged, dropped or overtaken.
So the agent puts an ECHO_REQUEST of its own behind every so many bytes of events: who answers it has read what stood
before it. Every OpenFlow peer answers echoes with their data unchanged (1.3 §7.5.3).
"""

from __future__ import annotations

import os
from collections import deque
from typing import Final

from ofext.ids import EXPERIMENTER_BYTES
from ofext.openflow import basic
from ofext.openflow.header import HEADER_SIZE, Type

WINDOW_SIZE: Final = 256 * 1024  # bytes: what a controller reads in some milliseconds
MARK_SIZE: Final = 64 * 1024  # bytes of events before an echo: four are under way, so that none has to be waited for

_NONCE_SIZE: Final = 8  # bytes, so that no echo of the bridge is taken for one of these


class EventWindow:
    """Counts the events of one session that have been sent and not been read."""

    def __init__(self) -> None:
        self._nonce = EXPERIMENTER_BYTES + os.urandom(_NONCE_SIZE)
        self._marks: deque[int] = deque()
        self._first_mark = 0
        self._unmarked_size = 0
        self.unread_size = 0
        """Bytes; those behind the last answered echo count."""

    @property
    def is_open(self) -> bool:
        """Whether more events may be sent."""
        return self.unread_size < WINDOW_SIZE

    def sent(self, size: int, version: int) -> bytes:
        """``size`` bytes of events are sent; the ECHO_REQUEST that goes behind them, or nothing."""
        self.unread_size += size
        self._unmarked_size += size
        if self._unmarked_size < MARK_SIZE:
            return b""
        number = self._first_mark + len(self._marks)
        self._marks.append(self._unmarked_size)
        self._unmarked_size = 0
        return basic.echo_request(version, 0, self._nonce + number.to_bytes(8, "big"))

    def is_answer(self, message: bytes) -> bool:
        """Whether a message from the controller answers one of these echoes, which then counts as read."""
        if message[1] != Type.ECHO_REPLY or not message.startswith(self._nonce, HEADER_SIZE):
            return False
        number = int.from_bytes(message[HEADER_SIZE + len(self._nonce) :], "big")
        while self._marks and self._first_mark <= number:
            self.unread_size -= self._marks.popleft()
            self._first_mark += 1
        return True
