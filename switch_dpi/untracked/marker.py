"""Writes verdicts into a switch without a connection tracker: as rules, through the bridge's management socket.

It is a :class:`~switch_dpi.marker.Marker` for whoever has verdicts. Changes that leave together make a bundle, which
Open vSwitch takes many times faster than one after the other.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Final

from ofext.errors import OfextError
from ofext.openflow.header import Type, build
from ofext.openflow.marks import Connection
from ofext.untracked import connections
from switch_dpi.marker import MAX_PENDING_SIZE, Marker, MarkerCounters

BUNDLE_FROM: Final = 8  # changes; for fewer the opening and closing cost more than they save
BUNDLE_UP_TO: Final = 1024  # changes: what one that is refused takes with it


class RuleMarker(Marker):
    """One bridge's marks, as two rules each."""

    def __init__(self, path: Path, zone: int) -> None:
        super().__init__(path, zone, connections.VERSION)
        self._zone = zone
        self._bodies: list[bytes] = []
        self._bundles = 0

    @property
    def counters(self) -> MarkerCounters:
        """Up to now."""
        return replace(self._own)

    def mark(self, connection: Connection, app_id: int, label: int, flow_id: int = 0, /) -> int:
        """Collect one mark; it stands for both directions until they are idle, or :meth:`end`.

        Its number, ascending; 0 if it will not be sent.
        """
        if not self._has_room():
            return 0
        try:
            self._bodies += connections.mark_rules(self._zone, connection, app_id, label, flow_id)
        except OfextError:
            self._own.unmarkable += 1
            return 0
        self._own.marks += 1
        return self._own.marks

    def end(self, connection: Connection, flow_id: int) -> None:
        """The flow has ended: its marks go, unless they are another one's by now."""
        if self._has_room():
            self._bodies.append(connections.end_rules(connections.cookie_of(connection, flow_id)))

    def flush(self) -> None:
        """Send what has been collected, as far as the switch takes it now."""
        self._hand_over()
        super().flush()

    def probe(self) -> None:
        """As for other switches; behind what has been collected."""
        self._hand_over()
        super().probe()

    def _has_room(self) -> bool:
        if self.is_connected and self.pending_size <= MAX_PENDING_SIZE:
            return True
        self._own.dropped += 1
        return False

    def _hand_over(self) -> None:
        bodies, self._bodies = self._bodies, []
        if not self.is_connected:
            return
        for some in _chunks(bodies):
            self._bundles += 1
            number = self._bundles & 0xFFFFFFFF
            if len(some) >= BUNDLE_FROM:
                self.sink.add(connections.bundle(some, number, number))
            else:
                self.sink.add(b"".join(build(connections.VERSION, Type.FLOW_MOD, number, body) for body in some))


def _chunks(bodies: list[bytes]) -> Iterable[list[bytes]]:
    return (bodies[at : at + BUNDLE_UP_TO] for at in range(0, len(bodies), BUNDLE_UP_TO))
