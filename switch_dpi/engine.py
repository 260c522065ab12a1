"""What the agent needs of the classification engine, as types that the native module and fakes in tests fit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Protocol

from ofext.config import Depth
from ofext.events import FlowEvent
from switch_dpi._native import LabelRules, MarkSink

MAX_COUNT: Final = 2**32 - 1  # flows, packets or bytes that an engine may be told to take: above what memory holds
MAX_TIMEOUT_S: Final = 1e9  # the native engine takes no more
MAX_THREADS: Final = 64  # no more either; machines have fewer processors for one interface


class Record(Protocol):
    """A flow as the engine sees it (docs/contracts.md §3)."""

    @property
    def src(self) -> str:
        """The originator's address."""
        ...

    @property
    def sport(self) -> int:
        """The originator's port; ICMP: the identifier."""
        ...

    @property
    def dst(self) -> str:
        """The responder's address."""
        ...

    @property
    def dport(self) -> int:
        """The responder's port; ICMP: type · 256 + code."""
        ...

    @property
    def l4(self) -> int:
        """Protocol number (IANA)."""
        ...

    @property
    def vlan(self) -> int:
        """VLAN id, 0 for none."""
        ...

    @property
    def packets_c2s(self) -> int:
        """Packets from the originator."""
        ...

    @property
    def packets_s2c(self) -> int:
        """Packets from the responder."""
        ...

    @property
    def bytes_c2s(self) -> int:
        """Bytes from the originator."""
        ...

    @property
    def bytes_s2c(self) -> int:
        """Bytes from the responder."""
        ...

    @property
    def first_seen_ns(self) -> int:
        """Since 1970."""
        ...

    @property
    def last_seen_ns(self) -> int:
        """Since 1970."""
        ...

    @property
    def mark_id(self) -> int:
        """The verdict, as App-ID."""
        ...

    @property
    def app_key(self) -> str:
        """Key of the application, else of the protocol."""
        ...

    @property
    def site(self) -> str:
        """Registrable domain of a host that no application is known for, else empty."""
        ...

    @property
    def is_tunnelled(self) -> bool:
        """Found inside a tunnel."""
        ...

    @property
    def is_opened(self) -> bool:
        """Its beginning was seen: the first packet was a SYN or the answer to one, or it is no TCP."""
        ...

    @property
    def ip_version(self) -> int:
        """4 or 6; 0 for a frame without IP."""
        ...

    @property
    def protocol(self) -> str:
        """The carrier's name."""
        ...

    @property
    def path(self) -> str:
        """``eth.ip.tcp.tls.youtube``."""
        ...

    @property
    def category_id(self) -> int:
        """The application's category."""
        ...

    @property
    def state(self) -> int:
        """A state of ``ofext.ids.State``."""
        ...

    @property
    def verdict_packet(self) -> int:
        """From 1; 0 for none yet."""
        ...

    @property
    def confidence(self) -> int:
        """0 to 100."""
        ...

    @property
    def evidence(self) -> str:
        """For people."""
        ...

    @property
    def metadata_ids(self) -> list[tuple[int, bytes]]:
        """Attribute ids and values."""
        ...


class Event(Protocol):
    """A change of a flow."""

    @property
    def kind(self) -> str:
        """``new``, ``verdict`` or ``ended``."""
        ...

    @property
    def reason(self) -> str:
        """Why it ended: ``idle``, ``fin``, ``rst``, ``evicted``, ``shutdown``; otherwise empty."""
        ...

    @property
    def at_ns(self) -> int:
        """Since 1970."""
        ...

    @property
    def record(self) -> Record:
        """The flow."""
        ...

    def encode(self, *, kind: int, flow_id: int, protocol_id: int, end_reason: int) -> bytes:
        """As a record of FLOW_EVENTS (``ofext.events``), with what only the agent knows."""
        ...

    def marked_by(self, rules: LabelRules) -> tuple[int, int] | None:
        """Number and label of the mark that the engine has made by these very rules, if it has."""
        ...


class Capture(Protocol):
    """A live interface under inspection."""

    def poll(self, timeout_s: float, max_events: int) -> Sequence[Event]:
        """Wait for events; empty after the time-out."""
        ...

    def stats(self) -> Mapping[str, object]:
        """Counters."""
        ...

    def set_depth(self, depth: Depth) -> None:
        """How far inspections go from the next packet on."""
        ...

    def mark_with(self, sink: MarkSink) -> None:
        """From now on mark the connections of flows beside their events, as far as the sink's rules say how."""
        ...

    def inspect_anew(self, flows: Sequence[FlowEvent]) -> None:
        """Begin with these flows as if they were new, without an event."""
        ...

    def close(self) -> None:
        """Stop; ``poll`` returns."""
        ...
