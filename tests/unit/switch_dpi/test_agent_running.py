"""A bridge's part of the agent fails and starts again, until the agent is told to end."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from switch_dpi import agent


class FailingBridge:
    """Fails as a bridge does: one task of a group raises, the other takes its time to end."""

    plan = SimpleNamespace(name="s1")

    def __init__(self) -> None:
        self.runs = 0
        self.is_failing = asyncio.Event()
        self.may_end = asyncio.Event()

    async def run(self) -> None:
        self.runs += 1
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._fail())
            tasks.create_task(self._end_slowly())

    async def _fail(self) -> None:
        await asyncio.sleep(0)
        raise RuntimeError("the engine is gone")

    async def _end_slowly(self) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            self.is_failing.set()
            await self.may_end.wait()


@pytest.fixture
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agent, "RESTART_S", 0.0)


@pytest.mark.usefixtures("no_pause")
def test_failed_bridge_starts_again() -> None:
    async def check() -> None:
        bridge: Any = FailingBridge()
        stop = asyncio.Event()
        bridge.may_end.set()
        task = asyncio.create_task(agent._keep_running(bridge, stop))
        while bridge.runs < 3:
            await asyncio.sleep(0)
        stop.set()
        task.cancel()
        await asyncio.wait([task], timeout=10)
        assert task.done()

    asyncio.run(check())


@pytest.mark.usefixtures("no_pause")
def test_bridge_that_is_failing_when_the_agent_is_told_to_end_ends() -> None:
    async def check() -> None:
        bridge: Any = FailingBridge()
        stop = asyncio.Event()
        task = asyncio.create_task(agent._keep_running(bridge, stop))
        await bridge.is_failing.wait()
        stop.set()
        task.cancel()
        await asyncio.sleep(0)
        bridge.may_end.set()
        await asyncio.wait([task], timeout=10)
        assert (task.done(), bridge.runs) == (True, 1)

    asyncio.run(check())
