"""Who can observe a packet, and what was done to the packet by then: the vocabulary of rules and policy alike."""

from __future__ import annotations

from dataclasses import dataclass, field

from steering.network import PortRef
from steering.rules import Rule
from steering.verify.errors import VerifyError
from steering.verify.space import MAX_OBSERVERS
from steering.verify.tables import Tag


@dataclass(frozen=True, slots=True)
class Observer:
    """Something that happens at one place.

    `kind`: a copy comes out of a `port`, or reaches the `tap` or the `controller` of a switch, or the connection is
    `commit`ted in zone `number` with `detail`, or two rules (`detail`) could both apply (`doubt`).
    """

    kind: str
    dpid: int
    number: int = 0
    detail: tuple[tuple[str, int], ...] | tuple[Rule, Rule] = ()


@dataclass(frozen=True, slots=True)
class Passage:
    """Into a function at one of its ports. `service` is its name, for reading: two services may share a function."""

    entered: PortRef
    service: str = field(compare=False)
    backwards: bool = field(compare=False)

    def __str__(self) -> str:
        return f"{self.service} (backwards)" if self.backwards else self.service


@dataclass(frozen=True, slots=True)
class Delivery:
    """A packet comes out: functions it has passed, DSCP set (None: as sent), tags other than it was sent with."""

    functions: tuple[Passage, ...] = ()
    dscp: int | None = None
    tags: tuple[Tag, ...] = ()


@dataclass(frozen=True, slots=True)
class Signal:
    """What is no delivery: how often, and after which functions, does not matter."""


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A packet comes out of one port more than once."""


SIGNAL, DUPLICATE = Signal(), Duplicate()

Label = Delivery | Signal | Duplicate


class Observers:
    """A number for each observer."""

    def __init__(self) -> None:
        self._numbers: dict[Observer, int] = {}
        self._all: list[Observer] = []

    def number_of(self, observer: Observer) -> int:
        """The number; the next one for an observer that is new. Raises `VerifyError` if there are too many."""
        found = self._numbers.get(observer)
        if found is None:
            found = self._numbers[observer] = len(self._all)
            self._all.append(observer)
            if found >= MAX_OBSERVERS:
                raise VerifyError(f"more than {MAX_OBSERVERS} ports, agents and connections to observe")
        return found

    def numbered(self, number: int) -> Observer:
        """The inverse of `number_of`."""
        return self._all[number]
