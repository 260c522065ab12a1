"""A bridge agent in a thread, and what tests of it need of the world."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from pathlib import Path

from ofext import oxm
from ofext.hello import Hello
from ofext.openflow.marks import Connection
from switch_dpi.bridge import BridgeAgent, EngineFacts
from switch_dpi.config import AgentConfig
from switch_dpi.marker import Marker
from switch_dpi.ovs import Ovs
from tests.fakes.openflow_peer import ControllerPeer, Session


class RunningAgent:
    """A BridgeAgent in a thread with a loop of its own."""

    def __init__(self, config: AgentConfig, engine: EngineFacts) -> None:
        self._config, self._engine = config, engine
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._main()))
        self._thread.start()
        if not self._ready.wait(10):
            raise TimeoutError("the agent did not start")

    async def _main(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.bridge = BridgeAgent(self._config, self._config.plans[0], Ovs(self._config.ovs), self._engine, "test")
        self._task = self._loop.create_task(self.bridge.run())
        self._ready.set()
        await asyncio.gather(self._task, return_exceptions=True)

    def stop(self) -> None:
        """As SIGTERM would."""
        self._loop.call_soon_threadsafe(self._task.cancel)
        self._thread.join(20)
        if self._thread.is_alive():
            raise TimeoutError("the agent did not stop")


def until(found: Callable[[], object], timeout_s: float = 10.0) -> None:
    """Wait for something to become true."""
    deadline = time.monotonic() + timeout_s
    while not found():
        if time.monotonic() > deadline:
            raise TimeoutError("did not happen in time")
        time.sleep(0.02)


def track(
    management: Path, zone: int, sport: int, dump: Callable[[], str], make: Callable[[Path, int], Marker] = Marker
) -> None:
    """Make a UDP connection in a zone, as its first packet would."""
    marker = make(management, zone)
    marker.service(0.0)
    marker.mark(Connection(src="10.0.0.1", sport=sport, dst="10.0.0.2", dport=443, l4=17), 0, 0)
    marker.flush()
    until(lambda: f"sport={sport}" in dump())
    marker.close()


def flow_mod(*fields: oxm.Oxm, priority: int = 10) -> bytes:
    """The body of a FLOW_MOD that adds a rule for IPv4 without instructions (1.4 §7.3.4.2)."""
    fixed = bytes(16) + bytes((0, 0)) + bytes(4) + priority.to_bytes(2, "big") + b"\xff" * 12 + bytes(4)
    ipv4 = oxm.Oxm(oxm.CLASS_OPENFLOW_BASIC, 5, False, b"\x08\x00")
    return fixed + oxm.encode_match([ipv4, *fields])


def l7_session(peer: ControllerPeer, version: int = 5) -> Session:
    """The next session in a version of OpenFlow, after the extension's hello."""
    session = peer.accept(frozenset({version}))
    session.send_l7(Hello())
    session.expect_l7(Hello)
    return session
