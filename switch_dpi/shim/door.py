"""Who may be the bridge on a shim's port. One connection at a time: a stranger does not take the place of the bridge.

Open vSwitch closes its connection before it makes another, so whoever comes while one stands is somebody else. And on
the host itself the kernel knows which user a connection belongs to.
"""

from __future__ import annotations

import contextlib
import os
import select
import socket
import struct
import sys
from collections.abc import Iterable
from ipaddress import ip_address
from pathlib import Path
from typing import Final

_SOCK_DIAG: Final = 4  # NETLINK_SOCK_DIAG
_BY_FAMILY: Final = 20  # SOCK_DIAG_BY_FAMILY
_REQUEST: Final = 1  # NLM_F_REQUEST
_ANY: Final = 0xFFFFFFFF  # all states; no cookie (INET_DIAG_NOCOOKIE)
_NETLINK: Final = struct.Struct("=IHHII")  # size, type, flags, sequence, port
_ASK: Final = struct.Struct("=BBBxI")  # family, protocol, extensions, states
_SOCKET_ID: Final = struct.Struct("!HH16s16s")  # ports and addresses of the socket that is looked for
_NO_COOKIE: Final = struct.pack("=III", 0, _ANY, _ANY)  # any interface
_USER_OFFSET: Final = _NETLINK.size + 4 + _SOCKET_ID.size + len(_NO_COOKIE) + 12
_ANSWER_SIZE: Final = 8192


def is_open(peer: socket.socket) -> bool:
    """Whether the other end still holds its connection, as far as the kernel knows."""
    poll = select.poll()
    poll.register(peer, select.POLLRDHUP)
    return not poll.poll(0)


def stranger(peer: socket.socket, places: Iterable[Path]) -> int | None:
    """The user id of a peer on this host that is neither root, nor the agent's own, nor that of who made one of
    ``places`` (sockets of Open vSwitch). None for all others, also where it cannot be told.
    """
    user = _owner(peer)
    if user is None or user in (0, os.geteuid()):
        return None
    for place in places:
        with contextlib.suppress(OSError):
            if place.stat().st_uid == user:
                return None
    return user


def _owner(peer: socket.socket) -> int | None:
    """Asks the kernel for the socket at the other end of a loopback connection (sock_diag(7))."""
    if peer.family not in (socket.AF_INET, socket.AF_INET6):
        return None
    try:
        ours, theirs = peer.getsockname(), peer.getpeername()
        if not ip_address(theirs[0].partition("%")[0]).is_loopback:
            return None
        addresses = (socket.inet_pton(peer.family, end[0]).ljust(16, b"\0") for end in (theirs, ours))
        wanted = _SOCKET_ID.pack(theirs[1], ours[1], *addresses) + _NO_COOKIE
        request = _ASK.pack(peer.family, socket.IPPROTO_TCP, 0, _ANY) + wanted
        with socket.socket(socket.AF_NETLINK, socket.SOCK_DGRAM, _SOCK_DIAG) as kernel:
            kernel.settimeout(1.0)
            kernel.send(_NETLINK.pack(_NETLINK.size + len(request), _BY_FAMILY, _REQUEST, 1, 0) + request)
            answer = kernel.recv(_ANSWER_SIZE)
    except OSError:  # a kernel without inet_diag, or the peer is gone
        return None
    if len(answer) < _USER_OFFSET + 4 or _NETLINK.unpack_from(answer)[1] != _BY_FAMILY:
        return None
    return int.from_bytes(answer[_USER_OFFSET : _USER_OFFSET + 4], sys.byteorder)
