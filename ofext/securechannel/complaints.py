"""Log lines about peers: at once, but the same one not more than once a minute, whatever the peer does."""

from __future__ import annotations

import logging
from collections import OrderedDict
from typing import Final

REPEAT_S: Final = 60.0
MAX_KEPT: Final = 256  # texts remembered: a peer that finds ever new ones pushes out the oldest


class Complaints:
    """Of one part of the program. Used by one thread."""

    def __init__(self, log: logging.Logger) -> None:
        self._log = log
        self._told: OrderedDict[str, _Told] = OrderedDict()

    def say(self, text: str, now: float) -> None:
        """A warning, unless it was just given; ``now`` in seconds, of a clock that never goes back."""
        told = self._told.pop(text, None)
        if told is None or now - told.at >= REPEAT_S:
            more = f" ({told.silent} more times since)" if told is not None and told.silent else ""
            self._log.warning("%s%s", text, more)
            told = _Told(now)
        else:
            told.silent += 1
        self._told[text] = told
        if len(self._told) > MAX_KEPT:
            self._told.popitem(last=False)


class _Told:
    __slots__ = ("at", "silent")

    def __init__(self, at: float) -> None:
        self.at = at
        self.silent = 0
