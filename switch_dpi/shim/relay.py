"""The shim's sockets: listens for one bridge, connects to the controller, brings a :class:`ShimSession` up to relaying.

Runs in one event loop; a session that relays is handed over to a thread (``hot``). Of TLS connections it has the plain
ends (``secure``).
"""

from __future__ import annotations

import asyncio
import logging
import random
import socket
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

from ofext.events import FlowEvent
from ofext.securechannel.complaints import Complaints
from ofext.securechannel.errors import SecureChannelError
from ofext.securechannel.keepalive import keep_watch
from ofext.securechannel.reasons import looks_like_tls
from switch_dpi.config import Controller, OvsTls
from switch_dpi.publish import Publisher
from switch_dpi.shim import door
from switch_dpi.shim.hot import HotRelay
from switch_dpi.shim.secure import SecureSides
from switch_dpi.shim.session import Phase, ShimSession

log = logging.getLogger(__name__)

CONNECT_TIMEOUT_S: Final = 5.0
_FAILED: Final = "bridge %s: controller %s: %s"
HAND_OVER_S: Final = 0.001  # a HELLO that the kernel did not take at once is looked at again after this

SessionFactory = Callable[[float, int | None], ShimSession]
"""Makes a session from the time and the version that the controller used last."""


class Shim:
    """One bridge's way to the controller."""

    def __init__(
        self,
        bridge: str,
        controller: Controller,
        make_session: SessionFactory,
        publisher: Publisher,
        live_events: Callable[[], Iterator[FlowEvent]],
        switch_tls: OvsTls | None = None,
        switch_sockets: Sequence[Path] = (),
    ) -> None:
        self.bridge = bridge
        self.controller = controller
        self.publisher = publisher
        self.live_events = live_events
        self.pauses = Pauses(controller.reconnect_min_s, controller.reconnect_max_s)
        self.secure = SecureSides(bridge, controller, switch_tls)
        self._make_session = make_session
        self._switch_sockets = switch_sockets
        """Made by the user that Open vSwitch runs as."""
        self._complaints = Complaints(log)
        self._arriving: set[asyncio.Task[object]] = set()
        self._server: asyncio.Server | None = None
        self._conduit: Conduit | None = None
        self._version: int | None = None
        self.has_failed_controller = False
        """The last session ended by the controller's fault: the next attempt waits, longer each time."""
        self.is_closing = False
        self.sessions = 0

    @property
    def phase(self) -> Phase | None:
        """Of the present session; None while the bridge is not connected."""
        return self._conduit.session.phase if self._conduit else None

    async def start(self, listen: tuple[str, int]) -> tuple[str, int]:
        """Listen; the address and port that the bridge is to connect to. Raises OSError."""
        loop = asyncio.get_running_loop()
        self.is_closing = False
        self.secure.start()
        if self.secure.has_switch:
            return await self.secure.listen(listen, lambda plain: self._hand_in(loop, plain))
        self._server = await loop.create_server(lambda: _SwitchSide(self), *listen)
        name = self._server.sockets[0].getsockname()
        return (name[0], name[1])

    async def close(self) -> None:
        """Stop listening and end the session."""
        self.is_closing = True
        if self._server is not None:
            self._server.close()
        self.restart("the agent stops")
        if self._server is not None:
            await self._server.wait_closed()
        await self.secure.stop()
        await asyncio.gather(*self._arriving, return_exceptions=True)

    def restart(self, reason: str) -> None:
        """End the present session; the bridge comes back by itself."""
        if self._conduit is not None:
            self._conduit.close(reason)

    def accept(self, transport: asyncio.Transport) -> Conduit | None:
        """Somebody has connected: the bridge, or one who is sent away (``door``)."""
        peer = transport.get_extra_info("socket")
        if (user := door.stranger(peer, self._switch_sockets)) is not None:
            self.complain(f"user {user} connected in the place of the bridge and is sent away")
            transport.abort()
            return None
        if self._conduit is not None and self._conduit.is_held_by_bridge:
            self.complain("a second connection is sent away: that of the bridge stands")
            transport.abort()
            return None
        self.restart("the bridge connected anew")
        keep_watch(peer)
        session = self._make_session(asyncio.get_running_loop().time(), self._version)
        self._conduit = Conduit(self, session, transport)
        self.sessions += 1
        return self._conduit

    def finished(self, conduit: Conduit) -> None:
        """A conduit is closed."""
        self._version = conduit.session.version or self._version
        self.has_failed_controller = conduit.session.has_failed_controller
        if self._conduit is conduit:
            self._conduit = None
            self.publisher.stop()

    def complain(self, text: str) -> None:
        """A warning about a peer, not more often than is useful."""
        self._complaints.say(f"bridge {self.bridge}: {text}", asyncio.get_running_loop().time())

    def wake(self) -> None:
        """The publisher has something new. From any thread."""
        conduit = self._conduit
        if conduit is not None:
            conduit.wake()

    def _hand_in(self, loop: asyncio.AbstractEventLoop, plain: socket.socket) -> None:
        """A bridge was accepted by TLS. From any thread."""
        try:
            loop.call_soon_threadsafe(self._take, plain)
        except RuntimeError:  # the loop has ended
            plain.close()

    def _take(self, plain: socket.socket) -> None:
        if self.is_closing:
            plain.close()
            return
        loop = asyncio.get_running_loop()
        task: asyncio.Task[object] = loop.create_task(loop.connect_accepted_socket(lambda: _SwitchSide(self), plain))
        self._arriving.add(task)
        task.add_done_callback(self._arriving.discard)


