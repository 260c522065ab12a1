"""One switch session: version negotiation end to end, then relaying with L7 matches lowered and raised. No I/O.

A session begins when the bridge connects. While there is no controller the session keeps the bridge content (HELLO,
ECHO). When the controller comes, the session becomes its own: bytes go through, except for what the extension adds and
takes out. A session serves one controller connection; when that ends, the session ends, so that nothing of it (role,
asynchronous configuration, open bundles) reaches the next one.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Final

from ofext.control import FlowControl
from ofext.errors import DecodeError, EncodeError
from ofext.messages import encode_message, is_l7_message
from ofext.multipart import is_l7_multipart
from ofext.openflow import basic
from ofext.openflow.header import Framer, FramingError, Type, Version
from switch_dpi.errors import NegotiationError, ProtocolError, SwitchDpiError
from switch_dpi.shim import interest, roles
from switch_dpi.shim.barriers import Barriers
from switch_dpi.shim.bundles import SpoiltBundles
from switch_dpi.shim.gate import MatchGate, PutOff
from switch_dpi.shim.l7 import L7Endpoint
from switch_dpi.shim.window import EventWindow

log = logging.getLogger(__name__)

VERSIONS: Final = frozenset({int(Version.OF_1_3), int(Version.OF_1_4), int(Version.OF_1_5)})
USUAL_VERSION: Final = int(Version.OF_1_4)  # the guess while no controller has been seen: the first with bundles
PATIENCE_S: Final = 0.4  # Open vSwitch gives a HELLO one second before it hangs up
HELLO_S: Final = 3.0  # a peer that is alive says HELLO at once
MAX_ANSWERS_SIZE: Final = 64 * 1024  # bytes of the agent's own answers at a time; then others have their turn

_MAY_CARRY_L7_UP: Final = frozenset(
    {int(Type.ERROR), int(Type.MULTIPART_REPLY), int(Type.FLOW_REMOVED), int(Type.PACKET_IN)}
)
_FLOW_CONTROL: Final = FlowControl.EXP_TYPE.to_bytes(4, "big")  # what the agent itself does to the bridge
_MAY_BE_BUNDLE: Final = frozenset({int(Type.EXPERIMENTER), int(Type.BUNDLE_CONTROL)})


Restore = Callable[[bytes], Iterable[bytes]]
"""What a message of a switch without a connection tracker stands for: messages of one that has it."""


class Phase(Enum):
    """Where a session stands."""

    GREETING = "waits for the bridge's HELLO"
    WAITING = "waits for a controller; the bridge waits for a HELLO"
    STANDBY = "waits for a controller; the bridge is kept content"
    RELAYING = "relays"
    CLOSED = "over"


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """What to send now, in this order: to the switch, to the controller, then perhaps an end."""

    to_switch: bytes
    to_controller: bytes
    drop_controller: str = ""
    """Not empty: close the controller's connection only (it is tried again), for this reason."""
    close: str = ""
    """Not empty: close both connections, for this reason."""


