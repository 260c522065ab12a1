"""Which BARRIER_REQUESTs of the controller the bridge has not answered yet. No I/O.

What the agent does itself after a barrier waits for the bridge's answer (OpenFlow 1.3 §7.3.8).
"""

from __future__ import annotations

from typing import Final

from ofext.openflow.header import Type

MAX_OPEN: Final = (
    65_536  # barriers under way; who has more is not waiting for them, and only the youngest are looked at
)


class Barriers:
    """Transaction ids of open barriers, each as often as it was used."""

    def __init__(self) -> None:
        self._open: dict[bytes, int] = {}

    @property
    def are_open(self) -> bool:
        """At least one has no answer yet."""
        return bool(self._open)

    def asked(self, message: bytes) -> None:
        """A BARRIER_REQUEST goes to the bridge."""
        xid = message[4:8]
        self._open[xid] = self._open.pop(xid, 0) + 1
        if len(self._open) > MAX_OPEN:
            del self._open[next(iter(self._open))]

    def answered(self, message: bytes) -> None:
        """Looks at a message from the bridge: an answer to a barrier, or an error about it."""
        if message[1] not in (Type.BARRIER_REPLY, Type.ERROR):
            return
        left = self._open.pop(message[4:8], 0) - 1
        if left > 0:
            self._open[message[4:8]] = left
