"""Switches come with TLS: os-ken's listener replaced by one that checks who comes.

os-ken's own serves a connection from two threads at once, which OpenSSL does not allow, waits for a handshake for
ever, and reads again and again what cannot be read. Here TLS ends before os-ken sees it (`ofext.securechannel.ends`).
"""

import logging
import socket
from functools import partial
from typing import Any, Final

from os_ken.base import app_manager  # noqa: F401 - must be imported before the next
from os_ken.controller import controller, ofp_handler
from os_ken.lib import hub

from controller_app.config import OpenFlowOptions, TlsOptions
from controller_app.errors import ControllerError
from ofext.securechannel.contexts import Contexts, TlsFiles
from ofext.securechannel.core import Peer
from ofext.securechannel.ends import Door, TlsEnds
from ofext.securechannel.errors import FilesError

LOG = logging.getLogger(__name__)

WHO: Final = "OpenFlow"


def check_files(options: OpenFlowOptions) -> None:
    """The files can be read and fit together. Raises ControllerError."""
    if options.tls is None:
        return
    try:
        _contexts(options.tls).current()
    except FilesError as error:
        raise ControllerError(f"option 'openflow.tls': {error}") from error


def use_tls(options: OpenFlowOptions) -> None:
    """Before os-ken's handler is instantiated: it makes this listener then, not its own. It has no option for that."""
    if options.tls is not None:
        ofp_handler.OpenFlowController = partial(_SecureController, options, options.tls)


class _SecureController(controller.OpenFlowController):  # type: ignore[misc]  # os-ken has no types
    """As os-ken's, with another way of listening."""

    def __init__(self, options: OpenFlowOptions, tls: TlsOptions) -> None:
        super().__init__()
        self._options, self._tls = options, tls

    def server_loop(self, ofp_tcp_listen_port: int, ofp_ssl_listen_port: int) -> None:
        """Runs in os-ken's thread for this, until the process ends."""
        del ofp_tcp_listen_port, ofp_ssl_listen_port
        address = self._options.listen
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        ends = TlsEnds("tls")
        door = Door(contexts=_contexts(self._tls), on_accept=_serve, who=WHO, names=frozenset(self._tls.names))
        ends.listen(socket.create_server((address, self._options.port), family=family), door)
        ends.run()


class _PlainEnd(socket.socket):
    """os-ken asks for TCP_NODELAY, which the real connection has and a Unix socket does not know."""

    def setsockopt(self, level: int, *option: Any) -> None:
        """All but TCP's."""
        if level != socket.IPPROTO_TCP:
            super().setsockopt(level, *option)


def _serve(plain: socket.socket, address: tuple[Any, ...], _peer: Peer) -> None:
    hub.spawn(controller.datapath_connection_factory, _PlainEnd(fileno=plain.detach()), address)


def _contexts(tls: TlsOptions) -> Contexts:
    files = TlsFiles(private_key=tls.private_key, certificate=tls.certificate, authority=tls.authority)
    return Contexts(files, is_server=True)
