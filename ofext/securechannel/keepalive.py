"""A host at the other end that is gone without a word is found out."""

from __future__ import annotations

import contextlib
import socket
from typing import Final

KEEPALIVE_IDLE_S: Final = 5  # found out in 20 s; until then none is let in for it
KEEPALIVE_PROBES: Final = 3


def keep_watch(peer: socket.socket) -> None:
    """Let the kernel ask whether the other end is there (tcp(7)); nothing for a socket that is not TCP's."""
    if peer.family not in (socket.AF_INET, socket.AF_INET6):
        return
    with contextlib.suppress(OSError):
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, KEEPALIVE_IDLE_S)
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, KEEPALIVE_IDLE_S)
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, KEEPALIVE_PROBES)
