"""The hot path of the shim: the native relay moves messages, the session sees those that may concern layer 7.

Most messages never come near Python (``interest`` says which do). Here is the thread that looks at the others and
publishes flow events; neither delays what passes in the other direction, nor, for events, anything.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator

from ofext.events import FlowEvent
from switch_dpi._native import Relay, RelayTurn
from switch_dpi.publish import Publisher
from switch_dpi.shim import interest
from switch_dpi.shim.news import News
from switch_dpi.shim.session import ShimSession


class HotRelay:
    """Relays until a side closes, the session ends, or :meth:`stop`."""

    def __init__(
        self,
        session: ShimSession,
        switch: socket.socket,
        controller: socket.socket,
        publisher: Publisher,
        live_events: Callable[[], Iterator[FlowEvent]],
        on_end: Callable[[str], object],
    ) -> None:
        self._session = session
        self._news = News(session, publisher, live_events)
        self._on_end = on_end
        self._is_stopping = False
        self._ends = (switch, controller)
        self._relay: Relay | None = None
        self._thread = threading.Thread(target=self._run, name="relay-l7", daemon=True)

    def start(self) -> None:
        """The sockets belong to the relay from here on. Raises OSError when there is no thread for it."""
        rest_of_switch, rest_of_controller = self._session.release()
        self._relay = Relay(
            *self._ends,
            from_switch=list(self._session.interests.from_switch.items()),
            from_controller=list(self._session.interests.from_controller.items()),
            extended=interest.EXTENDED,
            rest_of_switch=rest_of_switch,
            rest_of_controller=rest_of_controller,
        )
        self._thread.start()

    def wake(self) -> None:
        """There may be events to publish. From any thread."""
        if self._relay is not None:
            self._relay.wake()

    def stop(self) -> None:
        """End without telling ``on_end``; returns when the sockets are closed."""
        self._is_stopping = True
        if self._relay is not None:
            self._relay.stop()
            if threading.current_thread() is not self._thread:
                self._thread.join()

    def _run(self) -> None:
        relay = self._relay
        if relay is None:
            return
        reason = "the relay failed"
        try:
            reason = self._serve(relay)
        finally:
            relay.stop()
            if not self._is_stopping:
                self._on_end(reason)

    def _serve(self, relay: Relay) -> str:
        """Until the end; why."""
        wait_s: float | None = 0.0
        while True:
            turn = relay.wait(wait_s)
            if turn.ended is not None:
                return turn.ended
            closed = self._look_at(turn, relay)
            if closed:
                return closed
            wait_s = self._publish(relay) if turn.has_room else None

    def _look_at(self, turn: RelayTurn, relay: Relay) -> str:
        """What the session says to the messages of a turn; why it has ended, or empty.

        It answers as fast as the controller reads; what stands behind such a request waits for the last answer.
        """
        now = time.monotonic()
        if turn.has_room and self._session.is_busy and not self._session.is_held:
            self._session.resume(now)
        if turn.from_switch:
            self._session.switch_data(turn.from_switch, now)
        if turn.from_controller:
            self._session.controller_data(turn.from_controller, now)
        if self._session.refresh():
            relay.wake()
        output = self._session.take()
        relay.answer(
            output.to_switch,
            output.to_controller,
            is_whole=not self._session.is_busy,
            is_held=self._session.is_held,
            is_extended=self._session.endpoint.is_negotiated,
        )
        return output.close

    def _publish(self, relay: Relay) -> float | None:
        """Hand on a batch that is due; seconds until the relay should be asked again, None when nothing waits."""
        now = time.monotonic()
        due_in_s = self._news.due_in_s(now)
        if due_in_s is None or due_in_s > 0:
            return due_in_s
        self._news.inject(now)
        relay.publish(self._session.take().to_controller)
        return 0.0
