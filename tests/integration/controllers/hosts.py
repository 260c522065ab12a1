"""Hosts on a bridge: network namespaces that end with the processes that hold them."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.integration.controllers.processes import run, running, until

OFFLOADS = ("tx", "tso", "gso", "gro")  # with these on TCP stalls on Open vSwitch's userspace datapath (DESIGN §8)


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """A network namespace with one interface, ``eth0``; its other end is ``port`` of the bridge."""

    number: int
    pid: int

    @property
    def port(self) -> str:
        """Name of the interface that goes into the bridge."""
        return f"p{self.number}"

    @property
    def address(self) -> str:
        """IPv4."""
        return f"10.0.0.{self.number}"

    def words(self, *words: str) -> tuple[str, ...]:
        """A command as one that runs on this host."""
        return ("nsenter", "-t", str(self.pid), "-n", *words)

    def reaches(self, other: Host) -> bool:
        """Whether one of three echoes comes back."""
        return self._works("ping", "-q", "-c3", "-i0.3", "-W1", other.address)

    def fetches(self, other: Host, port: int) -> bool:
        """Whether a web page comes from a port of another host."""
        url = f"http://{other.address}:{port}/"
        return self._works("curl", "-sS", "-o", "/dev/null", "--max-time", "5", url)

    @contextlib.contextmanager
    def serving(self, folder: Path, *ports: int) -> Iterator[None]:
        """Web servers."""
        with contextlib.ExitStack() as stack:
            for port in ports:
                words = self.words("python3", "-m", "http.server", str(port), "--directory", str(folder))
                stack.enter_context(running(*words, log=folder / f"http-{self.number}-{port}.log"))
                until(lambda port=port: self._listens(port), f"a web server at port {port}")
            yield

    def _listens(self, port: int) -> bool:
        return f":{port} " in run(*self.words("ss", "-Hltn"))

    def _works(self, *words: str) -> bool:
        return subprocess.run(self.words(*words), capture_output=True, check=False, timeout=30).returncode == 0


@contextlib.contextmanager
def host(number: int, folder: Path) -> Iterator[Host]:
    """A host whose wire ends in the caller's network namespace, as ``p<number>``."""
    log = folder / f"host-{number}.log"
    with running("unshare", "-n", "sleep", "infinity", log=log) as holder:
        namespace = Path(f"/proc/{holder.pid}/ns/net")
        until(lambda: namespace.readlink() != Path("/proc/thread-self/ns/net").readlink(), "a namespace")
        made = Host(number=number, pid=holder.pid)
        cable(made.port, f"h{number}", number)
        run("ip", "link", "set", f"h{number}", "netns", str(made.pid), "name", "eth0")
        run(*made.words("sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1"))
        for words in (("link", "set", "lo", "up"), ("addr", "add", f"{made.address}/24", "dev", "eth0")):
            run(*made.words("ip", *words))
        run(*made.words("ip", "link", "set", "eth0", "up"))
        yield made


def cable(end: str, other: str, number: int) -> None:
    """A pair of interfaces that are up, without offloads and packets of their own; ``number`` is in the addresses."""
    addresses = (f"02:00:00:00:02:{number:02x}", f"02:00:00:00:00:{number:02x}")
    run(*("ip", "link", "add", end, "address", addresses[0]), *("type", "veth", "peer", other, "address", addresses[1]))
    for name in (end, other):
        run("sysctl", "-qw", f"net.ipv6.conf.{name}.disable_ipv6=1")
        run("ethtool", "-K", name, *(word for offload in OFFLOADS for word in (offload, "off")))
        run("ip", "link", "set", name, "up")