class Pauses:
    """Growing pauses between attempts, each drawn from the upper half, so that many agents do not come at once."""

    def __init__(self, least_s: float, most_s: float) -> None:
        self._least_s, self._most_s = least_s, most_s
        self._next_s = least_s

    def next(self) -> float:
        """Seconds to wait now."""
        pause = self._next_s * random.uniform(0.5, 1.0)
        self._next_s = min(2 * self._next_s, self._most_s)
        return pause

    def reset(self) -> None:
        """An attempt went well."""
        self._next_s = self._least_s


class Conduit:
    """One connection of the bridge and the controller's connection that belongs to it."""

    def __init__(self, shim: Shim, session: ShimSession, switch: asyncio.Transport) -> None:
        self._shim = shim
        self._switch = switch
        self._controller: asyncio.Transport | None = None
        self._connecting: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._hot: HotRelay | None = None
        self._is_closed = False
        self._has_tried = False
        self.session = session
        self.loop = asyncio.get_running_loop()

    def switch_data(self, data: bytes) -> None:
        """Bytes from the bridge."""
        self.session.switch_data(data, self.loop.time())
        self.pump()

    @property
    def is_held_by_bridge(self) -> bool:
        """Whether the bridge's end of its connection is still open."""
        return door.is_open(self._switch.get_extra_info("socket"))

    def read_bridge(self, may_read: bool) -> None:
        """Before relaying: who asks (for echoes) and does not read the answers is not read either."""
        if self._is_closed or self.session.phase is Phase.RELAYING:
            return
        if may_read:
            self._switch.resume_reading()
        else:
            self._switch.pause_reading()

    def controller_data(self, data: bytes) -> None:
        """Bytes from the controller."""
        self.session.controller_data(data, self.loop.time())
        self.pump()

    def wake(self) -> None:
        """The publisher has something new. From any thread."""
        hot = self._hot
        if hot is not None:
            hot.wake()

    def pump(self) -> None:
        """Carry out what the session wants."""
        if self._is_closed:
            return
        output = self.session.take()
        if output.to_switch:
            self._switch.write(output.to_switch)
        if output.to_controller and self._controller is not None:
            self._controller.write(output.to_controller)
        if output.close:
            self.close(output.close)
        elif output.drop_controller:
            self.complain(output.drop_controller)
            self._drop_controller()
        if self.session.phase is Phase.RELAYING:
            if not self._shim.has_failed_controller:
                self._shim.pauses.reset()
            self._hand_over()
        elif not self._is_closed:
            self._arrange()

    def close(self, reason: str) -> None:
        """End both connections, what was written before still goes out."""
        if self._is_closed:
            return
        self._is_closed = True
        log.info("bridge %s: session ends: %s", self._shim.bridge, reason)
        for waiting in (self._connecting, self._timer):
            if waiting is not None:
                waiting.cancel()
        if self._hot is not None:
            self._hot.stop()
        self.session.endpoint.close()
        self._switch.close()
        self._drop_controller()
        self._shim.finished(self)

    def controller_made(self, transport: asyncio.Transport) -> None:
        """The controller took the connection."""
        if self._is_closed or not self.session.wants_controller:
            transport.close()
            return
        self._controller = transport
        self.session.controller_connected(self.loop.time())
        self.pump()

    def complain(self, text: str) -> None:
        """Of a peer, to the log."""
        self._shim.complain(text)

    def controller_lost(self, transport: asyncio.BaseTransport | None, reason: str) -> None:
        """The controller's connection closed."""
        if transport is self._controller and not self._is_closed:
            if self.session.phase is not Phase.RELAYING:
                hint = "" if self._shim.secure.has_controller else "; does it expect TLS (controller.tls)?"
                self.complain(f"the controller ended the connection before its HELLO: {reason}{hint}")
            self._controller = None
            self.session.controller_lost(reason)
            self.pump()

    def _drop_controller(self) -> None:
        transport, self._controller = self._controller, None
        if transport is not None:
            transport.close()

    def _hand_over(self) -> None:
        """The sockets go to the hot path as soon as everything before is written; until then nothing is read."""
        if self._is_closed or self._hot is not None or self._controller is None:
            return
        sides = (self._switch, self._controller)
        for side in sides:
            if side.is_reading():
                side.pause_reading()
        if any(side.get_write_buffer_size() for side in sides):
            self._timer = self.loop.call_later(HAND_OVER_S, self._hand_over)
            return
        switch, controller = (side.get_extra_info("socket").dup() for side in sides)
        shim, loop = self._shim, self.loop
        self._hot = HotRelay(
            self.session,
            switch,
            controller,
            shim.publisher,
            shim.live_events,
            lambda reason: loop.call_soon_threadsafe(self.close, reason),
        )
        self._hot.start()

    def _arrange(self) -> None:
        """Before relaying: the controller is tried, and the session's timer runs."""
        if self.session.wants_controller and (self._connecting is None or self._connecting.done()):
            self._connecting = self.loop.create_task(self._connect())
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self.session.timer is not None:
            self._timer = self.loop.call_at(self.session.timer, self._tick)

    def _tick(self) -> None:
        self._timer = None
        self.session.tick(self.loop.time())
        self.pump()

    async def _connect(self) -> None:
        controller = self._shim.controller
        told = ""
        while self.session.wants_controller and not self._is_closed:
            if self._has_tried or self._shim.has_failed_controller:
                await asyncio.sleep(self._shim.pauses.next())
            self._has_tried = True
            try:
                await self._connect_once(controller)
            except (OSError, SecureChannelError) as error:
                text = str(error) or "no answer"
                place = f"{controller.address}:{controller.port}"
                log.log(logging.DEBUG if text == told else logging.WARNING, _FAILED, self._shim.bridge, place, text)
                told = text

    async def _connect_once(self, controller: Controller) -> None:
        secure = self._shim.secure
        if secure.has_controller:
            plain = await secure.connect(CONNECT_TIMEOUT_S)
            await self.loop.create_connection(lambda: _ControllerSide(self), sock=plain)
            return
        async with asyncio.timeout(CONNECT_TIMEOUT_S):
            await self.loop.create_connection(lambda: _ControllerSide(self), controller.address, controller.port)