class ShimSession:
    """Bytes in from each side and ``now`` in seconds; :meth:`take` gives what to send."""

    def __init__(
        self,
        gate: MatchGate,
        make_endpoint: Callable[[], L7Endpoint],
        now: float,
        preferred: int | None = None,
        restore: Restore | None = None,
    ) -> None:
        self._gate = gate
        self._restore = restore
        self.interests = interest.UNTRACKED if restore else interest.TRACKED
        self._make_endpoint = make_endpoint
        self._from_switch, self._from_controller = Framer(), Framer()
        self._to_switch: list[bytes] = []
        self._to_controller: list[bytes] = []
        self._inbox: deque[bytes | FramingError] = deque()
        self._answers: Iterator[bytes] | None = None
        self._answers_size = 0
        self._drop, self._close = "", ""
        self._offered: frozenset[int] = frozenset()
        self._preferred = preferred
        self._has_controller = False
        self._bundles = SpoiltBundles()
        self._window = EventWindow()
        self._barriers = Barriers()
        self._put_off: bytes | None = None
        self._deadline: float | None = now + HELLO_S
        self.endpoint = make_endpoint()
        self.phase = Phase.GREETING
        self.has_failed_controller = False
        """What the controller sent, or did not send, was the reason for its end."""
        self.version: int | None = None
        """The version that the bridge was told; after negotiation that of both sides."""

    @property
    def wants_controller(self) -> bool:
        """Whether a connection to the controller should be tried."""
        return self.phase in (Phase.WAITING, Phase.STANDBY) and not self._has_controller

    @property
    def timer(self) -> float | None:
        """When :meth:`tick` wants to be called."""
        return self._deadline

    @property
    def is_busy(self) -> bool:
        """The controller has asked for more than was answered so far. Read no more from it, and call :meth:`resume`
        when it has taken what :meth:`take` gave.
        """
        return self._has_work or self._answers_size >= MAX_ANSWERS_SIZE

    @property
    def _has_work(self) -> bool:
        return self._answers is not None or bool(self._inbox) or self.endpoint.outbox.has_parts

    @property
    def is_held(self) -> bool:
        """What the controller asks for next waits for something else: :meth:`resume` would change nothing now."""
        if self._answers is not None or self.endpoint.outbox.has_parts or not self._inbox:
            return False
        return self._has_to_wait(self._inbox[0])

    def take(self) -> Output:
        """What has come up since the last call."""
        output = Output(
            to_switch=b"".join(self._to_switch),
            to_controller=b"".join(self._to_controller),
            drop_controller=self._drop,
            close=self._close,
        )
        self._to_switch.clear()
        self._to_controller.clear()
        self._drop = ""
        return output

    def switch_data(self, data: bytes, now: float) -> None:
        """Bytes from the bridge."""
        messages, fault = _cut(self._from_switch, data)
        try:
            for message in messages:
                if self.phase is Phase.CLOSED:
                    return
                self._switch_message(message, now)
                if self._inbox:
                    self._work(now)  # a barrier may have been answered
            if fault is not None:
                raise fault
        except (DecodeError, SwitchDpiError) as error:
            if self.phase is not Phase.CLOSED:
                self._end(f"bridge: {error}")

    def release(self) -> tuple[bytes, bytes]:
        """From here on somebody else cuts the streams into messages and brings those that ``interest`` names.

        Returns the beginnings of messages, from the bridge and from the controller, whose ends have not come.
        """
        return self._from_switch.take_rest(), self._from_controller.take_rest()

    def controller_connected(self, now: float) -> None:
        """The connection to the controller stands."""
        self._has_controller = True
        self._from_controller = Framer()
        self.endpoint.close()
        self.endpoint = self._make_endpoint()
        self._to_controller.append(basic.hello(self._offered))
        self._deadline = now + HELLO_S if self.phase is Phase.STANDBY else self._deadline

    def controller_data(self, data: bytes, now: float) -> None:
        """Bytes from the controller."""
        if not self._has_controller or self.phase is Phase.CLOSED:
            return
        messages, fault = _cut(self._from_controller, data)
        self._inbox.extend(messages)
        if fault is not None:
            self._inbox.append(fault)
        self._work(now)

    def resume(self, now: float) -> None:
        """The controller has taken all answers: goes on with what it has asked for."""
        self._answers_size = 0
        self._work(now)

    def _work(self, now: float) -> None:
        """Does what the controller has asked for, in its order, as far as answers may be sent now."""
        try:
            while self._has_work and not self.is_held and self._answers_size < MAX_ANSWERS_SIZE:
                if self._answers is None and self.endpoint.outbox.has_parts:
                    self._answers = self.endpoint.outbox.take()
                elif self._answers is None:
                    self._controller_message(self._inbox.popleft(), now)
                elif (answer := next(self._answers, None)) is not None:
                    self._answer(answer)
                else:
                    self._answers = None
            if self.is_held:
                self._let_echoes_pass()
        except (DecodeError, SwitchDpiError) as error:
            self._lose_controller(f"controller: {error}")

    def _let_echoes_pass(self) -> None:
        """Out of what waits, or the controller would take the bridge for dead. The native relay does so behind it."""
        waiting, self._inbox = self._inbox, deque()
        for message in waiting:
            if isinstance(message, FramingError) or message[1] != Type.ECHO_REQUEST:
                self._inbox.append(message)
            else:
                self._to_switch.append(message)

    def controller_lost(self, reason: str) -> None:
        """The controller's connection closed, or could not be made."""
        self._forget_controller()
        if self.phase is Phase.RELAYING:
            self._end(f"the controller is gone: {reason}")
        elif self.phase is Phase.STANDBY:
            self._deadline = None

    def tick(self, now: float) -> None:
        """Looks whether a deadline has passed."""
        if self._deadline is None or now < self._deadline:
            return
        self._deadline = None
        if self.phase is Phase.GREETING:
            self._end("the bridge said no HELLO")
        elif self.phase is Phase.WAITING:
            self._stand_by(now)
        elif self.phase is Phase.STANDBY and self._has_controller:
            self._lose_controller("the controller said no HELLO")

    def refresh(self) -> bool:
        """The engine may have another catalogue than the controller was told; True: call again soon for the rest."""
        if self.phase is not Phase.RELAYING or self.version is None:
            return False
        part = self.endpoint.renewed(self.version)
        self._to_controller.append(part)
        return bool(part)

    @property
    def takes_events(self) -> bool:
        """Whether the controller reads the events that it gets, so that it may have more."""
        return self.phase is Phase.RELAYING and self._window.is_open

    def inject(self, message: bytes) -> None:
        """Put a whole message with events into the stream to the controller."""
        if self.phase is Phase.RELAYING and self.version is not None:
            self._to_controller += [message, self._window.sent(len(message), self.version)]

    def _switch_message(self, message: bytes, now: float) -> None:
        if self.phase is Phase.RELAYING:
            is_seen = self._wants(self.interests.from_switch, message)
            self._to_controller.extend(self._upward(message) if is_seen else (message,))
        elif self.phase is Phase.GREETING:
            self._switch_hello(message, now)
        elif message[1] == Type.ECHO_REQUEST:
            self._to_switch.append(basic.echo_reply(message))
        elif message[1] == Type.ERROR and message[8:10] == b"\0\0":
            raise ProtocolError("bridge", "refused the HELLO")

    def _switch_hello(self, message: bytes, now: float) -> None:
        spoken = basic.hello_versions(message)
        self._offered = spoken & VERSIONS
        if not self._offered:
            self._to_switch.append(_hello_failed(message))
            raise NegotiationError("bridge", spoken, VERSIONS)
        self.phase = Phase.WAITING
        self._deadline = now + PATIENCE_S

    def _stand_by(self, now: float) -> None:
        """Tell the bridge a version by guess: what the controller used last time. A wrong guess costs a reconnect."""
        guess = self._preferred or USUAL_VERSION
        self.version = guess if guess in self._offered else max(self._offered)
        self._to_switch.append(basic.hello([self.version]))
        self.phase = Phase.STANDBY
        self._deadline = now + HELLO_S if self._has_controller else None

    def _wants(self, table: interest.Interest, message: bytes) -> bool:
        return interest.wants(table, message, is_extended=self.endpoint.is_negotiated)

    def _controller_message(self, message: bytes | FramingError, now: float) -> None:
        if isinstance(message, FramingError):
            raise message
        if self.phase is Phase.RELAYING and not self._wants(self.interests.from_controller, message):
            self._to_switch.append(message)
        elif self.phase is Phase.RELAYING:
            self._downward(message)
        elif self.phase is not Phase.CLOSED:
            self._controller_hello(message, now)

    def _controller_hello(self, message: bytes, now: float) -> None:
        if message[1] != Type.HELLO:
            raise ProtocolError("controller", f"message type {message[1]} before the HELLO")
        chosen = basic.negotiate(self._offered, message)
        if chosen is None:
            self._to_controller.append(_hello_failed(message))
            raise NegotiationError("controller", basic.hello_versions(message), self._offered)
        if self.version is None:
            self._to_switch.append(basic.hello([chosen]))
        elif self.version != chosen:
            self.version = chosen
            self._end(f"the controller wants OpenFlow 1.{chosen - 1}, the bridge has to connect anew")
            return
        self.version = chosen
        self.phase = Phase.RELAYING
        self._deadline = None
        log.info("relaying OpenFlow 1.%d (at %.3f s)", chosen - 1, now)

    def _downward(self, message: bytes) -> None:
        kind = message[1]
        if kind == Type.ECHO_REPLY and self._window.is_answer(message):
            return
        if _is_for_agent(message):
            if message[0] == self.version:
                self._answers = self.endpoint.receive(message)
            else:
                self._answer(_bad_version(message, self.version or 0))
            return
        if message[0] != self.version:  # the bridge says what it thinks of it, as it would without the shim
            self._to_switch.append(message)
            return
        if kind in _MAY_BE_BUNDLE and (refused := self._bundles.check(message)) is not None:
            self._answer(refused.to_controller)
            message = refused.to_switch
        elif kind == Type.BARRIER_REQUEST:
            self._barriers.asked(message)
        elif kind == Type.SET_ASYNC:
            message = self._configure_async(message)
        lowered = self._gate.lower(message)
        if isinstance(lowered, PutOff):
            self._to_switch.append(lowered.to_switch)
            self._put_off = message
            self._inbox.appendleft(message)
            return
        if isinstance(lowered, bytes):
            self._to_switch.append(lowered)
            return
        self._bundles.spoil(message)
        xid = int.from_bytes(message[4:8], "big")
        self._answer(encode_message(lowered, version=message[0], xid=xid))

    def _configure_async(self, message: bytes) -> bytes:
        try:
            message, said = roles.take_kinds(message)
        except DecodeError as error:  # the bridge says what it thinks of it
            log.debug("an asynchronous configuration is not understood: %s", error)
        else:
            self.endpoint.set_kinds(said.kinds, said.slave_kinds)
        return message

    def _has_to_wait(self, message: bytes | FramingError) -> bool:
        """Barriers keep the agent's own work and the bridge's in the controller's order; a rule may wait for a bit."""
        if isinstance(message, FramingError) or self.phase is not Phase.RELAYING:
            return False
        if message is self._put_off:
            return self._gate.is_making_room
        if message[1] == Type.BARRIER_REQUEST:
            return self.endpoint.outbox.is_working
        return self._barriers.are_open and is_l7_message(message) and message[12:16] == _FLOW_CONTROL

    def _answer(self, message: bytes) -> None:
        self._to_controller.append(message)
        self._answers_size += len(message)

    def _upward(self, message: bytes) -> tuple[bytes, ...]:
        if message[0] != self.version:
            return (message,)
        if self._restore is None:
            return self._upward_restored(message)
        return tuple(each for one in self._restore(message) for each in self._upward_restored(one))

    def _upward_restored(self, message: bytes) -> tuple[bytes, ...]:
        if self._bundles.is_unwanted(message):
            return ()
        if message[1] == Type.ECHO_REPLY and (following := self._gate.answered(message)) is not None:
            self._to_switch.append(following)
            return ()
        if self._barriers.are_open:
            self._barriers.answered(message)
        if (role := roles.told_role(message)) is not None:
            self.endpoint.role_is(role)
        elif message[1] == Type.GET_ASYNC_REPLY and self.endpoint.is_negotiated:
            return (self._with_kinds(message),)
        if message[1] in _MAY_CARRY_L7_UP and self.endpoint.is_negotiated:
            return (self._gate.raise_(message),)
        return (message,)

    def _with_kinds(self, message: bytes) -> bytes:
        try:
            return roles.put_kinds(message, self.endpoint.config.kinds, self.endpoint.config.slave_kinds)
        except EncodeError:  # there is no room
            return message

    def _lose_controller(self, reason: str) -> None:
        self.has_failed_controller = True
        self._forget_controller()
        if self.phase is Phase.RELAYING:
            self._end(reason)
        elif not self._drop:
            self._drop = reason
            self._deadline = self._deadline if self.phase is Phase.WAITING else None

    def _forget_controller(self) -> None:
        self._has_controller = False
        self._inbox.clear()
        self._answers = None
        self.endpoint.close()

    def _end(self, reason: str) -> None:
        self._forget_controller()
        self.phase = Phase.CLOSED
        self._deadline = None
        self._close = self._close or reason


def _is_for_agent(message: bytes) -> bool:
    """Whether a message from the controller is one of the extension's."""
    return is_l7_message(message) or is_l7_multipart(message)


def _cut(framer: Framer, data: bytes) -> tuple[list[bytes], FramingError | None]:
    """The messages that are complete now, and what is wrong with the stream behind them."""
    try:
        return framer.feed(data), None
    except FramingError as error:
        return error.messages, error


def _bad_version(message: bytes, version: int) -> bytes:
    xid = int.from_bytes(message[4:8], "big")
    return basic.error(version, xid, basic.ERROR_BAD_REQUEST, basic.BAD_VERSION, message)


def _hello_failed(message: bytes) -> bytes:
    xid = int.from_bytes(message[4:8], "big")
    return basic.error(message[0], xid, basic.ERROR_HELLO_FAILED, basic.HELLO_INCOMPATIBLE, message)
