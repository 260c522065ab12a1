"""Which messages a relaying session has to see; all others pass it unchanged, whatever its state.

The one list of it: the native relay shows the session nothing else, and the session looks at nothing else either. Who
makes it look at another type of message adds that here. The tables may name more than is needed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ofext import oxm
from ofext.ids import EXPERIMENTER_BYTES
from ofext.openflow.header import Type
from ofext.untracked.actions import NICIRA
from ofext.untracked.registers import CLASS_PACKET_REGISTERS, STATE_REGISTER, register
from switch_dpi.shim.bundles import ONF_EXPERIMENTER

Interest = Mapping[int, tuple[bytes, ...]]
"""Message types, each with the bytes of which such a message must hold one; without any: all messages of the type."""

_L7: Final = (EXPERIMENTER_BYTES,)
_MASKED_LABEL: Final = (oxm.ct_label(0, 0).encode()[: oxm.HEADER_SIZE],)  # of a lowered match
_ZONE: Final = (oxm.ct_zone(0).encode()[: oxm.HEADER_SIZE],)

_STATES: Final = tuple(
    field.encode()[: oxm.HEADER_SIZE]
    for field in (
        register(STATE_REGISTER, 0),
        oxm.Oxm(CLASS_PACKET_REGISTERS, STATE_REGISTER // 2, False, bytes(8)),  # since 1.5
    )
)

FROM_CONTROLLER: Final[Interest] = {
    Type.ERROR: _L7,
    Type.ECHO_REPLY: _L7,  # to the echoes behind events
    Type.EXPERIMENTER: (*_L7, ONF_EXPERIMENTER),
    Type.FLOW_MOD: _L7,
    Type.MULTIPART_REQUEST: _L7,
    Type.BARRIER_REQUEST: (),  # orders the agent's own work too
    Type.SET_ASYNC: _L7,
    Type.BUNDLE_CONTROL: (),
    Type.BUNDLE_ADD_MESSAGE: _L7,
}
FROM_SWITCH: Final[Interest] = {
    Type.ERROR: (),  # about a lowered match, or the answer to what the shim itself has sent
    Type.EXPERIMENTER: (),
    Type.PACKET_IN: _ZONE,
    Type.FLOW_REMOVED: _MASKED_LABEL,
    Type.MULTIPART_REPLY: (),  # table features, and lowered matches in statistics
    Type.BARRIER_REPLY: (),
    Type.ROLE_REPLY: (),
    Type.GET_ASYNC_REPLY: (),
    Type.ROLE_STATUS: (),
    Type.ECHO_REPLY: _L7,  # to the echoes behind rules
    Type.BUNDLE_CONTROL: (),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Interests:
    """Of a session, in both directions."""

    from_controller: Interest
    from_switch: Interest


TRACKED: Final = Interests(from_controller=FROM_CONTROLLER, from_switch=FROM_SWITCH)
UNTRACKED: Final = Interests(
    from_controller={
        **FROM_CONTROLLER,
        Type.FLOW_MOD: (),
        Type.MULTIPART_REQUEST: (),
        Type.BUNDLE_ADD_MESSAGE: (),
        Type.PACKET_OUT: (NICIRA.to_bytes(4, "big"),),
        Type.GROUP_MOD: (NICIRA.to_bytes(4, "big"),),
    },
    from_switch={
        **FROM_SWITCH,
        Type.FEATURES_REPLY: (),
        Type.PACKET_IN: _STATES,
        Type.FLOW_REMOVED: (),
    },
)
"""Of one whose switch has no connection tracker: matches and actions stand for others (``ofext.untracked``)."""

EXTENDED: Final = (Type.BARRIER_REQUEST, Type.BARRIER_REPLY)
"""Types that a session need not see before the controller has said the extension's hello."""


def wants(interest: Interest, message: bytes, *, is_extended: bool = True) -> bool:
    """Whether a whole message is to be seen, in such a session; what the native relay decides."""
    if not is_extended and message[1] in EXTENDED:
        return False
    needles = interest.get(message[1])
    return needles is not None and (not needles or any(needle in message for needle in needles))
