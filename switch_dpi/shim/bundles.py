"""Keeps a bundle whole: one that lost a message to a refused match cannot be committed.

OpenFlow 1.4 §7.3.9 has bundles as messages of their own; for 1.3 they are ONF extension 230 (experimenter 0x4F4E4600).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ofext.openflow.basic import error
from ofext.openflow.header import Type, build, read_header

ONF_EXPERIMENTER: Final = (0x4F4E4600).to_bytes(4, "big")
ONF_BUNDLE_CONTROL: Final = 2300  # exp_type (ONF extension 230)
ONF_BUNDLE_ADD_MESSAGE: Final = 2301

COMMIT_REQUEST: Final = 4  # ofp_bundle_ctrl_type (1.4 §7.3.9.1)
DISCARD_REQUEST: Final = 6

ERROR_BUNDLE_FAILED: Final = 17  # OFPET_BUNDLE_FAILED
MESSAGE_FAILED: Final = 13  # OFPBFC_MSG_FAILED

MAX_SPOILT: Final = 64  # more open bundles than a controller has; Open vSwitch forgets idle ones too
_HEADER_SIZE: Final = 8
_ONF_SIZE: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """What to do with a commit of a spoilt bundle."""

    to_controller: bytes
    to_switch: bytes
    """Discards the bundle; the answer, of the same xid, is for nobody."""
    xid: int


class SpoiltBundles:
    """Remembers which bundles of one session lost a message."""

    def __init__(self) -> None:
        self._spoilt: dict[int, None] = {}
        self._unwanted: set[int] = set()

    def spoil(self, message: bytes) -> bool:
        """Notes the bundle to which ``message`` was to be added; False when it belongs to none."""
        offset = _body_offset(message, Type.BUNDLE_ADD_MESSAGE, ONF_BUNDLE_ADD_MESSAGE)
        if offset is None or len(message) < offset + 4:
            return False
        self._spoilt[int.from_bytes(message[offset : offset + 4], "big")] = None
        if len(self._spoilt) > MAX_SPOILT:
            del self._spoilt[next(iter(self._spoilt))]
        return True

    def check(self, message: bytes) -> Refused | None:
        """Looks at a message from the controller; not None for the commit of a spoilt bundle."""
        if not self._spoilt:
            return None
        offset = _body_offset(message, Type.BUNDLE_CONTROL, ONF_BUNDLE_CONTROL)
        if offset is None or len(message) < offset + 8:
            return None
        bundle = int.from_bytes(message[offset : offset + 4], "big")
        request = int.from_bytes(message[offset + 4 : offset + 6], "big")
        if bundle not in self._spoilt or request not in (COMMIT_REQUEST, DISCARD_REQUEST):
            return None
        del self._spoilt[bundle]
        return _refusal(message, offset) if request == COMMIT_REQUEST else None

    def expect_answer(self, xid: int) -> None:
        """The next bundle answer or error of this xid is to be swallowed."""
        self._unwanted.add(xid)

    def is_unwanted(self, message: bytes) -> bool:
        """Whether a message from the switch answers a discard that the shim sent."""
        if not self._unwanted or message[1] not in (Type.BUNDLE_CONTROL, Type.EXPERIMENTER, Type.ERROR):
            return False
        xid = read_header(message).xid
        if xid not in self._unwanted:
            return False
        self._unwanted.discard(xid)
        return True


def _body_offset(message: bytes, kind: int, onf_type: int) -> int | None:
    """Where the bundle id stands, if ``message`` is of this kind."""
    if message[1] == kind and message[0] > 4:
        return _HEADER_SIZE
    onf = message[1] == Type.EXPERIMENTER and message[8:12] == ONF_EXPERIMENTER
    return _ONF_SIZE if onf and message[12:16] == onf_type.to_bytes(4, "big") else None


def _refusal(message: bytes, offset: int) -> Refused:
    header = read_header(message)
    body = message[_HEADER_SIZE : offset + 4] + DISCARD_REQUEST.to_bytes(2, "big") + message[offset + 6 :]
    return Refused(
        to_controller=error(header.version, header.xid, ERROR_BUNDLE_FAILED, MESSAGE_FAILED, message),
        to_switch=build(header.version, header.type, header.xid, body),
        xid=header.xid,
    )
