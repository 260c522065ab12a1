"""The live flows of one bridge with what was said and marked of each; bounded. Pure, single owner."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from ofext.events import FlowEvent
from ofext.ids import UNKNOWN_APP, is_settled
from switch_dpi.conntrack import Key

ADOPTED: Final = 0
"""Run of a flow that was found in the connection tracker."""
RESUMED: Final = -1
"""Run of a flow that its engine has forgotten, and came upon again in its middle."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """A verdict that the controller has given."""

    app_id: int
    category: int
    state: int
    until_s: float
    """Of the clock that does not go back; infinite until the flow ends."""
    beneath: FlowEvent
    """What the engine knows of the flow."""


@dataclass(slots=True, kw_only=True)
class LiveFlow:
    """One flow. ``event`` is the last thing known of it, in the form in which it is published."""

    event: FlowEvent
    label: int = 0
    """The label that its connection should have, without the epoch."""
    run: int = ADOPTED
    """Which run of the engine, counted from 1, saw it begin; or ``ADOPTED``, or ``RESUMED``."""
    is_watched: bool = True
    """The engine will tell its end. Otherwise the connection tracker is asked."""
    pin: Pin | None = None
    """The controller has said what it is."""
    originator: tuple[str, int] | None = None
    """Address and port, where they are not to be read from ``event``."""

    @property
    def is_settled(self) -> bool:
        """Inspection is over."""
        return is_settled(self.event.state)

    @property
    def has_verdict(self) -> bool:
        """Settled, and with a result."""
        return self.is_settled and self.event.app_id not in (0, UNKNOWN_APP)


class FlowBook:
    """Flows by connection; when full, the one that changed longest ago makes room."""

    def __init__(self, limit: int, first_id: int) -> None:
        self._limit = limit
        self._next_id = first_id
        self._flows: dict[Key, LiveFlow] = {}
        self.evicted = 0

    def __len__(self) -> int:
        return len(self._flows)

    def get(self, key: Key) -> LiveFlow | None:
        """The flow of a connection."""
        return self._flows.get(key)

    def put(self, key: Key, flow: LiveFlow) -> LiveFlow | None:
        """Adds or replaces; it is now the flow that changed last. The flow that made room, if one had to."""
        self._flows.pop(key, None)
        self._flows[key] = flow
        if len(self._flows) <= self._limit:
            return None
        self.evicted += 1
        return self._flows.pop(next(iter(self._flows)))

    def pop(self, key: Key) -> LiveFlow | None:
        """Removes and returns."""
        return self._flows.pop(key, None)

    def keys(self) -> list[Key]:
        """A copy, oldest change first."""
        return list(self._flows)

    def flows(self) -> Iterator[LiveFlow]:
        """All of them, as they were when asked."""
        return iter(list(self._flows.values()))

    def next_id(self) -> int:
        """A flow id that was not used before."""
        self._next_id += 1
        return self._next_id - 1
