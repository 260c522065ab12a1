"""TLS of one bridge's shim: towards Open vSwitch, towards the controller, both, or none.

The relay sees plain sockets only: a thread (``ofext.securechannel.ends``) shakes hands and puts bytes into records.
"""

from __future__ import annotations

import asyncio
import functools
import socket
from collections.abc import Callable
from concurrent.futures import Future

from ofext.securechannel.contexts import Contexts, TlsFiles
from ofext.securechannel.core import Peer
from ofext.securechannel.ends import Door, TlsEnds
from ofext.securechannel.errors import FilesError
from switch_dpi.config import AgentConfig, Controller, OvsTls
from switch_dpi.errors import SwitchDpiError

OnPlain = Callable[[socket.socket], None]
"""Takes the plain end of a bridge that was accepted; from any thread."""


def check_files(config: AgentConfig) -> None:
    """All that is named can be read and fits together. Raises SwitchDpiError, which names the option and the file."""
    for option, tls, is_server in (("controller.tls", config.controller.tls, False), ("ovs.tls", config.ovs.tls, True)):
        if tls is None:
            continue
        try:
            contexts_of(tls.files, is_server=is_server).current()
        except FilesError as error:
            raise SwitchDpiError(f"{option}: {error}") from error


@functools.cache
def contexts_of(files: TlsFiles, *, is_server: bool, has_to_match_name: bool = True) -> Contexts:
    """The same for all bridges: files are read, and one that is about to expire is complained of, once."""
    return Contexts(files, is_server=is_server, has_to_match_name=has_to_match_name)


class SecureSides:
    """What a shim needs to know of TLS."""

    def __init__(self, bridge: str, controller: Controller, switch: OvsTls | None) -> None:
        self._who = f"bridge {bridge}"
        self._options = controller
        self._switch = switch
        self._contexts: Contexts | None = None
        if controller.tls is not None:
            checks_name = controller.tls.check_name
            self._contexts = contexts_of(controller.tls.files, is_server=False, has_to_match_name=checks_name)
        self._ends: TlsEnds | None = None

    @property
    def has_switch(self) -> bool:
        """Whether the bridge comes with TLS."""
        return self._switch is not None

    @property
    def has_controller(self) -> bool:
        """Whether the controller is to be reached with TLS."""
        return self._contexts is not None

    def start(self) -> None:
        """Before anything else; once more has no effect."""
        if self._ends is None and (self.has_switch or self.has_controller):
            self._ends = TlsEnds(f"tls {self._who}")
            self._ends.start()

    async def stop(self) -> None:
        """When both sides have been closed; what they wrote last still goes out."""
        ends, self._ends = self._ends, None
        if ends is not None:
            await asyncio.to_thread(ends.stop)

    async def listen(self, address: tuple[str, int], on_plain: OnPlain) -> tuple[str, int]:
        """Accept bridges at ``address``; the address and port that it has become. Raises OSError."""
        if self._ends is None or self._switch is None:
            raise RuntimeError("there is no TLS for the bridge")
        listener = await _listening(*address)
        name = listener.getsockname()
        door = Door(
            contexts=contexts_of(self._switch.files, is_server=True),
            on_accept=lambda plain, *_: on_plain(plain),
            who=self._who,
            names=frozenset(self._switch.names),
        )
        self._ends.listen(listener, door)
        return (name[0], name[1])

    async def connect(self, timeout_s: float) -> socket.socket:
        """A plain end of a connection to the controller. Raises OSError, TimeoutError, SecureChannelError."""
        options = self._options
        if self._ends is None or self._contexts is None or options.tls is None:
            raise RuntimeError("there is no TLS for the controller")
        async with asyncio.timeout(timeout_s):
            peer = await _connected(options.address, options.port)
        who = f"{self._who}: controller {options.address}:{options.port}"
        try:
            name = options.tls.name or options.address
            waiting = self._ends.secure(peer, self._contexts, server_name=name, who=who)
        except FilesError:
            peer.close()
            raise
        try:
            plain, _ = await asyncio.shield(asyncio.wrap_future(waiting))
        except asyncio.CancelledError:
            waiting.add_done_callback(_close_unclaimed)
            raise
        return plain


def _close_unclaimed(found: Future[tuple[socket.socket, Peer]]) -> None:
    if found.exception() is None:
        found.result()[0].close()


async def _listening(host: str, port: int) -> socket.socket:
    loop = asyncio.get_running_loop()
    family, *_, place = (await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE))[0]
    return socket.create_server(place[:2], family=family)


async def _connected(host: str, port: int) -> socket.socket:
    """The first of the host's addresses that takes the connection."""
    loop = asyncio.get_running_loop()
    failed: OSError = ConnectionError(f"{host} has no address")
    for family, kind, protocol, _, place in await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        peer = socket.socket(family, kind, protocol)
        try:
            peer.setblocking(False)
            await loop.sock_connect(peer, place)
        except OSError as error:
            peer.close()
            failed = error
        except BaseException:
            peer.close()
            raise
        else:
            return peer
    raise failed
