"""Who may compare a predicate beside the rules that the switch lists: rules on their way, bundles, monitors.

Pure, single owner. The switch lists its rules on another connection than that on which they come, so a rule counts as
on its way until the switch has answered an ECHO_REQUEST that was sent behind it. What a session leaves behind when it
ends may still be read by the switch; it counts for a while longer.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from typing import Final

from ofext.ids import EXPERIMENTER_BYTES
from ofext.openflow import basic
from ofext.openflow.header import HEADER_SIZE, Type
from ofext.predicates import Predicate
from switch_dpi.shim.bundles import bundle_added_to, bundle_ended

LEFT_BEHIND_S: Final = 15.0  # Open vSwitch drops an idle bundle after 10 s, and reads what a closed socket held at once
MAX_BUNDLES: Final = 64  # with predicates, at a time; those of older ones count as long as the session

_NONCE_SIZE: Final = 8


class References:
    """Of one session with the bridge, and what is left of those before."""

    def __init__(self, left: Iterable[Predicate] = (), until_s: float = 0.0) -> None:
        """``left`` counts until a time: what an earlier session brought may still be on its way."""
        self._nonce = secrets.token_bytes(_NONCE_SIZE)
        self._sent = 0
        self._asked = 0
        self._answered = 0
        self._on_the_way: dict[Predicate, int] = {}
        self._bundles: dict[int, set[Predicate]] = {}
        self._kept: set[Predicate] = set()
        self._left = frozenset(left)
        self._left_until_s = until_s

    def note(self, message: bytes, predicates: Iterable[Predicate]) -> bytes:
        """A lowered message goes to the switch; what has to be sent behind it, or nothing."""
        bundle = bundle_added_to(message)
        if bundle is not None:
            self._add_to_bundle(bundle, predicates)
        elif message[1] == Type.MULTIPART_REQUEST:
            self._kept.update(predicates)
        elif (ended := bundle_ended(message)) is not None:
            self._send(self._bundles.pop(ended, ()))
        else:
            self._send(predicates)
        return self._question(message[0])

    def ask(self, version: int) -> tuple[int, bytes]:
        """Asks whether the switch has read all up to here: the question's number, and what to send now, if any."""
        self._sent += 1
        return self._sent, self._question(version)

    @property
    def answered_up_to(self) -> int:
        """The switch has answered all questions up to this number."""
        return self._answered

    def is_answer(self, message: bytes) -> bool:
        """Whether an ECHO_REPLY of the switch answers a question from here; then :meth:`answer` wants to see it."""
        head = EXPERIMENTER_BYTES + self._nonce
        return message[1] == Type.ECHO_REPLY and message[HEADER_SIZE : HEADER_SIZE + len(head)] == head

    def answer(self, message: bytes) -> bytes:
        """The switch has read all up to a question; what has to be sent next, or nothing."""
        number = int.from_bytes(message[-8:], "big")
        if self._answered < number <= self._asked:
            self._answered = number
            self._on_the_way = {each: sent for each, sent in self._on_the_way.items() if sent > number}
        return self._question(message[0])

    def held(self, now_s: float) -> frozenset[Predicate]:
        """All of them."""
        left = self._left if now_s < self._left_until_s else frozenset()
        return left.union(self._kept, self._on_the_way, *self._bundles.values())

    def _send(self, predicates: Iterable[Predicate]) -> None:
        wanted = tuple(predicates)
        if wanted:
            self._sent += 1
            self._on_the_way.update(dict.fromkeys(wanted, self._sent))

    def _add_to_bundle(self, bundle: int, predicates: Iterable[Predicate]) -> None:
        wanted = set(predicates)
        if not wanted:
            return
        self._bundles.setdefault(bundle, set()).update(wanted)
        if len(self._bundles) > MAX_BUNDLES:
            self._kept |= self._bundles.pop(next(iter(self._bundles)))

    def _question(self, version: int) -> bytes:
        """An ECHO_REQUEST behind what was sent, one at a time."""
        if self._asked > self._answered or self._sent == self._answered:
            return b""
        self._asked = self._sent
        return basic.echo_request(version, 0, EXPERIMENTER_BYTES + self._nonce + self._asked.to_bytes(8, "big"))
