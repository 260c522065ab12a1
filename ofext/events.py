"""Flow events: what the engine says of flows, in batches.

An event is a record of TLVs; fixed groups of numbers share one TLV. Each batch carries the number of its first event,
so that a receiver sees what it missed, and how many events the agent has dropped. A decoded event is its record,
checked; numbers and texts are made of it when they are read (`ofext.event_records`).
"""

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum, IntFlag
from typing import Any, ClassVar, Final

from ofext import wire
from ofext.errors import DecodeError
from ofext.event_records import Recorded, is_usual, set_known, set_record, written
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
class FlowEvent(Recorded):
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
        events = _next_events(body, reader, count)
        reader.finish("the batch")
        return FlowEvents(sequence=sequence, dropped=dropped, events=events)


def encode_batches(
    events: Iterable[FlowEvent], *, sequence: int, dropped: int, limit: int = MAX_BATCH_SIZE
) -> Iterator[bytes]:
    """Bodies of FlowEvents messages for any number of events, each at most `limit` bytes (but at least one event).

    Raises EncodeError.
    """
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
    """One record. Metadata beyond MAX_EVENT_SIZE are left out, texts beyond MAX_TEXT_SIZE cut, and the record says so.

    Raises EncodeError.
    """
    if (known := event.record) is not None:
        return known
    body, was_cut = _fixed_tlvs(event)
    kept, truncated = _fitting(event.metadata, MAX_EVENT_SIZE - _RECORD.size - len(body))
    flags = EventFlags.TRUNCATED if event.truncated or truncated or was_cut else 0
    size = _RECORD.size + len(body) + len(kept)
    return wire.pack("event", _RECORD, size, event.kind, flags) + body + kept


def event_of_record(record: bytes, *, kind: int, flow_id: int, app_id: int, state: int) -> FlowEvent:
    """The event of a record that was made just now, in a usual form; nothing is checked.

    The record is read when something else is asked for than the values given here, which it holds too.
    """
    event = FlowEvent.__new__(FlowEvent)
    set_record(event, record)
    set_known(event, (kind, flow_id, app_id, state))
    return event


def _next_events(body: bytes, reader: Reader, count: int) -> tuple[FlowEvent, ...]:
    """The next records; one of an unusual form is read at once, which also says what is wrong with it.

    This runs for every event that a controller gets, so it has few steps.
    """
    events: list[FlowEvent] = []
    start, limit, make = reader.offset, len(body), FlowEvent.__new__
    for _ in range(count):
        end = start + int.from_bytes(body[start : start + 2], "big")
        if end <= limit and is_usual(body, start, end):
            event = make(FlowEvent)
            set_record(event, body[start:end])
        else:
            reader.offset = start
            event = decode_event(reader)
            end = reader.offset
        events.append(event)
        start = end
    reader.offset = start
    return tuple(events)


def decode_event(reader: Reader) -> FlowEvent:
    """Reads one record. Raises DecodeError."""
    start = reader.offset
    size, kind, flags = reader.fields(_RECORD, "the head of an event")
    if size < _RECORD.size:
        raise DecodeError(start, f"a record size of at least {_RECORD.size}", size.to_bytes(2, "big"))
    record = reader.take(size - _RECORD.size, "an event")
    try:
        parts, metadata = _read_tlvs(record)
    except DecodeError as error:
        raise error.moved(start + _RECORD.size) from None
    for required, what in (("flow_id", "addresses and ports"), ("at_ns", "times")):
        if required not in parts:
            raise DecodeError(start, f"an event with {what}")
    parts["src"], parts["dst"] = written(parts["src"]), written(parts["dst"])
    return FlowEvent(kind=kind, metadata=tuple(metadata), truncated=bool(flags & EventFlags.TRUNCATED), **parts)


_BATCH = struct.Struct("!QQH")  # sequence, dropped, count
_RECORD = struct.Struct("!HBB")  # size of the record with this, kind, flags
_FLOW = struct.Struct("!QBxHHH")  # flow id, l4, one zero byte, VLAN, originator's port, responder's port
_TIMES = struct.Struct("!QQQ")  # of the event, of the first packet, of the last packet
_VERDICT = struct.Struct("!IIBBBxI")  # App-ID, protocol, category, state, confidence, one zero byte, packet
_COUNTERS = struct.Struct("!QQQQ")  # packets of originator and responder, bytes of originator and responder
_END_REASON = struct.Struct("!B")
_METADATA: Final = int(EventTlv.METADATA)  # comparing with a member of the enumeration takes three times as long
_ATTRIBUTE_SIZE: Final = 2


def _body(sequence: int, dropped: int, records: list[bytes]) -> bytes:
    return wire.pack("batch", _BATCH, sequence, dropped, len(records)) + b"".join(records)


