"""What a controller may do to flows: have them inspected anew, pin them to a verdict, let them go. Pure.

Each change makes the flow's next state; who applies it writes the mark and tells the controller.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from ofext.control import FlowCommand, FlowControl
from ofext.events import EventKind, FlowEvent
from ofext.ids import NOT_CLASSIFIED, State
from switch_dpi.flowbook import LiveFlow, Pin

PIN_CONFIDENCE: Final = 100
PINNED_EVIDENCE: Final = "pinned by the controller"
ANEW_EVIDENCE: Final = "to be inspected anew, by the controller's order"

Change = Callable[[LiveFlow], LiveFlow | None]
"""A flow's next state, or None where nothing changes."""


def change_of(asked: FlowControl, now_s: float, at_ns: int) -> Change:
    """What a FlowControl does to each flow. ``now_s`` is of a clock that does not go back, ``at_ns`` since 1970."""
    match asked.command:
        case FlowCommand.PIN:
            until_s = now_s + asked.pin_s if asked.pin_s else math.inf
            return lambda flow: pinned(flow, asked, until_s, at_ns)
        case FlowCommand.UNPIN:
            return lambda flow: unpinned(flow, at_ns)
        case _:
            return lambda flow: inspected_anew(flow, at_ns)


def pinned(flow: LiveFlow, asked: FlowControl, until_s: float, at_ns: int) -> LiveFlow:
    """With the controller's verdict."""
    beneath = flow.event if flow.pin is None else flow.pin.beneath
    pin = Pin(app_id=asked.app_id, category=asked.category, state=asked.state, until_s=until_s, beneath=beneath)
    return replace(flow, event=replace(under(pin, beneath), kind=EventKind.VERDICT, at_ns=at_ns), pin=pin)


def unpinned(flow: LiveFlow, at_ns: int) -> LiveFlow | None:
    """With the engine's verdict again; inspected anew where it has none."""
    if flow.pin is None:
        return None
    free = replace(flow, event=flow.pin.beneath, pin=None)
    if not free.is_settled and not free.event.app_id:
        return inspected_anew(free, at_ns)
    return replace(free, event=replace(free.event, kind=EventKind.VERDICT, at_ns=at_ns))


def inspected_anew(flow: LiveFlow, at_ns: int) -> LiveFlow:
    """Without a verdict, as before the first packet was looked at. The engine has forgotten it: if no packet comes any
    more, only the connection tracker tells its end.
    """
    known = flow.event if flow.pin is None else flow.pin.beneath
    event = replace(
        known,
        kind=EventKind.VERDICT,
        at_ns=at_ns,
        app_id=NOT_CLASSIFIED,
        protocol_id=NOT_CLASSIFIED,
        category=0,
        state=State.INSPECTING,
        confidence=0,
        verdict_packet=0,
        path="",
        evidence=ANEW_EVIDENCE,
        metadata=(),
    )
    return replace(flow, event=event, label=0, pin=None, is_watched=False)


def under(pin: Pin, event: FlowEvent) -> FlowEvent:
    """What the engine says of a pinned flow, as the controller wants it."""
    return replace(
        event,
        app_id=pin.app_id,
        category=pin.category,
        state=pin.state,
        confidence=PIN_CONFIDENCE,
        evidence=PINNED_EVIDENCE,
    )
