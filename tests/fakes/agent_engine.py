"""An engine that says what a test tells it, for the agent."""

from __future__ import annotations

import queue
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from ofext.catalogue import AppEntry, AttributeEntry, AttributeType, Catalogue, CategoryEntry
from ofext.config import Depth
from ofext.events import FlowEvent, encode_event
from switch_dpi._native import LabelRules, MarkSink
from switch_dpi.bridge import EngineFacts
from switch_dpi.engine import Event
from switch_dpi.vocabulary import Vocabulary

VIDEO_APP = 0x14002711
CATALOGUE = Catalogue(
    version="fake 1",
    apps=(AppEntry(app_id=VIDEO_APP, key="video", name="Video", category=3),),
    categories=(CategoryEntry(category=3, key="streaming", name="Streaming"),),
    attributes=(AttributeEntry(attribute=1, name="tls.sni", kind=AttributeType.STRING),),
)
VOCABULARY = Vocabulary(CATALOGUE)
RECORDED = (
    *("src", "sport", "dst", "dport", "l4", "vlan", "first_seen_ns", "last_seen_ns", "state", "confidence"),
    *("verdict_packet", "packets_c2s", "packets_s2c", "bytes_c2s", "bytes_s2c", "path", "evidence"),
)
"""What a record and an event call by the same name."""


@dataclass(frozen=True, kw_only=True)
class FakeRecord:
    """A flow; see ``switch_dpi.engine.Record``."""

    src: str = "10.0.0.1"
    sport: int = 40000
    dst: str = "10.0.0.2"
    dport: int = 443
    l4: int = 6
    vlan: int = 0
    packets_c2s: int = 4
    packets_s2c: int = 3
    bytes_c2s: int = 900
    bytes_s2c: int = 3000
    first_seen_ns: int = 1_000
    last_seen_ns: int = 2_000
    mark_id: int = VIDEO_APP
    app_key: str = "video"
    site: str = ""
    is_tunnelled: bool = False
    is_opened: bool = True
    ip_version: int = 4
    protocol: str = "TLS"
    path: str = "eth.ip.tcp.tls.video"
    category_id: int = 3
    state: int = 1
    verdict_packet: int = 4
    confidence: int = 100
    evidence: str = "ClientHello"
    metadata_ids: list[tuple[int, bytes]] = field(default_factory=list)
    metadata: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class FakeEvent:
    """A change of a flow; see ``switch_dpi.engine.Event``."""

    kind: str
    record: FakeRecord
    at_ns: int = 2_000
    reason: str = ""
    mark: tuple[int, int] | None = None
    """Number and label of a mark that the engine has made."""

    def encode(self, *, kind: int, flow_id: int, protocol_id: int, end_reason: int) -> bytes:
        """See ``switch_dpi.engine.Event``."""
        record = self.record
        told = FlowEvent(
            kind=kind,
            flow_id=flow_id,
            at_ns=self.at_ns,
            app_id=record.mark_id,
            protocol_id=protocol_id,
            category=record.category_id,
            end_reason=end_reason,
            metadata=tuple(record.metadata_ids),
            **{name: getattr(record, name) for name in RECORDED},
        )
        return encode_event(told)

    def marked_by(self, rules: LabelRules) -> tuple[int, int] | None:
        """As the test says it."""
        del rules
        return self.mark


def verdict(**fields: object) -> FakeEvent:
    """A final verdict of the video application, unless ``fields`` say otherwise."""
    return FakeEvent(kind="verdict", record=FakeRecord(**fields))


class FakeCapture:
    """Gives out what is put into ``events``."""

    def __init__(self) -> None:
        self.events: queue.Queue[FakeEvent] = queue.Queue()
        self.depths: list[Depth] = []
        self.begun_anew: list[FlowEvent] = []
        self.sink: MarkSink | None = None
        self.is_closed = False

    def poll(self, timeout_s: float, max_events: int) -> Sequence[Event]:
        """The next event, if one comes in time."""
        del max_events
        try:
            return [self.events.get(timeout=timeout_s)]
        except queue.Empty:
            return []

    def stats(self) -> dict[str, int]:
        """Nothing to count."""
        return {}

    def set_depth(self, depth: Depth) -> None:
        """Noted."""
        self.depths.append(depth)

    def mark_with(self, sink: MarkSink) -> None:
        """Noted."""
        self.sink = sink

    def inspect_anew(self, flows: Sequence[FlowEvent]) -> None:
        """Noted."""
        self.begun_anew += flows

    def close(self) -> None:
        """Noted."""
        self.is_closed = True


class FakeEngine:
    """Makes a capture whenever the agent opens one."""

    def __init__(self) -> None:
        self.captures: list[FakeCapture] = []
        self.given: list[EngineFacts] = []

    def open(self, interface: str) -> FakeCapture:
        """Of ``interface``, which must exist."""
        del interface
        self.captures.append(FakeCapture())
        return self.captures[-1]

    def facts(self) -> EngineFacts:
        """For an agent."""
        self.given.append(
            EngineFacts(open_capture=self.open, catalogue=CATALOGUE, protocols={"TLS": 0x14000001}, version="fake")
        )
        return self.given[-1]

    def renew(self, catalogue: Catalogue) -> None:
        """Know something else from now on."""
        for facts in self.given:
            facts.renew(catalogue, {})

    def tell(self, event: FakeEvent, timeout_s: float = 10.0) -> None:
        """Say it through the newest capture, once there is one."""
        deadline = time.monotonic() + timeout_s
        while not self.captures:
            if time.monotonic() > deadline:
                raise TimeoutError("the agent opened no capture")
            time.sleep(0.01)
        self.captures[-1].events.put(event)
