"""The gate through which messages with L7 matches go, as a session sees it; ``switch_dpi.predicates`` has it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from ofext.messages import L7Error


@dataclass(frozen=True, slots=True)
class PutOff:
    """A message has to wait; what stands behind it waits too. It is brought again when ``is_making_room`` ends."""

    to_switch: bytes
    """Goes to the switch at once; may be empty."""


class MatchGate(Protocol):
    """Lowers and raises the matches of whole messages."""

    @property
    def is_making_room(self) -> bool:
        """A message that was put off has to wait still."""
        ...

    def lower(self, message: bytes) -> bytes | L7Error | PutOff:
        """A message from the controller as the switch understands it, or why it is refused."""
        ...

    def raise_(self, message: bytes) -> bytes:
        """A message from the switch with L7 fields."""
        ...

    def answered(self, message: bytes) -> bytes | None:
        """Of an ECHO_REPLY of the switch to the gate: what to send to the switch next. None for others."""
        ...
