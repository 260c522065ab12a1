"""Whom the ends of TLS let in, whom they refuse and what they say of it, and what they do with bytes."""

from __future__ import annotations

import gc
import os
import socket
import ssl
import struct
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from ofext.openflow import basic
from ofext.securechannel import link
from ofext.securechannel.contexts import Contexts
from ofext.securechannel.ends import MAX_SHAKING, Door, TlsEnds
from ofext.securechannel.errors import RefusedError
from tests.fakes.tls_lab import Lab, Server, client_context, tcp

FDS = Path("/proc/self/fd")


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return Lab(tmp_path / "ca")


@pytest.fixture
def stranger(tmp_path: Path) -> Lab:
    return Lab(tmp_path / "other", "somebody else's")


@pytest.fixture
def ends() -> Iterator[TlsEnds]:
    gc.collect()
    before = (set(FDS.iterdir()), threading.active_count())
    found = TlsEnds("tls test")
    found.start()
    yield found
    found.stop()
    gc.collect()
    assert (len(set(FDS.iterdir()) - before[0]), threading.active_count()) == (0, before[1])


@pytest.fixture
def server(ends: TlsEnds, lab: Lab) -> Server:
    return Server(ends, lab.issue("server", "controller", "127.0.0.1"))


def said(caplog: pytest.LogCaptureFixture, words: str) -> None:
    deadline = time.monotonic() + 10
    while words not in caplog.text:
        assert time.monotonic() < deadline, f"{words!r} was not logged, but: {caplog.text}"
        time.sleep(0.01)


def secured(ends: TlsEnds, port: int, contexts: Contexts, name: str = "127.0.0.1") -> socket.socket:
    plain, _ = ends.secure(tcp(port), contexts, server_name=name, who="client").result(timeout=10)
    plain.settimeout(10)
    return plain


def whole(peer: socket.socket) -> bytes:
    found = bytearray()
    while part := peer.recv(1 << 16):
        found += part
    return bytes(found)


def test_bytes_pass_both_ways_and_the_end_of_one_is_the_end_of_the_other(
    ends: TlsEnds, lab: Lab, server: Server
) -> None:
    client = secured(ends, server.port, Contexts(lab.issue("s1", "switch"), is_server=False))
    accepted = server.accepted()
    assert (accepted.peer.subject, accepted.peer.names) == ("CN=s1", {"s1"})
    with client, accepted.plain:
        client.sendall(b"up")
        assert accepted.plain.recv(10) == b"up"
        accepted.plain.sendall(b"down")
        assert client.recv(10) == b"down"
        client.sendall(b"last words")
        client.close()
        assert whole(accepted.plain) == b"last words"


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_what_a_slow_reader_does_not_take_is_held_back_and_not_lost(
    lab: Lab, server: Server, version: ssl.TLSVersion
) -> None:
    files = lab.issue("s1", "switch")
    context = client_context(files, files.authority)
    context.maximum_version = version
    with context.wrap_socket(tcp(server.port)) as client, server.accepted().plain as plain:
        stream = os.urandom(1 << 16) * 300  # 19 MB: more than all that is kept on the way
        sender = threading.Thread(target=plain.sendall, args=(stream,))
        sender.start()
        sender.join(0.5)
        assert sender.is_alive()  # nobody reads at the other end
        got = bytearray()
        while len(got) < len(stream):
            got += client.recv(1 << 20)
        sender.join(10)
        assert bytes(got) == stream
        client.sendall(stream[: 1 << 17])
        for_plain = bytearray()
        while len(for_plain) < 1 << 17:
            for_plain += plain.recv(1 << 16)
        assert bytes(for_plain) == stream[: 1 << 17]


