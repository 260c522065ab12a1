"""What a test knows of its connections, held against the tracker: which one is which application."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator

from ofext.ids import UNKNOWN_APP
from switch_dpi.conntrack import TCP, Key, flow_key
from tests.lab.conversations import Talk
from tests.lab.network import Lab
from tests.lab.processes import until

PATIENCE_S = 20.0
ON_ITS_WAY_S = 0.5


class Truth:
    """Of the connections of one test. A mark may be missing for a while, but must never be another application's.

    On a switch without a tracker, who uses ports again at once may not be inspected (docs/agent.md): then `unknown` is
    said of it, which is no other application.
    """

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._app_ids = {app.key: app.app_id for app in lab.client.apps()}
        self._applications: dict[tuple[str, Key], tuple[int, int]] = {}
        self._unsaid = (0,) if lab.has_tracker else (0, UNKNOWN_APP)
        self._noted = 0

    def note(self, bridge: str, talk: Talk, l4: int = TCP) -> None:
        """A connection is this application from now on."""
        self._noted += 1
        key = flow_key(l4, *talk.ends)
        self._applications[bridge, key] = (self._noted, self._app_ids[talk.conversation.key])

    def check_now(self) -> int:
        """No connection has a wrong mark; how many have none, or are not there.

        Without a tracker a wrong one counts when it stays: the agent takes back what was still on its way.
        """
        missing, wrong = self._compare()
        if wrong and not self._lab.has_tracker:
            time.sleep(ON_ITS_WAY_S)
            missing, again = self._compare()
            wrong = [each for each in wrong if each in again]
        if wrong:
            raise WrongMarkError(wrong)
        return missing

    def _compare(self) -> tuple[int, list[str]]:
        """How many marks are missing, and which are wrong."""
        before = self._applications.copy()
        tracked = {(bridge, found.key): found for bridge in self._lab.bridges for found in self._lab.tracked(bridge)}
        wrong, missing = [], 0
        for where, noted in before.items():
            found, (_, wanted) = tracked.get(where), noted
            missing += found is None or found.mark != wanted
            if found is None or found.mark in (*self._unsaid, wanted) or found.is_closing:
                continue
            if self._applications[where] == noted:  # otherwise it became another one while the tracker was read
                wrong.append(f"{where}, number {noted[0]}, has mark {found.mark:#x} instead of {wanted:#x}")
        return missing, wrong

    def wait(self) -> None:
        """Until every connection has its mark."""

        def all_are_marked() -> bool:
            missing = self.check_now()
            assert not missing, f"{missing} of {len(self._applications)} are not marked"
            return True

        until("every connection has its mark", all_are_marked, PATIENCE_S)

    @contextlib.contextmanager
    def watched(self) -> Iterator[None]:
        """Looks for wrong marks all the time, beside what the block does."""
        stop = threading.Event()
        found: list[WrongMarkError] = []

        def watch() -> None:
            while not stop.is_set() and not found:
                try:
                    self.check_now()
                except WrongMarkError as error:
                    found.append(error)
                stop.wait(0.02)

        watcher = threading.Thread(target=watch)
        watcher.start()
        try:
            yield
        finally:
            stop.set()
            watcher.join()
        if found:
            raise found[0]


class WrongMarkError(Exception):
    """A connection carries another one's mark."""

    def __init__(self, wrong: list[str]) -> None:
        super().__init__(f"{len(wrong)} connections: {'; '.join(wrong[:3])}")
