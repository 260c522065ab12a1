"""FlowControl: the controller has flows inspected anew, or says itself what they are (SPEC.md §3.7)."""

import struct
from dataclasses import dataclass, field
from enum import IntEnum
from typing import ClassVar, Final

from ofext import wire
from ofext.errors import DecodeError
from ofext.filters import FlowFilter
from ofext.ids import State, is_settled
from ofext.wire import Reader

MAX_PIN_S: Final = 7 * 24 * 3600  # a pin for longer is a policy; 0 stands for "until the flow ends"


class FlowCommand(IntEnum):
    """What to do with the flows."""

    REINSPECT = 1
    PIN = 2
    UNPIN = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowControl:
    """Controller to agent. The verdict and the time are of PIN and otherwise zero.

    `pin_s`: seconds for which the verdict holds, 0 until the flow ends. `command` may be a number unknown here.
    """

    EXP_TYPE: ClassVar[int] = 8

    command: int
    pin_s: int = 0
    app_id: int = 0
    category: int = 0
    state: int = 0
    filter: FlowFilter = field(default_factory=FlowFilter)

    def encode(self) -> bytes:
        """The body. Raises EncodeError."""
        numbers = (self.command, self.category, self.state, self.pin_s, self.app_id)
        return wire.pack("flow control", _CONTROL, *numbers) + self.filter.encode()

    @staticmethod
    def decode(body: bytes) -> "FlowControl":
        """Reads a body. Raises DecodeError for a command or a verdict that cannot be carried out, too."""
        reader = Reader(body)
        command, category, state, pin_s, app_id = reader.fields(_CONTROL, "a flow control")
        if command not in tuple(FlowCommand):
            raise DecodeError(0, "a command: 1 re-inspect, 2 pin, 3 unpin", body[:2])
        if command == FlowCommand.PIN:
            _check_pin(body, state=state, pin_s=pin_s, app_id=app_id)
        elif any(body[2 : _CONTROL.size]):
            raise DecodeError(2, "zeros, as this command has no verdict", body[2 : _CONTROL.size])
        return FlowControl(
            command=command,
            pin_s=pin_s,
            app_id=app_id,
            category=category,
            state=state,
            filter=FlowFilter.decode(reader),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowControlReply:
    """Agent to controller, when the switch has it: flows that the filter holds for, and those that were changed."""

    EXP_TYPE: ClassVar[int] = 9

    matched: int
    touched: int

    def encode(self) -> bytes:
        """The body. Raises EncodeError."""
        return wire.pack("flow control reply", _REPLY, self.matched, self.touched)

    @staticmethod
    def decode(body: bytes) -> "FlowControlReply":
        """Reads a body. Raises DecodeError."""
        reader = Reader(body)
        matched, touched = reader.fields(_REPLY, "two numbers of flows")
        for _ in reader.tlvs():
            pass
        return FlowControlReply(matched=matched, touched=touched)


_CONTROL = struct.Struct("!HBBII")  # command, category, state, seconds, App-ID
_REPLY = struct.Struct("!II")  # matched, touched

_STATE_OFFSET: Final = 3
_SECONDS_OFFSET: Final = 4
_APP_OFFSET: Final = 8


def _check_pin(body: bytes, *, state: int, pin_s: int, app_id: int) -> None:
    if not is_settled(state) or state == State.ENDED:
        raise DecodeError(_STATE_OFFSET, "a settled state: 1, 3 or 5", body[_STATE_OFFSET : _STATE_OFFSET + 1])
    if pin_s > MAX_PIN_S:
        found = body[_SECONDS_OFFSET : _SECONDS_OFFSET + 4]
        raise DecodeError(_SECONDS_OFFSET, f"at most {MAX_PIN_S} seconds", found)
    if not app_id:
        raise DecodeError(_APP_OFFSET, "an App-ID", body[_APP_OFFSET : _APP_OFFSET + 4])
