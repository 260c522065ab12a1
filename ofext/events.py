"""Flow events: what the engine says of flows, in batches.

An event is a record of TLVs; fixed groups of numbers share one TLV. Each batch carries the number of its first event,
so that a receiver sees what it missed, and how many events the agent has dropped.
"""

import ipaddress
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
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
    """A flow at a moment. `src` is the originator, c2s what it sent. Times are nanoseconds since 1970-01-01 UTC.

    `sport` and `dport` are ports; for ICMP `sport` is the identifier and `dport` is type · 256 + code of the
    originator's message. `vlan` is the outer VLAN id, 0 without a tag. `app_id` is the verdict, `protocol_id` the
    App-ID of what carries it. `kind`, `state` and `end_reason` may be numbers unknown here. `verdict_packet` is the
    number of the flow's packet (from 1) at which the verdict fell, 0 for none yet. `metadata` are attribute ids and
    values as the catalogue describes them; `truncated` says that some were left out.
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
    """One record. Metadata beyond MAX_EVENT_SIZE is left out, and the record says so. Raises EncodeError."""
    body = b"".join(_fixed_tlvs(event))
    kept, truncated = _fitting(event.metadata, MAX_EVENT_SIZE - _RECORD.size - len(body))
    flags = EventFlags.TRUNCATED if event.truncated or truncated else 0
    size = _RECORD.size + len(body) + len(kept)
    return wire.pack("event", _RECORD, size, event.kind, flags) + body + kept


def decode_event(reader: Reader) -> FlowEvent:
    """Reads one record. Raises DecodeError."""
    start = reader.offset
    size, kind, flags = reader.fields(_RECORD, "the head of an event")
    if size < _RECORD.size:
        raise DecodeError(start, f"a record size of at least {_RECORD.size}", size.to_bytes(2, "big"))
    draft = _Draft()
    for tlv, value in reader.part(size - _RECORD.size, "an event").tlvs():
        draft.read(tlv, value)
    if draft.flow is None or draft.times is None:
        missing = "addresses and ports" if draft.flow is None else "times"
        raise DecodeError(start, f"an event with {missing}")
    return draft.finish(kind, bool(flags & EventFlags.TRUNCATED))


_BATCH = struct.Struct("!QQH")  # sequence, dropped, count
_RECORD = struct.Struct("!HBB")  # size of the record with this, kind, flags
_FLOW = struct.Struct("!QBxHHH")  # flow id, l4, one zero byte, VLAN, originator's port, responder's port
_TIMES = struct.Struct("!QQQ")  # of the event, of the first packet, of the last packet
_VERDICT = struct.Struct("!IIBBBxI")  # App-ID, protocol, category, state, confidence, one zero byte, packet
_COUNTERS = struct.Struct("!QQQQ")  # packets of originator and responder, bytes of originator and responder
_END_REASON = struct.Struct("!B")
_ATTRIBUTE_SIZE: Final = 2
_IPV4_SIZE: Final = 4
_IPV6_SIZE: Final = 16


def _body(sequence: int, dropped: int, records: list[bytes]) -> bytes:
    return wire.pack("batch", _BATCH, sequence, dropped, len(records)) + b"".join(records)


def _fixed_tlvs(event: FlowEvent) -> Iterator[bytes]:
    """All TLVs but the metadata; those that would say nothing are left out."""
    src, dst = _packed(event.src), _packed(event.dst)
    if len(src) != len(dst):
        raise EncodeError("dst", event.dst, f"an address of the same family as {event.src}")
    flow = wire.pack("flow", _FLOW, event.flow_id, event.l4, event.vlan, event.sport, event.dport)
    yield wire.tlv(EventTlv.FLOW_IPV4 if len(src) == _IPV4_SIZE else EventTlv.FLOW_IPV6, flow + src + dst)
    times = wire.pack("times", _TIMES, event.at_ns, event.first_seen_ns, event.last_seen_ns)
    yield wire.tlv(EventTlv.TIMES, times)
    verdict = (event.app_id, event.protocol_id, event.category, event.state, event.confidence, event.verdict_packet)
    if any(verdict):
        yield wire.tlv(EventTlv.VERDICT, wire.pack("verdict", _VERDICT, *verdict))
    counters = (event.packets_c2s, event.packets_s2c, event.bytes_c2s, event.bytes_s2c)
    if any(counters):
        yield wire.tlv(EventTlv.COUNTERS, wire.pack("counters", _COUNTERS, *counters))
    if event.path:
        yield wire.tlv(EventTlv.PATH, wire.text("path", event.path, MAX_TEXT_SIZE))
    if event.evidence:
        yield wire.tlv(EventTlv.EVIDENCE, wire.text("evidence", event.evidence, MAX_TEXT_SIZE))
    if event.end_reason:
        yield wire.tlv(EventTlv.END_REASON, wire.pack("end_reason", _END_REASON, event.end_reason))


def _fitting(metadata: tuple[tuple[int, bytes], ...], room: int) -> tuple[bytes, bool]:
    """TLVs of those values that fit in `room` bytes, in order, and whether some did not."""
    parts: list[bytes] = []
    truncated = False
    for attribute, value in metadata:
        size = wire.TLV_HEADER_SIZE + _ATTRIBUTE_SIZE + len(value)
        if size > room:
            truncated = True
            continue
        parts.append(wire.tlv(EventTlv.METADATA, wire.number("attribute", attribute, _ATTRIBUTE_SIZE) + value))
        room -= size
    return b"".join(parts), truncated


def _packed(address: str) -> bytes:
    try:
        return ipaddress.ip_address(address).packed
    except ValueError:
        raise EncodeError("address", address, "an IPv4 or IPv6 address") from None


class _Draft:
    """What has been read of an event so far. A TLV that comes again replaces the earlier one; metadata adds up."""

    def __init__(self) -> None:
        self.flow: tuple[int, ...] | None = None
        self.times: tuple[int, ...] | None = None
        self._addresses = ("", "")
        self._verdict: tuple[int, ...] = (0,) * 6
        self._counters: tuple[int, ...] = (0,) * 4
        self._path = ""
        self._evidence = ""
        self._end_reason: int = EndReason.NONE
        self._metadata: list[tuple[int, bytes]] = []

    def read(self, kind: int, value: Reader) -> None:
        match kind:
            case EventTlv.FLOW_IPV4 | EventTlv.FLOW_IPV6:
                self.flow = value.fields(_FLOW, "a flow")
                size = _IPV4_SIZE if kind == EventTlv.FLOW_IPV4 else _IPV6_SIZE
                self._addresses = (_address(value, size), _address(value, size))
                value.finish("a flow")
            case EventTlv.TIMES:
                self.times = value.rest_fields(_TIMES, "times")
            case EventTlv.VERDICT:
                self._verdict = value.rest_fields(_VERDICT, "a verdict")
            case EventTlv.COUNTERS:
                self._counters = value.rest_fields(_COUNTERS, "counters")
            case EventTlv.PATH:
                self._path = value.rest_text("path")
            case EventTlv.EVIDENCE:
                self._evidence = value.rest_text("evidence")
            case EventTlv.END_REASON:
                (self._end_reason,) = value.rest_fields(_END_REASON, "an end reason")
            case EventTlv.METADATA:
                self._metadata.append((value.number(_ATTRIBUTE_SIZE, "an attribute id"), value.rest()))
            case _:
                pass

    def finish(self, kind: int, truncated: bool) -> FlowEvent:
        flow_id, l4, vlan, sport, dport = self.flow or (0,) * 5
        at_ns, first_seen_ns, last_seen_ns = self.times or (0,) * 3
        app_id, protocol_id, category, state, confidence, verdict_packet = self._verdict
        packets_c2s, packets_s2c, bytes_c2s, bytes_s2c = self._counters
        return FlowEvent(
            kind=kind,
            flow_id=flow_id,
            at_ns=at_ns,
            first_seen_ns=first_seen_ns,
            last_seen_ns=last_seen_ns,
            src=self._addresses[0],
            dst=self._addresses[1],
            sport=sport,
            dport=dport,
            l4=l4,
            vlan=vlan,
            app_id=app_id,
            protocol_id=protocol_id,
            category=category,
            state=state,
            confidence=confidence,
            verdict_packet=verdict_packet,
            packets_c2s=packets_c2s,
            packets_s2c=packets_s2c,
            bytes_c2s=bytes_c2s,
            bytes_s2c=bytes_s2c,
            path=self._path,
            evidence=self._evidence,
            end_reason=self._end_reason,
            metadata=tuple(self._metadata),
            truncated=truncated,
        )


def _address(value: Reader, size: int) -> str:
    raw = value.take(size, "an address")
    return str(ipaddress.IPv4Address(raw) if size == _IPV4_SIZE else ipaddress.IPv6Address(raw))
