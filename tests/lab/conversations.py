"""What applications say to each other, at whatever ports, and the sockets to say it with. The test knows who says what.

`key` is the application's in AppSteer's catalogue. All verdicts fall with the first bytes of both ends at the latest.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
import struct
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from tests.lab.hosts import Host

CLIENT, SERVER = True, False
PATIENCE_S = 15.0
BACKLOG = 4096
LINGER_OFF = struct.pack("ii", 1, 0)  # socket(7): close() then sends RST


@dataclass(frozen=True, slots=True)
class Conversation:
    """Texts in turn; each begins with who says it."""

    key: str
    says: Sequence[tuple[bool, bytes]]


HTTP = Conversation(
    "http",
    (
        (CLIENT, b"GET / HTTP/1.1\r\nHost: intranet.test\r\nUser-Agent: lab\r\n\r\n"),
        (SERVER, b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"),
    ),
)
SSH = Conversation(
    "ssh", ((SERVER, b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n"), (CLIENT, b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n"))
)
SMTP = Conversation(
    "smtp",
    (
        (SERVER, b"220 mail.example.org ESMTP Postfix\r\n"),
        (CLIENT, b"EHLO client.example\r\n"),
        (SERVER, b"250-mail.example.org\r\n250 SIZE 1000\r\n"),
    ),
)
REDIS = Conversation("redis", ((CLIENT, b"*1\r\n$4\r\nPING\r\n"), (SERVER, b"+PONG\r\n")))
STREAMS = (HTTP, SSH, SMTP, REDIS)

_QUESTION = b"\x03www\x07example\x03org\x00\x00\x01\x00\x01"
DNS = Conversation(
    "dns",
    (
        (CLIENT, b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00" + _QUESTION),
        (SERVER, b"\x12\x34\x81\x80\x00\x01\x00\x00\x00\x00\x00\x00" + _QUESTION),
    ),
)
NTP = Conversation(
    "ntp",
    (
        (CLIENT, b"\x23" + bytes(39) + b"\xe9\0\0\0\0\0\0\1"),
        (SERVER, b"\x24\x02\x06\xe7" + bytes(8) + b"GPS\0" + b"\xe9\0\0\0\0\0\0\1" * 4),
    ),
)
_BINDING = b"\x21\x12\xa4\x42abcdefghijkl"
STUN = Conversation(
    "stun",
    (
        (CLIENT, b"\x00\x01\x00\x00" + _BINDING),
        (SERVER, b"\x01\x01\x00\x0c" + _BINDING + b"\x00\x20\x00\x08\x00\x01\x11\x22\x33\x44\x55\x66"),
    ),
)
_HEADERS = b"From: <sip:x@y>;tag=1\r\nTo: <sip:a@b>;tag=2\r\nCall-ID: 1\r\nCSeq: 1 MESSAGE\r\n"
_VIA = b"Via: SIP/2.0/UDP h;branch=z9hG4bK1\r\n"
LONG_SIP = Conversation(
    "sip",
    (
        (CLIENT, b"MESSAGE sip:a@b SIP/2.0\r\n" + _VIA + _HEADERS + b"Content-Length: 4000\r\n\r\n" + b"m" * 4000),
        (SERVER, b"SIP/2.0 200 OK\r\n" + _VIA + _HEADERS + b"Content-Length: 4000\r\n\r\n" + b"n" * 4000),
    ),
)
"""Each datagram takes three fragments where packets have 1,500 bytes."""
DATAGRAMS = (DNS, NTP, STUN)


@dataclass(frozen=True, slots=True)
class Talk:
    """A connection that stands: two sockets and what is said over them."""

    client: socket.socket
    server: socket.socket
    conversation: Conversation

    @property
    def ends(self) -> tuple[str, int, str, int]:
        """Originator's address and port, responder's address and port."""
        ours, theirs = self.client.getsockname(), self.client.getpeername()
        return (ours[0], ours[1], theirs[0], theirs[1])

    async def say(self) -> None:
        """All of it. TimeoutError when something does not arrive."""
        loop = asyncio.get_running_loop()
        for is_client, text in self.conversation.says:
            speaker, listener = (self.client, self.server) if is_client else (self.server, self.client)
            await loop.sock_sendall(speaker, text)
            await _receive(listener, len(text))

    def close(self) -> None:
        """With a RST, if it is a stream."""
        for end in (self.server, self.client):
            if end.fileno() >= 0 and end.type == socket.SOCK_STREAM:
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_OFF)
            end.close()

    async def end(self) -> None:
        """Orderly, the server first: the client's kernel then keeps its port for nobody."""
        self.server.close()
        with contextlib.suppress(ConnectionError):
            await asyncio.wait_for(asyncio.get_running_loop().sock_recv(self.client, 1), PATIENCE_S)
        self.client.close()


