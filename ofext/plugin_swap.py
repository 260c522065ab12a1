"""PluginSwap: the controller has a plugin of the agent's folders loaded, unloaded or read anew (SPEC.md §3.8).

Plugins are asked for by name. What a name may stand for is the agent's configuration, never a path on the wire.
"""

import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import ClassVar, Final

from ofext import wire
from ofext.errors import DecodeError
from ofext.wire import Reader

MAX_PLUGIN_NAME_SIZE: Final = 64  # bytes
MAX_VERSION_SIZE: Final = 255  # bytes of a catalogue's version, as in a hello


class SwapCommand(IntEnum):
    """What to do."""

    LOAD = 1
    UNLOAD = 2
    RELOAD = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginSwap:
    """Controller to agent. `name` is empty for RELOAD, which reads all plugins anew."""

    EXP_TYPE: ClassVar[int] = 10

    command: int
    name: str = ""

    def encode(self) -> bytes:
        """The body. Raises EncodeError."""
        raw = wire.text("name", self.name, MAX_PLUGIN_NAME_SIZE)
        return wire.pack("plugin swap", _SWAP, self.command, len(raw)) + raw

    @staticmethod
    def decode(body: bytes) -> "PluginSwap":
        """Reads a body. Raises DecodeError for a command that cannot be carried out, too."""
        reader = Reader(body)
        command, size = reader.fields(_SWAP, "a command and the size of a name")
        if command not in tuple(SwapCommand):
            raise DecodeError(0, "a command: 1 load, 2 unload, 3 reload", body[:2])
        if size > MAX_PLUGIN_NAME_SIZE or (size == 0) != (command == SwapCommand.RELOAD):
            wanted = "no name" if command == SwapCommand.RELOAD else f"a name of 1 to {MAX_PLUGIN_NAME_SIZE} bytes"
            raise DecodeError(2, wanted, body[2:4])
        name = reader.text(size, "the name of a plugin")
        for _ in reader.tlvs():
            pass
        return PluginSwap(command=command, name=name)


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginSwapReply:
    """Agent to controller: the engine goes on with this catalogue. Its changes come in a CatalogueChange before."""

    EXP_TYPE: ClassVar[int] = 11

    catalogue_version: str
    plugins: int
    """How many are in use, with what came with the agent."""

    def encode(self) -> bytes:
        """The body. Raises EncodeError."""
        raw = wire.text("catalogue_version", self.catalogue_version, MAX_VERSION_SIZE)
        return wire.pack("plugin swap reply", _REPLY, self.plugins, len(raw)) + raw

    @staticmethod
    def decode(body: bytes) -> "PluginSwapReply":
        """Reads a body. Raises DecodeError."""
        reader = Reader(body)
        plugins, size = reader.fields(_REPLY, "a number of plugins and the size of a version")
        version = reader.text(size, "catalogue version")
        for _ in reader.tlvs():
            pass
        return PluginSwapReply(catalogue_version=version, plugins=plugins)


_SWAP = struct.Struct("!HH")  # command, size of the name
_REPLY = struct.Struct("!HH")  # plugins, size of the version
