"""Everything beside one bridge: shim, tap, engine thread, marks, and the watch over Open vSwitch.

What Open vSwitch does (restart, bridge made anew, tap gone) is found out by looking at files twice a second; the answer
is always the same: set up again what can be set up twice without effect.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from ofext.catalogue import Catalogue
from ofext.config import Depth, EventConfig
from ofext.hello import AgentInfo, Feature
from ofext.label import PREDICATE_CAPACITY
from ofext.predicates import PredicateTable
from switch_dpi.config import AgentConfig, BridgePlan
from switch_dpi.conntrack import Connection, parse_conntrack
from switch_dpi.engine import Capture, Event
from switch_dpi.errors import OvsError, SwitchDpiError
from switch_dpi.flowbook import FlowBook
from switch_dpi.marker import Marker
from switch_dpi.ovs import BridgeFacts, Fingerprint, Ovs
from switch_dpi.plugin_desk import PluginDesk
from switch_dpi.predicates import PredicateStore
from switch_dpi.publish import Publisher
from switch_dpi.reclaim import Reclaimer
from switch_dpi.requests import RequestDesk, Surroundings, counters_of
from switch_dpi.rule_list import count_rules
from switch_dpi.shim.l7 import L7Endpoint
from switch_dpi.shim.relay import Shim
from switch_dpi.shim.session import ShimSession
from switch_dpi.untracked.gate import UntrackedGate
from switch_dpi.untracked.listing import list_connections
from switch_dpi.untracked.marker import RuleMarker
from switch_dpi.verdicts import VerdictPath
from switch_dpi.vocabulary import Vocabulary

log = logging.getLogger(__name__)

WATCH_S: Final = 0.5  # how often Open vSwitch is looked at
RETRY_S: Final = 1.0  # after a command to Open vSwitch failed
POLL_S: Final = 0.1  # the engine thread looks at its other duties this often when nothing happens
MAX_EVENTS: Final = 64  # events taken at a time: about 2 ms until the marks of the first leave
REMARK_DELAY_S: Final = 0.005  # a controller installs many patterns in one bundle
FEATURES: Final = Feature.FLOW_CONTROL | Feature.DEPTH | Feature.STATISTICS | Feature.CATALOGUE_CHANGE | Feature.TAGS
RECONCILE_SOON_S: Final = 0.3  # after marks may have been lost, time for a batch of connections to come up again


@dataclass(slots=True, kw_only=True)
class EngineFacts:
    """What all bridges share of the engine."""

    open_capture: Callable[[str], Capture]
    catalogue: Catalogue
    protocols: dict[str, int]
    """App-IDs of protocols by name."""
    version: str
    observe: Callable[[Sequence[Event]], None] = lambda _: None
    """Is shown all events of all bridges, in their engines' threads."""
    plugins: PluginDesk | None = None
    """What controllers may do with plugins."""
    on_renewed: list[Callable[[], None]] = field(default_factory=list)
    """Called when the catalogue is another one, from any thread."""

    def renew(self, catalogue: Catalogue, protocols: Mapping[str, int]) -> None:
        """The engine goes on with other signatures; what it named before keeps its id."""
        self.protocols.update(protocols)
        self.catalogue = catalogue
        for call in self.on_renewed:
            call()