class Listener:
    """A TCP server that hands each accepted connection to whoever made it."""

    def __init__(self, host: Host, port: int, version: int = 4) -> None:
        self.address = (host.address(version), port)
        self.version = version
        self._socket = host.socket(socket.SOCK_STREAM, port, version=version)
        self._socket.listen(BACKLOG)
        self._waiting: dict[int, asyncio.Future[socket.socket]] = {}
        self._talks: list[Talk] = []
        self._task = asyncio.get_running_loop().create_task(self._accept())

    async def talk(self, host: Host, conversation: Conversation, port: int = 0) -> Talk:
        """Connects from a port of the caller's choice, or any."""
        loop = asyncio.get_running_loop()
        client = host.socket(socket.SOCK_STREAM, port, version=self.version)
        accepted = loop.create_future()
        self._waiting[client.getsockname()[1]] = accepted
        try:
            await asyncio.wait_for(self._connect(client), PATIENCE_S)
            talk = Talk(client, await asyncio.wait_for(accepted, PATIENCE_S), conversation)
        except BaseException:
            client.close()
            raise
        self._talks.append(talk)
        return talk

    async def close(self) -> None:
        """Accepts no more, and resets what still stands."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        self._socket.close()
        for talk in self._talks:
            talk.close()

    async def _connect(self, client: socket.socket) -> None:
        """As soon as the last connection between these ports is over for the client's kernel."""
        loop = asyncio.get_running_loop()
        while True:
            try:
                return await loop.sock_connect(client, self.address)
            except OSError as error:
                if error.errno != errno.EADDRNOTAVAIL:
                    raise
            await asyncio.sleep(0.001)

    async def _accept(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            accepted, peer = await loop.sock_accept(self._socket)
            accepted.setblocking(False)
            waiting = self._waiting.pop(peer[1], None)
            if waiting is None or waiting.done():
                accepted.close()
            else:
                waiting.set_result(accepted)


@contextlib.asynccontextmanager
async def listening(host: Host, *ports: int, version: int = 4) -> AsyncIterator[list[Listener]]:
    """Listeners at ports, as long as the block lasts."""
    listeners = [Listener(host, port, version) for port in ports]
    try:
        yield listeners
    finally:
        for listener in listeners:
            await listener.close()


def datagrams(client: Host, server: Host, conversation: Conversation, ports: tuple[int, int], version: int = 4) -> Talk:
    """Two UDP sockets that know each other."""
    near = client.socket(socket.SOCK_DGRAM, ports[0], version=version)
    far = server.socket(socket.SOCK_DGRAM, ports[1], version=version)
    near.connect((server.address(version), ports[1]))
    far.connect((client.address(version), near.getsockname()[1]))
    return Talk(near, far, conversation)


async def _receive(listener: socket.socket, size: int) -> bytes:
    loop = asyncio.get_running_loop()
    got = b""
    while len(got) < size:
        data = await asyncio.wait_for(loop.sock_recv(listener, 65536), PATIENCE_S)
        if not data:
            raise ConnectionError(f"closed after {len(got)} of {size} bytes")
        got += data
    return got
