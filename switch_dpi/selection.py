"""What of the flow events a controller has asked for: which attributes, which flows, how many a second. No I/O."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace

from ofext.config import EventConfig
from ofext.events import FlowEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributeSelection:
    """Attributes by App-ID, else by category, else for all; None: all attributes."""

    of_apps: Mapping[int, frozenset[int]]
    of_categories: Mapping[int, frozenset[int]]
    of_all: frozenset[int] | None

    @staticmethod
    def of_config(config: EventConfig) -> AttributeSelection | None:
        """None where all attributes of all flows are wanted."""
        if config.attributes is None and not config.app_attributes and not config.category_attributes:
            return None
        return AttributeSelection(
            of_apps=dict(config.app_attributes),
            of_categories=dict(config.category_attributes),
            of_all=config.attributes,
        )

    def of(self, event: FlowEvent) -> FlowEvent:
        """The event with the metadata that are wanted of it."""
        wanted = self.of_apps.get(event.app_id)
        if wanted is None:
            wanted = self.of_categories.get(event.category, self.of_all)
        if wanted is None:
            return event
        kept = tuple(item for item in event.metadata if item[0] in wanted)
        return event if len(kept) == len(event.metadata) else replace(event, metadata=kept)


class RateLimit:
    """A bucket of one second's events, refilled evenly. Time in seconds, of any clock that does not go back."""

    def __init__(self, per_s: int) -> None:
        """``per_s`` 0: no limit."""
        self.per_s = per_s
        self._left = float(per_s)
        self._at_s: float | None = None

    def takes_one(self, now_s: float) -> bool:
        """Whether another event may pass now; it is counted."""
        if not self.per_s:
            return True
        if self._at_s is not None:
            self._left = min(float(self.per_s), self._left + (now_s - self._at_s) * self.per_s)
        self._at_s = now_s
        if self._left < 1.0:
            return False
        self._left -= 1.0
        return True


def is_sampled(event: FlowEvent, every: int) -> bool:
    """Whether a flow is the one of ``every`` that is published: by its ends, so that agents at both choose the same."""
    ends = sorted(((event.src, event.sport), (event.dst, event.dport)))
    return zlib.crc32(repr((ends, event.l4, event.vlan)).encode()) % every == 0
