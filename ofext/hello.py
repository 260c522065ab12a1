"""Hello: who speaks layer 7, in which versions, and what the agent brings.

The controller speaks first; an agent sends nothing of this experimenter before, so that a controller that knows nothing
of it is never sent any. The agent's answer carries `AgentInfo`.
"""

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum, IntFlag
from typing import ClassVar, Final

from ofext import wire
from ofext.errors import EncodeError
from ofext.wire import Reader

VERSION: Final = 1
"""The version of the messages that this package speaks."""
SUPPORTED_VERSIONS: Final = frozenset({VERSION})
MAX_VERSION: Final = 31  # the bitmap has 32 bits

MAX_VERSION_TEXT_SIZE: Final = 255  # bytes; names of releases, shown to people


class HelloTlv(IntEnum):
    """TLV types of a hello."""

    AGENT_VERSION = 1
    ENGINE_VERSION = 2
    CATALOGUE_VERSION = 3
    TAP_PORT = 4
    ZONES = 5
    PREDICATE_CAPACITY = 6
    FEATURES = 7


class Feature(IntFlag):
    """What an agent can do beyond events; a controller need not ask for what is not there."""

    FLOW_CONTROL = 1
    PLUGIN_SWAP = 2
    DEPTH = 4
    STATISTICS = 8
    CATALOGUE_CHANGE = 16
    TRACKED_BY_RULES = 32  # the switch has no connection tracker
    TAGS = 64  # the catalogue has them


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentInfo:
    """What the controller must know of an agent and its bridge.

    `tap_port` is the OpenFlow port number to which copies for inspection are sent; None while there is none.
    The zones are conntrack zones of the bridge; `predicate_capacity` is how many patterns may be installed at a time.
    `features` are bits of `Feature`, and others that are unknown here.
    """

    agent_version: str = ""
    engine_version: str = ""
    catalogue_version: str = ""
    tap_port: int | None = None
    edge_zone: int = 0
    service_zone: int = 0
    predicate_capacity: int = 0
    features: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Hello:
    """Versions of the extension that the sender speaks; from an agent, also `agent`."""

    EXP_TYPE: ClassVar[int] = 1

    versions: frozenset[int] = SUPPORTED_VERSIONS
    agent: AgentInfo | None = None

    def encode(self) -> bytes:
        """The body. Raises EncodeError."""
        bitmap = 0
        for version in self.versions:
            if not 0 <= version <= MAX_VERSION:
                raise EncodeError("version", version, f"0 to {MAX_VERSION}")
            bitmap |= 1 << version
        return wire.number("versions", bitmap, 4) + (_encode_agent(self.agent) if self.agent else b"")

    @staticmethod
    def decode(body: bytes) -> "Hello":
        """Reads a body. Raises DecodeError."""
        reader = Reader(body)
        bitmap = reader.number(4, "version bitmap")
        versions = frozenset(version for version in range(MAX_VERSION + 1) if bitmap >> version & 1)
        return Hello(versions=versions, agent=_decode_agent(reader))


def negotiate(own: Iterable[int], peer: Iterable[int]) -> int | None:
    """The highest version that both sides speak, or None."""
    return max(set(own) & set(peer), default=None)


_ZONES = struct.Struct("!HH")
_KNOWN = frozenset(HelloTlv)


def _encode_agent(agent: AgentInfo) -> bytes:
    parts = [
        wire.tlv(HelloTlv.AGENT_VERSION, wire.text("agent_version", agent.agent_version, MAX_VERSION_TEXT_SIZE)),
        wire.tlv(HelloTlv.ENGINE_VERSION, wire.text("engine_version", agent.engine_version, MAX_VERSION_TEXT_SIZE)),
        wire.tlv(
            HelloTlv.CATALOGUE_VERSION, wire.text("catalogue_version", agent.catalogue_version, MAX_VERSION_TEXT_SIZE)
        ),
        wire.tlv(HelloTlv.ZONES, wire.pack("zones", _ZONES, agent.edge_zone, agent.service_zone)),
        wire.tlv(HelloTlv.PREDICATE_CAPACITY, wire.number("predicate_capacity", agent.predicate_capacity, 2)),
    ]
    if agent.features:
        parts.append(wire.tlv(HelloTlv.FEATURES, wire.number("features", agent.features, 4)))
    if agent.tap_port is not None:
        parts.append(wire.tlv(HelloTlv.TAP_PORT, wire.number("tap_port", agent.tap_port, 4)))
    return b"".join(parts)


def _decode_agent(reader: Reader) -> AgentInfo | None:
    texts = {HelloTlv.AGENT_VERSION: "", HelloTlv.ENGINE_VERSION: "", HelloTlv.CATALOGUE_VERSION: ""}
    tap_port, zones, capacity, features = None, (0, 0), 0, 0
    is_agent = False
    for kind, value in reader.tlvs():
        is_agent = is_agent or kind in _KNOWN
        match kind:
            case HelloTlv.AGENT_VERSION | HelloTlv.ENGINE_VERSION | HelloTlv.CATALOGUE_VERSION:
                texts[HelloTlv(kind)] = value.rest_text("a version")
            case HelloTlv.TAP_PORT:
                (tap_port,) = value.rest_fields(struct.Struct("!I"), "tap port")
            case HelloTlv.ZONES:
                edge, service = value.rest_fields(_ZONES, "zones")
                zones = (edge, service)
            case HelloTlv.PREDICATE_CAPACITY:
                (capacity,) = value.rest_fields(struct.Struct("!H"), "predicate capacity")
            case HelloTlv.FEATURES:
                (features,) = value.rest_fields(struct.Struct("!I"), "features")
            case _:
                pass
    if not is_agent:
        return None
    return AgentInfo(
        agent_version=texts[HelloTlv.AGENT_VERSION],
        engine_version=texts[HelloTlv.ENGINE_VERSION],
        catalogue_version=texts[HelloTlv.CATALOGUE_VERSION],
        tap_port=tap_port,
        edge_zone=zones[0],
        service_zone=zones[1],
        predicate_capacity=capacity,
        features=features,
    )
