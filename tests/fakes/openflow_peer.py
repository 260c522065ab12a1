"""A blocking OpenFlow peer that a test drives message by message."""

from __future__ import annotations

import contextlib
import socket
import ssl
import time
from collections.abc import Callable

from ofext.events import FlowEvents
from ofext.messages import Envelope, L7Error, Message, decode_message, encode_message, is_l7_message
from ofext.openflow import basic
from ofext.openflow.header import Framer, Type, build, read_header


class ControllerPeer:
    """Listens where a controller would."""

    def __init__(self, port: int = 0, context: ssl.SSLContext | None = None) -> None:
        listener = socket.create_server(("127.0.0.1", port))
        self._listener = context.wrap_socket(listener, server_side=True) if context else listener
        self.port: int = self._listener.getsockname()[1]
        self._sessions: list[Session] = []

    def accept(self, versions: frozenset[int] = frozenset({5}), timeout_s: float = 10.0) -> Session:
        """The next switch, after its HELLO."""
        deadline = time.monotonic() + timeout_s
        while True:
            self._listener.settimeout(max(0.01, deadline - time.monotonic()))
            connection, _ = self._listener.accept()
            session = Session(connection)
            self._sessions.append(session)
            session.send(basic.hello(versions, xid=1))
            with contextlib.suppress(ConnectionError):
                session.version = max(basic.hello_versions(session.expect(lambda m: m[1] == Type.HELLO)) & versions)
                session.request(Type.FEATURES_REQUEST)
                return session

    def close(self) -> None:
        """Refuses connections from now on, and ends those it accepted."""
        self._listener.close()
        for session in self._sessions:
            session.close()


class Session:
    """One connection."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._framer = Framer()
        self._got: list[bytes] = []
        self.last_xid = 100
        self.version = 5

    def next_xid(self) -> int:
        """One that was not used before."""
        self.last_xid += 1
        return self.last_xid

    def send(self, data: bytes) -> None:
        """Bytes as they are."""
        self._connection.sendall(data)

    def send_l7(self, message: Message | L7Error) -> int:
        """A message of the extension; its xid."""
        self.next_xid()
        self.send(encode_message(message, version=self.version, xid=self.last_xid))
        return self.last_xid

    def install(self, flow_mod: bytes) -> None:
        """The body of a FLOW_MOD, which is not answered."""
        self.next_xid()
        self.send(build(self.version, Type.FLOW_MOD, self.last_xid, flow_mod))

    def request(self, kind: int, body: bytes = b"") -> bytes:
        """The answer (or error) with the request's xid."""
        xid = self.next_xid()
        self.send(build(self.version, kind, xid, body))
        return self.expect(lambda message: read_header(message).xid == xid)

    def expect(self, wanted: Callable[[bytes], bool], timeout_s: float = 10.0) -> bytes:
        """The first message that is wanted; earlier ones stay for later calls. ConnectionError at the end."""
        deadline = time.monotonic() + timeout_s
        while True:
            for message in self._got:
                if wanted(message):
                    self._got.remove(message)
                    return message
            self._connection.settimeout(max(0.01, deadline - time.monotonic()))
            data = self._connection.recv(1 << 18)
            if not data:
                raise ConnectionError("closed")
            for message in self._framer.feed(data):
                if message[1] == Type.ECHO_REQUEST:
                    self.send(basic.echo_reply(message))
                else:
                    self._got.append(message)

    def collect(self, kind: int) -> list[bytes]:
        """The messages of a type that have come and were not asked for yet; does not wait."""
        found = [message for message in self._got if message[1] == kind]
        self._got = [message for message in self._got if message[1] != kind]
        return found

    def expect_l7(self, wanted: type[Message | L7Error], timeout_s: float = 10.0) -> Envelope:
        """The first message of the extension of this class; of batches of events, the first that has some."""

        def is_wanted(raw: bytes) -> bool:
            message = decode_message(raw).message if is_l7_message(raw) else None
            return isinstance(message, wanted) and (not isinstance(message, FlowEvents) or bool(message.events))

        return decode_message(self.expect(is_wanted, timeout_s))

    def wait_closed(self, timeout_s: float = 10.0) -> None:
        """Until the other side closes."""
        with contextlib.suppress(ConnectionError):
            self.expect(lambda _: False, timeout_s)

    def close(self) -> None:
        """Ends it."""
        self._connection.close()
