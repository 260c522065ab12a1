"""docs/tls.md, done as it says, with controller, agent and Open vSwitch; and whom the controller lets in."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import ssl
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from ofext.openflow import basic
from ofext.openflow.header import Type
from ofext.securechannel.ends import MAX_SHAKING
from tests.fakes.agent_lab import until
from tests.fakes.mortal import MORTAL
from tests.fakes.own_network import own_network
from tests.fakes.private_ovs import PrivateOvs
from tests.fakes.tls_lab import Lab, client_context, tcp

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "tls.md").read_text(encoding="utf-8")


class Follower:
    """Does what the guide says, in a folder of its own."""

    def __init__(self, ovs: PrivateOvs) -> None:
        self.folder = ovs.run_dir
        here = Path(sys.executable).parent
        self._env = {
            **os.environ,
            "PATH": f"{here}:{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "OVS_RUNDIR": str(self.folder),
            "APPSTEER_CONTROLLER": f"unix:{self.folder}/controller.sock",
        }
        self._running: list[subprocess.Popen[bytes]] = []

    def write_files(self) -> None:
        """The two configurations, with the places that a test must not share."""
        for block in re.findall(r"^```yaml\n(.*?)^```", GUIDE, re.MULTILINE | re.DOTALL):
            name = block.splitlines()[0].removeprefix("# ")
            own = {
                "controller.yaml": f"northbound: unix:{self.folder}/controller.sock\n",
                "agent.yaml": f"state_dir: {self.folder}/state\nplugins: {{address: null}}\n",
            }[name]
            text = block.replace("\novs:\n", f"\novs:\n  run_dir: {self.folder}\n")
            (self.folder / name).write_text(text + own, encoding="utf-8")

    def run(self, command: str) -> str:
        """Until it ends, well."""
        done = subprocess.run(
            command, shell=True, cwd=self.folder, env=self._env, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        return done.stdout

    def start(self, command: str) -> Path:
        """In the background; where its log is."""
        log = self.folder / f"{command.split()[1]}.log"
        with log.open("wb") as output:
            self._running.append(
                subprocess.Popen(
                    [*MORTAL, *command.split()], cwd=self.folder, env=self._env, stdout=output, stderr=output
                )
            )
        return log

    def stop(self) -> None:
        """The agent, then the controller."""
        for process in reversed(self._running):
            process.send_signal(signal.SIGTERM)
        for process in self._running:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                raise
        self._running.clear()


@pytest.fixture
def follower(tmp_path: Path) -> Iterator[Follower]:
    with own_network():
        ovs = PrivateOvs(tmp_path)
        found = Follower(ovs)
        try:
            ovs.sh("ovs-vsctl", "add-br", "s1", "--", "set", "bridge", "s1", "datapath_type=netdev")
            yield found
        finally:
            found.stop()
            ovs.stop()


def test_the_guide_holds(follower: Follower) -> None:
    blocks = [block.splitlines() for block in re.findall(r"^```sh\n(.*?)^```", GUIDE, re.MULTILINE | re.DOTALL)]
    make, start, look, renew, undo = blocks
    for command in make:
        follower.run(command)
    follower.write_files()
    controller, agent = [follower.start(command) for command in start]
    until(lambda: "(plain TCP)" in controller.read_text() or "(TLS)" in controller.read_text(), 60)
    until(lambda: re.search(r"bridge s1: 127.0.0.1 is CN=host1-switch \(TLSv1\.[23]\)", agent.read_text()), 60)
    until(lambda: "OpenFlow: 127.0.0.1 is CN=host1-agent" in controller.read_text())
    until(lambda: "ready" in follower.run("appsteer status"), 60)
    target, settings, _ = [follower.run(command) for command in look]
    assert target.startswith("ssl:127.0.0.1:")
    assert "host1-switch.key" in settings
    for command in renew:
        follower.run(command)
    assert "refused" not in agent.read_text() + controller.read_text()
    follower.stop()
    assert "TLS settings taken away" in follower.run(undo[0])


def test_controller_refuses_strangers_and_serves_the_others(follower: Follower) -> None:
    follower.write_files()
    lab = Lab(follower.folder / "tls")
    lab.issue("controller", "controller")
    expired = lab.issue("old", "agent", "host1-agent", lifetime=timedelta(days=-1))
    strange = Lab(follower.folder / "strange").issue("host1-agent", "agent")
    good, guest = lab.issue("host1-agent", "agent"), lab.issue("guest", "agent")
    log = follower.start("appsteer controller --config controller.yaml")
    until(lambda: "waiting for switches" in log.read_text(), 60)
    held = [tcp(6653) for _ in range(3 * MAX_SHAKING)]
    for files in (expired, strange, guest, None):
        assert greeting(client_context(files, good.authority)) == b""
    with tcp(6653) as plain:
        plain.sendall(basic.hello([5]))
        assert plain.recv(1) in (b"", b"\x15")
    context = client_context(good, good.authority)
    with context.wrap_socket(tcp(6653)) as agent:
        assert agent.recv(8)[1] == Type.HELLO
        for peer in held:
            peer.close()
        lab.issue("controller", "controller", replace=True)
        assert greeting(context)[1] == Type.HELLO  # with the new certificate
        agent.sendall(basic.hello([5]))
        assert agent.recv(8)[1] == Type.FEATURES_REQUEST  # the old connection stands
    for words in (
        "its certificate is not accepted: certificate has expired",
        "its certificate is of an authority that we do not know",
        "its certificate is of CN=guest, expected is host1-agent",
        "it showed no certificate",
        "it speaks OpenFlow without TLS",
    ):
        assert f"OpenFlow: 127.0.0.1 is refused: {words}" in log.read_text()
    assert "Traceback" not in log.read_text()


def greeting(context: ssl.SSLContext) -> bytes:
    """What the controller says first; empty when it does not."""
    with contextlib.suppress(ssl.SSLError, ConnectionError), context.wrap_socket(tcp(6653)) as peer:
        return peer.recv(8)
    return b""