class _SwitchSide(asyncio.Protocol):
    """Callbacks of the bridge's connection."""

    def __init__(self, shim: Shim) -> None:
        self._shim = shim
        self._conduit: Conduit | None = None
        self._is_first = True

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.Transport):
            if self._shim.is_closing:
                transport.abort()
                return
            self._conduit = self._shim.accept(transport)
            if self._conduit is not None:
                self._conduit.pump()

    def data_received(self, data: bytes) -> None:
        if self._conduit is None:
            return
        if self._is_first and looks_like_tls(data):
            self._shim.complain("whoever connected speaks TLS, and the agent was not told to (ovs.tls)")
            self._conduit.close("it speaks TLS")
            return
        self._is_first = False
        self._conduit.switch_data(data)

    def pause_writing(self) -> None:
        if self._conduit is not None:
            self._conduit.read_bridge(False)

    def resume_writing(self) -> None:
        if self._conduit is not None:
            self._conduit.read_bridge(True)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._conduit is not None:
            self._conduit.close(f"the bridge is gone: {exc or 'it closed the connection'}")


class _ControllerSide(asyncio.Protocol):
    """Callbacks of the controller's connection."""

    def __init__(self, conduit: Conduit) -> None:
        self._conduit = conduit
        self._transport: asyncio.Transport | None = None
        self._is_first = True

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.Transport):
            self._transport = transport
            keep_watch(transport.get_extra_info("socket"))
            self._conduit.controller_made(transport)

    def data_received(self, data: bytes) -> None:
        if self._is_first and self._transport is not None and looks_like_tls(data):
            self._conduit.complain("the controller speaks TLS, and the agent was not told to (controller.tls)")
            self._transport.abort()
            return
        self._is_first = False
        self._conduit.controller_data(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self._conduit.controller_lost(self._transport, str(exc or "it closed the connection"))
