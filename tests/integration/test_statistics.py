"""Statistics of agents through the northbound API: a controller, an agent and an Open vSwitch of the test's own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from controller_app.errors import NorthboundError
from controller_app.northbound import appsteer_pb2 as pb
from controller_app.northbound.client import connect
from tests.fakes.agent_lab import until
from tests.fakes.mortal import MORTAL
from tests.fakes.own_network import own_network
from tests.fakes.private_ovs import PrivateOvs

pytestmark = pytest.mark.integration

APPSTEER = (sys.executable, "-c", "from controller_app.cli.main import main; main()")
ROOT = Path(__file__).parents[2]
TIMEOUT_S = 1.5  # seconds
# SNMP, version 2c, get, community "public": 192.0.2.1:40000 to 192.0.2.2:161.
SNMP = bytes.fromhex("302602010104067075626c6963a0190201010201000201 00300e300c06082b060102010101000500")
UDP = bytes.fromhex("9c4000a1") + (8 + len(SNMP)).to_bytes(2) + b"\0\0" + SNMP
IPV4 = b"\x45\0" + (20 + len(UDP)).to_bytes(2) + bytes.fromhex("0000000040110000c0000201c0000202")
FRAME = bytes.fromhex("020000000002 020000000001 0800") + IPV4 + UDP


class Installation:
    """Programs in a folder, as an operator runs them."""

    def __init__(self, ovs: PrivateOvs) -> None:
        self.ovs, self.folder = ovs, ovs.run_dir
        self.address = f"unix:{self.folder}/api.sock"
        self._environment = {**os.environ, "PYTHONPATH": str(ROOT), "OVS_RUNDIR": str(self.folder)}

    def start(self, program: str, config: str) -> subprocess.Popen[bytes]:
        """The controller or the agent."""
        path = self.folder / f"{program}.yaml"
        path.write_text(config, encoding="utf-8")
        command = [*MORTAL, *APPSTEER, program, "--config", str(path)]
        with (self.folder / f"{program}.log").open("wb") as log:
            return subprocess.Popen(command, env=self._environment, stdout=log, stderr=log)

    def apps(self) -> list[pb.AppStatistics]:
        """What the agent has counted."""
        with connect(self.address) as client:
            return client.app_statistics("s1")

    def switch(self) -> pb.Switch:
        """The only switch, and an empty one until the controller has it."""
        try:
            with connect(self.address) as client:
                return next(iter(client.status(with_statistics=True).switches), pb.Switch())
        except NorthboundError:
            return pb.Switch()


@pytest.fixture
def installed(tmp_path: Path) -> Iterator[tuple[Installation, subprocess.Popen[bytes]]]:
    """Controller and agent beside the bridge s1, and the agent's process."""
    with own_network(), ExitStack() as ends:
        ovs = PrivateOvs(tmp_path)
        ends.callback(ovs.stop)
        ovs.sh("ovs-vsctl", "add-br", "s1", "--", "set", "bridge", "s1", "datapath_type=netdev")
        found = Installation(ovs)
        controller = found.start(
            "controller",
            f"northbound: 'unix:{tmp_path}/api.sock'\nstate_dir: {tmp_path}/controller\n"
            f"openflow: {{port: 16633, request_timeout_s: {TIMEOUT_S}}}\n",
        )
        ends.callback(end, controller)
        agent = found.start(
            "agent",
            "controller: {address: 127.0.0.1, port: 16633}\nbridges: [{name: s1}]\n"
            f"state_dir: {tmp_path}/agent\novs: {{run_dir: {tmp_path}}}\nplugins: {{folders: [], address: null}}\n",
        )
        ends.callback(end, agent)
        until(lambda: found.switch().stage == "ready", 90)
        yield found, agent


def end(process: subprocess.Popen[bytes]) -> None:
    """By SIGTERM, even if it was stopped."""
    process.send_signal(signal.SIGCONT)
    process.terminate()
    process.wait(20)


def test_what_an_agent_counts_is_told(installed: tuple[Installation, subprocess.Popen[bytes]]) -> None:
    found, agent = installed
    out = f"in_port=controller,packet={FRAME.hex()},actions=output:{found.switch().tap_port}"
    found.ovs.sh("ovs-ofctl", "-OOpenFlow14", "packet-out", f"{found.folder}/s1.mgmt", out)
    until(found.apps, 30)
    (snmp,) = found.apps()
    assert (snmp.key, snmp.category, snmp.risk, snmp.flows) == ("snmp", "network", 40, 1)
    assert (snmp.packets_c2s, snmp.bytes_c2s) == (1, len(FRAME))
    figures = found.switch().statistics
    assert figures.counters["engine.packets"] >= 1  # the controller's LLDP may have come too
    assert figures.counters["book.flows"] == 1
    assert [(plugin.name, plugin.is_base) for plugin in figures.plugins] == [("packaged", True)]
    agent.send_signal(signal.SIGSTOP)
    silent = found.switch().statistics
    assert silent.problem.endswith(f"no answer to engine statistics within {TIMEOUT_S:g} s")
    with pytest.raises(NorthboundError, match="no answer to application statistics"):
        found.apps()
