"""The experimenter messages: which there are, and how they stand in an OpenFlow message.

The same in OpenFlow 1.3, 1.4 and 1.5: `ofp_header` (8 bytes), experimenter (4), exp_type (4), body (SPEC.md). Errors
are OFPT_ERROR of type OFPET_EXPERIMENTER.
"""

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from ofext import wire
from ofext.catalogue import Catalogue, CatalogueRequest
from ofext.catalogue_change import CatalogueChange
from ofext.config import ConfigReply, ConfigRequest, ConfigSet
from ofext.control import FlowControl, FlowControlReply
from ofext.errors import DecodeError
from ofext.events import FlowEvents
from ofext.hello import Hello
from ofext.ids import EXPERIMENTER_BYTES, EXPERIMENTER_ID
from ofext.openflow.header import Type, build, read_header
from ofext.plugin_swap import PluginSwap, PluginSwapReply
from ofext.wire import Reader

__all__ = [
    "EXPERIMENTER_HEADER_SIZE",
    "Catalogue",
    "CatalogueChange",
    "CatalogueRequest",
    "ConfigReply",
    "ConfigRequest",
    "ConfigSet",
    "Envelope",
    "ErrorCode",
    "FlowControl",
    "FlowControlReply",
    "FlowEvents",
    "Hello",
    "L7Error",
    "Message",
    "PluginSwap",
    "PluginSwapReply",
    "Unknown",
    "decode_body",
    "decode_message",
    "encode_message",
    "frame_body",
    "is_l7_message",
]

OFPET_EXPERIMENTER: Final = 0xFFFF

EXPERIMENTER_HEADER_SIZE: Final = 16  # bytes
MAX_ERROR_DATA_SIZE: Final = 64  # bytes of the offending message: what OpenFlow asks for at least (1.3 §7.4.4)
MAX_ERROR_TEXT_SIZE: Final = 255  # bytes; one sentence


class ErrorCode(IntEnum):
    """Codes of this experimenter's errors (exp_type of the error message)."""

    MALFORMED = 1  # cannot be decoded (offset and bytes say where), or is too long once lowered
    UNKNOWN_TYPE = 2  # an exp_type that the receiver does not know
    NO_COMMON_VERSION = 3
    NOT_NEGOTIATED = 4  # a message before the hello
    BAD_CONFIG = 5
    MATCH_VALUE = 6  # an L7 match field has an illegal value
    MATCH_CONFLICT = 7  # fields of a match claim the same bits
    PREDICATES_FULL = 8  # no bit is left for a pattern
    UNAVAILABLE = 9  # the agent cannot answer now (its engine is not running, too many requests wait)
    IS_SLAVE = 10  # the controller's role does not allow it (as OpenFlow's OFPBRC_IS_SLAVE)
    NOT_PERMITTED = 11  # the agent's configuration does not allow it
    PLUGIN_REFUSED = 12  # the plugin is not there, or not right; the set of plugins is as it was
    NO_TRACKER = 13  # the switch has no connection tracker, and rules cannot do this; or the table is the agent's


@dataclass(frozen=True, slots=True, kw_only=True)
class L7Error:
    """An error about a message of the peer. `code` may be a number unknown here.

    `offset` is where in that message the fault lies, in bytes; `data` are the offending bytes; `text` is for people.
    """

    code: int
    offset: int = 0
    data: bytes = b""
    text: str = ""

    def encode(self) -> bytes:
        """The data of the error message. Raises EncodeError."""
        found = self.data[:MAX_ERROR_DATA_SIZE]
        text = wire.text("text", self.text, MAX_ERROR_TEXT_SIZE)
        return wire.pack("error", _ERROR_DATA, self.offset, len(found)) + found + text

    @staticmethod
    def decode(code: int, data: bytes) -> "L7Error":
        """Reads the data of an error message with our experimenter id. Raises DecodeError."""
        reader = Reader(data)
        offset, size = reader.fields(_ERROR_DATA, "the place of an error")
        if size > MAX_ERROR_DATA_SIZE:
            raise DecodeError(4, f"at most {MAX_ERROR_DATA_SIZE} offending bytes", data[4:6])
        found = reader.take(size, "the offending bytes")
        return L7Error(code=code, offset=offset, data=found, text=reader.rest_text("the text of an error"))

    @staticmethod
    def about(error: DecodeError, code: int = ErrorCode.MALFORMED) -> "L7Error":
        """The error to answer bytes with that could not be decoded."""
        return L7Error(code=code, offset=error.offset, data=error.found, text=f"expected {error.expected}")


