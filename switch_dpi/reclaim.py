"""Makes label bits free again that no rule needs: looks at the switch's rules, then clears the bits in its connections.

Runs in the loop; one at a time for a bridge. See ``switch_dpi.predicates`` for why each step stands where it does.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import Future
from typing import Final

from ofext import label
from switch_dpi.conntrack import Connection
from switch_dpi.errors import OvsError
from switch_dpi.predicates import PredicateStore
from switch_dpi.verdicts import VerdictPath

log = logging.getLogger(__name__)

ROUNDS: Final = 4  # connections are cleared and looked at so often; what is left waits for the next time
TAKEN_S: Final = 1.0  # how long the switch may need for the marks that wait for it
TAKEN_PAUSE_S: Final = 0.002
AT_ONCE_S: Final = 3.0  # how long a controller's rule may wait for a bit


class Reclaimer:
    """Of one bridge."""

    def __init__(
        self,
        store: PredicateStore,
        path: VerdictPath,
        count_rules: Callable[[], Mapping[int, int]],
        connections: Callable[[], Awaitable[Sequence[Connection]]],
    ) -> None:
        self._store = store
        self._path = path
        self._count_rules = count_rules
        self._connections = connections
        self._one_at_a_time = asyncio.Lock()
        self._loop = asyncio.get_running_loop()

    async def run(self, *, retire: bool) -> bool:
        """Count the rules; with ``retire`` take the bits of unused predicates back. True when bits became free.

        Raises OvsError.
        """
        async with self._one_at_a_time:
            look = self._store.begin_look()
            rules = await asyncio.to_thread(self._count_rules)
            self._store.end_look(look, rules, retire=retire)
            retired = self._store.table.retired
            if not retired or not await self._clear(label.predicate_mask(retired)):
                return False
            self._store.recycle(retired)
            return True

    def begin(self) -> Future[bool]:
        """The same at once, from any thread; False too when it fails or takes too long."""
        return asyncio.run_coroutine_threadsafe(self._run_at_once(), self._loop)

    async def _run_at_once(self) -> bool:
        try:
            async with asyncio.timeout(AT_ONCE_S):
                return await self.run(retire=True)
        except TimeoutError:
            return False
        except OvsError as error:
            log.warning("bits of predicates cannot be made free: %s", error)
            return False

    async def _clear(self, bits: int) -> bool:
        """Take bits out of all connections; whether none has them any more, nor will have."""
        await asyncio.to_thread(self._path.drop_bits, bits)
        for _ in range(ROUNDS):
            if not await self._marks_are_taken():
                return False
            carriers = [each for each in await self._connections() if each.label & bits]
            if not carriers:
                return True
            await asyncio.to_thread(self._path.clear_bits, carriers, bits)
        return False

    async def _marks_are_taken(self) -> bool:
        """Wait until the switch has written all marks that were made so far."""
        until_s = time.monotonic() + TAKEN_S
        is_taken = self._path.probe()
        while not is_taken():
            if time.monotonic() > until_s:
                return False
            await asyncio.sleep(TAKEN_PAUSE_S)
            self._path.service(time.monotonic())
        return True
