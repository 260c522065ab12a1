"""A rule for which no label bit is free waits while room is made; here is how far that is. No I/O, one at a time.

First the switch has to have read all that the controller sent before, since deletions among it may free bits. Then
the rules are listed and what none of them needs is let go (``switch_dpi.reclaim``).
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from enum import Enum
from typing import Final

PAUSE_S: Final = 0.2  # after an attempt in vain; until then rules without a bit are refused at once


class _Step(Enum):
    IDLE = "nobody waits"
    READING = "the switch has not read everything"
    LOOKING = "rules are listed, bits are let go"
    ENDED = "the rule may be tried again"


class Room:
    """Of one bridge. ``on_end`` is called when a rule may be tried again, from the thread in which that came out."""

    def __init__(self) -> None:
        self.make: Callable[[], Future[bool]] | None = None
        """Begins to make room; None: nobody can."""
        self.on_end: Callable[[], object] = lambda: None
        self._step = _Step.IDLE
        self._read_up_to = 0
        self._next_s = 0.0

    @property
    def is_being_made(self) -> bool:
        """A rule waits for it."""
        return self._step in (_Step.READING, _Step.LOOKING)

    def wants_to_begin(self, now_s: float) -> bool:
        """Whether a rule without a bit should wait; False: it is refused, for one attempt was in vain."""
        if self._step is _Step.ENDED:
            self._step = _Step.IDLE
            self._next_s = now_s + PAUSE_S
        return self.make is not None and self._step is _Step.IDLE and now_s >= self._next_s

    def begin(self, read_up_to: int) -> None:
        """A rule waits until the switch has answered the question of this number (``switch_dpi.references``)."""
        self._step, self._read_up_to = _Step.READING, read_up_to

    def has_read(self, number: int) -> None:
        """The switch has answered all questions up to this number."""
        if self._step is not _Step.READING or number < self._read_up_to or self.make is None:
            return
        self._step = _Step.LOOKING
        self.make().add_done_callback(self._end)

    def forget(self) -> None:
        """The rule has its bit, or its controller is gone."""
        self._step = _Step.IDLE

    def _end(self, _: Future[bool]) -> None:
        if self._step is _Step.LOOKING:
            self._step = _Step.ENDED
            self.on_end()
