"""A small OpenFlow controller that only counts and times: what is measured is the shim, not a controller framework."""

import socket
import struct
import time
from collections.abc import Callable

from ofext import messages
from ofext.config import ConfigSet, EventConfig
from ofext.events import EventKind, FlowEvents
from ofext.hello import Hello
from ofext.openflow.header import Framer, Type, Version, build, read_header

ACCEPT_TIMEOUT_S = 20.0
EXP_TYPE = struct.Struct("!I")  # behind the OpenFlow header and the experimenter
EVENT_COUNT = struct.Struct("!H")  # ofext/SPEC.md, FLOW_EVENTS; read alone, as decoding all would be what is measured
EVENT_COUNT_OFFSET = 16 + 8 + 8  # headers, sequence, dropped

PACKET_OUTS_AT_A_TIME = 1000
NO_BUFFER, FROM_CONTROLLER = 0xFFFFFFFF, 0xFFFFFFFD  # OFP_NO_BUFFER, OFPP_CONTROLLER
DROPPED = build(Version.OF_1_4, Type.PACKET_OUT, 7, struct.pack("!IIH6x", NO_BUFFER, FROM_CONTROLLER, 0) + bytes(60))
"""A PACKET_OUT (1.4 §7.3.7) without actions."""


class Peer:
    """Listens, accepts one switch, speaks OpenFlow 1.4."""

    def __init__(self, port: int) -> None:
        self._listener = socket.create_server(("127.0.0.1", port))
        self._listener.settimeout(ACCEPT_TIMEOUT_S)
        self.port = port

    def close(self) -> None:
        """Stops listening."""
        self._listener.close()

    def accept(self) -> "Session":
        """The next switch, after HELLO and FEATURES."""
        return Session(self._take())

    def _take(self) -> socket.socket:
        connection, _ = self._listener.accept()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection


class Session:
    """One switch's connection."""

    def __init__(self, connection: socket.socket) -> None:
        connection.settimeout(ACCEPT_TIMEOUT_S)
        self._connection = connection
        self._framer = Framer()
        bitmap = struct.pack("!HHI", 1, 8, 1 << Version.OF_1_4)
        self._send(Type.HELLO, 1, bitmap)
        self._send(Type.FEATURES_REQUEST, 2)
        self._until(Type.FEATURES_REPLY, 2)

    def close(self) -> None:
        """Ends the session."""
        self._connection.close()

    def barrier_times(self, count: int) -> list[float]:
        """Seconds from BARRIER_REQUEST to its reply, one after the other."""
        times = []
        for xid in range(100, 100 + count):
            began = time.perf_counter()
            self._send(Type.BARRIER_REQUEST, xid)
            self._until(Type.BARRIER_REPLY, xid)
            times.append(time.perf_counter() - began)
        return times

    def barrier_rate(self, count: int, window: int = 200) -> float:
        """BARRIER_REQUESTs answered in a second, `window` of them under way."""
        began = time.perf_counter()
        for first in range(0, count, window):
            self._connection.sendall(
                b"".join(build(Version.OF_1_4, Type.BARRIER_REQUEST, 1000 + first + n) for n in range(window))
            )
            self._until(Type.BARRIER_REPLY, 1000 + first + window - 1)
        return count / (time.perf_counter() - began)

    def packet_out_rate(self, count: int) -> float:
        """PACKET_OUTs without actions a second, up to the answer to a barrier behind them."""
        part = DROPPED * PACKET_OUTS_AT_A_TIME
        began = time.perf_counter()
        for _ in range(count // PACKET_OUTS_AT_A_TIME):
            self._connection.sendall(part)
        self._send(Type.BARRIER_REQUEST, 99)
        self._until(Type.BARRIER_REPLY, 99)
        return count / (time.perf_counter() - began)

    def subscribe(self) -> None:
        """Asks the agent for its verdicts."""
        self._send_l7(Hello(), 3)
        self._until(Type.EXPERIMENTER, 3)
        self._send_l7(ConfigSet(config=EventConfig(kinds=frozenset({EventKind.VERDICT}))), 4)

    def count_verdicts(self, wanted: int, idle_s: float) -> tuple[int, float]:
        """(verdicts, seconds from the first to the last); ends at `wanted`, or after a pause of `idle_s`."""
        self._connection.settimeout(idle_s)
        count, first, last = 0, 0.0, 0.0
        while count < wanted:
            try:
                batch = self._connection.recv(1 << 18)
            except TimeoutError:
                break
            for message in self._framer.feed(batch):
                if read_header(message).type == Type.ECHO_REQUEST:
                    self._send(Type.ECHO_REPLY, read_header(message).xid, message[8:])
                if messages.is_l7_message(message) and EXP_TYPE.unpack_from(message, 12)[0] == FlowEvents.EXP_TYPE:
                    last = time.perf_counter()
                    first = first or last
                    count += EVENT_COUNT.unpack_from(message, EVENT_COUNT_OFFSET)[0]
        return count, last - first

    def take_flows(self, read: Callable[[FlowEvents], object]) -> tuple[int, float]:
        """Says hello and gives every batch of live flows to `read`: (events, seconds from the hello to the last one).

        The batch without events behind the last live flow ends it. Raises TimeoutError when nothing comes any more.
        """
        self._send_l7(Hello(), 3)
        began = time.perf_counter()
        count = 0
        while True:
            for raw in self._framer.feed(self._read()):
                if raw[1] == Type.ECHO_REQUEST:
                    self._send(Type.ECHO_REPLY, read_header(raw).xid, raw[8:])
                elif messages.is_l7_message(raw):
                    message = messages.decode_message(raw).message
                    if isinstance(message, FlowEvents):
                        if not message.events:
                            return count, time.perf_counter() - began
                        read(message)
                        count += len(message.events)

    def _send(self, kind: Type, xid: int, body: bytes = b"") -> None:
        self._connection.sendall(build(Version.OF_1_4, kind, xid, body))

    def _send_l7(self, message: messages.Message, xid: int) -> None:
        self._connection.sendall(messages.encode_message(message, version=Version.OF_1_4, xid=xid))

    def _until(self, kind: Type, xid: int) -> None:
        """Reads up to this answer; echo requests are answered."""
        while True:
            found = False
            for message in self._framer.feed(self._read()):
                header = read_header(message)
                if header.type == Type.ECHO_REQUEST:
                    self._send(Type.ECHO_REPLY, header.xid, message[8:])
                found = found or (header.type == kind and header.xid == xid)
            if found:
                return

    def _read(self) -> bytes:
        data = self._connection.recv(1 << 18)
        if not data:
            raise ConnectionError("the switch closed the connection")
        return data
