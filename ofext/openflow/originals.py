"""Gives a controller its own message back in errors: Open vSwitch quotes what it was sent, which was lowered.

An error carries 64 bytes of the offending message only, too few to raise its match from; so the first bytes of lowered
messages are remembered, by xid.
"""

from collections import OrderedDict
from typing import Final

from ofext.openflow.basic import ERROR_DATA_SIZE
from ofext.openflow.header import HEADER_SIZE, Type

MAX_REMEMBERED: Final = 4096  # messages, 64 bytes each: more than a controller has in flight


class Originals:
    """The beginnings of the last messages that were lowered."""

    def __init__(self, capacity: int = MAX_REMEMBERED) -> None:
        self._capacity = capacity
        self._by_xid: OrderedDict[bytes, bytes] = OrderedDict()

    def remember(self, original: bytes) -> None:
        """Keeps the beginning of a message that `lower_message` has changed, and of the one bundled in it."""
        self._keep(original)
        if original[1] == Type.BUNDLE_ADD_MESSAGE:
            self._keep(original[16:])
        elif original[1] == Type.EXPERIMENTER:
            self._keep(original[24:])

    def restore(self, error: bytes) -> bytes:
        """An ERROR in which the quoted message is the controller's own; the same object when it is not remembered."""
        quoted = error[_QUOTED_AT:]
        if len(quoted) < HEADER_SIZE or error[1] != Type.ERROR or error[HEADER_SIZE : HEADER_SIZE + 2] == b"\xff\xff":
            return error
        original = self._by_xid.get(quoted[_XID])
        if original is None or original[:2] != quoted[:2]:
            return error
        size = _QUOTED_AT + len(original)
        return error[:2] + size.to_bytes(2, "big") + error[4:_QUOTED_AT] + original

    def _keep(self, message: bytes) -> None:
        xid = message[_XID]
        self._by_xid[xid] = message[:ERROR_DATA_SIZE]
        self._by_xid.move_to_end(xid)
        if len(self._by_xid) > self._capacity:
            self._by_xid.popitem(last=False)


_QUOTED_AT: Final = 12  # ofp_error_msg: header, type, code
_XID: Final = slice(4, 8)
