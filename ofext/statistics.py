"""Statistics: what may be asked of an agent, and the records of its answers (SPEC.md §3.10).

A record goes into one part of the answer whole; `ofext.multipart` frames the parts.
"""

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import IntEnum
from typing import ClassVar, Final, Self, TypeVar

from ofext import wire
from ofext.catalogue import Catalogue
from ofext.errors import DecodeError
from ofext.events import FlowEvent, decode_event, encode_event
from ofext.filters import FlowFilter
from ofext.wire import Reader

MAX_NAME_SIZE: Final = 255  # bytes of a name or user; sizes of one byte
MAX_REASON_SIZE: Final = 1024  # bytes; sentences for people


OTHER_APPS: Final = 0xFFFFFFFF
"""App-ID under which applications are counted that found no room in the agent's table."""


class UserKind(IntEnum):
    """What names a user."""

    OTHERS = 0
    """Nothing: users that found no room in the agent's table."""
    NAME = 1
    """A name that the user gave in a protocol."""
    ADDRESS = 2
    """The originator's address."""


class EngineTlv(IntEnum):
    """TLV types of engine statistics."""

    COUNTER = 1


class PluginTlv(IntEnum):
    """TLV types of plugin statistics."""

    PLUGIN = 1
    MODULE = 2
    REFUSED = 3


class ModuleState(IntEnum):
    """Whether a Python module still gets events."""

    RUNNING = 1
    CUT_OFF = 2


