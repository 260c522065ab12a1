"""Records the golden session: what goes between a real agent and its controllers on OpenFlow's port.

`python -m tests.golden.record_session` (root) starts, in a network namespace of its own, a private Open vSwitch with
two hosts, the agent with its engine, a web server and a client of it; first the controller application with a policy,
then a controller that asks for everything else there is. tcpdump on the namespace's loopback writes it all down; the
file is kept as pcapng without the names of this machine.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tests.fakes.agent_lab import until
from tests.fakes.capture_file import OPENFLOW_PORT, read_pcap, write_pcapng
from tests.fakes.mortal import MORTAL
from tests.fakes.openflow_peer import ControllerPeer
from tests.fakes.own_network import own_network
from tests.fakes.private_ovs import PrivateOvs
from tests.golden.scripted_controller import everything_else

SESSION: Final = Path(__file__).with_name("session") / "session.pcapng"
MAX_SIZE: Final = 300_000  # bytes of the file: it is in the repository
BRIDGE: Final = "s1"
APPSTEER: Final = (sys.executable, "-c", "from controller_app.cli.main import main; main()")

CATEGORIES: Final = """
[[category]]
id = 0
key = "unknown"
name = "Unknown"
about = "Not recognised, or not recognised yet."

[[category]]
id = 1
key = "web"
name = "Web"
about = "Pages."

[[category]]
id = 2
key = "video"
name = "Video"
risk = 20
about = "Films."
"""
APPS: Final = """
[[app]]
id = 10001
key = "films"
name = "Films"
owner = "Example"
category = "video"
risk = 40
tags = ["streaming", "ads"]
domains = ["films.example.org"]
"""
PLUGIN: Final = """
[[app]]
id = 1000000
key = "intranet"
name = "Intranet"
owner = "Us"
category = "web"
tags = []
domains = ["intranet.example.org"]
"""
POLICY: Final = """
version: 1
policies:
  - {name: no-adverts, match: {sni: "*.adverts.example.org"}, action: deny}
  - {name: films, match: {application: films}, action: {dscp: 34}}
"""


class Host:
    """A network namespace behind a port of the bridge, as long as its process lives."""

    def __init__(self, ovs: PrivateOvs, number: int) -> None:
        self._holder = subprocess.Popen([*MORTAL, "unshare", "--net", "sleep", "600"])
        inside, port = f"h{number}", f"{BRIDGE}-h{number}"
        self.address = f"10.0.0.{number}"
        until(lambda: self._namespace() != _own_namespace())
        _sh("ip", "link", "add", port, "type", "veth", "peer", "name", inside, "netns", str(self._holder.pid))
        _sh("ip", "link", "set", port, "up")
        for command in (
            f"ip link set lo up && ip link set {inside} address 02:00:00:00:00:0{number} up",
            f"ethtool -K {inside} tx off tso off gso off gro off && ip address add {self.address}/24 dev {inside}",
        ):
            self.run("sh", "-c", command)
        _sh("ethtool", "-K", port, "tx", "off", "tso", "off", "gso", "off", "gro", "off")
        ovs.sh("ovs-vsctl", "add-port", BRIDGE, port)

    def run(self, *command: str, may_fail: bool = False) -> str:
        """A program's output."""
        done = subprocess.run(self._within(command), capture_output=True, text=True, check=not may_fail, timeout=60)
        return done.stdout

    def start(self, *command: str) -> subprocess.Popen[bytes]:
        """A program that goes on."""
        quiet = subprocess.DEVNULL
        return subprocess.Popen([*MORTAL, *self._within(command)], stdin=quiet, stdout=quiet, stderr=quiet)

    def stop(self) -> None:
        """The namespace and its interface go with the process."""
        self._holder.kill()
        self._holder.wait()

    def _within(self, command: tuple[str, ...]) -> list[str]:
        return ["nsenter", "--net", f"--target={self._holder.pid}", *command]

    def _namespace(self) -> str:
        return str(Path(f"/proc/{self._holder.pid}/ns/net").readlink())


