"""What is told of a flow: made of what the engine says, of a tracked connection, of what was told before. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from ofext import label
from ofext.events import EndReason, EventKind, FlowEvent, event_of_record
from ofext.ids import State, is_settled
from switch_dpi.conntrack import Connection
from switch_dpi.engine import Event, Record

KINDS: Final[Mapping[str, int]] = {"new": EventKind.NEW, "verdict": EventKind.VERDICT, "ended": EventKind.ENDED}
END_REASONS: Final[Mapping[str, int]] = {
    "fin": EndReason.CLOSED,
    "rst": EndReason.RESET,
    "idle": EndReason.IDLE,
    "evicted": EndReason.EVICTED,
    "shutdown": EndReason.SHUTDOWN,
}
ADOPTED_EVIDENCE: Final = "mark found in the connection tracker"


def said(event: Event, *, flow_id: int, protocol_id: int) -> FlowEvent:
    """What the engine says: a record, of which only what somebody reads becomes numbers and texts."""
    kind, reason = KINDS.get(event.kind, 0), END_REASONS.get(event.reason, EndReason.NONE)
    raw = event.encode(kind=kind, flow_id=flow_id, protocol_id=protocol_id, end_reason=reason)
    record = event.record
    return event_of_record(raw, kind=kind, flow_id=flow_id, app_id=record.mark_id, state=record.state)


def adopted(connection: Connection, flow_id: int, at_ns: int) -> FlowEvent:
    """A flow of which no more is known than its mark."""
    marked = label.Label.unpack(connection.label)
    return FlowEvent(
        kind=EventKind.VERDICT,
        flow_id=flow_id,
        at_ns=at_ns,
        first_seen_ns=at_ns,
        last_seen_ns=at_ns,
        src=connection.src,
        dst=connection.dst,
        sport=connection.sport,
        dport=connection.dport,
        l4=connection.l4,
        app_id=connection.mark,
        category=marked.category,
        state=marked.state,
        evidence=ADOPTED_EVIDENCE,
    )


def turned(event: FlowEvent) -> FlowEvent:
    """The same flow with originator and responder exchanged."""
    return replace(
        event,
        src=event.dst,
        sport=event.dport,
        dst=event.src,
        dport=event.sport,
        packets_c2s=event.packets_s2c,
        packets_s2c=event.packets_c2s,
        bytes_c2s=event.bytes_s2c,
        bytes_s2c=event.bytes_c2s,
    )


def over(event: FlowEvent, at_ns: int, reason: int = EndReason.IDLE) -> FlowEvent:
    """The last news of a flow, of which the engine knows less than was told before."""
    return replace(event, kind=EventKind.ENDED, at_ns=at_ns, end_reason=reason)


def says_nothing(kind: int, record: Record) -> bool:
    """The engine has no result that could replace an earlier verdict."""
    unsettled = not is_settled(record.state) and record.mark_id == 0
    return kind == EventKind.NEW or (kind == EventKind.VERDICT and (unsettled or record.state == State.GAVE_UP))
