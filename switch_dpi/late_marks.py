"""Which connections were marked a moment ago. Pure; single owner; bounded.

A mark names a connection by its addresses and ports. One that is still on its way when that connection ends is written
into the next one between the same ports, and has to be taken back there.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from switch_dpi.conntrack import Key

LATE_S: Final = (
    5.0  # longer than a full queue of marks takes (``marker.MAX_PENDING_SIZE``), and Open vSwitch to be busy
)
MAX_KEPT: Final = 65536  # at 10,000 marks a second all of that time; a busier switch keeps the last ones


class LateMarks:
    """Keys by the time of their last mark, oldest first."""

    def __init__(self) -> None:
        self._at_s: OrderedDict[Key, float] = OrderedDict()

    def __len__(self) -> int:
        return len(self._at_s)

    def note(self, key: Key, now_s: float) -> None:
        """A mark was sent."""
        kept = self._at_s
        kept[key] = now_s
        kept.move_to_end(key)
        while kept and (len(kept) > MAX_KEPT or now_s - next(iter(kept.values())) > LATE_S):
            kept.popitem(last=False)

    def take(self, key: Key, now_s: float) -> bool:
        """Whether a mark of this key may still be on its way, or have come too late; said once."""
        at_s = self._at_s.pop(key, None)
        return at_s is not None and now_s - at_s <= LATE_S
