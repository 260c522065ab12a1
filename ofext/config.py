"""Configuration of what an agent publishes to its controller: kinds of events, attributes, batching."""

import struct
from dataclasses import dataclass, field
from enum import IntEnum
from typing import ClassVar, Final

from ofext import wire
from ofext.errors import EncodeError
from ofext.events import EventKind
from ofext.wire import Reader

MAX_BATCH: Final = 1024  # events; an average event has some 200 bytes, so more would seldom fit in a message
MAX_DELAY_MS: Final = 10_000  # a verdict older than that is of no use for steering
MAX_KIND: Final = 15  # the bitmap has 16 bits


class ConfigTlv(IntEnum):
    """TLV types of a configuration."""

    ATTRIBUTES = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class EventConfig:
    """`kinds`: which events are published. `attributes`: ids of the metadata they carry, None for all of them.

    Events are sent when `max_batch` of them wait, or the oldest has waited `max_delay_ms`.
    """

    kinds: frozenset[int] = field(default_factory=lambda: frozenset(EventKind))
    attributes: frozenset[int] | None = None
    max_batch: int = 256
    max_delay_ms: int = 5

    def problem(self) -> str | None:
        """Why an agent should refuse it, or None."""
        if not 1 <= self.max_batch <= MAX_BATCH:
            return f"max_batch is {self.max_batch}, must be 1 to {MAX_BATCH}"
        if self.max_delay_ms > MAX_DELAY_MS:
            return f"max_delay_ms is {self.max_delay_ms}, must be at most {MAX_DELAY_MS}"
        return None

    def encode(self) -> bytes:
        """The body of the messages that carry it. Raises EncodeError."""
        bitmap = 0
        for kind in self.kinds:
            if not 0 <= kind <= MAX_KIND:
                raise EncodeError("kind", kind, f"0 to {MAX_KIND}")
            bitmap |= 1 << kind
        body = wire.pack("configuration", _CONFIG, bitmap, self.max_batch, self.max_delay_ms)
        if self.attributes is None:
            return body
        ids = b"".join(wire.number("attribute", attribute, 2) for attribute in sorted(self.attributes))
        return body + wire.tlv(ConfigTlv.ATTRIBUTES, ids)

    @staticmethod
    def decode(body: bytes) -> "EventConfig":
        """Reads such a body. Raises DecodeError."""
        reader = Reader(body)
        bitmap, max_batch, max_delay_ms = reader.fields(_CONFIG, "a configuration")
        attributes: frozenset[int] | None = None
        for kind, value in reader.tlvs():
            if kind == ConfigTlv.ATTRIBUTES:
                attributes = frozenset(_numbers(value))
        kinds = frozenset(kind for kind in range(MAX_KIND + 1) if bitmap >> kind & 1)
        return EventConfig(kinds=kinds, attributes=attributes, max_batch=max_batch, max_delay_ms=max_delay_ms)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigSet:
    """Controller to agent: publish like this from now on."""

    EXP_TYPE: ClassVar[int] = 4

    config: EventConfig

    def encode(self) -> bytes:
        """The body. Raises EncodeError."""
        return self.config.encode()

    @staticmethod
    def decode(body: bytes) -> "ConfigSet":
        """Reads a body. Raises DecodeError."""
        return ConfigSet(config=EventConfig.decode(body))


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigRequest:
    """Controller to agent: how do you publish?"""

    EXP_TYPE: ClassVar[int] = 5

    def encode(self) -> bytes:
        """The body: empty."""
        return b""

    @staticmethod
    def decode(body: bytes) -> "ConfigRequest":
        """Reads a body. Raises DecodeError."""
        for _ in Reader(body).tlvs():
            pass
        return ConfigRequest()


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigReply:
    """Agent to controller: the answer, and also to a ConfigSet that was taken."""

    EXP_TYPE: ClassVar[int] = 6

    config: EventConfig

    def encode(self) -> bytes:
        """The body. Raises EncodeError."""
        return self.config.encode()

    @staticmethod
    def decode(body: bytes) -> "ConfigReply":
        """Reads a body. Raises DecodeError."""
        return ConfigReply(config=EventConfig.decode(body))


_CONFIG = struct.Struct("!HHI")  # bitmap of kinds, batch in events, delay in milliseconds


def _numbers(value: Reader) -> list[int]:
    numbers = []
    while value.offset < value.end:
        numbers.append(value.number(2, "an attribute id"))
    return numbers
