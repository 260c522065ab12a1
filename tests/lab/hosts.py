"""Hosts: network namespaces without a name, each with one interface at a bridge.

A socket belongs to the namespace in which it was made, so one process can be all hosts.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.fakes.mortal import MORTAL
from tests.fakes.own_network import CLONE_NEWNET

OFFLOADS = ("tx", "off", "tso", "off", "gso", "off", "gro", "off")  # the userspace datapath computes no checksums
SO_RCVBUFFORCE = 33  # asm-generic/socket.h; Python does not name it
BUFFER_SIZE = 4 << 20  # bytes; a test measures the switch's loss, not that of a busy reader's socket


class Host:
    """One host. Needs root; lives until `close`."""

    def __init__(self, name: str, number: int, bridge: str) -> None:
        self.name = name
        self.port = f"{bridge}-{name}"
        self.ipv4 = f"10.0.0.{number}"
        self.ipv6 = f"fd00::{number:x}"
        self.mac = f"02:00:00:00:00:{number:02x}"
        before = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        try:
            _libc_call("unshare", CLONE_NEWNET)
            self._namespace = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
            _libc_call("setns", before, CLONE_NEWNET)
        finally:
            os.close(before)
        there = f"/proc/{os.getpid()}/fd/{self._namespace}"
        run("ip", "link", "add", self.port, "type", "veth", "peer", "name", f"{name}-eth0")
        run("ip", "link", "set", f"{name}-eth0", "netns", there)
        run("ip", "link", "set", self.port, "up")
        run("ethtool", "-K", self.port, *OFFLOADS)
        Path(f"/proc/sys/net/ipv6/conf/{self.port}/disable_ipv6").write_text("1", encoding="ascii")
        with self.entered():
            self._configure(f"{name}-eth0")

    @contextlib.contextmanager
    def entered(self) -> Iterator[None]:
        """The calling thread is in the host: for making sockets, and starting programs."""
        before = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        try:
            _libc_call("setns", self._namespace, CLONE_NEWNET)
            yield
        finally:
            _libc_call("setns", before, CLONE_NEWNET)
            os.close(before)

    def socket(self, kind: socket.SocketKind, port: int = 0, *, version: int = 4, protocol: int = 0) -> socket.socket:
        """A socket of the host at a port of its own choice, or any; it does not block."""
        family, address = (socket.AF_INET, self.ipv4) if version == 4 else (socket.AF_INET6, self.ipv6)
        with self.entered():
            made = socket.socket(family, kind, protocol)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, BUFFER_SIZE)
        made.setblocking(False)
        try:
            made.bind((address, port))
        except OSError:
            made.close()
            raise
        return made

    def address(self, version: int) -> str:
        """Of IPv4 or IPv6."""
        return self.ipv4 if version == 4 else self.ipv6

    def run(self, *command: str) -> str:
        """A program's output."""
        with self.entered():
            return run(*command)

    def start(self, *command: str, log: Path) -> subprocess.Popen[bytes]:
        """A program that goes on by itself."""
        with self.entered(), log.open("ab") as file:
            return subprocess.Popen([*MORTAL, *command], stdin=subprocess.DEVNULL, stdout=file, stderr=file)

    def close(self) -> None:
        """With its interface."""
        os.close(self._namespace)
        subprocess.run(["ip", "link", "del", self.port], check=False, capture_output=True)

    def _configure(self, interface: str) -> None:
        run("ip", "link", "set", "lo", "up")
        run("ip", "link", "set", interface, "address", self.mac)
        Path(f"/proc/sys/net/ipv6/conf/{interface}/accept_ra").write_text("0", encoding="ascii")
        run("ip", "address", "add", f"{self.ipv4}/24", "dev", interface)
        run("ip", "address", "add", f"{self.ipv6}/64", "dev", interface, "nodad")
        run("ip", "link", "set", interface, "up")
        run("ethtool", "-K", interface, *OFFLOADS)


def run(*command: str) -> str:
    """A program's output; CalledProcessError with what it said if it fails."""
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=20).stdout


def _libc_call(name: str, *arguments: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if getattr(libc, name)(*arguments):
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")
