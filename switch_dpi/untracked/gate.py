"""The gate of a switch without a connection tracker: between a controller that speaks of conntrack and its rules.

One per session, in front of the bridge's predicates. What cannot be had is refused before anything else sees it.
"""

from __future__ import annotations

import logging
from typing import Final

from ofext.errors import MAX_FOUND_SIZE, DecodeError, EncodeError, OfextError
from ofext.messages import ErrorCode, L7Error
from ofext.openflow.header import Type
from ofext.untracked import messages
from ofext.untracked.errors import OwnTableError, UntrackedError, UntrackedMatchError
from ofext.untracked.everything import Questions, spread
from switch_dpi.predicates import PredicateStore
from switch_dpi.shim.gate import PutOff

log = logging.getLogger(__name__)

MAX_MISUNDERSTOOD_TOLD: Final = 10  # log lines of one session

_CHANGED: Final = frozenset(
    {
        int(Type.FLOW_MOD),
        int(Type.GROUP_MOD),
        int(Type.PACKET_OUT),
        int(Type.MULTIPART_REQUEST),
        int(Type.BUNDLE_ADD_MESSAGE),
        int(Type.EXPERIMENTER),
    }
)


class UntrackedGate:
    """Of one session."""

    def __init__(self, store: PredicateStore) -> None:
        self._store = store
        self._questions = Questions()
        self._left = b""
        self._misunderstood = 0

    @property
    def is_making_room(self) -> bool:
        """A message that was put off waits for a label bit still."""
        return self._store.is_making_room

    def lower(self, message: bytes) -> bytes | L7Error | PutOff:
        """A message from the controller as the switch understands it, or why it is refused."""
        if message[1] not in _CHANGED:
            return self._store.lower(message)
        try:
            messages.to_rules(message)
        except DecodeError:
            return self._store.lower(message)  # the bridge says what it thinks of it, as it would without the agent
        except OfextError as error:
            return _refusal(error, message)
        lowered = self._store.lower(message)
        if isinstance(lowered, L7Error | PutOff):
            return lowered
        first, *behind = messages.split(lowered)
        waiting, self._left = self._left + b"".join(behind), b""
        try:
            return spread(self._questions.ask(messages.to_rules(first))) + waiting
        except OfextError as error:  # too long; what is behind is the agent's own, and has to get there
            self._left = waiting
            return _refusal(error, message)

    def raise_(self, message: bytes) -> bytes:
        """A message from the switch, after :meth:`restore`, with L7 fields."""
        return self._store.raise_(message)

    def answered(self, message: bytes) -> bytes | None:
        """Of an ECHO_REPLY of the switch to the gate: what to send to the switch next. None for others."""
        return self._store.answered(message)

    def restore(self, message: bytes) -> list[bytes]:
        """A message from the switch as the controller's own world has it: several messages, or none."""
        try:
            if message[1] in (Type.MULTIPART_REPLY, Type.ERROR):
                message = self._questions.answered(message)
            return messages.split(messages.from_rules(message)) if message else []
        except OfextError as error:
            self._misunderstood += 1
            level = logging.WARNING if self._misunderstood <= MAX_MISUNDERSTOOD_TOLD else logging.DEBUG
            log.log(level, "a message of type %d from the bridge was not understood: %s", message[1], error)
            return [message]


def _refusal(error: OfextError, message: bytes) -> L7Error:
    text = str(error).encode()[:255].decode(errors="ignore")
    if isinstance(error, EncodeError):
        return L7Error(code=ErrorCode.MALFORMED, data=message[:MAX_FOUND_SIZE], text=text)
    at = error.offset or 0 if isinstance(error, UntrackedError | UntrackedMatchError | OwnTableError) else 0
    return L7Error(code=ErrorCode.NO_TRACKER, offset=at, data=message[at : at + MAX_FOUND_SIZE], text=text)
