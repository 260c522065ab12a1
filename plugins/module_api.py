"""What a plugin's Python module is written against: a subclass of `FlowModule` gets events of the flows it asks for.

Events are the engine's (docs/contracts.md §3, `FlowEvent`); they are described here as far as modules need them.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Protocol


class Flow(Protocol):
    """A flow as it was at the event; `switch_dpi/_native.pyi` has all its fields."""

    @property
    def src(self) -> str:
        """The originator's address."""
        ...

    @property
    def dst(self) -> str:
        """The responder's address."""
        ...

    @property
    def app_key(self) -> str:
        """Key of the application, else of the protocol."""
        ...

    @property
    def protocol(self) -> str:
        """Name of the protocol."""
        ...

    @property
    def site(self) -> str:
        """Registrable domain of a host that no application is known for, else empty."""
        ...

    @property
    def metadata(self) -> Mapping[str, Any]:
        """By attribute name; an attribute with several values has a list."""
        ...


class Event(Protocol):
    """Something that happened to a flow."""

    @property
    def kind(self) -> str:
        """`new`, `verdict` or `ended`."""
        ...

    @property
    def at_ns(self) -> int:
        """Nanoseconds since 1970."""
        ...

    @property
    def record(self) -> Any:
        """The flow; see `Flow`."""
        ...


class FlowModule(ABC):
    """Subclass it in a plugin's `.py` file; one object of each subclass is made when the plugin is loaded.

    All calls come from one thread of the object's own. A call that raises or takes too long is its last one.
    """

    subscribes: ClassVar[frozenset[str]] = frozenset()
    """Keys of applications and protocols, registrable domains of sites; empty: every flow."""
    kinds: ClassVar[frozenset[str]] = frozenset({"verdict", "ended"})
    """Events that are wanted."""

    def __init__(self, folder: Path) -> None:
        """`folder` is the plugin's own, to write to."""
        self.folder = folder

    @abstractmethod
    def flow(self, event: Event) -> None:
        """Take an event."""

    def close(self) -> None:  # noqa: B027  optional: most modules have nothing to finish
        """Finish: the plugin is unloaded, or the agent stops."""
