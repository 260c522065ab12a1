"""Answers on their way from a thread that works on requests to the relay's: bounded, so that neither runs ahead."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from typing import Final

from switch_dpi.errors import SwitchDpiError

MAX_PARTS: Final = 4  # whole messages, 64 KiB each at most: the relay sends one while the next are made
MAX_REQUESTS: Final = 64  # of one session, that wait for their answers; a controller that asks for more is refused


class SessionGoneError(SwitchDpiError):
    """Nobody waits for the answer any more."""


class Outbox:
    """The answers of one session. ``wake`` is called from the working thread when the relay should look."""

    def __init__(self, wake: Callable[[], object] = lambda: None) -> None:
        self._wake = wake
        self._parts: deque[bytes] = deque()
        self._changed = threading.Condition()
        self._is_closed = False
        self._requests = 0

    @property
    def has_parts(self) -> bool:
        """The relay may take something."""
        return bool(self._parts)

    @property
    def is_working(self) -> bool:
        """Not all requests have taken effect, or their answers are still here."""
        return self._requests > 0 or bool(self._parts)

    def open_request(self) -> bool:
        """Relay's side: a request begins; False when too many wait already."""
        with self._changed:
            if self._requests >= MAX_REQUESTS:
                return False
            self._requests += 1
            return True

    def put(self, part: bytes) -> None:
        """Working side: a whole message; waits for room. Raises SessionGoneError."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_closed or len(self._parts) < MAX_PARTS)
            self.check()
            self._parts.append(part)
        self._wake()

    def check(self) -> None:
        """Raises SessionGoneError when the session has ended."""
        if self._is_closed:
            raise SessionGoneError("the controller is gone")

    def close_request(self) -> None:
        """Working side: a request has taken effect, and all of its answer was put here."""
        with self._changed:
            self._requests -= 1
        self._wake()

    def take(self) -> Iterator[bytes]:
        """Relay's side: what is there, one by one."""
        while self._parts:
            with self._changed:
                part = self._parts.popleft()
                self._changed.notify_all()
            yield part

    def close(self) -> None:
        """The session has ended: whoever works for it may stop."""
        with self._changed:
            self._is_closed = True
            self._parts.clear()
            self._changed.notify_all()
