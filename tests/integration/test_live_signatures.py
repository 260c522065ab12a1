"""Signatures are exchanged under a live capture: nothing is lost, flows under way end with what they began with."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import threading
import time
from collections.abc import Iterator

import pytest

from plugins.loader import signature_files
from switch_dpi._native import LiveCapture, Signatures
from tests.fakes.own_network import own_network

pytestmark = pytest.mark.integration

APP = '[[app]]\nid=1000000\nkey="{}"\nname="N"\ncategory="web"\ndomains=["intranet.example.org"]\n'
SWAPS = 20


@pytest.fixture
def link() -> Iterator[tuple[str, str]]:
    """Two ends of a wire."""
    with own_network():
        subprocess.run(["ip", "link", "add", "sig-a", "type", "veth", "peer", "name", "sig-b"], check=True)
        for end in ("sig-a", "sig-b"):
            subprocess.run(["ip", "link", "set", end, "addrgenmode", "none", "up"], check=True)  # no packets of its own
        yield "sig-a", "sig-b"


def request(sport: int) -> bytes:
    """An HTTP request for the site that the plugins are about."""
    http = b"GET / HTTP/1.1\r\nHost: www.intranet.example.org\r\n\r\n"
    tcp = sport.to_bytes(2) + b"\0\x50" + b"\0\0\0\1\0\0\0\1\x50\x18\x10\0\0\0\0\0" + http
    ip = b"\x45\0" + (20 + len(tcp)).to_bytes(2) + b"\0\0\0\0\x40\6\0\0" + bytes([10, 0, 0, 1, 10, 0, 0, 2])
    return b"\2" * 12 + b"\x08\0" + ip + tcp


def load(key: str) -> Signatures:
    return Signatures.load([*signature_files(), ("mine.toml", APP.format(key))])


@pytest.mark.parametrize("low_latency", [True, False])
def test_signatures_are_exchanged_while_packets_come(link: tuple[str, str], low_latency: bool) -> None:
    near, far = link
    before, after = load("before"), load("after")
    capture = LiveCapture(far, before, low_latency=low_latency)
    with contextlib.closing(capture), socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as wire:
        wire.bind((near, 0))
        sent = exchange(capture, wire, before, after)
    apps: dict[int, str] = {}
    while events := capture.poll(1.0, 10_000):
        apps |= {event.record.sport: event.record.app_key for event in events if event.kind == "ended"}
    stats = capture.stats()
    assert (stats["packets"], stats["ring_drops"]) == (sent, 0)
    assert (apps[1000], apps[1001]) == ("before", "after")
    assert set(apps.values()) == {"before", "after"}


def exchange(capture: LiveCapture, wire: socket.socket, before: Signatures, after: Signatures) -> int:
    """Flows while signatures come and go; how many packets were sent."""
    wire.send(request(1000))
    wait_for(capture, 1)
    stop = threading.Event()
    sent = [1]

    def send() -> None:
        while not stop.is_set() and sent[0] < 20_000:
            wire.send(request(2000 + sent[0]))
            sent[0] += 1
            time.sleep(0.0002)

    sender = threading.Thread(target=send)
    sender.start()
    for number in range(SWAPS):
        capture.replace_signatures(after if number % 2 == 0 else before)
        time.sleep(0.01)
    stop.set()
    sender.join()
    capture.replace_signatures(after)
    wire.send(request(1001))
    wire.send(request(1000))
    wait_for(capture, sent[0] + 2)
    return sent[0] + 2


def wait_for(capture: LiveCapture, packets: int) -> None:
    """Until the engine has seen so many."""
    deadline = time.monotonic() + 20
    while capture.stats().get("packets", 0) < packets:
        if time.monotonic() > deadline:
            raise TimeoutError(f"{capture.stats()} after {packets} packets")
        time.sleep(0.02)
