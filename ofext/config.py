"""Configuration of what an agent publishes to its controller, and how deep it looks (SPEC.md §3.4)."""

import struct
from dataclasses import dataclass, field
from enum import IntEnum
from typing import ClassVar, Final

from ofext import wire
from ofext.errors import DecodeError, EncodeError
from ofext.events import EventKind
from ofext.wire import Reader

MAX_BATCH: Final = 1024  # events; an average event has some 200 bytes, so more would seldom fit in a message
MAX_DELAY_MS: Final = 10_000  # a verdict older than that is of no use for steering
MAX_KIND: Final = 15  # the bitmap has 16 bits
MAX_SCOPES: Final = 4096  # applications and categories with attributes of their own
MAX_RATE: Final = 10_000_000  # events a second; more does not fit on a 10 Gbit/s link
MIN_DEPTH_BYTES: Final = 256  # below, no TLS ClientHello or HTTP header is read
MAX_DEPTH_BYTES: Final = 1 << 20  # of each direction of each flow
MAX_DEPTH_MS: Final = 3_600_000  # an hour; the engine forgets a flow earlier


class ConfigTlv(IntEnum):
    """TLV types of a configuration."""

    ATTRIBUTES = 1
    ATTRIBUTES_OF_APP = 2
    ATTRIBUTES_OF_CATEGORY = 3
    SAMPLING = 4
    RATE_LIMIT = 5
    DEPTH = 6
    SLAVE_KINDS = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Depth:
    """How far inspection goes before the engine gives up; 0: as the agent is configured.

    Packets with payload of both directions together, bytes of each direction, milliseconds from the first packet.
    """

    max_packets: int = 0
    max_bytes: int = 0
    max_ms: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class EventConfig:
    """`kinds`: which events are published. `attributes`: ids of the metadata they carry, None for all of them.

    `app_attributes` and `category_attributes` replace that for flows of an App-ID, else of a category. Events are sent
    when `max_batch` of them wait, or the oldest has waited `max_delay_ms`. Of `sample_every` flows one is published, at
    most `max_rate` events a second (0: no limit). `slave_kinds` are published while the controller's role is slave.
    """

    kinds: frozenset[int] = field(default_factory=lambda: frozenset(EventKind))
    attributes: frozenset[int] | None = None
    app_attributes: tuple[tuple[int, frozenset[int]], ...] = ()
    category_attributes: tuple[tuple[int, frozenset[int]], ...] = ()
    max_batch: int = 256
    max_delay_ms: int = 5
    sample_every: int = 1
    max_rate: int = 0
    depth: Depth = field(default_factory=Depth)
    slave_kinds: frozenset[int] = field(default_factory=frozenset)

    def encode(self) -> bytes:
        """The body of the messages that carry it. Raises EncodeError."""
        body = wire.pack("configuration", _CONFIG, _bitmap(self.kinds), self.max_batch, self.max_delay_ms)
        parts = [body]
        if self.attributes is not None:
            parts.append(wire.tlv(ConfigTlv.ATTRIBUTES, _encode_ids(self.attributes)))
        for app_id, ids in self.app_attributes:
            value = wire.number("app_id", app_id, 4) + _encode_ids(ids)
            parts.append(wire.tlv(ConfigTlv.ATTRIBUTES_OF_APP, value))
        for category, ids in self.category_attributes:
            value = wire.number("category", category, 1) + _encode_ids(ids)
            parts.append(wire.tlv(ConfigTlv.ATTRIBUTES_OF_CATEGORY, value))
        if self.sample_every != 1:
            parts.append(wire.tlv(ConfigTlv.SAMPLING, wire.number("sample_every", self.sample_every, 4)))
        if self.max_rate:
            parts.append(wire.tlv(ConfigTlv.RATE_LIMIT, wire.number("max_rate", self.max_rate, 4)))
        if self.depth != Depth():
            depth = (self.depth.max_packets, self.depth.max_bytes, self.depth.max_ms)
            parts.append(wire.tlv(ConfigTlv.DEPTH, wire.pack("depth", _DEPTH, *depth)))
        if self.slave_kinds:
            parts.append(wire.tlv(ConfigTlv.SLAVE_KINDS, wire.number("slave_kinds", _bitmap(self.slave_kinds), 2)))
        return b"".join(parts)

    @staticmethod
    def decode(body: bytes) -> "EventConfig":
        """Reads such a body. Raises DecodeError."""
        reader = Reader(body)
        bitmap, max_batch, max_delay_ms = reader.fields(_CONFIG, "a configuration")
        read = _ConfigTlvs()
        for kind, value in reader.tlvs():
            read.take(kind, value)
        return EventConfig(
            kinds=_kinds(bitmap),
            attributes=read.attributes,
            app_attributes=tuple(read.of_apps.items()),
            category_attributes=tuple(read.of_categories.items()),
            max_batch=max_batch,
            max_delay_ms=max_delay_ms,
            sample_every=read.sample_every,
            max_rate=read.max_rate,
            depth=read.depth,
            slave_kinds=read.slave_kinds,
        )


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


