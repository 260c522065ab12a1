"""Lists the rules of a bridge that match on L7 fields, over its management socket. Blocks; for a thread.

Only rules that carry the sign of a lowered match are asked for (SPEC.md, section 5), so that a table of many thousand
others costs little.
"""

from __future__ import annotations

import socket
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

from ofext import label, lowering, oxm
from ofext.errors import OfextError
from ofext.openflow import basic
from ofext.openflow.header import Framer, Type, Version, build
from ofext.untracked.registers import from_registers, to_registers
from switch_dpi.errors import OvsError

RECEIVE_SIZE: Final = 65536
MAX_REPLY_SIZE: Final = 64 * 2**20  # bytes: half a million rules

_VERSION: Final = int(Version.OF_1_4)
_FLOW: Final = 1  # OFPMP_FLOW
_REPLY_MORE: Final = 1
_BODY: Final = 16  # offset of a multipart message's body
_MATCH: Final = 48  # offset of the match in an entry


def count_rules(management: Path, timeout_s: float, *, has_tracker: bool = True) -> Counter[int]:
    """How many rules compare each predicate bit, by its number. Raises OvsError."""
    counts: Counter[int] = Counter()
    try:
        with closing(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)) as peer:
            peer.settimeout(timeout_s)
            peer.connect(str(management))
            for reply in replies_to(peer, _request(has_tracker=has_tracker), MAX_REPLY_SIZE):
                for fields in _matches(reply):
                    counts.update(_bits(from_registers(fields)))
    except (OSError, OfextError) as error:
        raise OvsError(f"rules of {management}", str(error)) from error
    return counts


def _request(*, has_tracker: bool) -> bytes:
    """Asks for rules with lowered matches."""
    sign = (oxm.ct_label(0, lowering.LABEL_IS_L7),)
    match = oxm.encode_match(sign if has_tracker else to_registers(sign))
    any_port_and_group = b"\xff" * 8
    body = _FLOW.to_bytes(2, "big") + bytes(6) + b"\xff" + bytes(3) + any_port_and_group + bytes(4 + 16) + match
    return build(_VERSION, Type.MULTIPART_REQUEST, 1, body)


def replies_to(peer: socket.socket, request: bytes, max_size: int) -> Iterator[bytes]:
    """All parts of the answer to a request for statistics, in OpenFlow 1.4. Raises OSError and OfextError."""
    peer.sendall(basic.hello([_VERSION]) + request)
    framer = Framer()
    received = 0
    while True:
        data = peer.recv(RECEIVE_SIZE)
        received += len(data)
        if not data or received > max_size:
            raise OSError("the bridge ended its answer early" if not data else "the answer is too long")
        for message in framer.feed(data):
            if message[1] == Type.ECHO_REQUEST:
                peer.sendall(basic.echo_reply(message))
            elif message[1] == Type.ERROR:
                raise OSError(f"error {message[8:12].hex()}")
            elif message[1] == Type.MULTIPART_REPLY:
                yield message
                if not int.from_bytes(message[10:12], "big") & _REPLY_MORE:
                    return


def _matches(reply: bytes) -> Iterator[tuple[oxm.Oxm, ...]]:
    offset = _BODY
    while offset < len(reply):
        yield oxm.decode_match(reply, offset + _MATCH)[0]
        offset += int.from_bytes(reply[offset : offset + 2], "big") or len(reply)


def _bits(fields: tuple[oxm.Oxm, ...]) -> Iterator[int]:
    """Numbers of the predicate bits that a match compares."""
    for field in fields:
        if oxm.is_nxm(field, oxm.NXM_NX_CT_LABEL) and field.mask is not None:
            yield from label.predicates_in(int.from_bytes(field.mask, "big"))
