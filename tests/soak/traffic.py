"""Traffic that runs through all rounds, each kind in threads of its own, and what of it arrived."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import threading
import time
from collections.abc import Callable

from tests.lab.conversations import SSH, STREAMS, Conversation, listening
from tests.lab.hosts import Host
from tests.lab.network import Lab

NUMBER = struct.Struct("!Q")
INTERVAL_S = 0.01  # 100 packets a second of each kind: half a second of silence must not fill a port's socket
QUIET_S = 0.05
DRAIN_S = 3.0  # for what is on its way when the count is taken
HELD_PORT = 32022  # where policies hold back what is not classified, and deny SSH
OPEN_PORTS = (32100, 32101)
FIRST_NUMBERED_PORT = 32200
ATTEMPT_S = 1.0


class Threads:
    """Threads that end together; an exception in one of them is kept for who asks."""

    def __init__(self) -> None:
        self.stopping = threading.Event()
        self.failures: list[str] = []
        self._threads: list[threading.Thread] = []

    def run(self, work: Callable[[], None]) -> None:
        """Start one."""
        thread = threading.Thread(target=self._guarded, args=(work,))
        self._threads.append(thread)
        thread.start()

    def stop(self) -> None:
        """Ask them to end, and wait."""
        self.stopping.set()
        for thread in self._threads:
            thread.join()

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception as error:  # noqa: BLE001 - whatever it was, the round must fail by it
            self.failures.append(f"{work.__qualname__}: {error!r}")


class Numbered(Threads):
    """Datagrams with a number, from one host to another; what did not arrive is known."""

    def __init__(self, source: Host, target: Host, port: int) -> None:
        super().__init__()
        self.name = f"{source.name} to {target.name}"
        self._out = source.socket(socket.SOCK_DGRAM, port)
        self._out.connect((target.ipv4, port))
        self._in = target.socket(socket.SOCK_DGRAM, port)
        self._in.settimeout(QUIET_S)
        self._sent = 0
        self._missing: set[int] = set()
        self._lock = threading.Lock()
        self.run(self._send)
        self.run(self._receive)

    def begin(self) -> None:
        """Count from here."""
        with self._lock:
            self._missing.clear()

    def lost(self) -> int:
        """Of those sent since `begin`, how many are missing, after time for the last ones to arrive."""
        with self._lock:
            last = self._sent
        deadline = time.monotonic() + DRAIN_S
        while True:
            with self._lock:
                missing = sum(number < last for number in self._missing)
            if not missing or time.monotonic() > deadline:
                return missing
            time.sleep(QUIET_S)

    def stop(self) -> None:
        """Ends, and closes the sockets."""
        super().stop()
        self._out.close()
        self._in.close()

    def _send(self) -> None:
        while not self.stopping.wait(INTERVAL_S):
            with self._lock:
                number = self._sent
                self._missing.add(number)
                self._sent += 1
            try:
                self._out.send(NUMBER.pack(number))
            except OSError:  # the kernel has no address for the other end while the bridge is away
                with self._lock:
                    self._missing.discard(number)

    def _receive(self) -> None:
        while not self.stopping.is_set():
            with contextlib.suppress(TimeoutError):
                data = self._in.recv(100)
                with self._lock:
                    self._missing.discard(NUMBER.unpack_from(data)[0])


class Forbidden(Threads):
    """Datagrams and SYNs to a host that no policy lets through; `arrived` counts what came all the same."""

    def __init__(self, source: Host, target: Host) -> None:
        super().__init__()
        self.arrived = 0
        self._wanted = socket.inet_aton(source.ipv4) + socket.inet_aton(target.ipv4)
        self._source, self._target = source, target
        with target.entered():
            self._wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0800))
        self._wire.settimeout(QUIET_S)
        self._out = source.socket(socket.SOCK_DGRAM)
        self.run(self._send)
        self.run(self._look)

    def stop(self) -> None:
        """Ends, and closes the sockets."""
        super().stop()
        self._wire.close()
        self._out.close()

    def _send(self) -> None:
        number = 0
        while not self.stopping.wait(INTERVAL_S):
            number += 1
            with contextlib.suppress(OSError):
                self._out.sendto(b"not for you", (self._target.ipv4, 32300 + number % 100))
            if number % 20 == 0:
                knock = self._source.socket(socket.SOCK_STREAM)
                with contextlib.suppress(BlockingIOError, OSError):
                    knock.connect((self._target.ipv4, 32300 + number % 100))
                knock.close()

    def _look(self) -> None:
        while not self.stopping.is_set():
            with contextlib.suppress(TimeoutError):
                self.arrived += self._wire.recv(100)[26:34] == self._wanted  # addresses of IPv4


class Conversations(Threads):
    """Short connections of all applications, one after the other, and SSH where it is denied."""

    def __init__(self, client: Host, server: Host) -> None:
        super().__init__()
        self._client, self._server = client, server
        self.held = self.failed = self.done = self.leaked = 0
        self.run(lambda: asyncio.run(self._allowed()))
        self.run(lambda: asyncio.run(self._denied()))

    async def _allowed(self) -> None:
        async with listening(self._server, *OPEN_PORTS) as listeners:
            number = 0
            while not self.stopping.is_set():
                number += 1
                try:
                    async with asyncio.timeout(ATTEMPT_S):
                        talk = await listeners[number % 2].talk(self._client, STREAMS[number % len(STREAMS)])
                        with contextlib.closing(talk):
                            await talk.say()
                    self.done += 1
                except (OSError, TimeoutError):
                    self.failed += 1
                await asyncio.sleep(0.02)

    async def _denied(self) -> None:
        async with listening(self._server, HELD_PORT) as (listener,):
            while not self.stopping.is_set():
                with contextlib.suppress(OSError, TimeoutError):
                    async with asyncio.timeout(ATTEMPT_S):
                        talk = await listener.talk(self._client, SSH)
                    try:
                        self.leaked += await _any_arrives(talk.client, talk.server, SSH)
                        self.held += 1
                    finally:
                        talk.close()


async def _any_arrives(client: socket.socket, server: socket.socket, conversation: Conversation) -> int:
    """Both ends speak; how many of them heard anything."""
    loop = asyncio.get_running_loop()
    for is_client, text in conversation.says:
        await loop.sock_sendall(client if is_client else server, text)
    hearing = [asyncio.create_task(loop.sock_recv(end, 100)) for end in (client, server)]
    await asyncio.wait(hearing, timeout=ATTEMPT_S)
    heard = sum(task.done() and not task.exception() and bool(task.result()) for task in hearing)
    for task in hearing:
        task.cancel()
    await asyncio.gather(*hearing, return_exceptions=True)
    return heard


class Stream(Threads):
    """One TCP connection that lasts: numbers one after the other, in both directions at once."""

    def __init__(self, client: Host, server: Host, port: int) -> None:
        super().__init__()
        listener = server.socket(socket.SOCK_STREAM, port)
        listener.listen()
        listener.settimeout(10.0)
        self._client = client.socket(socket.SOCK_STREAM)
        self._client.settimeout(10.0)
        self._client.connect((server.ipv4, port))
        self._server, _ = listener.accept()
        listener.close()
        self.passed = 0
        for end in (self._client, self._server):
            end.settimeout(QUIET_S)
            self.run(lambda end=end: self._send(end))
            self.run(lambda end=end: self._receive(end))

    def stop(self) -> None:
        """Ends, and closes the sockets."""
        super().stop()
        self._client.close()
        self._server.close()

    def _send(self, end: socket.socket) -> None:
        number = 0
        while not self.stopping.wait(INTERVAL_S):
            with contextlib.suppress(TimeoutError):
                end.sendall(NUMBER.pack(number))
                number += 1

    def _receive(self, end: socket.socket) -> None:
        expected, buffer = 0, b""
        while not self.stopping.is_set():
            try:
                data = end.recv(4096)
            except TimeoutError:
                continue
            if not data:
                raise ConnectionError("the connection was closed")
            buffer += data
            while len(buffer) >= NUMBER.size:
                (number,) = NUMBER.unpack_from(buffer)
                if number != expected:
                    raise ValueError(f"{number} came instead of {expected}")
                expected, buffer = expected + 1, buffer[NUMBER.size :]
                self.passed += 1


class Traffic:
    """All kinds at once, among h1, h2 and h3 of a laboratory."""

    def __init__(self, lab: Lab) -> None:
        h1, h2, h3 = (lab.hosts[name] for name in ("h1", "h2", "h3"))
        self.numbered = [
            Numbered(h1, h2, FIRST_NUMBERED_PORT),
            Numbered(h2, h1, FIRST_NUMBERED_PORT + 1),
            Numbered(h3, h2, FIRST_NUMBERED_PORT + 2),
        ]
        self.stream = Stream(h1, h2, FIRST_NUMBERED_PORT + 3)
        self.forbidden = Forbidden(h1, h3)
        self.conversations = Conversations(h1, h2)

    @property
    def failures(self) -> list[str]:
        """What ended a kind of traffic."""
        kinds: list[Threads] = [*self.numbered, self.stream, self.forbidden, self.conversations]
        return [failure for kind in kinds for failure in kind.failures]

    def begin(self) -> None:
        """A round begins."""
        for stream in self.numbered:
            stream.begin()

    def stop(self) -> None:
        """All of it."""
        for kind in (*self.numbered, self.stream, self.forbidden, self.conversations):
            kind.stop()
