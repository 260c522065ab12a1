"""HTTP/3 over QUIC with aioquic: a server that answers every GET with some bytes, and a client that fetches once.

Run as a program: `http3.py serve ADDRESS PORT CERTIFICATE KEY SIZE` or `http3.py get NAME PORT CA`. The server logs one
line a request; the client resolves NAME by the system's resolver, checks the certificate against CA and prints what it
got as JSON. It is a file without imports from the demo, because it runs in the hosts' namespaces.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time

from aioquic.asyncio.client import connect
from aioquic.asyncio.protocol import QuicConnectionProtocol
from aioquic.asyncio.server import serve
from aioquic.h3.connection import H3_ALPN, H3Connection
from aioquic.h3.events import DataReceived, H3Event, HeadersReceived
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.events import ProtocolNegotiated, QuicEvent

FETCH_TIMEOUT_S = 20


class Http3(QuicConnectionProtocol):
    """What both sides share: QUIC events become HTTP/3 events."""

    http: H3Connection | None = None

    def quic_event_received(self, event: QuicEvent) -> None:
        """Called by aioquic for every QUIC event."""
        if isinstance(event, ProtocolNegotiated):
            self.http = H3Connection(self._quic)
        if self.http is not None:
            for http_event in self.http.handle_event(event):
                self.http_event_received(http_event)

    def http_event_received(self, event: H3Event) -> None:
        """Called for every HTTP/3 event; each side has its own."""


class Server(Http3):
    """Answers every request with `body`."""

    body = b""

    def http_event_received(self, event: H3Event) -> None:
        """Answer when the request's headers are there."""
        if not isinstance(event, HeadersReceived) or self.http is None:
            return
        headers = {name.decode(): value.decode() for name, value in event.headers}
        length = str(len(self.body)).encode()
        self.http.send_headers(event.stream_id, [(b":status", b"200"), (b"content-length", length)])
        self.http.send_data(event.stream_id, self.body, end_stream=True)
        self.transmit()
        peer = self._quic._network_paths[0].addr
        print(f"{peer[0]}:{peer[1]} {headers.get(':authority')} {headers.get(':path')} {len(self.body)}", flush=True)


class Client(Http3):
    """Fetches one resource."""

    def __init__(self, *arguments: object, **options: object) -> None:
        super().__init__(*arguments, **options)  # type: ignore[arg-type]  # aioquic's own arguments, passed through
        self.status = ""
        self.size = 0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def http_event_received(self, event: H3Event) -> None:
        """Count what comes until the stream ends."""
        if isinstance(event, HeadersReceived):
            self.status = dict(event.headers)[b":status"].decode()
        if isinstance(event, DataReceived):
            self.size += len(event.data)
        if isinstance(event, HeadersReceived | DataReceived) and event.stream_ended and not self.done.done():
            self.done.set_result(None)

    async def get(self, authority: str) -> None:
        """Send the request and wait for the whole answer."""
        self.http = self.http or H3Connection(self._quic)
        method = [
            (b":method", b"GET"),
            (b":scheme", b"https"),
            (b":authority", authority.encode()),
            (b":path", b"/video"),
        ]
        self.http.send_headers(self._quic.get_next_available_stream_id(), method, end_stream=True)
        self.transmit()
        await asyncio.wait_for(self.done, FETCH_TIMEOUT_S)


async def run_server(address: str, port: int, certificate: str, key: str, size: int) -> None:
    """Serve until the process is ended."""
    Server.body = bytes(size)
    configuration = QuicConfiguration(is_client=False, alpn_protocols=H3_ALPN)
    configuration.load_cert_chain(certificate, key)
    await serve(address, port, configuration=configuration, create_protocol=Server)
    await asyncio.Event().wait()


async def run_client(name: str, port: int, authority: str) -> None:
    """Fetch once and print `status`, `size` (bytes), `seconds` and the local port."""
    configuration = QuicConfiguration(is_client=True, alpn_protocols=H3_ALPN, server_name=name)
    configuration.load_verify_locations(authority)
    started = time.monotonic()
    async with connect(name, port, configuration=configuration, create_protocol=Client) as client:
        assert isinstance(client, Client)
        await client.get(name)
        transport = client._transport
        local_port = transport.get_extra_info("sockname")[1] if transport else 0
        seconds = time.monotonic() - started
        print(json.dumps({"status": client.status, "size": client.size, "seconds": seconds, "local_port": local_port}))


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["serve", address, port, certificate, key, size]:
            asyncio.run(run_server(address, int(port), certificate, key, int(size)))
        case ["get", name, port, authority]:
            asyncio.run(run_client(name, int(port), authority))
        case _:
            sys.exit("usage: http3.py serve ADDRESS PORT CERTIFICATE KEY SIZE | http3.py get NAME PORT CA")
