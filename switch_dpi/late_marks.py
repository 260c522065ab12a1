"""Which connections were marked a moment ago, and which of two marks stands. Pure; single owner; bounded.

A mark names a connection by its addresses and ports. One that is still on its way when that connection ends is written
into the next one between the same ports, and has to be taken back there.

Marks are numbered in the order in which they reach the switch. An engine marks by itself and is heard of later: a mark
that was made here meanwhile, knowing less, stands over it and has to be made again.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from switch_dpi.conntrack import Key

LATE_S: Final = (
    5.0  # longer than a full queue of marks takes (``marker.MAX_PENDING_SIZE``), and Open vSwitch to be busy
)
MAX_KEPT: Final = 65536  # at 10,000 marks a second all of that time; a busier switch keeps the last ones


@dataclass(slots=True)
class _Marked:
    at_s: float
    number: int
    """Of the last mark that was made here, or a higher one."""


class LateMarks:
    """Keys by the time of their last mark, oldest first."""

    def __init__(self) -> None:
        self._marked: OrderedDict[Key, _Marked] = OrderedDict()
        self._forgotten = 0
        """No mark of a key that is not kept has a higher number."""

    def __len__(self) -> int:
        return len(self._marked)

    def note(self, key: Key, now_s: float, number: int = 0) -> None:
        """A mark was sent: by an engine, or from here with this number."""
        kept = self._marked
        known = kept.get(key)
        if known is None:
            kept[key] = _Marked(now_s, number or self._forgotten)
        else:
            known.at_s, known.number = now_s, number or known.number
            kept.move_to_end(key)
        while kept and (len(kept) > MAX_KEPT or now_s - next(iter(kept.values())).at_s > LATE_S):
            _, oldest = kept.popitem(last=False)
            self._forgotten = max(self._forgotten, oldest.number)

    def stands(self, key: Key, number: int) -> bool:
        """Whether an engine's mark with this number is the last of its key; false where that is not sure."""
        known = self._marked.get(key)
        return number > (self._forgotten if known is None else known.number)

    def is_late(self, key: Key, now_s: float) -> bool:
        """Whether a mark of this key may still be on its way, or have come too late."""
        known = self._marked.get(key)
        return known is not None and now_s - known.at_s <= LATE_S
