"""Flow events on their way to the controller: queued, merged, bounded, cut into batches. No I/O; time is an argument.

Of the events that were asked for while a controller listens, each is sent, merged (a later one of its flow stands for
it) or dropped; the three counters and the length of the queue add up. ``add`` may be called from the engine's thread,
everything else from the relay's or the loop's.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Final

from ofext.config import EventConfig
from ofext.errors import EncodeError
from ofext.events import EventKind, FlowEvent, FlowEvents, encode_batches, encode_event
from ofext.messages import frame_body
from switch_dpi.selection import AttributeSelection, RateLimit, is_sampled

log = logging.getLogger(__name__)

CROWDED: Final = 0.5  # from this share of the queue on, a newer event of a flow replaces the one that waits


class Publisher:
    """The events of one bridge. Numbers run on over controller sessions, as ``ofext.events`` asks."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._lock = threading.Lock()
        self._waiting: dict[int, FlowEvent] = {}
        self._latest: dict[int, int] = {}
        self._outdated: dict[int, None] = {}
        self._next_slot = 0
        self._backlog: Iterator[FlowEvent] | None = None
        self._config: EventConfig | None = None
        self._oldest_s: float | None = None
        self._sequence = 0
        self.dropped = 0
        self.merged = 0
        self.sent = 0
        self.limited = 0
        """Those of the dropped that were beyond the rate limit."""
        self.sampled_out = 0
        """Events of flows that sampling leaves out: not asked for."""
        self._selection: AttributeSelection | None = None
        self._rate = RateLimit(0)

    def __len__(self) -> int:
        return len(self._waiting)

    def start(self, config: EventConfig, live: Callable[[], Iterable[FlowEvent]]) -> None:
        """A controller listens: ``live`` flows go first. They are asked for when news are queued already, so that a
        flow that changes meanwhile is told twice and not left out.
        """
        with self._lock:
            self._drop_waiting()
            self._take_config(config)
        backlog = iter(live())
        with self._lock:
            self._backlog = backlog

    def configure(self, config: EventConfig) -> None:
        """The controller asked for something else; what waits and is not wanted any more is left out."""
        with self._lock:
            self._take_config(config)
            for slot in [slot for slot, event in self._waiting.items() if not self._is_wanted(event)]:
                self._forget(slot)

    def stop(self) -> None:
        """Nobody listens; what waits is dropped, and the next one is told of the live flows."""
        with self._lock:
            self._config = None
            self._backlog = None
            self._drop_waiting()

    def add(self, events: Iterable[FlowEvent], now_s: float) -> bool:
        """Queue events; True when the loop should look at :attr:`due` anew."""
        with self._lock:
            if self._config is None:
                return False
            was_empty = not self._waiting
            for event in events:
                if self._is_wanted(event) and self._is_within_rate(now_s):
                    self._queue(event)
            if self._waiting and self._oldest_s is None:
                self._oldest_s = now_s
            return bool(self._waiting) and (was_empty or len(self._waiting) >= self._config.max_batch)

    @property
    def due(self) -> float | None:
        """When the next batch should go; None while nothing waits."""
        with self._lock:
            if self._config is None:
                return None
            if self._backlog is not None or len(self._waiting) >= self._config.max_batch:
                return 0.0
            return None if self._oldest_s is None else self._oldest_s + self._config.max_delay_ms / 1000

    def take(self, now_s: float, version: int) -> list[bytes]:
        """The messages of one batch (more than one where it would not fit), empty when nothing waits.

        One without events follows the last of the live flows.
        """
        with self._lock:
            if self._config is None:
                return []
            was_telling = self._backlog is not None
            batch = self._next_batch(self._config.max_batch)
            has_told_all = was_telling and self._backlog is None
            self._oldest_s = now_s if self._waiting else None
            selection = self._selection
            dropped = self.dropped
        if selection is not None:
            batch = [selection.of(event) for event in batch]
        try:
            bodies = list(encode_batches(batch, sequence=self._sequence, dropped=dropped))
        except EncodeError:
            batch = [event for event in batch if self._has_place(event)]
            bodies = list(encode_batches(batch, sequence=self._sequence, dropped=self.dropped))
        self._sequence += len(batch)
        self.sent += len(batch)
        if has_told_all:
            bodies.append(FlowEvents(sequence=self._sequence, dropped=self.dropped).encode())
        return [frame_body(FlowEvents.EXP_TYPE, body, version=version, xid=0) for body in bodies]

    def _has_place(self, event: FlowEvent) -> bool:
        """Whether an event can stand on the wire; one that cannot is dropped, not all that wait with it."""
        try:
            encode_event(event)
        except EncodeError as error:
            log.warning("an event of flow %d is dropped: %s", event.flow_id, error)
            with self._lock:
                self.dropped += 1
            return False
        return True

    def _take_config(self, config: EventConfig) -> None:
        self._config = config
        self._selection = AttributeSelection.of_config(config)
        if self._rate.per_s != config.max_rate:
            self._rate = RateLimit(config.max_rate)

    def _is_wanted(self, event: FlowEvent) -> bool:
        if self._config is None or event.kind not in self._config.kinds:
            return False
        if self._config.sample_every == 1 or is_sampled(event, self._config.sample_every):
            return True
        self.sampled_out += 1
        return False

    def _is_within_rate(self, now_s: float) -> bool:
        if self._rate.takes_one(now_s):
            return True
        self.limited += 1
        self.dropped += 1
        return False

    def _queue(self, event: FlowEvent) -> None:
        earlier = self._latest.get(event.flow_id)
        if earlier is not None and len(self._waiting) >= self._limit * CROWDED:
            self._merge(earlier)
        elif earlier is not None:
            self._outdated[earlier] = None
        while len(self._waiting) >= self._limit:
            if self._outdated:
                self._merge(next(iter(self._outdated)))
            else:
                self._forget(next(iter(self._waiting)))
                self.dropped += 1
        self._waiting[self._next_slot] = event
        self._latest[event.flow_id] = self._next_slot
        self._next_slot += 1

    def _merge(self, slot: int) -> None:
        """The event there says nothing that a later one of its flow does not say."""
        self._forget(slot)
        self.merged += 1

    def _drop_waiting(self) -> None:
        self.dropped += len(self._waiting)
        self._waiting.clear()
        self._latest.clear()
        self._outdated.clear()
        self._oldest_s = None

    def _forget(self, slot: int) -> FlowEvent:
        event = self._waiting.pop(slot)
        self._outdated.pop(slot, None)
        if self._latest.get(event.flow_id) == slot:
            del self._latest[event.flow_id]
        return event

    def _next_batch(self, limit: int) -> list[FlowEvent]:
        batch: list[FlowEvent] = []
        while self._backlog is not None and len(batch) < limit:
            event = next(self._backlog, None)
            if event is None:
                self._backlog = None
            elif self._is_wanted(event):
                batch.append(event)
        while self._waiting and len(batch) < limit:
            batch.append(self._forget(next(iter(self._waiting))))
        return batch


def as_news(event: FlowEvent) -> FlowEvent:
    """A live flow as told to a controller that has not heard of it."""
    kind = EventKind.VERDICT if event.app_id else EventKind.NEW
    return event if event.kind == kind else replace(event, kind=kind)
