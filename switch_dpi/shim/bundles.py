"""Keeps a bundle whole: one that lost a message to a refused match cannot be committed.

OpenFlow 1.4 §7.3.9 has bundles as messages of their own; for 1.3 they are ONF extension 230 (experimenter 0x4F4E4600).
"""

from __future__ import annotations

from collections.abc import Sized
from dataclasses import dataclass
from typing import Final

from ofext.openflow.basic import error
from ofext.openflow.header import Type, build, read_header
from switch_dpi.errors import ProtocolError

ONF_EXPERIMENTER: Final = (0x4F4E4600).to_bytes(4, "big")
ONF_BUNDLE_CONTROL: Final = 2300  # exp_type (ONF extension 230)
ONF_BUNDLE_ADD_MESSAGE: Final = 2301

OPEN_REQUEST: Final = 0  # ofp_bundle_ctrl_type (1.4 §7.3.9.1)
COMMIT_REQUEST: Final = 4
DISCARD_REQUEST: Final = 6
DISCARD_REPLY: Final = 7

ERROR_BUNDLE_FAILED: Final = 17  # OFPET_BUNDLE_FAILED
MESSAGE_FAILED: Final = 13  # OFPBFC_MSG_FAILED

MAX_SPOILT: Final = 1024  # far more open bundles, or commits without an answer, than a controller has
_HEADER_SIZE: Final = 8
_ONF_SIZE: Final = 16
_QUOTED: Final = 12  # offset of the offending message in an ERROR


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """What to do with a commit of a spoilt bundle."""

    to_controller: bytes
    to_switch: bytes
    """Discards the bundle; the answer, of the same xid, is for nobody."""


class SpoiltBundles:
    """Remembers which bundles of one session lost a message, and what the shim has discarded."""

    def __init__(self) -> None:
        self._spoilt: set[int] = set()
        self._discarded: set[tuple[int, int]] = set()  # xid and bundle

    def spoil(self, message: bytes) -> bool:
        """Notes the bundle to which ``message`` was to be added; False when it belongs to none.

        Raises ProtocolError when there are too many: forgetting one would let it be committed without the message.
        """
        offset = _body_offset(message, Type.BUNDLE_ADD_MESSAGE, ONF_BUNDLE_ADD_MESSAGE)
        if offset is None or len(message) < offset + 4:
            return False
        self._spoilt.add(int.from_bytes(message[offset : offset + 4], "big"))
        _check(self._spoilt, "open bundles that lost a message")
        return True

    def check(self, message: bytes) -> Refused | None:
        """Looks at a message from the controller; not None for the commit of a spoilt bundle. Raises ProtocolError."""
        control = _control(message) if self._spoilt else None
        if control is None or control.bundle not in self._spoilt:
            return None
        if control.request in (OPEN_REQUEST, COMMIT_REQUEST, DISCARD_REQUEST):
            self._spoilt.discard(control.bundle)
        if control.request != COMMIT_REQUEST:
            return None
        self._discarded.add((control.xid, control.bundle))
        _check(self._discarded, "commits that the bridge has not answered")
        return _refusal(message, control.offset)

    def is_unwanted(self, message: bytes) -> bool:
        """Whether a message from the switch answers a discard that the shim sent."""
        if not self._discarded:
            return False
        answer = message[_QUOTED:] if message[1] == Type.ERROR else message
        control = _control(answer) if len(answer) >= _HEADER_SIZE else None
        wanted = DISCARD_REQUEST if message[1] == Type.ERROR else DISCARD_REPLY
        if control is None or control.request != wanted or (control.xid, control.bundle) not in self._discarded:
            return False
        self._discarded.discard((control.xid, control.bundle))
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class _Control:
    """A BUNDLE_CONTROL."""

    xid: int
    bundle: int
    request: int
    offset: int
    """Where the bundle id stands."""


def _control(message: bytes) -> _Control | None:
    """Reads a BUNDLE_CONTROL; None for any other message."""
    offset = _body_offset(message, Type.BUNDLE_CONTROL, ONF_BUNDLE_CONTROL)
    if offset is None or len(message) < offset + 8:
        return None
    return _Control(
        xid=read_header(message).xid,
        bundle=int.from_bytes(message[offset : offset + 4], "big"),
        request=int.from_bytes(message[offset + 4 : offset + 6], "big"),
        offset=offset,
    )


def _check(known: Sized, what: str) -> None:
    if len(known) > MAX_SPOILT:
        raise ProtocolError("controller", f"more than {MAX_SPOILT} {what}")


def bundle_added_to(message: bytes) -> int | None:
    """Id of the bundle to which a message of the controller adds another one; None for other messages."""
    offset = _body_offset(message, Type.BUNDLE_ADD_MESSAGE, ONF_BUNDLE_ADD_MESSAGE)
    return None if offset is None else int.from_bytes(message[offset : offset + 4], "big")


def bundle_ended(message: bytes) -> int | None:
    """Id of the bundle that a message of the controller commits or discards; None for other messages."""
    offset = _body_offset(message, Type.BUNDLE_CONTROL, ONF_BUNDLE_CONTROL)
    if offset is None or int.from_bytes(message[offset + 4 : offset + 6], "big") not in (
        COMMIT_REQUEST,
        DISCARD_REQUEST,
    ):
        return None
    return int.from_bytes(message[offset : offset + 4], "big")


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
    )
