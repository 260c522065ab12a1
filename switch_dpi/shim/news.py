"""What a relay has to publish: the publisher's events, as the session's controller has asked for them. No I/O."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ofext.config import EventConfig
from ofext.events import FlowEvent
from switch_dpi.publish import Publisher
from switch_dpi.shim.session import ShimSession


class News:
    """One session's events. Belongs to the relay's thread."""

    def __init__(
        self, session: ShimSession, publisher: Publisher, live_events: Callable[[], Iterator[FlowEvent]]
    ) -> None:
        self._session = session
        self._publisher = publisher
        self._live_events = live_events
        self._config: EventConfig | None = None

    def due_in_s(self, now_s: float) -> float | None:
        """Seconds until the next batch should go, 0 or less when it should now; None when nothing waits, or may go."""
        self._follow()
        due_s = self._publisher.due if self._config is not None and self._session.takes_events else None
        return None if due_s is None else due_s - now_s

    def inject(self, now_s: float) -> None:
        """One batch becomes part of what the session has for the controller."""
        for message in self._publisher.take(now_s, self._session.version or 0):
            self._session.inject(message)

    def _follow(self) -> None:
        """The controller of the extension has come, or asked for something else."""
        wanted = self._session.endpoint.published
        if wanted is self._config:
            return
        before, self._config = self._config, wanted
        if wanted is None:
            self._publisher.stop()
        elif before is None:
            self._publisher.start(wanted, self._live_events)
        else:
            self._publisher.configure(wanted)
