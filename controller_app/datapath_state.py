"""The life of one switch as the controller sees it: a state machine without I/O.

Owns which step follows which. A switch is connected, its agent greets and sends its catalogue (or it proves an ordinary
switch), and then its rules are in force until something changes. A step that does not fit is a peer's mistake or a late
message: it changes nothing and is reported as such.
"""

import enum
from dataclasses import dataclass, field
from typing import Final

from controller_app.session import Session
from ofext import catalogue_change
from ofext.catalogue import Catalogue, join
from ofext.catalogue_change import CatalogueChange, applied
from ofext.errors import DecodeError
from ofext.hello import SUPPORTED_VERSIONS, AgentInfo, Hello, negotiate
from steering.rules import RuleSet

MAX_PARTS: Final = 256  # of a catalogue, each below 64 KiB: an agent that never sends the last one is stopped at 16 MiB


class Stage(enum.Enum):
    """Where a switch stands."""

    AWAY = "away"
    CONNECTED = "connected"  # waits for the agent's hello
    GREETED = "greeted"  # waits for the agent's catalogue
    KNOWN = "known"  # all is known to compile for it
    READY = "ready"  # its rules are what they should be


class Step(enum.Enum):
    """What can happen to a switch."""

    JOINED = "joined"
    HELLO = "hello"
    NO_AGENT = "no agent"
    CATALOGUE = "catalogue"
    INSTALLED = "installed"
    LEFT = "left"


TRANSITIONS: Final[dict[tuple[Stage, Step], Stage]] = {
    (Stage.CONNECTED, Step.HELLO): Stage.GREETED,
    (Stage.CONNECTED, Step.NO_AGENT): Stage.KNOWN,
    (Stage.GREETED, Step.CATALOGUE): Stage.KNOWN,
    (Stage.KNOWN, Step.INSTALLED): Stage.READY,
    # An agent may answer after the wait for it is over, and may learn a new catalogue while it runs.
    (Stage.KNOWN, Step.HELLO): Stage.GREETED,
    (Stage.READY, Step.HELLO): Stage.GREETED,
    (Stage.KNOWN, Step.CATALOGUE): Stage.KNOWN,
    (Stage.READY, Step.CATALOGUE): Stage.KNOWN,
    **{(stage, Step.LEFT): Stage.AWAY for stage in Stage},
    # A switch may come back before the end of its old connection is noticed.
    **{(stage, Step.JOINED): Stage.CONNECTED for stage in Stage},
}


@dataclass(slots=True, kw_only=True)
class SwitchState:
    """One switch. `installed` is what is known to be on it, None when that must be read first.

    `is_new` says that it held no rule of ours when it connected and was not brought up to date yet, so that nothing can
    be broken by installing early. `is_current` says that it was brought up to date since it connected.
    """

    dpid: int
    name: str
    stage: Stage = Stage.AWAY
    session: Session | None = None
    connected_s: float = 0.0
    agent: AgentInfo | None = None
    hello_xid: int | None = None
    installed: RuleSet | None = None
    is_new: bool = False
    is_current: bool = False
    problem: str = ""
    unexpected: int = 0
    events_lost: int = 0
    _parts: list[Catalogue] = field(default_factory=list)
    _change: list[CatalogueChange] = field(default_factory=list)

    def step(self, step: Step) -> bool:
        """Goes on. False, and nothing changes, if the step does not fit the stage."""
        following = TRANSITIONS.get((self.stage, step))
        if following is None:
            self.unexpected += 1
            return False
        self.stage = following
        return True

    def joined(self, session: Session, name: str, now: float) -> None:
        """A connection was made. What the agent said on an earlier one is kept until it speaks again."""
        self.step(Step.JOINED)
        self.session, self.name, self.connected_s = session, name, now
        self.installed, self.is_new, self.is_current = None, False, False
        self.problem, self.hello_xid = "", None
        self._parts, self._change = [], []

    def left(self) -> None:
        """The connection ended. The switch goes on forwarding by its rules."""
        self.step(Step.LEFT)
        if self.session is not None:
            self.session.close()
        self.session = None

    def hello(self, hello: Hello) -> bool:
        """The agent's hello. False if it speaks no version of ours, or is no answer from an agent."""
        if negotiate(SUPPORTED_VERSIONS, hello.versions) is None:
            self.problem = f"its agent speaks versions {sorted(hello.versions)} of the L7 extension, none is known here"
            return False
        if hello.agent is None or not self.step(Step.HELLO):
            return False
        self.agent, self.problem = hello.agent, ""
        return True

    def no_agent(self) -> bool:
        """The switch refused the hello, or stayed silent: an ordinary switch."""
        if not self.step(Step.NO_AGENT):
            return False
        self.agent = None
        return True

    def catalogue(self, part: Catalogue) -> Catalogue | None:
        """A part of the agent's catalogue; the whole when this was the last part. Raises DecodeError."""
        if (self.stage, Step.CATALOGUE) not in TRANSITIONS:
            self.unexpected += 1
            raise DecodeError(0, f"no catalogue from a switch that is {self.stage.value}")
        if len(self._parts) == MAX_PARTS:
            self._parts = []
            raise DecodeError(0, f"a catalogue of at most {MAX_PARTS} parts")
        self._parts.append(part)
        if part.more:
            return None
        parts, self._parts = self._parts, []
        whole = join(parts)
        self.step(Step.CATALOGUE)
        return whole

    def catalogue_change(self, part: CatalogueChange, known: Catalogue) -> Catalogue | None:
        """A part of a change of the catalogue that is known; the new catalogue when this was the last part.

        Raises DecodeError, also for a change of another catalogue: one was missed, and the whole has to be asked for.
        """
        if (self.stage, Step.CATALOGUE) not in TRANSITIONS:
            self.unexpected += 1
            raise DecodeError(0, f"no change of a catalogue from a switch that is {self.stage.value}")
        if len(self._change) == MAX_PARTS:
            self._change = []
            raise DecodeError(0, f"a change of a catalogue of at most {MAX_PARTS} parts")
        self._change.append(part)
        if part.more:
            return None
        parts, self._change = self._change, []
        whole = applied(known, catalogue_change.join(parts))
        self.step(Step.CATALOGUE)
        return whole

    @property
    def is_connected(self) -> bool:
        """Whether messages can be sent to it."""
        return self.stage is not Stage.AWAY

    @property
    def is_decided(self) -> bool:
        """Whether it is known what the switch is: with an agent and its catalogue, or an ordinary one."""
        return self.stage in (Stage.KNOWN, Stage.READY)
