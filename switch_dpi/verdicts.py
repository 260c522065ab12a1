"""What happens to a verdict: into the flow book, into the switch as a mark, out to the controller. One per bridge.

Called from the engine's thread for its events and from the loop for everything else; one lock keeps the three in step.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final, TypeVar

from ofext import label
from ofext.events import EndReason, EventKind, FlowEvent
from ofext.fields import L7Field
from ofext.ids import State, is_settled
from ofext.openflow.marks import Connection as MarkedConnection
from ofext.statistics import AppStats, UserStats
from switch_dpi.conntrack import TCP, UDP, Connection, Key, flow_key
from switch_dpi.engine import Event, Record
from switch_dpi.flow_control import Change, under, unpinned
from switch_dpi.flowbook import ADOPTED, RESUMED, FlowBook, LiveFlow
from switch_dpi.late_marks import LateMarks
from switch_dpi.marker import Marker
from switch_dpi.news import END_REASONS, KINDS, adopted, over, said, says_nothing, turned
from switch_dpi.predicate_index import PredicateIndex
from switch_dpi.predicates import PredicateStore
from switch_dpi.publish import Publisher, as_news
from switch_dpi.totals import Totals

CHUNK: Final = 128  # flows looked at under one hold of the lock: about 2 ms that a verdict may have to wait
GRACE_S: Final = 30.0  # how long a living flow may be quiet after Open vSwitch started anew, and still be known
CLOSED: Final = frozenset({"fin", "rst"})  # the packets that say so are always copied
WITH_PORTS: Final = frozenset({TCP, UDP})  # ports tell their ends apart

_Item = TypeVar("_Item")

InspectAnew = Callable[[Sequence[FlowEvent]], None]
"""The engine is to begin with these flows as if they were new."""


class VerdictPath:
    """Book, marker and publisher of one bridge in step."""

    def __init__(
        self,
        *,
        book: FlowBook,
        store: PredicateStore,
        marker: Marker,
        publisher: Publisher,
        protocols: Mapping[str, int],
    ) -> None:
        self.book = book
        self.publisher = publisher
        self._store = store
        self._marker = marker
        self._protocols = protocols
        self._run = 0
        self._spared_until_s = 0.0
        self._originators: dict[Key, tuple[str, int]] = {}
        self._inspect_anew: InspectAnew = lambda _: None
        self._pins: dict[Key, float] = {}
        self._next_end_s = math.inf  # of a pin
        self._totals = Totals()
        self._late = LateMarks()
        self._now_s = 0.0
        self._lock = threading.Lock()
        self._reserved: set[Key] = set()
        self._rules_lock = threading.Lock()
        self.on_news: Callable[[], object] = lambda: None
        """Called, from the engine's thread, when pins have ended: the publisher should be looked at."""
        self.take_rules()

    def begin_run(self, now_s: float, inspect_anew: InspectAnew = lambda _: None) -> None:
        """An engine starts with an empty flow table; what the book knows stays valid.

        From the second time on the connection tracker may be new too, so flows get some time to turn up in it again.
        """
        with self._lock:
            self._spared_until_s = now_s + GRACE_S if self._run else now_s
            self._run += 1
            self._inspect_anew = inspect_anew
            for flow in self.book.flows():
                flow.is_watched = False

    def take_rules(self) -> None:
        """Engines make labels as the store's index does now. To be called when there is another one, before anybody
        relies on it; from any thread.
        """
        with self._rules_lock:  # who comes last has the newest
            self._marker.sink.set_rules(self._store.index.rules)

    def take(self, events: Sequence[Event], now_s: float) -> bool:
        """The engine's events: marks that it has not made itself leave at once, news are queued.

        True when the publisher should be looked at.
        """
        news: list[FlowEvent] = []
        with self._lock:
            self._now_s = now_s
            for event in events:
                news += self._take_one(event)
            self._marker.flush()
        return self.publisher.add(news, now_s)

    def service(self, now_s: float) -> bool:
        """Keep the marker's connection, end pins; True when it was just made, so that marks may have been lost."""
        self._end_pins(now_s)
        with self._lock:
            self._now_s = now_s
            return self._marker.service(now_s)

    @property
    def can_mark(self) -> bool:
        """The switch can be reached."""
        return self._marker.is_connected

    def change(
        self, keys: Iterable[Key], holds: Callable[[FlowEvent], bool], change: Change, now_s: float
    ) -> tuple[int, int]:
        """Change the flows of these keys for which a test holds: mark and tell them. How many it held for, how many
        changed.
        """
        matched, touched = 0, 0
        for chunk in _chunks(list(keys)):
            news: list[FlowEvent] = []
            with self._lock:
                for key in chunk:
                    flow = self.book.get(key)
                    if flow is None or not holds(flow.event):
                        continue
                    matched += 1
                    if (changed := change(flow)) is not None:
                        news.append(self._changed(key, changed))
                self._inspect_anew([event for event in news if event.state == State.INSPECTING])
                self._marker.flush()
            touched += len(news)
            self.publisher.add(news, now_s)
        return matched, touched

    def label_of(self, event: FlowEvent, index: PredicateIndex) -> int:
        """The label of a flow, with the predicate bits of another index; zero before a verdict, as in the switch."""
        return self._label(event, index) if event.app_id or is_settled(event.state) else 0

    def app_stats(self) -> list[AppStats]:
        """How much of each application the bridge has seen."""
        totals, live = self._seen()
        return totals.apps(live)

    def user_stats(self) -> list[UserStats]:
        """How much of each user the bridge has seen."""
        totals, live = self._seen()
        return totals.users(live, self._user_attributes)

    def youngest_first(self) -> list[FlowEvent]:
        """Every flow that lives now, the one that changed last first."""
        return [flow.event for flow in reversed(list(self.book.flows()))]

    def remark_all(self) -> bool:
        """The predicates have changed: work out the label of each settled flow. True if the tracker must be asked.

        A mark of a TCP connection that is gone does nothing, so these leave at once. Any other one would make a new
        connection with an old verdict: those wait for :meth:`reconcile`, which marks what the tracker has.
        """
        must_ask = False
        for chunk in _chunks(self.book.keys()):
            with self._lock:
                for key in chunk:
                    flow = self._relabelled(key)
                    if flow is not None and flow.event.l4 == TCP:
                        self._mark(key, flow)
                    must_ask |= flow is not None and flow.event.l4 != TCP
                self._marker.flush()
        return must_ask

    def reconcile(self, connections: Iterable[Connection], now_s: float, at_ns: int) -> bool:
        """Compare with the connection tracker: adopt, mark again what lost its mark, end what is gone.

        Of connections without a verdict it is remembered who began them: an engine that starts in their middle cannot
        know.
        """
        tracked = {connection.key: connection for connection in connections}
        self._originators = {
            key: (found.src, found.sport)
            for key, found in tracked.items()
            if found.l4 in WITH_PORTS and not is_settled(found.label & label.STATE_MASK)
        }
        news: list[FlowEvent] = []
        for chunk in _chunks(list(tracked)):
            with self._lock:
                for key in chunk:
                    news += self._compare(key, tracked[key], at_ns)
                self._marker.flush()
        for chunk in _chunks(self.book.keys()) if now_s >= self._spared_until_s else ():
            with self._lock:
                news += [ended for key in chunk if (ended := self._end_lost(key, tracked, at_ns)) is not None]
        return self.publisher.add(news, now_s)

    def clear_bits(self, connections: Iterable[Connection], retired: int) -> int:
        """Take retired predicate bits out of connections that still have them; how many had."""
        carriers = [connection for connection in connections if connection.label & retired]
        for chunk in _chunks(carriers):
            with self._lock:
                for connection in chunk:
                    kept = connection.label & ~retired & label.VERDICT_MASK
                    self._write(connection.key, _marked(connection), connection.mark, kept)
                self._marker.flush()
        return len(carriers)

    def drop_bits(self, retired: int) -> int:
        """Predicate bits mean nothing any more: no flow is to be marked with them again. How many flows had them.

        As in :meth:`remark_all`, only TCP's connections can be marked without asking the tracker.
        """
        count = 0
        for chunk in _chunks(self.book.keys()):
            with self._lock:
                flows = ((key, self.book.get(key)) for key in chunk)
                carriers = [(key, flow) for key, flow in flows if flow is not None and flow.label & retired]
                for key, flow in carriers:
                    flow.label &= ~retired
                    if flow.event.l4 == TCP:
                        self._mark(key, flow)
                count += len(carriers)
                self._marker.flush()
        return count

    def probe(self) -> Callable[[], bool]:
        """Ask the switch whether it has taken the marks made so far; what is returned says so. Call :meth:`service`."""
        with self._lock:
            before = self._marker.counters
            self._marker.probe()
            self._marker.flush()

        def is_answered() -> bool:
            now = self._marker.counters
            return now.connects == before.connects and now.probes > before.probes

        return is_answered

    def live_events(self) -> Iterator[FlowEvent]:
        """Every flow that lives now, as news; made one by one as they are taken."""
        with self._lock:
            events = [flow.event for flow in self.book.flows()]
        return (as_news(event) for event in events)

    def _relabelled(self, key: Key) -> LiveFlow | None:
        """A flow whose label has become another one."""
        flow = self.book.get(key)
        if flow is None or not flow.is_settled or flow.run == ADOPTED:
            return None  # an adopted flow's metadata is not known: its bits stay as the last engine set them
        wanted = self._label(flow.event)
        if wanted == flow.label:
            return None
        flow.label = wanted
        return flow

    def _end_lost(self, key: Key, tracked: Mapping[Key, Connection], at_ns: int) -> FlowEvent | None:
        flow = self.book.get(key)
        if flow is None or flow.is_watched or key in tracked:
            return None
        self._forget(key, flow)
        return over(flow.event, at_ns)

    def _take_one(self, event: Event) -> list[FlowEvent]:
        record = event.record
        if record.ip_version == 0 or record.is_tunnelled:
            return []  # no connection of the switch
        originator, responder = (record.src, record.sport), (record.dst, record.dport)
        key = flow_key(record.l4, *originator, *responder)
        known = self.book.get(key)
        kind = KINDS.get(event.kind, 0)
        if known is not None and self._goes_on(known, kind, record):
            self._mark(key, known)  # its mark may be gone
            return []
        if kind == EventKind.ENDED:
            ended = self._ended(key, known, event)
            return [] if ended is None else [ended]
        news = []
        if known is not None and self._is_over(known, kind, record):
            self._forget(key, known)
            news.append(over(known.event, event.at_ns))
            known = None
        is_turned = self._is_turned(key, record, known)
        told = self._told(event, known, is_turned=is_turned)
        flow = LiveFlow(event=told, run=self._run, originator=responder if is_turned else originator)
        pin = known.pin if known is not None else None
        if pin is not None:
            flow.event, flow.pin = under(pin, told), replace(pin, beneath=told)
        self._put(key, flow)  # before its bits are worked out: a new predicate then finds it here
        if flow.event.app_id or flow.is_settled:
            self._have_marked(key, flow, event)
        elif self._late.is_late(key, self._now_s):
            self._write(key, _connection_of(told), 0, 0, told.flow_id)  # what was said before is not of this connection
        return [*news, told] if pin is None else news

    def _have_marked(self, key: Key, flow: LiveFlow, event: Event) -> None:
        """A flow with a verdict: marked by its engine, in all likelihood, else now."""
        found = event.marked_by(self._store.index.rules) if flow.pin is None else None
        if found is not None and self._late.stands(key, found[0]):
            flow.label = found[1]
            self._late.note(key, self._now_s)
        else:
            flow.label = self._label(flow.event)
            self._mark(key, flow)

    def _goes_on(self, known: LiveFlow, kind: int, record: Record) -> bool:
        """The engine came upon a known flow in its middle and has nothing to say: the verdict stays.

        A fresh engine, or one that has forgotten a flow whose packets were not copied any more, and is shown its FIN.
        """
        if not says_nothing(kind, record) or not known.has_verdict:
            return False
        if kind == EventKind.NEW and known.run == self._run and not record.is_opened:
            known.run = RESUMED
        return known.run != self._run and not (kind == EventKind.NEW and record.is_opened and record.l4 == TCP)

    def _is_over(self, known: LiveFlow, kind: int, record: Record) -> bool:
        """Another connection between the same ports begins, and the end of the known one was not seen.

        The engine tells the ends of flows that are not settled. A datagram tells a fresh one of no begin.
        """
        is_told = known.is_settled if known.run == self._run else record.l4 == TCP
        return kind == EventKind.NEW and record.is_opened and is_told

    def _ended(self, key: Key, known: LiveFlow | None, event: Event) -> FlowEvent | None:
        """A settled flow's packets are not copied, so what the engine takes for a pause need not be one."""
        if known is not None and known.is_settled and event.reason not in CLOSED:
            known.is_watched = False
            return None
        if known is not None and known.run != self._run:
            told = over(known.event, event.at_ns, END_REASONS.get(event.reason, EndReason.NONE))
        else:
            told = self._told(event, known, is_turned=self._is_turned(key, event.record, known))
            if known is not None and known.pin is not None:
                told = under(known.pin, told)
        self._forget(key, LiveFlow(event=told))
        self._marker.end(_connection_of(told), told.flow_id)
        return told

    def _seen(self) -> tuple[Totals, list[FlowEvent]]:
        """A copy of the totals, and the flows that are not in it."""
        with self._lock:
            return self._totals.copy(), [flow.event for flow in self.book.flows()]

    def _changed(self, key: Key, flow: LiveFlow) -> FlowEvent:
        """Makes a flow's next state the switch's."""
        if flow.pin is not None:
            self._reserve(key)
        self._put(key, flow)
        self._pins.pop(key, None)
        if flow.pin is not None and math.isfinite(flow.pin.until_s):
            self._pins[key] = flow.pin.until_s
            self._next_end_s = min(self._next_end_s, flow.pin.until_s)
        if flow.event.state != State.INSPECTING:
            flow.label = self._label(flow.event)
        self._mark(key, flow)
        if flow.pin is None:
            self._release(key)
        return flow.event

    def _end_pins(self, now_s: float) -> None:
        if now_s < self._next_end_s:
            return
        with self._lock:
            due = [key for key, until_s in self._pins.items() if until_s <= now_s]
            self._next_end_s = min((until_s for until_s in self._pins.values() if until_s > now_s), default=math.inf)
        at_ns = time.time_ns()
        self.change(due, lambda _: True, lambda flow: unpinned(flow, at_ns), now_s)
        self.on_news()

    def _put(self, key: Key, flow: LiveFlow) -> None:
        evicted = self.book.put(key, flow)
        if evicted is not None:
            self._totals.ended(evicted.event, self._user_attributes)
            if evicted.pin is not None:
                self._release(_key_of(evicted.event))

    def _forget(self, key: Key, flow: LiveFlow) -> None:
        self.book.pop(key)
        self._pins.pop(key, None)
        self._release(key)
        self._totals.ended(flow.event, self._user_attributes)

    def _reserve(self, key: Key) -> None:
        """Engines are not to mark this flow: before it is marked from here."""
        self._reserved.add(key)
        self._marker.sink.reserve(key)

    def _release(self, key: Key) -> None:
        if key in self._reserved:
            self._reserved.remove(key)
            self._marker.sink.release(key)

    @property
    def _user_attributes(self) -> Collection[int]:
        return self._store.vocabulary.fields[L7Field.USER]

    def _is_turned(self, key: Key, record: Record, known: LiveFlow | None) -> bool:
        """The connection tracker knows another originator than the engine, or another one was known before."""
        originator = self._originators.get(key)
        if originator is None and known is not None:
            originator = known.originator or (known.event.src, known.event.sport)
        return originator is not None and originator == (record.dst, record.dport)

    def _told(self, event: Event, known: LiveFlow | None, *, is_turned: bool) -> FlowEvent:
        """What the engine says, with the originator that is known."""
        flow_id = known.event.flow_id if known is not None else self.book.next_id()
        told = said(event, flow_id=flow_id, protocol_id=self._protocols.get(event.record.protocol, 0))
        return turned(told) if is_turned else told

    def _compare(self, key: Key, connection: Connection, at_ns: int) -> list[FlowEvent]:
        flow = self.book.get(key)
        if flow is None:
            if not is_settled(connection.label & label.STATE_MASK) or connection.is_closing:
                return []
            told = adopted(connection, self.book.next_id(), at_ns)
            kept = connection.label & label.VERDICT_MASK
            self._put(key, LiveFlow(event=told, label=kept, run=ADOPTED, is_watched=False))
            return [told]
        said = (connection.mark, connection.label & label.VERDICT_MASK)
        if flow.is_settled and (not connection.is_whole or (flow.event.app_id, flow.label) != said):
            self._mark(key, flow)
        return []

    def _mark(self, key: Key, flow: LiveFlow) -> None:
        self._write(key, _connection_of(flow.event), flow.event.app_id, flow.label, flow.event.flow_id)

    def _write(self, key: Key, connection: MarkedConnection, app_id: int, label: int, flow_id: int = 0) -> None:
        number = self._marker.mark(connection, app_id, label, flow_id)
        self._late.note(key, self._now_s, number)

    def _label(self, event: FlowEvent, index: PredicateIndex | None = None) -> int:
        risk = self._store.vocabulary.risk_of(event.app_id)
        fixed = event.state << label.STATE_SHIFT | event.category << label.CATEGORY_SHIFT | risk << label.RISK_SHIFT
        return fixed | (index or self._store.index).bits(event)


def _chunks(items: list[_Item]) -> Iterator[list[_Item]]:
    """So that the lock is never held for long."""
    return (items[start : start + CHUNK] for start in range(0, len(items), CHUNK))


def _key_of(event: FlowEvent) -> Key:
    return flow_key(event.l4, event.src, event.sport, event.dst, event.dport)


def _connection_of(event: FlowEvent) -> MarkedConnection:
    return MarkedConnection(
        src=event.src, dst=event.dst, sport=event.sport, dport=event.dport, l4=event.l4, vlan=event.vlan
    )


def _marked(connection: Connection) -> MarkedConnection:
    return MarkedConnection(
        src=connection.src, dst=connection.dst, sport=connection.sport, dport=connection.dport, l4=connection.l4
    )
