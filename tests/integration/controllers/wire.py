"""The connection between a switch (or the shim in front of it) and its controller, relayed and written down."""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

from ofext.ids import EXPERIMENTER_BYTES
from ofext.openflow.header import Framer

READ_SIZE = 1 << 16
POLL_S = 0.2


@dataclass(slots=True)
class Wire:
    """What has passed."""

    port: int
    """Where the switch, or the shim, finds the controller."""
    to_controller: list[bytes] = field(default_factory=list)
    to_switch: list[bytes] = field(default_factory=list)

    def traces_of_l7(self) -> list[bytes]:
        """Messages to the controller in which our experimenter stands anywhere: its messages, fields and errors."""
        return [message for message in self.to_controller if EXPERIMENTER_BYTES in message]


@contextlib.contextmanager
def wire(controller_port: int) -> Iterator[Wire]:
    """Relays to a controller at a port of 127.0.0.1, in the caller's network namespace."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        made = Wire(listener.getsockname()[1])
        stop = threading.Event()
        thread = threading.Thread(target=_relay, args=(made, listener, controller_port, stop))
        thread.start()
        try:
            yield made
        finally:
            stop.set()
            thread.join()


@dataclass(slots=True)
class _End:
    """One side of a connection: what it says is written down and goes to the other."""

    socket: socket.socket
    other: socket.socket
    kept: list[bytes]
    framer: Framer = field(default_factory=Framer)

    def pass_on(self) -> bool:
        """False when this side, or the other, has ended."""
        try:
            data = self.socket.recv(READ_SIZE)
            self.kept.extend(self.framer.feed(data))
            self.other.sendall(data)
        except OSError:
            return False
        return bool(data)


def _relay(made: Wire, listener: socket.socket, controller_port: int, stop: threading.Event) -> None:
    with selectors.DefaultSelector() as waiting:
        waiting.register(listener, selectors.EVENT_READ)
        while not stop.is_set():
            for key, _ in waiting.select(POLL_S):
                if key.fileobj is listener:
                    _join(made, listener, controller_port, waiting)
                elif key.fd in waiting.get_map() and not key.data.pass_on():  # its pair may have ended it already
                    _end(waiting, key.data)
        for key in list(waiting.get_map().values()):
            if key.data is not None:
                key.data.socket.close()


def _join(made: Wire, listener: socket.socket, controller_port: int, waiting: selectors.BaseSelector) -> None:
    switch, _ = listener.accept()
    try:
        controller = socket.create_connection(("127.0.0.1", controller_port))
    except OSError:  # not there yet: the switch tries again
        switch.close()
        return
    waiting.register(switch, selectors.EVENT_READ, _End(switch, controller, made.to_controller))
    waiting.register(controller, selectors.EVENT_READ, _End(controller, switch, made.to_switch))


def _end(waiting: selectors.BaseSelector, end: _End) -> None:
    for peer in (end.socket, end.other):
        waiting.unregister(peer)
        peer.close()