@dataclass(frozen=True, slots=True)
class _Everything:
    """A request whose body is empty, but for TLVs that are not known yet."""

    def encode(self) -> bytes:
        """The body: empty."""
        return b""

    @classmethod
    def decode(cls, body: bytes) -> Self:
        """Reads a body. Raises DecodeError."""
        for _ in Reader(body).tlvs():
            pass
        return cls()


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowStatsRequest:
    """The live flows that a filter holds for; at most `limit` of them, those whose last news is youngest; 0: all."""

    EXP_TYPE: ClassVar[int] = 1

    limit: int = 0
    with_metadata: bool = True
    filter: FlowFilter = field(default_factory=FlowFilter)

    def encode(self) -> bytes:
        """The body. Raises EncodeError."""
        flags = 0 if self.with_metadata else _WITHOUT_METADATA
        return wire.pack("flow statistics", _FLOWS, self.limit, flags) + self.filter.encode()

    @staticmethod
    def decode(body: bytes) -> "FlowStatsRequest":
        """Reads a body. Raises DecodeError."""
        reader = Reader(body)
        limit, flags = reader.fields(_FLOWS, "a limit and flags")
        return FlowStatsRequest(
            limit=limit, with_metadata=not flags & _WITHOUT_METADATA, filter=FlowFilter.decode(reader)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowStatsReply:
    """Flows as they are now, in the records of flow events; `kind` is VERDICT where there is one, otherwise NEW."""

    EXP_TYPE: ClassVar[int] = 1

    flows: tuple[FlowEvent, ...] = ()

    def encode(self) -> bytes:
        """The body. Raises EncodeError."""
        return b"".join(map(encode_event, self.flows))

    @staticmethod
    def decode(body: bytes) -> "FlowStatsReply":
        """Reads a body. Raises DecodeError."""
        reader = Reader(body)
        return FlowStatsReply(flows=tuple(_records(reader, decode_event)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume:
    """Flows and what of them was inspected: packets and bytes of originators (c2s) and responders (s2c).

    `flows` counts from the agent's start, the live ones too. `last_seen_ns`: since 1970-01-01 UTC, of the last packet.
    """

    live_flows: int = 0
    flows: int = 0
    packets_c2s: int = 0
    packets_s2c: int = 0
    bytes_c2s: int = 0
    bytes_s2c: int = 0
    last_seen_ns: int = 0

    def _numbers(self) -> tuple[int, ...]:
        packets = (self.packets_c2s, self.packets_s2c)
        return (self.live_flows, self.flows, *packets, self.bytes_c2s, self.bytes_s2c, self.last_seen_ns)

    def encode(self) -> bytes:
        """52 bytes. Raises EncodeError."""
        return wire.pack("volume", _VOLUME, *self._numbers())

    @staticmethod
    def decode(reader: Reader) -> "Volume":
        """Reads it. Raises DecodeError."""
        live, flows, packets_c2s, packets_s2c, bytes_c2s, bytes_s2c, last = reader.fields(_VOLUME, "a volume")
        return Volume(
            live_flows=live,
            flows=flows,
            packets_c2s=packets_c2s,
            packets_s2c=packets_s2c,
            bytes_c2s=bytes_c2s,
            bytes_s2c=bytes_s2c,
            last_seen_ns=last,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class AppStats:
    """One application; App-ID 0 is what is not classified (yet)."""

    app_id: int
    category: int = 0
    volume: Volume = field(default_factory=Volume)

    def encode(self) -> bytes:
        """The record. Raises EncodeError."""
        return wire.pack("application", _APP, self.app_id, self.category) + self.volume.encode()


@dataclass(frozen=True, slots=True)
class AppStatsRequest(_Everything):
    """Volumes of all applications."""

    EXP_TYPE: ClassVar[int] = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class AppStatsReply:
    """One record for each application with flows since the agent's start."""

    EXP_TYPE: ClassVar[int] = 2

    apps: tuple[AppStats, ...] = ()

    def encode(self) -> bytes:
        """The body. Raises EncodeError."""
        return b"".join(app.encode() for app in self.apps)

    @staticmethod
    def decode(body: bytes) -> "AppStatsReply":
        """Reads a body. Raises DecodeError."""
        return AppStatsReply(apps=tuple(_records(Reader(body), _decode_app)))


@dataclass(frozen=True, slots=True, kw_only=True)
class UserStats:
    """One user. `kind` is a UserKind or a number unknown here."""

    user: str
    kind: int = UserKind.ADDRESS
    volume: Volume = field(default_factory=Volume)

    def encode(self) -> bytes:
        """The record. Raises EncodeError."""
        name = wire.text("user", self.user, MAX_NAME_SIZE)
        size = _USER.size + _VOLUME.size + len(name)
        return wire.pack("user", _USER, size, self.kind) + self.volume.encode() + name


@dataclass(frozen=True, slots=True)
class UserStatsRequest(_Everything):
    """Volumes of all users."""

    EXP_TYPE: ClassVar[int] = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class UserStatsReply:
    """One record for each user."""

    EXP_TYPE: ClassVar[int] = 3

    users: tuple[UserStats, ...] = ()

    def encode(self) -> bytes:
        """The body. Raises EncodeError."""
        return b"".join(user.encode() for user in self.users)

    @staticmethod
    def decode(body: bytes) -> "UserStatsReply":
        """Reads a body. Raises DecodeError."""
        return UserStatsReply(users=tuple(_records(Reader(body), _decode_user)))


@dataclass(frozen=True, slots=True)
class EngineStatsRequest(_Everything):
    """Counters of the agent and its engine."""

    EXP_TYPE: ClassVar[int] = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineStatsReply:
    """Counters by dotted name, from the start of what they are of."""

    EXP_TYPE: ClassVar[int] = 4

    counters: tuple[tuple[str, int], ...] = ()

    def encode(self) -> bytes:
        """The body. Raises EncodeError."""
        return b"".join(encode_counter(name, value) for name, value in self.counters)

    @staticmethod
    def decode(body: bytes) -> "EngineStatsReply":
        """Reads a body. Raises DecodeError."""
        found: list[tuple[str, int]] = []
        for kind, value in Reader(body).tlvs():
            if kind == EngineTlv.COUNTER:
                (number,) = value.fields(_COUNTER, "a counter")
                found.append((value.rest_text("the name of a counter"), number))
        return EngineStatsReply(counters=tuple(found))


def encode_counter(name: str, value: int) -> bytes:
    """The TLV of a counter. Raises EncodeError."""
    raw = wire.text("counter", name, MAX_NAME_SIZE)
    return wire.tlv(EngineTlv.COUNTER, wire.pack(name, _COUNTER, value) + raw)


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginStats:
    """A plugin in use and what it brought. `is_base`: it cannot be unloaded."""

    name: str
    version: str
    is_base: bool = False
    apps: int = 0
    categories: int = 0
    protocols: int = 0
    modules: int = 0

    def encode(self) -> bytes:
        """The TLV. Raises EncodeError."""
        texts = [wire.text("plugin", text, MAX_NAME_SIZE) for text in (self.name, self.version)]
        counts = (self.apps, self.categories, self.protocols, self.modules)
        sizes = (len(text) for text in texts)
        head = wire.pack("plugin", _PLUGIN, self.is_base, *sizes, *counts)
        return wire.tlv(PluginTlv.PLUGIN, head + b"".join(texts))


@dataclass(frozen=True, slots=True, kw_only=True)
class ModuleStats:
    """A Python module of a plugin. `state` is a ModuleState; `busy_us`: time in its calls, in microseconds."""

    plugin: str
    name: str
    state: int = ModuleState.RUNNING
    reason: str = ""
    events: int = 0
    dropped: int = 0
    busy_us: int = 0

    def encode(self) -> bytes:
        """The TLV. Raises EncodeError."""
        texts = [wire.text("module", text, MAX_NAME_SIZE) for text in (self.plugin, self.name)]
        reason = wire.text("reason", self.reason, MAX_REASON_SIZE)
        sizes = (len(text) for text in texts)
        head = wire.pack("module", _MODULE, self.state, *sizes, self.events, self.dropped, self.busy_us)
        return wire.tlv(PluginTlv.MODULE, head + b"".join(texts) + reason)


@dataclass(frozen=True, slots=True)
class PluginStatsRequest(_Everything):
    """The plugins of the agent."""

    EXP_TYPE: ClassVar[int] = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginStatsReply:
    """Plugins, their modules, and why others were left out."""

    EXP_TYPE: ClassVar[int] = 5

    plugins: tuple[PluginStats, ...] = ()
    modules: tuple[ModuleStats, ...] = ()
    refused: tuple[str, ...] = ()

    def encode(self) -> bytes:
        """The body. Raises EncodeError; many go through `pieces`."""
        return b"".join(self.pieces())

    def pieces(self) -> Iterator[bytes]:
        """The TLVs. Raises EncodeError."""
        yield from (plugin.encode() for plugin in self.plugins)
        yield from (module.encode() for module in self.modules)
        for text in self.refused:
            yield wire.tlv(PluginTlv.REFUSED, wire.text("refused", text, MAX_REASON_SIZE))

    @staticmethod
    def decode(body: bytes) -> "PluginStatsReply":
        """Reads a body. Raises DecodeError."""
        plugins: list[PluginStats] = []
        modules: list[ModuleStats] = []
        refused: list[str] = []
        for kind, value in Reader(body).tlvs():
            match kind:
                case PluginTlv.PLUGIN:
                    plugins.append(_decode_plugin(value))
                case PluginTlv.MODULE:
                    modules.append(_decode_module(value))
                case PluginTlv.REFUSED:
                    refused.append(value.rest_text("a reason"))
                case _:
                    pass
        return PluginStatsReply(plugins=tuple(plugins), modules=tuple(modules), refused=tuple(refused))


@dataclass(frozen=True, slots=True)
class CatalogueStatsRequest(_Everything):
    """The catalogue, as an answer to a multipart request."""

    EXP_TYPE: ClassVar[int] = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueStatsReply:
    """A part of the catalogue; its MORE and that of the multipart say the same."""

    EXP_TYPE: ClassVar[int] = 6

    part: Catalogue

    def encode(self) -> bytes:
        """The body. Raises EncodeError."""
        return self.part.encode()

    @staticmethod
    def decode(body: bytes) -> "CatalogueStatsReply":
        """Reads a body. Raises DecodeError."""
        return CatalogueStatsReply(part=Catalogue.decode(body))


_WITHOUT_METADATA: Final = 1
_FLOWS = struct.Struct("!IH2x")  # limit, flags, two zero bytes
_VOLUME = struct.Struct("!IQQQQQQ")  # live flows, flows, packets of both ends, bytes of both ends, last packet
_APP = struct.Struct("!IB3x")  # App-ID, category, three zero bytes
_USER = struct.Struct("!HBx")  # size of the record, kind, one zero byte
_COUNTER = struct.Struct("!Q")
_PLUGIN = struct.Struct(
    "!BBBxIIII"
)  # base, sizes of name and version, zero; applications, categories, protocols, modules
_MODULE = struct.Struct("!BBBxQQQ")  # state, sizes of plugin and name, zero; events, dropped, microseconds

_Record = TypeVar("_Record")


def _records(reader: Reader, decode: Callable[[Reader], _Record]) -> Iterator[_Record]:
    while reader.offset < reader.end:
        yield decode(reader)


def _decode_app(reader: Reader) -> AppStats:
    app_id, category = reader.fields(_APP, "an application")
    return AppStats(app_id=app_id, category=category, volume=Volume.decode(reader))


def _decode_user(reader: Reader) -> UserStats:
    start = reader.offset
    size, kind = reader.fields(_USER, "the head of a user")
    name_size = size - _USER.size - _VOLUME.size
    if name_size < 0:
        raise DecodeError(start, f"a record size of at least {_USER.size + _VOLUME.size}", size.to_bytes(2, "big"))
    volume = Volume.decode(reader)
    return UserStats(user=reader.text(name_size, "a user"), kind=kind, volume=volume)


def _decode_plugin(value: Reader) -> PluginStats:
    is_base, name_size, version_size, apps, categories, protocols, modules = value.fields(_PLUGIN, "a plugin")
    name, version = value.text(name_size, "name"), value.text(version_size, "version")
    value.finish("a plugin")
    return PluginStats(
        name=name,
        version=version,
        is_base=bool(is_base),
        apps=apps,
        categories=categories,
        protocols=protocols,
        modules=modules,
    )


def _decode_module(value: Reader) -> ModuleStats:
    state, plugin_size, name_size, events, dropped, busy_us = value.fields(_MODULE, "a module")
    plugin, name = value.text(plugin_size, "plugin"), value.text(name_size, "name")
    return ModuleStats(
        plugin=plugin,
        name=name,
        state=state,
        reason=value.rest_text("a reason"),
        events=events,
        dropped=dropped,
        busy_us=busy_us,
    )
