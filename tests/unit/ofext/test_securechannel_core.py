"""The TLS core without sockets: the same for all portions, and nothing but a refusal for bytes that are not TLS."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ofext.securechannel.contexts import Contexts
from ofext.securechannel.core import TlsCore
from ofext.securechannel.errors import RefusedError
from tests.fakes.tls_lab import Lab


class Two:
    """Both ends of a connection that is a list of bytes."""

    def __init__(self, server: Contexts, client: Contexts) -> None:
        self.server = TlsCore(server.current(), is_server=True)
        self.client = TlsCore(client.current(), is_server=False, server_name="server")

    def shake_hands(self, portion: int) -> None:
        self.client.begin()
        while self.client.peer is None or self.server.peer is None:
            assert deliver(self.client, self.server, portion) == b""
            assert deliver(self.server, self.client, portion) == b""


def deliver(source: TlsCore, target: TlsCore, portion: int) -> bytes:
    """What the target read."""
    data = source.take()
    return b"".join(target.feed(data[start : start + portion]) for start in range(0, len(data), portion))


@pytest.fixture(scope="module")
def contexts(tmp_path_factory: pytest.TempPathFactory) -> tuple[Contexts, Contexts]:
    folder: Path = tmp_path_factory.mktemp("ca")
    lab = Lab(folder)
    return (
        Contexts(lab.issue("server", "controller"), is_server=True),
        Contexts(lab.issue("client", "switch"), is_server=False),
    )


@pytest.mark.parametrize("portion", [1, 7, 1 << 20])
def test_byte_by_byte_is_the_same_as_at_once(contexts: tuple[Contexts, Contexts], portion: int) -> None:
    two = Two(*contexts)
    two.shake_hands(portion)
    said = bytes(range(256)) * 300  # some records
    two.client.send(said)
    two.client.finish()
    assert deliver(two.client, two.server, portion) == said
    assert two.server.has_ended
    assert not two.client.has_ended


@settings(deadline=None)
@given(data=st.binary(max_size=400), portion=st.integers(1, 50))
def test_bytes_of_chance_are_refused_or_waited_on(
    contexts: tuple[Contexts, Contexts], data: bytes, portion: int
) -> None:
    core = TlsCore(contexts[0].current(), is_server=True)
    with contextlib.suppress(RefusedError):
        for start in range(0, len(data), portion):
            assert core.feed(data[start : start + portion]) == b""
    assert core.peer is None


@settings(deadline=None)
@given(place=st.integers(0, 10_000), value=st.integers(1, 255), says=st.sampled_from(["client", "server"]))
def test_changed_byte_never_becomes_plaintext(
    contexts: tuple[Contexts, Contexts], place: int, value: int, says: str
) -> None:
    two = Two(*contexts)
    two.shake_hands(1 << 20)
    source, target = (two.client, two.server) if says == "client" else (two.server, two.client)
    source.send(b"the words")
    data = bytearray(source.take())
    data[place % len(data)] ^= value
    got = b""
    with contextlib.suppress(RefusedError):
        got = target.feed(bytes(data))
    assert got == b""


@settings(deadline=None)
@given(step=st.integers(0, 3), place=st.integers(0, 10_000), value=st.integers(1, 255))
def test_changed_byte_in_the_handshake_lets_nobody_in_as_another(
    contexts: tuple[Contexts, Contexts], step: int, place: int, value: int
) -> None:
    two = Two(*contexts)
    two.client.begin()
    sides = [(two.client, two.server), (two.server, two.client)]
    with contextlib.suppress(RefusedError):
        for number in range(4):
            source, target = sides[number % 2]
            data = bytearray(source.take())
            if number == step and data:
                data[place % len(data)] ^= value
            target.feed(bytes(data))
    assert two.server.peer is None or two.server.peer.subject == "CN=client"
    assert two.client.peer is None or two.client.peer.subject == "CN=server"
