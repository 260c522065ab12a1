"""An authority with certificates, and a server and clients on loopback, for tests of TLS."""

from __future__ import annotations

import contextlib
import queue
import socket
import ssl
import threading
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from controller_app import authority
from controller_app.authority import Issued, Role
from ofext.securechannel.contexts import Contexts, TlsFiles
from ofext.securechannel.core import Peer
from ofext.securechannel.ends import Door, TlsEnds

YEAR = timedelta(days=365)


class Lab:
    """Certificates of one authority."""

    def __init__(self, folder: Path, name: str = "test authority") -> None:
        self.folder = folder
        authority.init(folder, name, YEAR)

    def issue(self, name: str, role: Role, *also: str, lifetime: timedelta = YEAR, replace: bool = False) -> TlsFiles:
        """Key, certificate, and this authority as the one to trust."""
        made: Issued = authority.issue(self.folder, name, role, also, lifetime, replace=replace)
        return self.files(made)

    def files(self, made: Issued) -> TlsFiles:
        """Of what was issued."""
        trusted = authority.authority_certificate(self.folder)
        return TlsFiles(private_key=made.private_key, certificate=made.certificate, authority=trusted)


@dataclass(frozen=True, slots=True)
class Accepted:
    """What a door gave."""

    plain: socket.socket
    peer: Peer


class Server:
    """A door on loopback."""

    def __init__(self, ends: TlsEnds, files: TlsFiles, names: frozenset[str] = frozenset()) -> None:
        self._came: queue.Queue[Accepted] = queue.Queue()
        listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = listener.getsockname()[1]
        contexts = Contexts(files, is_server=True)
        ends.listen(listener, Door(contexts=contexts, on_accept=self._take, who="door", names=names))

    def _take(self, plain: socket.socket, _address: object, peer: Peer) -> None:
        plain.settimeout(10)
        self._came.put(Accepted(plain, peer))

    def accepted(self) -> Accepted:
        """The next peer that was let in."""
        return self._came.get(timeout=10)

    @property
    def is_empty(self) -> bool:
        """Nobody was let in."""
        return self._came.empty()


def client_context(files: TlsFiles | None, trusted: Path) -> ssl.SSLContext:
    """As another program would have it; without files it shows no certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.load_verify_locations(trusted)
    if files is not None:
        context.load_cert_chain(files.certificate, files.private_key)
    return context


def tcp(port: int) -> socket.socket:
    """A connection that fails rather than wait for ever."""
    return socket.create_connection(("127.0.0.1", port), timeout=10)


def server_context(files: TlsFiles) -> ssl.SSLContext:
    """As another program would have it; it wants a certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_verify_locations(files.authority)
    context.load_cert_chain(files.certificate, files.private_key)
    context.verify_mode = ssl.CERT_REQUIRED
    return context


class RefusedServer:
    """Takes one connection after the other, shakes hands (without files: sends ``greeting``), and counts them."""

    def __init__(self, files: TlsFiles | None, greeting: bytes) -> None:
        self._context = server_context(files) if files else None
        self._greeting = greeting
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(0.1)
        self.port: int = self._listener.getsockname()[1]
        self.connections = 0
        self._is_closing = False
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def close(self) -> None:
        """Returns when the last connection has ended."""
        self._is_closing = True
        self._thread.join()
        self._listener.close()

    def _serve(self) -> None:
        while not self._is_closing:
            with contextlib.suppress(OSError), self._listener.accept()[0] as peer:
                self.connections += 1
                peer.settimeout(5)
                if self._context is None:
                    peer.sendall(self._greeting)
                    peer.recv(1 << 16)
                else:
                    with self._context.wrap_socket(peer, server_side=True) as secured:
                        secured.recv(1)