Message = (
    Hello
    | CatalogueRequest
    | Catalogue
    | ConfigSet
    | ConfigRequest
    | ConfigReply
    | FlowEvents
    | FlowControl
    | FlowControlReply
    | PluginSwap
    | PluginSwapReply
    | CatalogueChange
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """A message of this experimenter whose type is not known here."""

    exp_type: int
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """A decoded message with what its OpenFlow header said."""

    version: int
    xid: int
    message: Message | L7Error | Unknown


def is_l7_message(raw: bytes) -> bool:
    """Whether a whole OpenFlow message is one of this experimenter's messages or errors."""
    if len(raw) < EXPERIMENTER_HEADER_SIZE:
        return False
    if raw[1] == Type.EXPERIMENTER:
        return raw[8:12] == EXPERIMENTER_BYTES
    return raw[1] == Type.ERROR and raw[8:10] == b"\xff\xff" and raw[12:16] == EXPERIMENTER_BYTES


def encode_message(message: Message | L7Error, *, version: int, xid: int) -> bytes:
    """A whole OpenFlow message. `version` is OpenFlow's (4, 5, 6 for 1.3, 1.4, 1.5). Raises EncodeError."""
    body = message.encode()
    if isinstance(message, L7Error):
        kind = wire.pack("error", _ERROR, OFPET_EXPERIMENTER, message.code, EXPERIMENTER_ID)
        return build(version, Type.ERROR, xid, kind + body)
    return frame_body(message.EXP_TYPE, body, version=version, xid=xid)


def frame_body(exp_type: int, body: bytes, *, version: int, xid: int) -> bytes:
    """A whole OpenFlow message around an encoded body. Raises EncodeError when it is too big."""
    kind = wire.pack("exp_type", _EXPERIMENTER, EXPERIMENTER_ID, exp_type)
    return build(version, Type.EXPERIMENTER, xid, kind + body)


def decode_message(raw: bytes) -> Envelope:
    """Reads a whole OpenFlow message for which `is_l7_message` holds.

    Raises DecodeError, whose offset counts from the message's start.
    """
    if len(raw) < EXPERIMENTER_HEADER_SIZE:
        raise DecodeError(0, f"a message of at least {EXPERIMENTER_HEADER_SIZE} bytes", raw)
    if not is_l7_message(raw):
        raise DecodeError(8, f"a message or an error of experimenter {EXPERIMENTER_ID:#010x}", raw[8:16])
    header = read_header(raw)
    if header.size != len(raw):
        raise DecodeError(2, f"a message length of {len(raw)}", raw[2:4])
    message: Message | L7Error | Unknown
    body = raw[EXPERIMENTER_HEADER_SIZE:]
    try:
        if header.type == Type.ERROR:
            message = L7Error.decode(int.from_bytes(raw[10:12], "big"), body)
        else:
            message = decode_body(int.from_bytes(raw[12:16], "big"), body)
    except DecodeError as error:
        raise error.moved(EXPERIMENTER_HEADER_SIZE) from None
    return Envelope(version=header.version, xid=header.xid, message=message)


def decode_body(exp_type: int, body: bytes) -> Message | Unknown:
    """Reads a body, as os-ken delivers it (`msg.exp_type`, `msg.data`).

    Raises DecodeError, whose offset counts from the body's start.
    """
    decoder = _DECODERS.get(exp_type)
    return decoder(bytes(body)) if decoder else Unknown(exp_type=exp_type, body=bytes(body))


_EXPERIMENTER = struct.Struct("!II")  # experimenter, exp_type
_ERROR = struct.Struct("!HHI")  # type, exp_type, experimenter
_ERROR_DATA = struct.Struct("!IH")  # offset, size of the offending bytes

_DECODERS: Final[Mapping[int, Callable[[bytes], Message]]] = {
    Hello.EXP_TYPE: Hello.decode,
    CatalogueRequest.EXP_TYPE: CatalogueRequest.decode,
    Catalogue.EXP_TYPE: Catalogue.decode,
    ConfigSet.EXP_TYPE: ConfigSet.decode,
    ConfigRequest.EXP_TYPE: ConfigRequest.decode,
    ConfigReply.EXP_TYPE: ConfigReply.decode,
    FlowEvents.EXP_TYPE: FlowEvents.decode,
    FlowControl.EXP_TYPE: FlowControl.decode,
    FlowControlReply.EXP_TYPE: FlowControlReply.decode,
    PluginSwap.EXP_TYPE: PluginSwap.decode,
    PluginSwapReply.EXP_TYPE: PluginSwapReply.decode,
    CatalogueChange.EXP_TYPE: CatalogueChange.decode,
}
