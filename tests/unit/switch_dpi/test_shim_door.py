"""Who comes to a shim's port: the bridge keeps its place, others are sent away and cost nothing."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from ofext.hello import AgentInfo
from ofext.openflow import basic
from ofext.openflow.header import Framer, Type
from switch_dpi.config import Controller
from switch_dpi.publish import Publisher
from switch_dpi.shim import door
from switch_dpi.shim.l7 import L7Endpoint
from switch_dpi.shim.relay import Pauses, Shim
from switch_dpi.shim.session import Phase, ShimSession
from tests.fakes.agent_engine import CATALOGUE
from tests.unit.switch_dpi.test_shim_session import ALL, Gate

NOBODY = 65534
Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


def with_shim(play: Callable[[Shim, int], Awaitable[None]], controller: int | None = None) -> None:
    """Runs a play with a shim that listens on a port, and whose controller is away if it has no port."""

    async def main() -> None:
        with socket.create_server(("127.0.0.1", 0)) as away:
            place = controller or away.getsockname()[1]
        shim = Shim(
            "br",
            Controller(address="127.0.0.1", port=place),
            lambda now, version: ShimSession(Gate(), lambda: L7Endpoint(AgentInfo, lambda: CATALOGUE), now, version),
            Publisher(10),
            lambda: iter(()),
        )
        _, port = await shim.start(("127.0.0.1", 0))
        try:
            async with asyncio.timeout(20):
                await play(shim, port)
        finally:
            await shim.close()

    asyncio.run(main())


async def bridge(port: int) -> Connection:
    """Connects, says HELLO and is told a version."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(basic.hello(ALL))
    assert (await reader.readexactly(16))[1] == Type.HELLO
    return reader, writer


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
    """Whether the shim is there for it."""
    request = basic.echo_request(5, 1, b"there?")
    writer.write(request)
    return await reader.readexactly(len(request))


async def is_sent_away(port: int) -> bool:
    """Whether a connection is closed without a word."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(basic.hello(ALL))
        return await reader.read(1) == b""
    except ConnectionError:
        return True
    finally:
        writer.close()


def test_strangers_do_not_take_the_place_of_the_bridge() -> None:
    async def play(shim: Shim, port: int) -> None:
        mine = await bridge(port)
        before = len(list(Path("/proc/self/fd").iterdir()))
        for _ in range(50):
            assert await is_sent_away(port)
        assert await echo(*mine) == basic.echo_reply(basic.echo_request(5, 1, b"there?"))
        assert (shim.sessions, shim.phase) == (1, Phase.STANDBY)
        assert len(list(Path("/proc/self/fd").iterdir())) <= before
        mine[1].close()

    with_shim(play)


def test_bridge_that_comes_back_is_let_in_at_once() -> None:
    async def play(shim: Shim, port: int) -> None:
        for times in range(1, 4):
            _, writer = await bridge(port)
            assert shim.sessions == times
            writer.close()
            await writer.wait_closed()

    with_shim(play)


def test_bridge_that_asks_and_does_not_read_is_not_read_either() -> None:
    async def play(_: Shim, port: int) -> None:
        reader, writer = await bridge(port)
        reader._transport.pause_reading()
        flood = basic.echo_request(5, 1, bytes(60_000))
        sent = 0
        try:
            async with asyncio.timeout(1):
                while sent < 1 << 30:
                    writer.write(flood)
                    sent += len(flood)
                    await writer.drain()
        except TimeoutError:
            pass
        assert sent < 64 << 20  # what both kernels hold
        writer.transport.abort()

    with_shim(play)


def test_bridge_is_answered_again_when_it_reads() -> None:
    async def play(_: Shim, port: int) -> None:
        reader, writer = await bridge(port)
        request = basic.echo_request(5, 1, bytes(60_000))
        count = 200

        async def ask() -> None:
            for _ in range(count):
                writer.write(request)
                await writer.drain()

        asking = asyncio.create_task(ask())
        await asyncio.sleep(0.3)
        framer, got = Framer(), 0
        while got < count:
            got += sum(message[1] == Type.ECHO_REPLY for message in framer.feed(await reader.read(1 << 16)))
        await asking
        writer.close()

    with_shim(play)


def test_controller_that_sends_nonsense_is_tried_again_after_growing_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    paused: list[float] = []

    def pause(pauses: Pauses) -> float:
        paused.append(pauses._next_s)
        pauses._next_s *= 2
        return 0.0

    monkeypatch.setattr(Pauses, "next", pause)

    async def play(shim: Shim, port: int) -> None:
        loop = asyncio.get_running_loop()
        for times in range(1, 5):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(basic.hello(ALL))
            connection, _ = await loop.sock_accept(listener)
            await loop.sock_sendall(connection, basic.hello([5]) + bytes(8))
            with contextlib.suppress(ConnectionError):
                while await reader.read(1000):
                    pass
            connection.close()
            writer.close()
            assert (shim.sessions, len(paused)) == (times, times - 1)
        assert paused == [paused[0], 2 * paused[0], 4 * paused[0]]

    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        with_shim(play, listener.getsockname()[1])


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to become somebody else")
def test_other_users_of_the_host_are_not_the_bridge() -> None:
    program = (
        "import os, socket, sys; ''.encode('idna'); os.setuid(int(sys.argv[2]));"
        "peer = socket.create_connection(('127.0.0.1', int(sys.argv[1])));"
        "sys.stdout.write('closed' if not peer.recv(1) else 'let in')"
    )

    async def play(shim: Shim, port: int) -> None:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", program, str(port), str(NOBODY), stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        told, failed = await process.communicate()
        assert told == b"closed" or b"ConnectionResetError" in failed
        assert shim.sessions == 0
        mine = await bridge(port)
        assert shim.sessions == 1
        mine[1].close()

    with_shim(play)


def test_user_of_open_vswitch_is_no_stranger(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        peer = socket.create_connection(listener.getsockname())
        near, _ = listener.accept()
        with peer, near:
            assert door.stranger(near, [tmp_path]) is None
            assert door.is_open(near)
            peer.close()
            assert not door.is_open(near)
