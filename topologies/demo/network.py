"""The demo's network: the ring of `topologies.triangle` with its hosts, and how to run programs in them.

h1, h2 clients ── s1 ══ s2 ── h4 video servers, shaper (a service function)
h3 DNS, SIP, MQTT ─┘ ╚═ s3 ═╝── h5 business servers, SSH, wall (a service function)
"""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from mininet.log import setLogLevel
from mininet.net import Mininet

from topologies.demo.machine import DemoError
from topologies.triangle import Triangle

if TYPE_CHECKING:
    from topologies.demo.ledger import Ledger

SWITCHES = ("s1", "s2", "s3")
FUNCTIONS = MappingProxyType({"shaper": "s2", "wall": "s3"})
CLIENT, OTHER_CLIENT, INFRA, VIDEO, BUSINESS = "h1", "h2", "h3", "h4", "h5"
ADDRESS = MappingProxyType({f"h{number}": f"10.0.0.{number}" for number in range(1, 6)})
NAMESPACE_PREFIX = "as-"
COMMAND_TIMEOUT_S = 30.0
INTERFACES = Path("/sys/class/net")
NAMESPACES = Path("/run/netns")  # ip-netns(8)


class Network:
    """The running network; `build` makes it, the ledger takes it away."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self._nodes: dict[str, int] = {}

    def build(self) -> None:
        """Make switches, links, hosts and functions; hosts resolve names at the DNS server on h3."""
        topo = Triangle(functions=FUNCTIONS)
        ends = [link[end] for _, _, link in topo.links(withInfo=True) for end in ("intfName1", "intfName2")]
        interfaces = [name for name in ends if name.startswith(SWITCHES)]  # the others are in hosts
        _refuse_strangers([*SWITCHES, *interfaces], [NAMESPACE_PREFIX + host for host in topo.hosts()])
        for switch in SWITCHES:
            self.ledger.bridge(switch)
        for interface in interfaces:
            self.ledger.interface(interface)
        setLogLevel("critical")
        Mininet.inited = True  # its own init would raise limits of the whole machine, and nobody would take them back
        net = Mininet(topo=topo, controller=None, build=False, autoSetMacs=True)
        net.build()
        for host in net.hosts:
            self._nodes[host.name] = host.pid
            self.ledger.namespace(NAMESPACE_PREFIX + host.name, host.pid)
        net.start()
        self._mininet = net  # its terminals keep the shells alive, and those the namespaces
        resolv = self.ledger.home / "resolv.conf"
        resolv.write_text(f"nameserver {ADDRESS[INFRA]}\noptions timeout:2 attempts:3\n")
        for host in ADDRESS:
            self.run(host, "mount", "--bind", str(resolv), "/etc/resolv.conf")
            # A denied connection's last bytes are repeated for minutes, and would keep the namespace alive so long.
            self.run(host, "sysctl", "-qw", "net.ipv4.tcp_orphan_retries=1")

    def mac(self, host: str) -> str:
        """Return the address of the host's interface."""
        return self.run(host, "cat", f"/sys/class/net/{host}-eth0/address").stdout.strip()

    def run(
        self,
        host: str,
        *command: str,
        timeout_s: float = COMMAND_TIMEOUT_S,
        stdin: str | None = None,
        check: bool = True,
    ) -> subprocess.CompletedProcess[str]:
        """Run a program in `host` and wait for it; DemoError if it fails or hangs, unless `check` is off."""
        full = [*self._prefix(host), *command]
        try:
            done = subprocess.run(
                full, capture_output=True, text=True, timeout=timeout_s, check=False, input=stdin or ""
            )
        except subprocess.TimeoutExpired as error:
            if check:
                raise DemoError(f"{host}: {' '.join(command)} did not end within {timeout_s:g} s") from error
            return subprocess.CompletedProcess(
                full, returncode=124, stdout=_text(error.stdout), stderr=_text(error.stderr)
            )
        if check and done.returncode != 0:
            raise DemoError(f"{host}: {' '.join(command)} failed: {done.stderr.strip() or done.stdout.strip()}")
        return done

    def start(
        self, host: str, *command: str, log: Path, cwd: Path | None = None, environment: Mapping[str, str] | None = None
    ) -> subprocess.Popen[bytes]:
        """Start a program in `host` that goes on by itself; it writes to `log`."""
        with log.open("ab") as file:
            return subprocess.Popen(
                [*self._prefix(host), *command],
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=file,
                cwd=cwd,
                env={**os.environ, **(environment or {})},
                start_new_session=True,  # Ctrl-C is the demo's own business
            )

    @contextlib.contextmanager
    def background(self, host: str, *command: str, log: Path) -> Iterator[subprocess.Popen[bytes]]:
        """Run a program in `host` for as long as the block lasts."""
        process = self.start(host, *command, log=log)
        try:
            yield process
        finally:
            process.terminate()
            process.wait(timeout=COMMAND_TIMEOUT_S)

    def _prefix(self, host: str) -> Sequence[str]:
        return ("mnexec", "-a", str(self._nodes[host]))


def _refuse_strangers(interfaces: Sequence[str], namespaces: Sequence[str]) -> None:
    """Raise DemoError if somebody else uses a name of ours: what is in the ledger is removed at the end."""
    strangers = [name for name in interfaces if (INTERFACES / name).exists()]  # a bridge has one of its own name
    strangers += [name for name in namespaces if (NAMESPACES / name).exists()]
    if strangers:
        raise DemoError(f"the demo needs these names for itself, and they are in use here: {', '.join(strangers)}")


def _text(output: bytes | str | None) -> str:
    return output.decode(errors="replace") if isinstance(output, bytes) else output or ""