def test_peer_of_an_unknown_authority_is_refused(
    lab: Lab, stranger: Lab, server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    files = stranger.issue("s1", "switch")
    with (
        tcp(server.port) as raw,
        client_context(files, lab.folder / "ca.crt").wrap_socket(raw) as client,
        pytest.raises(ssl.SSLError, match="UNKNOWN_CA"),
    ):
        client.recv(1)
    said(caplog, "door: 127.0.0.1 is refused: its certificate is of an authority that we do not know: unable to get")
    assert server.is_empty


@pytest.mark.parametrize(
    ("role", "lifetime", "words"),
    [
        ("switch", timedelta(days=-1), "certificate has expired"),
        ("controller", timedelta(days=1), "unsuitable certificate purpose"),  # a server's key opens no door
    ],
)
def test_certificate_that_is_not_good_is_refused(
    lab: Lab, server: Server, caplog: pytest.LogCaptureFixture, role: str, lifetime: timedelta, words: str
) -> None:
    files = lab.issue("s1", "switch" if role == "switch" else "controller", lifetime=lifetime)
    with (
        tcp(server.port) as raw,
        client_context(files, files.authority).wrap_socket(raw) as client,
        pytest.raises(ssl.SSLError, match="ALERT"),
    ):
        client.recv(1)
    said(caplog, f"door: 127.0.0.1 is refused: its certificate is not accepted: {words}")
    assert server.is_empty


def test_peer_without_a_certificate_is_refused(lab: Lab, server: Server, caplog: pytest.LogCaptureFixture) -> None:
    with (
        tcp(server.port) as raw,
        client_context(None, lab.folder / "ca.crt").wrap_socket(raw) as client,
        pytest.raises(ssl.SSLError, match="CERTIFICATE_REQUIRED"),
    ):
        client.recv(1)
    said(caplog, "door: 127.0.0.1 is refused: it showed no certificate")


def test_peer_of_another_name_is_refused_where_names_are_asked_for(
    ends: TlsEnds, lab: Lab, caplog: pytest.LogCaptureFixture
) -> None:
    server = Server(ends, lab.issue("server", "controller"), names=frozenset({"s1", "10.0.0.1"}))
    files = lab.issue("s2", "switch", "s2.example")
    with client_context(files, files.authority).wrap_socket(tcp(server.port)) as client:
        assert client.recv(1) == b""
    said(caplog, "is refused: its certificate is of CN=s2, expected is 10.0.0.1 or s1")
    named = lab.issue("s3", "switch", "10.0.0.1")
    with client_context(named, named.authority).wrap_socket(tcp(server.port)):
        server.accepted().plain.close()


@pytest.mark.parametrize(
    ("speech", "words"),
    [
        (basic.hello([5]), "it speaks OpenFlow without TLS"),
        (b"GET / HTTP/1.0\r\n\r\n", "it does not speak TLS"),
        (b"\x16\x03\x01\x00\xff", "it closed the connection before the handshake was over"),
        (b"\x16\x03\x01\x00\x04\x01\xff\xff\xff" + bytes(100), "TLS failed: "),
    ],
)
def test_peer_that_speaks_something_else_is_refused(
    server: Server, caplog: pytest.LogCaptureFixture, speech: bytes, words: str
) -> None:
    with tcp(server.port) as peer:
        peer.sendall(speech)
        peer.shutdown(socket.SHUT_WR)
        said(caplog, f"is refused: {words}")
    assert server.is_empty


def test_old_versions_are_refused(lab: Lab, server: Server, caplog: pytest.LogCaptureFixture) -> None:
    hello = bytes.fromhex("16030100310100002d0301") + bytes(32) + bytes.fromhex("000006002f0035000a0100")  # TLS 1.0
    with tcp(server.port) as peer:
        peer.sendall(hello)
        assert peer.recv(7)[:1] == b"\x15"  # an alert
    said(caplog, "it speaks no version of TLS from 1.2 on")
    del lab


def test_half_a_handshake_is_timed_out(
    server: Server, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(link, "HANDSHAKE_S", 0.2)
    with tcp(server.port) as peer:
        peer.sendall(b"\x16\x03\x01")
        assert peer.recv(1) == b""
    said(caplog, "is refused: no TLS handshake within 0.2 s")


def test_half_handshakes_keep_nobody_out(
    ends: TlsEnds, lab: Lab, server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    held = [tcp(server.port) for _ in range(MAX_SHAKING + 1)]
    try:
        assert held[0].recv(1) == b""  # the oldest made room
        said(caplog, f"more than {MAX_SHAKING} connections have not finished their handshake")
        secured(ends, server.port, Contexts(lab.issue("s1", "switch"), is_server=False)).close()
        server.accepted().plain.close()
    finally:
        for peer in held:
            peer.close()


def test_the_same_refusal_is_not_logged_over_and_over(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(20):
        with tcp(server.port) as peer:
            peer.sendall(basic.hello([5]))
            assert peer.recv(1) in (b"", b"\x15")
    assert caplog.text.count("is refused") == 1


@pytest.mark.parametrize(
    ("name", "words"),
    [("server", ""), ("127.0.0.1", ""), ("10.9.9.9", "IP address mismatch"), ("other.example", "Hostname mismatch")],
)
def test_server_must_have_the_name_that_was_called(
    ends: TlsEnds, lab: Lab, server: Server, name: str, words: str
) -> None:
    contexts = Contexts(lab.issue("s1", "agent"), is_server=False)
    if not words:
        secured(ends, server.port, contexts, name).close()
        server.accepted().plain.close()
        return
    with pytest.raises(RefusedError, match=words):
        secured(ends, server.port, contexts, name)
    unchecked = Contexts(contexts.files, is_server=False, has_to_match_name=False)
    secured(ends, server.port, unchecked, name).close()
    server.accepted().plain.close()


@pytest.mark.parametrize(
    ("role", "lifetime", "words"),
    [
        ("controller", timedelta(days=-1), "has expired"),
        ("switch", timedelta(days=1), "unsuitable certificate purpose"),
    ],
)
def test_server_is_refused(ends: TlsEnds, lab: Lab, role: str, lifetime: timedelta, words: str) -> None:
    bad = lab.issue("127.0.0.1", "switch" if role == "switch" else "controller", lifetime=lifetime)
    server = Server(ends, bad)
    with pytest.raises(RefusedError, match=words):
        secured(ends, server.port, Contexts(lab.issue("s1", "agent"), is_server=False))


def test_server_that_speaks_openflow_without_tls_is_named_as_such(ends: TlsEnds, lab: Lab) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        waiting = ends.secure(tcp(port), Contexts(lab.issue("s1", "agent"), is_server=False), server_name="a", who="c")
        with listener.accept()[0] as accepted:
            accepted.sendall(basic.hello([5]))
            with pytest.raises(RefusedError, match="it speaks OpenFlow without TLS"):
                waiting.result(timeout=10)


def test_server_that_refuses_our_certificate_late_is_named_in_the_log(
    ends: TlsEnds, lab: Lab, server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    expired = Contexts(lab.issue("s1", "switch", lifetime=timedelta(days=-1)), is_server=False)
    with secured(ends, server.port, expired) as plain:  # in TLS 1.3 the client is done before the server has looked
        assert plain.recv(1) == b""
    said(caplog, "client: it says that our certificate has expired")


def test_bytes_that_nobody_encrypted_end_the_connection(
    lab: Lab, server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    files = lab.issue("s1", "switch")
    with (
        client_context(files, files.authority).wrap_socket(tcp(server.port)) as client,
        server.accepted().plain as plain,
    ):
        client.sendall(b"good")
        assert plain.recv(4) == b"good"
        with socket.socket(fileno=os.dup(client.fileno())) as raw:
            raw.sendall(b"\x17\x03\x03\x00\x20" + bytes(32))
        assert plain.recv(1) == b""
    said(caplog, "door: 127.0.0.1 ends: TLS failed: ")


def test_peer_that_resets_the_connection_ends_it(lab: Lab, server: Server) -> None:
    files = lab.issue("s1", "switch")
    client = client_context(files, files.authority).wrap_socket(tcp(server.port))
    with server.accepted().plain as plain:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.close()
        assert plain.recv(1) == b""


def test_listener_whose_owner_fails_goes_on_listening(
    ends: TlsEnds, lab: Lab, caplog: pytest.LogCaptureFixture
) -> None:
    files, came = lab.issue("server", "controller"), []

    def take(plain: socket.socket, *_: object) -> None:
        came.append(plain.fileno())
        if len(came) == 1:
            raise RuntimeError("no more threads")
        plain.close()

    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    ends.listen(listener, Door(contexts=Contexts(files, is_server=True), on_accept=take, who="door"))
    context = client_context(lab.issue("s1", "switch"), files.authority)
    for _ in range(2):
        with context.wrap_socket(tcp(port)) as client:
            assert client.recv(1) == b""
    assert len(came) == 2
    assert "no more threads" in caplog.text


def test_stopping_ends_what_is_open_and_what_is_not(lab: Lab) -> None:
    ends = TlsEnds("tls test")
    ends.start()
    server = Server(ends, lab.issue("server", "controller", "127.0.0.1"))
    client = secured(ends, server.port, Contexts(lab.issue("s1", "switch"), is_server=False))
    half = tcp(server.port)
    with client, half, server.accepted().plain as plain:
        client.sendall(b"x")
        assert plain.recv(1) == b"x"
        client.close()
        ends.stop()
        assert plain.recv(1) == b""
        assert half.recv(1) == b""


def test_new_files_count_for_the_next_connection_and_leave_the_present_one(ends: TlsEnds, lab: Lab) -> None:
    server = Server(ends, lab.issue("127.0.0.1", "controller"))
    contexts = Contexts(lab.issue("s1", "switch"), is_server=False)
    first = secured(ends, server.port, contexts)
    before = server.accepted()
    lab.issue("127.0.0.1", "controller", lifetime=timedelta(days=-1), replace=True)
    with pytest.raises(RefusedError, match="has expired"):
        secured(ends, server.port, contexts)
    lab.issue("127.0.0.1", "controller", replace=True)
    secured(ends, server.port, contexts).close()
    server.accepted().plain.close()
    with first, before.plain:
        first.sendall(b"still here")
        assert before.plain.recv(100) == b"still here"
