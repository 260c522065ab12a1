"""Flow events: what the engine says of flows, in batches.

An event is a record of TLVs; fixed groups of numbers share one TLV. Each batch carries the number of its first event, so
that a receiver sees what it missed, and how many events the agent has dropped.
"""

import ipaddress
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import IntEnum, IntFlag
from typing import ClassVar, Final

from ofext import wire
from ofext.errors import DecodeError, EncodeError
from ofext.wire import Reader

MAX_EVENT_SIZE: Final = 32_768  # bytes of a record: half a message, so that a batch is never empty
MAX_TEXT_SIZE: Final = 1024  # bytes of path and evidence: written by the engine, for people
MAX_BATCH_SIZE: Final = 65_000  # bytes of a batch's body: below the 65,535 of an OpenFlow message with its headers


class EventKind(IntEnum):
    """Why the event was published."""

    NEW = 1
    VERDICT = 2
    ENDED = 3


class EndReason(IntEnum):
    """Why a flow ended."""

    NONE = 0
    CLOSED = 1  # FIN in both directions
    RESET = 2
    IDLE = 3
    EVICTED = 4  # the flow table was full
    SHUTDOWN = 5  # the agent stops


class EventTlv(IntEnum):
    """TLV types of an event."""

    FLOW_IPV4 = 1
    FLOW_IPV6 = 2
    TIMES = 3
    VERDICT = 4
    COUNTERS = 5
    PATH = 6
    EVIDENCE = 7
    END_REASON = 8
    METADATA = 9


class EventFlags(IntFlag):
    """Flags of an event."""

    TRUNCATED = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowEvent:
    """A flow at a moment. `src` is the originator. Times are nanoseconds since 1970-01-01 UTC; counters since the start.

    `sport` and `dport` are ports; for ICMP `sport` is the identifier and `dport` is type · 256 + code of the originator's
    message. `vlan` is the outer VLAN id, 0 without a tag. `app_id` is the verdict, `protocol_id` the App-ID of its carrier.
    `kind`, `state`, `end_reason` may be numbers unknown here. `verdict_packet` counts the flow's packets from 1; 0: none yet.
    `metadata` are attribute id and value as the catalogue describes it; `truncated` says that some of it was left out.
    """

    kind: int
    flow_id: int
    at_ns: int
    first_seen_ns: int
    last_seen_ns: int
    src: str
    dst: str
    sport: int
    dport: int
    l4: int
    vlan: int = 0
    app_id: int = 0
    protocol_id: int = 0
    category: int = 0
    state: int = 0
    confidence: int = 0
    verdict_packet: int = 0
    packets_c2s: int = 0
    packets_s2c: int = 0
    bytes_c2s: int = 0
    bytes_s2c: int = 0
    path: str = ""
    evidence: str = ""
    end_reason: int = EndReason.NONE
    metadata: tuple[tuple[int, bytes], ...] = ()
    truncated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowEvents:
    """A batch. `sequence` is the number of its first event, counted from 0 over one run of the agent.

    `dropped` is how many events that run has dropped before they got a number. Missing numbers were lost on the way.
    """

    EXP_TYPE: ClassVar[int] = 7

    sequence: int
    dropped: int = 0
    events: tuple[FlowEvent, ...] = ()

    def encode(self) -> bytes:
        """The body. Raises EncodeError for values that do not fit; many events go through `encode_batches`."""
        return _body(self.sequence, self.dropped, [encode_event(event) for event in self.events])

    @staticmethod
    def decode(body: bytes) -> "FlowEvents":
        """Reads a body. Raises DecodeError."""
        reader = Reader(body)
        sequence, dropped, count = reader.fields(_BATCH, "the head of a batch")
        events = tuple(decode_event(reader) for _ in range(count))
        reader.finish("the batch")
        return FlowEvents(sequence=sequence, dropped=dropped, events=events)


def encode_batches(
    events: Iterable[FlowEvent], *, sequence: int, dropped: int, limit: int = MAX_BATCH_SIZE
) -> Iterator[bytes]:
    """Bodies of FlowEvents messages for any number of events, each at most `limit` bytes. Raises EncodeError."""
    records: list[bytes] = []
    size = _BATCH.size
    for event in events:
        record = encode_event(event)
        if records and size + len(record) > limit:
            yield _body(sequence, dropped, records)
            sequence += len(records)
            records, size = [], _BATCH.size
        records.append(record)
        size += len(record)
    if records:
        yield _body(sequence, dropped, records)


def encode_event(event: FlowEvent) -> bytes:
    """One record. Metadata that does not fit in MAX_EVENT_SIZE is left out and the record says so. Raises EncodeError."""
    raise NotImplementedError


def decode_event(reader: Reader) -> FlowEvent:
    """Reads one record. Raises DecodeError."""
    raise NotImplementedError


_BATCH = struct.Struct("!QQH")  # sequence, dropped, count


def _body(sequence: int, dropped: int, records: list[bytes]) -> bytes:
    return wire.pack("batch", _BATCH, sequence, dropped, len(records)) + b"".join(records)
