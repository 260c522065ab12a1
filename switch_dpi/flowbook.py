"""The live flows of one bridge with what was said and marked of each; bounded. Pure, single owner."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ofext.events import FlowEvent
from ofext.ids import UNKNOWN_APP, is_settled
from switch_dpi.conntrack import Key


@dataclass(slots=True, kw_only=True)
class LiveFlow:
    """One flow. ``event`` is the last thing known of it, in the form in which it is published."""

    event: FlowEvent
    label: int = 0
    """The label that its connection should have, without the epoch."""
    run: int = 0
    """Which run of the engine saw it; 0: none, it was found in the connection tracker."""
    is_watched: bool = True
    """The engine will tell its end. Otherwise the connection tracker is asked."""

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

    def put(self, key: Key, flow: LiveFlow) -> None:
        """Adds or replaces; it is now the flow that changed last."""
        self._flows.pop(key, None)
        self._flows[key] = flow
        if len(self._flows) > self._limit:
            del self._flows[next(iter(self._flows))]
            self.evicted += 1

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
