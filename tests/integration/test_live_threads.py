"""Several threads on one interface: nothing is lost or split, both directions and fragments meet in one engine."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from plugins.loader import signature_files
from switch_dpi._native import CaptureError, LiveCapture, Signatures
from tests.fakes.own_network import own_network

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(os.geteuid() != 0, reason="network namespaces and packet rings need root"),
]

HOSTS, FLOWS = 30, 8
REQUEST = b"GET / HTTP/1.1\r\nHost: www.youtube.com\r\n\r\n"
ANSWER = b"HTTP/1.1 200 OK\r\nServer: nginx\r\nContent-Length: 0\r\n\r\n"
CAPTURE = "from typer import Typer\nfrom switch_dpi.cli import capture\napp = Typer()\napp.command()(capture)\napp()\n"


@pytest.fixture
def link() -> Iterator[tuple[str, str]]:
    """Two ends of a wire; they go with the namespace, whatever happens."""
    with own_network():
        subprocess.run(["ip", "link", "add", "thr-a", "type", "veth", "peer", "name", "thr-b"], check=True)
        for end in ("thr-a", "thr-b"):
            subprocess.run(["ip", "link", "set", end, "addrgenmode", "none", "up"], check=True)  # no packets of its own
        yield "thr-a", "thr-b"


def frames(tag: bytes = b"") -> list[bytes]:
    """For each host and flow a request, and its answer: whole, and a later one in two fragments."""
    made = []
    for host in range(HOSTS):
        for sport in range(2000, 2000 + FLOWS):
            here, there = (bytes([10, 0, 0, host]), sport), (bytes([192, 0, 2, 80]), 80)
            made.append(ethernet(tag, ipv4(here, there, tcp(here, there, 1, REQUEST))))
            made.append(ethernet(tag, ipv4(there, here, tcp(there, here, 1, ANSWER))))
            whole = tcp(here, there, 1 + len(REQUEST), REQUEST)
            made += [
                ethernet(tag, ipv4(here, there, piece, flags))
                for piece, flags in ((whole[:32], 0x2000), (whole[32:], 4))
            ]
    return made


def ethernet(tag: bytes, packet: bytes) -> bytes:
    return b"\2" * 12 + tag + b"\x08\0" + packet


def ipv4(source: tuple[bytes, int], destination: tuple[bytes, int], payload: bytes, fragment: int = 0) -> bytes:
    identification = (source[1] + destination[1]) & 0xFFFF
    head = b"\x45\0" + (20 + len(payload)).to_bytes(2) + identification.to_bytes(2) + fragment.to_bytes(2)
    return head + b"\x40\6\0\0" + source[0] + destination[0] + payload


def tcp(source: tuple[bytes, int], destination: tuple[bytes, int], number: int, payload: bytes) -> bytes:
    ports = source[1].to_bytes(2) + destination[1].to_bytes(2)
    return ports + number.to_bytes(4) + b"\0\0\0\1\x50\x18\x10\0\0\0\0\0" + payload


def send(end: str, sent: list[bytes]) -> None:
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as wire:
        wire.bind((end, 0))
        for frame in sent:
            wire.send(frame)


@pytest.mark.parametrize("tag", [b"", bytes.fromhex("81000064"), bytes.fromhex("88a8000581000064")])
@pytest.mark.parametrize("low_latency", [True, False])
def test_no_flow_is_split_and_every_packet_counts(link: tuple[str, str], low_latency: bool, tag: bytes) -> None:
    near, far = link
    sent = frames(tag)
    capture = LiveCapture(far, Signatures.load(signature_files()), low_latency=low_latency, threads=3)
    with contextlib.closing(capture):
        send(near, sent)
        deadline = time.monotonic() + 20
        while capture.stats().get("packets", 0) < len(sent) and time.monotonic() < deadline:
            time.sleep(0.02)
    ended = []
    while events := capture.poll(1.0, 10_000):
        ended += [event.record for event in events if event.kind == "ended"]
    stats, rings = capture.stats(), capture.rings()
    assert (stats["packets"], stats["ring_packets"], stats["ring_drops"]) == (len(sent), len(sent), 0)
    assert (len(rings), sum(ring["packets"] for ring in rings)) == (3, len(sent))
    assert all(ring["packets"] for ring in rings)
    assert len(ended) == HOSTS * FLOWS
    assert {(record.app, record.packets_c2s, record.packets_s2c) for record in ended} == {("YouTube", 3, 1)}
    assert len({record.flow_id for record in ended}) == len(ended)


def test_signatures_reach_every_thread(link: tuple[str, str]) -> None:
    near, far = link
    app = '[[app]]\nid=1000000\nkey="mine"\nname="Mine"\ncategory="web"\ndomains=["www.youtube.com"]\n'
    capture = LiveCapture(far, Signatures.load(signature_files()), threads=2)
    with contextlib.closing(capture):
        capture.replace_signatures(Signatures.load([*signature_files(), ("mine.toml", app)]))
        send(near, frames())
        found: set[str] = set()
        while events := capture.poll(1.0, 10_000):
            found |= {event.record.app for event in events if event.kind == "verdict"}
    assert found == {"Mine"}


def test_an_interface_that_goes_away_ends_all_threads(link: tuple[str, str]) -> None:
    near, far = link
    capture = LiveCapture(far, Signatures.load(signature_files()), threads=2)
    with contextlib.closing(capture):
        subprocess.run(["ip", "link", "delete", near], check=True)
        with pytest.raises(CaptureError, match=f"{far} was deleted"):
            capture.poll(20.0, 10_000)


@pytest.mark.parametrize("threads", ["1", "2"])
def test_the_command_writes_records_and_tells_what_was_lost(
    link: tuple[str, str], tmp_path: Path, threads: str
) -> None:
    near, far = link
    output = tmp_path / "records.jsonl"
    command = [sys.executable, "-c", CAPTURE, far, "--json", "--threads", threads, "--output", str(output)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as running:
        assert running.stderr
        assert running.stderr.readline() == f"listening on {far}\n"
        sent = frames()
        send(near, sent)
        time.sleep(0.5)
        running.send_signal(signal.SIGTERM)
        said = running.stderr.read()
    assert running.returncode == 0, said
    records = [json.loads(line) for line in output.read_text(encoding="utf-8").splitlines()]
    assert (len(records), {record["pcap"] for record in records}) == (HOSTS * FLOWS, {far})
    drops = " + ".join("0" * int(threads))
    assert re.match(
        rf"{len(sent)} packets, \d+ bytes, {len(records)} flows in [\d.]+ s; {re.escape(drops)} packets dropped", said
    )


def test_the_command_ends_by_itself_and_prints_lines_for_people(link: tuple[str, str]) -> None:
    near, far = link
    command = [sys.executable, "-c", CAPTURE, far, "--seconds", "2"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        assert running.stderr
        running.stderr.readline()
        send(near, frames()[:2])
        out, said = running.communicate(timeout=60)
    assert (running.returncode, len(out.splitlines())) == (0, 1), said
    assert "10.0.0.0:2000 > 192.0.2.80:80  2 packets " in out
    assert "HTTP · YouTube  http.host=www.youtube.com matches youtube.com" in out


def test_the_command_names_an_interface_that_is_not_there() -> None:
    with own_network():
        done = subprocess.run([sys.executable, "-c", CAPTURE, "nope"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (
        1,
        "appsteer capture: nope: no such interface in this network namespace\n",
    )