class BridgeAgent:
    """One bridge's part of the agent."""

    def __init__(
        self, config: AgentConfig, plan: BridgePlan, ovs: Ovs, engine: EngineFacts, agent_version: str
    ) -> None:
        self.plan = plan
        self._config = config
        self._ovs = ovs
        self._engine = engine
        self._agent_version = agent_version
        self._facts: BridgeFacts | None = None
        self._seen: Fingerprint | None = None
        self._listen = plan.listen
        self._capture: Capture | None = None
        self._stop = threading.Event()
        self._engine_run: asyncio.Future[None] | None = None
        self._thread: ThreadPoolExecutor | None = None
        self._reconcile_now = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._remark: asyncio.TimerHandle | None = None
        marker = Marker if plan.has_tracker else RuleMarker
        self._marker = marker(ovs.management_path(plan.name), plan.edge_zone)
        store_path = config.state_dir / f"{plan.name}.predicates.json"
        vocabulary = Vocabulary(engine.catalogue)
        self._store = PredicateStore(store_path, plan.edge_zone, vocabulary, self._predicates_changed)
        self._path = VerdictPath(
            book=FlowBook(config.events.flow_book, first_id=int(time.time()) << 24),
            store=self._store,
            marker=self._marker,
            publisher=Publisher(config.events.queue),
            protocols=engine.protocols,
        )
        self._shim = Shim(
            plan.name,
            config.controller,
            self._make_session,
            self._path.publisher,
            self._path.live_events,
            config.ovs.tls,
            [ovs.management_path(plan.name)],
        )
        self._reclaimer = Reclaimer(self._store, self._path, self._count_rules, self._connections)
        self._store.room.make = self._reclaimer.begin
        self._store.room.on_end = self._shim.wake
        self._path.on_news = self._shim.wake
        self._depth = Depth()
        self._desk = RequestDesk(
            plan.name,
            self._path,
            Surroundings(
                catalogue=lambda: self._engine.catalogue,
                vocabulary=lambda: self._store.vocabulary,
                counters=self._counters,
                set_depth=self._set_depth,
                wake=self._shim.wake,
                plugins=engine.plugins,
            ),
        )
        engine.on_renewed.append(self._shim.wake)
        engine.on_renewed.append(lambda: self._store.renew(Vocabulary(engine.catalogue)))

    async def run(self) -> None:
        """Until cancelled. What one bridge cannot do stays its own trouble: it is logged and tried again."""
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=f"engine-{self.plan.name}")
        try:
            await self._until_ready(self._begin)
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._watch())
                tasks.create_task(self._reconcile())
        finally:
            await self._shim.close()
            self._desk.close()
            await self._stop_engine()
            self._marker.close()
            self._thread.shutdown(wait=False)

    @property
    def predicates(self) -> PredicateTable:
        """Which predicates have bits now."""
        return self._store.table

    def status(self) -> dict[str, Any]:
        """Figures for people and scripts."""
        phase = self._shim.phase
        publisher = self._path.publisher
        return {
            "bridge": self.plan.name,
            "session": phase.value if phase else "the bridge is not connected",
            "sessions": self._shim.sessions,
            "listen": "{}:{}".format(*self._listen),
            "tap_port": self._facts.tap_ofport if self._facts else None,
            "flows": len(self._path.book),
            "predicates": len(self._store.table.bits),
            "predicates_let_go": len(self._store.table.retired),
            "rules_by_predicate": {str(each): count for each, count in sorted(self._store.rules.items())},
            "refused_matches": self._store.refused,
            "marks": asdict(self._marker.counters),
            "events": {"sent": publisher.sent, "dropped": publisher.dropped, "merged": publisher.merged},
            "engine": self._capture.stats() if self._capture else {},
        }

    async def _begin(self) -> None:
        """Before the bridge may connect: learn what an earlier agent left in it, then listen."""
        connections = await self._connections()
        self._store.distrust_unknown(await asyncio.to_thread(self._count_rules), connections)
        self._path.reconcile(connections, time.monotonic(), time.time_ns())
        log.info("bridge %s: %d flows found in the connection tracker", self.plan.name, len(self._path.book))
        self._listen = await self._shim.start(self.plan.listen)

    async def _watch(self) -> None:
        while True:
            seen = self._ovs.fingerprint(self.plan)
            if seen is None:
                self._seen = None
            elif seen != self._seen or self._engine_run is None or self._engine_run.done():
                await self._until_ready(self._attach)
            await asyncio.sleep(WATCH_S)

    async def _attach(self) -> None:
        """Set up the bridge and the engine anew, as far as needed."""
        facts = await self._ovs.setup(self.plan)
        seen = self._ovs.fingerprint(self.plan)
        if self._facts is not None and facts.tap_ofport != self._facts.tap_ofport:
            self._shim.restart("the tap has another port number")
        has_changed = seen != self._seen  # any of it: a new tap may have the old one's name and number
        self._facts, self._seen = facts, seen
        if has_changed or self._engine_run is None or self._engine_run.done():
            await self._stop_engine()
            self._start_engine()
        await self._ovs.connect(self.plan, self._listen)
        self._reconcile_now.set()

    def _start_engine(self) -> None:
        self._stop = threading.Event()
        self._capture = self._engine.open_capture(self.plan.tap_port)
        if self._depth != Depth():
            self._capture.set_depth(self._depth)
        self._path.begin_run(time.monotonic(), self._capture.inspect_anew)
        if self.plan.has_tracker:
            self._capture.mark_with(self._marker.sink)
        self._engine_run = self._loop.run_in_executor(self._thread, self._engine_loop, self._capture, self._stop)
        log.info("bridge %s: inspecting what comes to %s", self.plan.name, self.plan.tap_port)

    async def _stop_engine(self) -> None:
        self._stop.set()
        run, self._engine_run = self._engine_run, None
        if run is not None:
            problem = (await asyncio.gather(run, return_exceptions=True))[0]
            if problem is not None:
                log.warning("bridge %s: the engine stopped: %s", self.plan.name, problem)
        if self._capture is not None:
            self._capture.close()
            self._capture = None

    def _engine_loop(self, capture: Capture, stop: threading.Event) -> None:
        """In a thread of its own: verdicts become marks here, without waiting for the event loop."""
        while not stop.is_set():
            events = capture.poll(POLL_S, MAX_EVENTS)
            now = time.monotonic()
            if events and self._path.take(events, now):
                self._shim.wake()
            self._engine.observe(events)
            if self._path.service(now):
                self._loop.call_soon_threadsafe(self._reconcile_now.set)

    async def _reconcile(self) -> None:
        """Keep book, connection tracker and predicates in step."""
        while True:
            try:
                async with asyncio.timeout(self._config.events.reconcile_s):
                    await self._reconcile_now.wait()
                await asyncio.sleep(RECONCILE_SOON_S)
                self._reconcile_now.clear()
                is_regular = False
            except TimeoutError:
                is_regular = True
            if self._facts is None or self._seen is None:
                continue
            try:
                await self._reconcile_once(is_regular=is_regular)
            except OvsError as error:
                log.warning("bridge %s: %s", self.plan.name, error)

    async def _reconcile_once(self, *, is_regular: bool) -> None:
        connections = await self._connections()
        if await asyncio.to_thread(self._path.reconcile, connections, time.monotonic(), time.time_ns()):
            self._shim.wake()
        if is_regular:
            await self._reclaimer.run(retire=self._store.wants_cleaning)

    async def _connections(self) -> list[Connection]:
        if not self.plan.has_tracker:
            where = self._ovs.management_path(self.plan.name)
            found = await asyncio.to_thread(list_connections, where, self.plan.edge_zone, self._config.ovs.timeout_s)
            if found is None and self._facts is not None:
                log.warning("bridge %s: the agent's own rules were gone", self.plan.name)
                await self._ovs.make_tables(self.plan)
            return found or []
        datapath = self._facts.datapath if self._facts else await self._ovs.datapath(self.plan)
        text = await self._ovs.dump_conntrack(datapath, self.plan.edge_zone)
        return await asyncio.to_thread(lambda: list(parse_conntrack(text)))

    def _count_rules(self) -> Mapping[int, int]:
        path = self._ovs.management_path(self.plan.name)
        return count_rules(path, self._config.ovs.timeout_s, has_tracker=self.plan.has_tracker)

    async def _until_ready(self, step: Callable[[], Any]) -> None:
        """Repeat a step until Open vSwitch lets it pass; the same trouble is logged once."""
        told = ""
        while True:
            try:
                await step()
            except (SwitchDpiError, OSError) as error:
                if str(error) != told:
                    told = str(error)
                    log.warning("bridge %s: %s; trying again", self.plan.name, told)
                await asyncio.sleep(RETRY_S)
            else:
                return

    def _predicates_changed(self) -> None:
        """Flows to come have the bits of patterns at once; live ones get them a little later, once for many changes.

        From any thread.
        """
        self._path.take_rules()
        self._loop.call_soon_threadsafe(self._schedule_remark)

    def _schedule_remark(self) -> None:
        if self._remark is None:
            self._remark = self._loop.call_later(REMARK_DELAY_S, self._start_remark)

    def _start_remark(self) -> None:
        self._remark = None
        self._loop.run_in_executor(None, self._remark_all)

    def _remark_all(self) -> None:
        if self._path.remark_all():
            self._loop.call_soon_threadsafe(self._reconcile_now.set)

    def _make_session(self, now: float, version: int | None) -> ShimSession:
        self._store.begin_session()
        if self.plan.has_tracker:
            return ShimSession(self._store, self._make_endpoint, now, version)
        gate = UntrackedGate(self._store)
        return ShimSession(gate, self._make_endpoint, now, version, gate.restore)

    def _make_endpoint(self) -> L7Endpoint:
        events = self._config.events
        config = EventConfig(max_batch=events.batch, max_delay_ms=events.delay_ms)
        return L7Endpoint(self._info, lambda: self._engine.catalogue, config, self._desk, self._shim.wake)

    def _set_depth(self, depth: Depth) -> None:
        """From any thread."""
        is_other, self._depth = depth != self._depth, depth
        capture = self._capture
        if capture is not None and is_other:
            capture.set_depth(depth)

    def _counters(self) -> dict[str, int]:
        """What a controller is told of the engine and the agent; from any thread."""
        publisher, capture, book = self._path.publisher, self._capture, self._path.book
        return counters_of(
            engine=capture.stats() if capture is not None else {},
            events={
                "sent": publisher.sent,
                "dropped": publisher.dropped,
                "merged": publisher.merged,
                "limited": publisher.limited,
                "sampled_out": publisher.sampled_out,
                "waiting": len(publisher),
            },
            marks=asdict(self._marker.counters),
            book={"flows": len(book), "evicted": book.evicted},
            matches={"predicates": len(self._store.table.bits), "refused": self._store.refused},
        )

    def _info(self) -> AgentInfo:
        plugins = self._engine.plugins
        features = FEATURES if self.plan.has_tracker else FEATURES | Feature.TRACKED_BY_RULES
        return AgentInfo(
            agent_version=self._agent_version,
            engine_version=self._engine.version,
            catalogue_version=self._engine.catalogue.version,
            tap_port=self._facts.tap_ofport if self._facts else None,
            edge_zone=self.plan.edge_zone,
            service_zone=self.plan.service_zone,
            predicate_capacity=PREDICATE_CAPACITY,
            features=features | (Feature.PLUGIN_SWAP if plugins is not None and plugins.may_swap else 0),
        )
