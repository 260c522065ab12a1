"""The experimenter messages: which there are, and how they stand in an OpenFlow message.

The same in OpenFlow 1.3, 1.4 and 1.5: `ofp_header` (8 bytes), experimenter (4), exp_type (4), body (SPEC.md). Errors are
OFPT_ERROR of type OFPET_EXPERIMENTER.
"""

import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import ClassVar, Final

from ofext import wire
from ofext.catalogue import Catalogue, CatalogueRequest
from ofext.config import ConfigReply, ConfigRequest, ConfigSet
from ofext.errors import DecodeError, EncodeError
from ofext.events import FlowEvents
from ofext.hello import Hello
from ofext.ids import EXPERIMENTER_ID
from ofext.wire import Reader

OFPT_ERROR: Final = 1
OFPT_EXPERIMENTER: Final = 4
OFPET_EXPERIMENTER: Final = 0xFFFF

EXPERIMENTER_HEADER_SIZE: Final = 16  # bytes
MAX_MESSAGE_SIZE: Final = 0xFFFF  # the length in ofp_header is 16 bits
MAX_ERROR_DATA_SIZE: Final = 64  # bytes of the offending message: what OpenFlow asks for at least (1.3 §7.4.4)


class ErrorCode(IntEnum):
    """Codes of this experimenter's errors (exp_type of the error message)."""

    MALFORMED = 1  # a message that cannot be decoded; offset and bytes say where
    UNKNOWN_TYPE = 2  # an exp_type that the receiver does not know
    NO_COMMON_VERSION = 3
    NOT_NEGOTIATED = 4  # a message before the hello
    BAD_CONFIG = 5
    MATCH_VALUE = 6  # an L7 match field has an illegal value
    MATCH_CONFLICT = 7  # fields of a match claim the same bits
    PREDICATES_FULL = 8  # no bit is left for a pattern
    UNAVAILABLE = 9  # the agent cannot answer now (its engine is not running)


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
        raise NotImplementedError

    @staticmethod
    def decode(code: int, data: bytes) -> "L7Error":
        """Reads the data of an error message with our experimenter id. Raises DecodeError."""
        raise NotImplementedError


Message = Hello | CatalogueRequest | Catalogue | ConfigSet | ConfigRequest | ConfigReply | FlowEvents


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
    raise NotImplementedError


def encode_message(message: Message | L7Error, *, version: int, xid: int) -> bytes:
    """A whole OpenFlow message. `version` is OpenFlow's (4, 5, 6 for 1.3, 1.4, 1.5). Raises EncodeError."""
    raise NotImplementedError


def frame_body(exp_type: int, body: bytes, *, version: int, xid: int) -> bytes:
    """A whole OpenFlow message around an encoded body. Raises EncodeError when it is too big."""
    raise NotImplementedError


def decode_message(raw: bytes) -> Envelope:
    """Reads a whole OpenFlow message for which `is_l7_message` holds. Raises DecodeError, offsets count from its start."""
    raise NotImplementedError


def decode_body(exp_type: int, body: bytes) -> Message | Unknown:
    """Reads a body, as os-ken delivers it (`msg.exp_type`, `msg.data`). Raises DecodeError, offsets count from the body's start."""
    raise NotImplementedError