@contextlib.contextmanager
def running(*command: str, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A daemon, ended at the end; what it says goes into a file."""
    with log.open("ab") as file, subprocess.Popen([*MORTAL, *command], stdout=file, stderr=file) as process:
        try:
            yield process
        finally:
            process.terminate()
            process.wait(30)


def record(folder: Path) -> Path:
    """The recording, as tcpdump wrote it."""
    with own_network():
        (folder / "ovs").mkdir()
        ovs = PrivateOvs(folder / "ovs")
        hosts: list[Host] = []
        try:
            fixed = ("other_config:datapath-id=00000000000000a1", "other_config:hwaddr=02:00:00:00:00:a1")
            ovs.sh("ovs-vsctl", "add-br", BRIDGE, "--", "set", "bridge", BRIDGE, "datapath_type=netdev", *fixed)
            hosts += [Host(ovs, 1), Host(ovs, 2)]
            return _record(folder, hosts[0], hosts[1])
        finally:
            for host in hosts:
                host.stop()
            ovs.stop()


def _record(folder: Path, client: Host, server: Host) -> Path:
    capture, log = folder / "capture.pcap", folder / "log"
    words = f"-i lo -U -s 0 -Z root --time-stamp-precision=nano -w {capture} tcp port {OPENFLOW_PORT}"
    config = _write_agent_config(folder)
    web = _serve(folder, server)
    try:
        with running("tcpdump", *words.split(), log=log):
            until(capture.exists)
            with running(*APPSTEER, "agent", "--config", str(config), log=folder / "agent.log"):
                _application(folder, client, server)
                peer = ControllerPeer(OPENFLOW_PORT)
                try:
                    everything_else(peer, lambda name, path: browse(client, server, name, path))
                finally:
                    peer.close()
    finally:
        web.terminate()
        web.wait(30)
    return capture


def browse(client: Host, server: Host, name: str, path: str) -> None:
    """A real client asks the server for a page under a name, over TLS unless that is plain; a policy may say no."""
    port, scheme = (80, "http") if name.startswith("plain") else (443, "https")
    resolve = f"{name}:{port}:{server.address}"
    command = ["curl", "-sk", "--max-time", "2", "--resolve", resolve, f"{scheme}://{name}:{port}{path}"]
    client.run(*command, may_fail=True)


def _application(folder: Path, client: Host, server: Host) -> None:
    """The controller application with its policy, and programs that it is about."""
    northbound = f"unix:{folder / 'controller.sock'}"
    (folder / "policy.yaml").write_text(POLICY, encoding="utf-8")
    (folder / "controller.yaml").write_text(
        f"northbound: {northbound}\npolicy: policy.yaml\nopenflow: {{port: {OPENFLOW_PORT}}}\n", encoding="utf-8"
    )

    def asked(*command: str) -> str:
        words = [*APPSTEER, *command, "--json", "--controller", northbound]
        return subprocess.run(words, capture_output=True, text=True, check=False, timeout=30).stdout

    def is_ready() -> bool:
        found = asked("status")
        return bool(found) and all(
            switch["stage"] == "ready" for switch in json.loads(found)["switches"] or [{"stage": ""}]
        )

    def is_known() -> bool:
        browse(client, server, "www.films.example.org", "/")
        return "films" in asked("flows")

    config = str(folder / "controller.yaml")
    with running(*APPSTEER, "controller", "--config", config, log=folder / "controller.log"):
        until(is_ready, 60)
        until(is_known, 60)
        browse(client, server, "www.adverts.example.org", "/")
        browse(client, server, "plain.test", "/page")


def _write_agent_config(folder: Path) -> Path:
    signatures, plugins = folder / "signatures", folder / "plugins"
    for place, name, text in (
        (signatures, "categories.toml", CATEGORIES),
        (signatures, "films.toml", APPS),
        (plugins, "branch-apps.toml", PLUGIN),
    ):
        place.mkdir(exist_ok=True)
        (place / name).write_text(text, encoding="utf-8")
    path = folder / "agent.yaml"
    path.write_text(
        f"controller: {{address: 127.0.0.1, port: {OPENFLOW_PORT}, reconnect_max_s: 0.5}}\n"
        f"bridges: [{{name: {BRIDGE}, edge_zone: 1, service_zone: 2}}]\n"
        f"state_dir: {folder / 'state'}\n"
        f"signatures: [{signatures}]\n"
        f"plugins: {{folders: [{plugins}], address: 'unix:{folder / 'agent.sock'}'}}\n"
        f"ovs: {{run_dir: {folder / 'ovs'}}}\n"
        "events: {reconcile_s: 2}\n",
        encoding="utf-8",
    )
    return path


def _serve(folder: Path, server: Host) -> subprocess.Popen[bytes]:
    """A web server, with TLS and without."""
    key, certificate = str(folder / "key.pem"), str(folder / "certificate.pem")
    request = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=films.example.org"
    _sh(*request.split(), "-keyout", key, "-out", certificate)
    (folder / "nginx.conf").write_text(
        f"daemon off; pid {folder / 'nginx.pid'}; error_log {folder / 'nginx.log'}; events {{}}\n"
        f"http {{ access_log off; server {{ listen 80; listen 443 ssl; ssl_certificate {certificate}; "
        f"ssl_certificate_key {key}; location / {{ return 200 'a page'; }} }} }}\n",
        encoding="utf-8",
    )
    return server.start("nginx", "-p", str(folder), "-c", str(folder / "nginx.conf"))


def _sh(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True, timeout=60)


def _own_namespace() -> str:
    return str(Path("/proc/thread-self/ns/net").readlink())


def main() -> None:
    """Records the session and puts it where the tests look for it."""
    with tempfile.TemporaryDirectory(prefix="appsteer-session-") as name:
        packets = list(read_pcap(record(Path(name))))
    SESSION.parent.mkdir(exist_ok=True)
    write_pcapng(SESSION, packets)
    size = SESSION.stat().st_size
    print(f"{SESSION}: {len(packets)} packets, {size} bytes")
    if size > MAX_SIZE:
        raise SystemExit(f"more than {MAX_SIZE} bytes")


if __name__ == "__main__":
    main()