def _fixed_tlvs(event: FlowEvent) -> tuple[bytes, bool]:
    """All TLVs but the metadata (those that would say nothing are left out), and whether a text was cut."""
    src, dst = wire.addresses(event.src, event.dst)
    flow = wire.pack("flow", _FLOW, event.flow_id, event.l4, event.vlan, event.sport, event.dport)
    parts = [wire.tlv(EventTlv.FLOW_IPV4 if len(src) == wire.IPV4_SIZE else EventTlv.FLOW_IPV6, flow + src + dst)]
    times = wire.pack("times", _TIMES, event.at_ns, event.first_seen_ns, event.last_seen_ns)
    parts.append(wire.tlv(EventTlv.TIMES, times))
    verdict = (event.app_id, event.protocol_id, event.category, event.state, event.confidence, event.verdict_packet)
    if any(verdict):
        parts.append(wire.tlv(EventTlv.VERDICT, wire.pack("verdict", _VERDICT, *verdict)))
    counters = (event.packets_c2s, event.packets_s2c, event.bytes_c2s, event.bytes_s2c)
    if any(counters):
        parts.append(wire.tlv(EventTlv.COUNTERS, wire.pack("counters", _COUNTERS, *counters)))
    was_cut = False
    for kind, text in ((EventTlv.PATH, event.path), (EventTlv.EVIDENCE, event.evidence)):
        if text:
            kept = _cut(text)
            was_cut = was_cut or kept is not text
            parts.append(wire.tlv(kind, wire.text(kind.name.lower(), kept, MAX_TEXT_SIZE)))
    if event.end_reason:
        parts.append(wire.tlv(EventTlv.END_REASON, wire.pack("end_reason", _END_REASON, event.end_reason)))
    return b"".join(parts), was_cut


def _cut(text: str) -> str:
    """The text, or as many of its first characters as fit in MAX_TEXT_SIZE bytes."""
    if 4 * len(text) <= MAX_TEXT_SIZE:  # no character takes more than 4 bytes (RFC 3629 §3)
        return text
    raw = text.encode("utf-8", "replace")
    return text if len(raw) <= MAX_TEXT_SIZE else raw[:MAX_TEXT_SIZE].decode("utf-8", "ignore")


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


_Layout = tuple[struct.Struct, tuple[str, ...]]

_FLOW_NAMES: Final = ("flow_id", "l4", "vlan", "sport", "dport", "src", "dst")
_LAYOUTS: Final[dict[int, _Layout]] = {
    int(EventTlv.FLOW_IPV4): (struct.Struct(_FLOW.format + "4s4s"), _FLOW_NAMES),
    int(EventTlv.FLOW_IPV6): (struct.Struct(_FLOW.format + "16s16s"), _FLOW_NAMES),
    int(EventTlv.TIMES): (_TIMES, ("at_ns", "first_seen_ns", "last_seen_ns")),
    int(EventTlv.VERDICT): (
        _VERDICT,
        ("app_id", "protocol_id", "category", "state", "confidence", "verdict_packet"),
    ),
    int(EventTlv.COUNTERS): (_COUNTERS, ("packets_c2s", "packets_s2c", "bytes_c2s", "bytes_s2c")),
    int(EventTlv.END_REASON): (_END_REASON, ("end_reason",)),
}
"""TLVs of fixed layout and the attributes that they hold; addresses are still bytes."""
_TEXTS: Final = {int(EventTlv.PATH): "path", int(EventTlv.EVIDENCE): "evidence"}


def _read_tlvs(record: bytes) -> tuple[dict[str, Any], list[tuple[int, bytes]]]:
    """Attributes by name, and metadata. Offsets in errors count from the start of `record`.

    This runs for every TLV of every event, so it works on the bytes themselves.
    """
    parts: dict[str, Any] = {}
    metadata: list[tuple[int, bytes]] = []
    offset, end = 0, len(record)
    while offset < end:
        if end - offset < wire.TLV_HEADER_SIZE:
            raise DecodeError(offset, "a TLV header (4 bytes)", record[offset:])
        kind, size = wire.TLV_HEADER.unpack_from(record, offset)
        start = offset + wire.TLV_HEADER_SIZE
        offset = start + size
        if offset > end:
            raise DecodeError(start, f"the value of TLV {kind} ({size} bytes)", record[start:])
        if kind == _METADATA:
            if size < _ATTRIBUTE_SIZE:
                raise DecodeError(start, "an attribute id (2 bytes)", record[start:offset])
            metadata.append((record[start] << 8 | record[start + 1], record[start + _ATTRIBUTE_SIZE : offset]))
        elif kind in _LAYOUTS:
            layout, names = _LAYOUTS[kind]
            if size != layout.size:
                raise DecodeError(start, f"{layout.size} bytes in TLV {kind}", record[start:offset])
            parts.update(zip(names, layout.unpack_from(record, start), strict=True))
        elif kind in _TEXTS:
            parts[_TEXTS[kind]] = Reader(record, start, offset).rest_text(_TEXTS[kind])
    return parts, metadata
