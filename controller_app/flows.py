"""The flows the agents have reported, merged and bounded.

Owns identity: a flow that crosses the network is reported by the agents at both of its edges, and is one flow here. The
agent that saw its first packet first counts: it is at the originator's edge. When the store is full, the flow longest
without news makes room, and is counted.
"""

import itertools
import threading
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, replace

from controller_app.config import FlowOptions
from ofext.events import EventKind, FlowEvent, FlowEvents
from ofext.ids import is_settled
from steering.policy import Policy

Key = tuple[frozenset[tuple[str, int]], int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """One flow. `number` names it for people, `event` is what is known of it, `edges` are the switches it was seen at.

    `policy` is the policy in force when the flow ended, None while it lives.
    """

    number: int
    version: int
    event: FlowEvent
    primary: int
    edges: tuple[int, ...]
    ended: bool
    updated_s: float
    policy: Policy | None = None


class FlowStore:
    """Flows by who talks to whom. Its own lock makes it safe to read while events come in."""

    def __init__(self, options: FlowOptions) -> None:
        self._options = options
        self._flows: OrderedDict[Key, Flow] = OrderedDict()
        self._greeted_s: dict[int, float] = {}
        self._changed = threading.Condition()
        self._numbers = 0
        self._version = 0
        self.policy: Policy | None = None
        self.evicted = 0
        self.events = 0

    def take(self, dpid: int, batch: FlowEvents, now: float) -> None:
        """A batch of events from the agent beside a switch."""
        with self._changed:
            for event in batch.events:
                self._take_one(dpid, event, now)
            if not batch.events:
                self._end_untold(dpid, now)
            self.events += len(batch.events)
            self._changed.notify_all()

    def greeted(self, dpid: int, now: float) -> None:
        """An agent begins to tell of all flows that live; it ends with a batch without events."""
        with self._changed:
            self._greeted_s[dpid] = now

    def expire(self, now: float) -> None:
        """Forgets flows without news for the idle time."""
        with self._changed:
            while self._flows:
                key, oldest = next(iter(self._flows.items()))
                if now - oldest.updated_s <= self._options.idle_timeout_s:
                    return
                del self._flows[key]

    def flows(self) -> list[Flow]:
        """All flows, the longest known first."""
        with self._changed:
            return sorted(self._flows.values(), key=lambda flow: flow.number)

    def flow(self, number: int) -> Flow | None:
        """The flow with this number, if it is still known."""
        with self._changed:
            return next((flow for flow in self._flows.values() if flow.number == number), None)

    def changes(self, since: int, timeout_s: float) -> tuple[list[Flow], int]:
        """Flows changed after version `since`, oldest change first, and the version now; waits if there are none."""
        with self._changed:
            self._changed.wait_for(lambda: self._version > since, timeout_s)
            # The store is in the order of the last change, so only what has changed is looked at.
            changed = list(itertools.takewhile(lambda flow: flow.version > since, reversed(self._flows.values())))
            return changed[::-1], self._version

    @property
    def version(self) -> int:
        """Grows with every change."""
        return self._version

    def __len__(self) -> int:
        return len(self._flows)

    def _take_one(self, dpid: int, event: FlowEvent, now: float) -> None:
        key = (frozenset({(event.src, event.sport), (event.dst, event.dport)}), event.l4, event.vlan)
        known = self._flows.get(key)
        self._version += 1
        ended = event.kind == EventKind.ENDED
        if known is None or (known.ended and event.first_seen_ns > known.event.last_seen_ns):
            self._numbers += 1
            flow = Flow(
                number=self._numbers,
                version=self._version,
                event=event,
                primary=dpid,
                edges=(dpid,),
                ended=ended,
                updated_s=now,
                policy=self.policy if ended else None,
            )
        else:
            flow = self._merged(known, dpid, event, now)
        self._flows[key] = flow
        self._flows.move_to_end(key)
        if len(self._flows) > self._options.max_flows:
            self._flows.popitem(last=False)
            self.evicted += 1

    def _end_untold(self, dpid: int, now: float) -> None:
        """Flows that an agent knew of before it was greeted, and not any more, ended while nobody listened."""
        since_s = self._greeted_s.pop(dpid, None)
        if since_s is None:
            return
        for key, flow in list(self._flows.items()):
            if flow.primary == dpid and not flow.ended and flow.updated_s < since_s:
                self._version += 1
                over = replace(flow.event, kind=EventKind.ENDED)
                policy = flow.policy or self.policy
                self._flows[key] = replace(
                    flow, version=self._version, event=over, ended=True, updated_s=now, policy=policy
                )
                self._flows.move_to_end(key)

    def _merged(self, known: Flow, dpid: int, event: FlowEvent, now: float) -> Flow:
        edges = known.edges if dpid in known.edges else (*known.edges, dpid)
        # The originator's packet passes its own edge first.
        if dpid == known.primary or event.first_seen_ns < known.event.first_seen_ns:
            primary, merged = dpid, _with_verdict_of(event, known.event)
        else:
            primary, merged = known.primary, _with_verdict_of(known.event, event)
        ended = known.ended or (event.kind == EventKind.ENDED and dpid == primary)
        return replace(
            known,
            version=self._version,
            event=merged,
            primary=primary,
            edges=edges,
            ended=ended,
            updated_s=now,
            policy=known.policy or (self.policy if ended else None),
        )


def totals(flows: Iterable[Flow]) -> dict[int, tuple[int, int, int]]:
    """Flows, packets and bytes for each App-ID."""
    found: dict[int, tuple[int, int, int]] = {}
    for flow in flows:
        event = flow.event
        count, packets, octets = found.get(event.app_id, (0, 0, 0))
        found[event.app_id] = (
            count + 1,
            packets + event.packets_c2s + event.packets_s2c,
            octets + event.bytes_c2s + event.bytes_s2c,
        )
    return found


def _with_verdict_of(event: FlowEvent, other: FlowEvent) -> FlowEvent:
    """`event`, with the verdict and metadata of `other` where that one knows more."""
    if is_settled(event.state) or not (is_settled(other.state) or (other.app_id and not event.app_id)):
        return event
    return replace(
        event,
        app_id=other.app_id,
        protocol_id=other.protocol_id,
        category=other.category,
        state=other.state,
        confidence=other.confidence,
        verdict_packet=other.verdict_packet,
        path=other.path,
        evidence=other.evidence,
        metadata=other.metadata or event.metadata,
    )
