"""Controller, agent and three switches in a ring, as an operator runs them: what the demo does not show."""

import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

pytest.importorskip("mininet", reason="the demo's packages are not installed")

from tests.open_vswitch import why_not
from topologies.demo.evidence import conntrack, sniffed, sniffing
from topologies.demo.ledger import Ledger
from topologies.demo.machine import check_programs
from topologies.demo.network import ADDRESS, BUSINESS, CLIENT, VIDEO, Network
from topologies.demo.steering import FIRST_ZONE, AppSteer

pytestmark = [pytest.mark.integration, pytest.mark.skipif(bool(why_not()), reason=why_not() or "")]

PATIENCE_S = 20.0
ICMP_APP = "mark=335544321"  # engine 20, selector 1
HOLD = """
version: 1
policies:
  - {name: look-first, match: {application: ssh}, action: deny, while_inspecting: hold}
"""


@dataclass(frozen=True, slots=True)
class Running:
    """A network under AppSteer."""

    network: Network
    appsteer: AppSteer

    def ping(self, source: str, target: str) -> bool:
        """Whether one of two echoes comes back."""
        done = self.network.run(source, "ping", "-q", "-c2", "-i0.3", "-W1", ADDRESS[target], check=False)
        return done.returncode == 0

    def ping_in_time(self, source: str, target: str) -> bool:
        """The same, tried until it succeeds or the network has had time enough."""
        deadline = time.monotonic() + PATIENCE_S
        while not self.ping(source, target):
            if time.monotonic() > deadline:
                return False
        return True


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    check_programs()
    if Ledger().owner() is not None:
        pytest.skip("a demo is running: its switches have the same names")
    ledger = Ledger(tmp_path / "home")
    ledger.open()
    try:
        policy = tmp_path / "open.yaml"
        policy.write_text("version: 1\n")
        network = Network(ledger)
        network.build()
        appsteer = AppSteer(ledger, policy)
        appsteer.start("controller")
        appsteer.start("agent")
        appsteer.wait_ready()
        running = Running(network, appsteer)
        assert running.ping_in_time(CLIENT, VIDEO)  # host ports take part once no switch has answered behind them
        assert running.ping_in_time(CLIENT, BUSINESS)
        yield running
    finally:
        ledger.undo()


def test_a_ping_is_marked_on_its_own_connection(running: Running) -> None:
    assert running.ping(CLIENT, BUSINESS)
    time.sleep(0.5)
    entries = [line for line in conntrack(f"zone={FIRST_ZONE}") if line.startswith("icmp")]
    assert entries
    assert all("type=8" in entry and ICMP_APP in entry for entry in entries)


def test_traffic_goes_the_other_way_round_the_ring_when_a_link_fails(running: Running) -> None:
    subprocess.run(["ip", "link", "set", "s1-s2", "down"], check=True)
    assert running.ping_in_time(CLIENT, VIDEO)


def test_payload_is_held_back_until_the_verdict_and_then_delivered(running: Running, tmp_path: Path) -> None:
    network = running.network
    page = "served after inspection"
    (tmp_path / "index.html").write_text(page)
    hold = tmp_path / "hold.yaml"
    hold.write_text(HOLD)
    running.appsteer.apply(hold)
    server = ("python3", "-m", "http.server", "31337", "--directory", str(tmp_path))
    request = "tcp dst port 31337 and tcp[tcpflags] & tcp-push != 0"
    sent, delivered = tmp_path / "sent.log", tmp_path / "delivered.log"
    with (
        network.background(VIDEO, *server, log=tmp_path / "http.log"),
        sniffing(network, CLIENT, request, sent),
        sniffing(network, VIDEO, request, delivered),
    ):
        url = f"http://{ADDRESS[VIDEO]}:31337/index.html"
        fetch = ("curl", "-sS", "--retry", "5", "--retry-connrefused", "--max-time", "15", url)
        assert network.run(CLIENT, *fetch).stdout == page
    assert sniffed(sent) > sniffed(delivered) > 0  # the first one was dropped, and sent again
