"""Lets `ovs-ofctl tcp:…` be the controller of a bridge that it reaches directly or through the shim.

A bridge and the shim connect to their controller, and `ovs-ofctl` connects to a switch: both connect, so something has
to accept on either side and join the two.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass

READ_SIZE = 1 << 16
POLL_S = 0.2
HELD_S = 1.2
"""So long a switch's connection lasts at least: after a shorter one Open vSwitch waits twice as long as before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Splice:
    """Two ports of 127.0.0.1."""

    for_switch: int
    for_client: int


@contextlib.contextmanager
def splice() -> Iterator[Splice]:
    """Joins each client with the switch's next connection, one client at a time, for as long as the context lasts."""
    with socket.create_server(("127.0.0.1", 0)) as switches, socket.create_server(("127.0.0.1", 0)) as clients:
        stop = threading.Event()
        thread = threading.Thread(target=_serve, args=(switches, clients, stop))
        thread.start()
        try:
            yield Splice(for_switch=switches.getsockname()[1], for_client=clients.getsockname()[1])
        finally:
            stop.set()
            thread.join()


def _serve(switches: socket.socket, clients: socket.socket, stop: threading.Event) -> None:
    while not stop.is_set():
        client = _accept(clients, stop, refuse=switches)
        if client is None:
            continue
        with client:
            switch = _accept(switches, stop)
            if switch is not None:
                with switch:
                    began = time.monotonic()
                    _join(client, switch, stop)
                    client.close()
                    stop.wait(max(0.0, began + HELD_S - time.monotonic()))


def _accept(
    listener: socket.socket, stop: threading.Event, refuse: socket.socket | None = None
) -> socket.socket | None:
    """The next connection; meanwhile those to ``refuse`` are closed at once, as a switch's grow old while it waits."""
    with selectors.DefaultSelector() as waiting:
        for one in (listener, refuse):
            if one is not None:
                waiting.register(one, selectors.EVENT_READ)
        while not stop.is_set():
            for key, _ in waiting.select(POLL_S):
                if key.fileobj is listener:
                    return listener.accept()[0]
                if refuse is not None:
                    refuse.accept()[0].close()
    return None


def _join(client: socket.socket, switch: socket.socket, stop: threading.Event) -> None:
    """Moves bytes both ways until a side ends; what it said before that still arrives."""
    other = {client: switch, switch: client}
    with selectors.DefaultSelector() as waiting:
        for one in other:
            waiting.register(one, selectors.EVENT_READ)
        while not stop.is_set():
            for key, _ in waiting.select(POLL_S):
                one = key.fileobj
                assert isinstance(one, socket.socket)
                try:
                    data = one.recv(READ_SIZE)
                    other[one].sendall(data)
                except OSError:
                    return
                if not data:
                    return