def fault_in(body: bytes) -> DecodeError | None:
    """What of a configuration that can be read an agent should refuse, with its place in the body, or None."""
    _, max_batch, max_delay_ms = Reader(body).fields(_CONFIG, "a configuration")
    if not 1 <= max_batch <= MAX_BATCH:
        return DecodeError(2, f"a batch of 1 to {MAX_BATCH} events", body[2:4])
    if max_delay_ms > MAX_DELAY_MS:
        return DecodeError(4, f"a delay of at most {MAX_DELAY_MS} ms", body[4:8])
    for found, value in Reader(body, _CONFIG.size).tlvs():
        for kind, place, least, most, what in _LIMITED:
            if found == kind:
                offset = value.offset + place
                raw = body[offset : offset + _U32.size]
                number = int.from_bytes(raw, "big")
                if not least <= number <= most and (number or kind == ConfigTlv.SAMPLING):
                    return DecodeError(offset, f"{what}: {least} to {most}", raw)
    return None


_CONFIG = struct.Struct("!HHI")  # bitmap of kinds, batch in events, delay in milliseconds
_DEPTH = struct.Struct("!III")  # packets, bytes, milliseconds
_U32 = struct.Struct("!I")
_U16 = struct.Struct("!H")

_LIMITED: Final = (
    (ConfigTlv.SAMPLING, 0, 1, 0xFFFFFFFF, "flows of which one is published"),
    (ConfigTlv.RATE_LIMIT, 0, 1, MAX_RATE, "events a second"),
    (ConfigTlv.DEPTH, 4, MIN_DEPTH_BYTES, MAX_DEPTH_BYTES, "bytes to inspect"),
    (ConfigTlv.DEPTH, 8, 1, MAX_DEPTH_MS, "milliseconds to inspect"),
)
"""TLV, offset of a number of 4 bytes in it, its least and most, what it is. Zero is no limit, but in sampling."""


@dataclass(slots=True)
class _ConfigTlvs:
    """What TLVs of a configuration said, the last of each kind."""

    attributes: frozenset[int] | None = None
    of_apps: dict[int, frozenset[int]] = field(default_factory=dict)
    of_categories: dict[int, frozenset[int]] = field(default_factory=dict)
    sample_every: int = 1
    max_rate: int = 0
    depth: Depth = field(default_factory=Depth)
    slave_kinds: frozenset[int] = field(default_factory=frozenset)

    def take(self, kind: int, value: Reader) -> None:
        """Reads one. Raises DecodeError."""
        match kind:
            case ConfigTlv.ATTRIBUTES:
                self.attributes = _ids(value)
            case ConfigTlv.ATTRIBUTES_OF_APP:
                self._take_scope(self.of_apps, value, 4)
            case ConfigTlv.ATTRIBUTES_OF_CATEGORY:
                self._take_scope(self.of_categories, value, 1)
            case ConfigTlv.SAMPLING:
                (self.sample_every,) = value.rest_fields(_U32, "a number of flows")
            case ConfigTlv.RATE_LIMIT:
                (self.max_rate,) = value.rest_fields(_U32, "events a second")
            case ConfigTlv.DEPTH:
                packets, octets, milliseconds = value.rest_fields(_DEPTH, "packets, bytes and milliseconds")
                self.depth = Depth(max_packets=packets, max_bytes=octets, max_ms=milliseconds)
            case ConfigTlv.SLAVE_KINDS:
                (bitmap,) = value.rest_fields(_U16, "a bitmap of kinds")
                self.slave_kinds = _kinds(bitmap)
            case _:
                pass

    def _take_scope(self, known: dict[int, frozenset[int]], value: Reader, id_size: int) -> None:
        start = value.offset
        scope = value.number(id_size, "an App-ID or a category")
        if len(self.of_apps) + len(self.of_categories) >= MAX_SCOPES:
            raise DecodeError(start, f"attributes of at most {MAX_SCOPES} applications and categories")
        known[scope] = _ids(value)


def _bitmap(kinds: frozenset[int]) -> int:
    for kind in kinds:
        if not 0 <= kind <= MAX_KIND:
            raise EncodeError("kind", kind, f"0 to {MAX_KIND}")
    return sum(1 << kind for kind in kinds)


def _kinds(bitmap: int) -> frozenset[int]:
    return frozenset(kind for kind in range(MAX_KIND + 1) if bitmap >> kind & 1)


def _encode_ids(ids: frozenset[int]) -> bytes:
    return b"".join(wire.number("attribute", attribute, 2) for attribute in sorted(ids))


def _ids(value: Reader) -> frozenset[int]:
    numbers = []
    while value.offset < value.end:
        numbers.append(value.number(2, "an attribute id"))
    return frozenset(numbers)
