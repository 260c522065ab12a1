"""The demo's pieces: a ledger that takes everything away, functions that count, what is shown."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("mininet", reason="the demo's packages are not installed")

from topologies.demo.evidence import Snapshot, sniffed
from topologies.demo.functions import WALL, set_up_shaper, set_up_wall
from topologies.demo.ledger import Ledger
from topologies.demo.machine import DemoError, check_programs, ovs_runs
from topologies.demo.network import ADDRESS, BUSINESS, CLIENT, SWITCHES, Network
from topologies.demo.report import columns

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root"),
]


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    ledger = Ledger(tmp_path / "home")
    ledger.open()
    yield ledger
    ledger.undo()


@pytest.fixture
def network(ledger: Ledger) -> Network:
    check_programs()
    if not ovs_runs():
        pytest.skip("Open vSwitch is not running")
    if Ledger().owner() is not None:
        pytest.skip("a demo is running: its switches have the same names")
    network = Network(ledger)
    network.build()
    return network


def test_undo_ends_noted_processes_and_removes_noted_interfaces(ledger: Ledger) -> None:
    process = subprocess.Popen(["sleep", "60"])
    ledger.process(process.pid)
    ledger.interface("asd-a")
    subprocess.run(["ip", "link", "add", "asd-a", "type", "veth", "peer", "name", "asd-b"], check=True)
    ledger.undo()
    assert process.poll() is not None
    assert not Path("/sys/class/net/asd-a").exists()
    assert not Path("/sys/class/net/asd-b").exists()
    assert not ledger.home.exists()


def test_undo_kills_what_ignores_the_request_to_end(ledger: Ledger) -> None:
    code = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('ready', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        ledger.process(process.pid)
        ledger.undo()
        assert process.poll() is not None or process.wait(timeout=5) == -signal.SIGKILL


def test_a_process_id_that_was_used_again_is_left_alone(ledger: Ledger) -> None:
    process = subprocess.Popen(["sleep", "60"])
    try:
        ledger.process(process.pid)
        file = ledger.home / "ledger.jsonl"
        started = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[19]
        file.write_text(file.read_text().replace(f'"{started}"', '"1"'))
        ledger.undo()
        assert process.poll() is None
    finally:
        process.kill()
        process.wait()


def test_a_second_demo_is_refused_while_the_first_one_lives(ledger: Ledger) -> None:
    with pytest.raises(DemoError, match=f"process {os.getpid()}"):
        Ledger(ledger.home).open()


def test_what_a_killed_demo_left_is_taken_away_by_the_next(tmp_path: Path) -> None:
    home = tmp_path / "home"
    code = (
        "import subprocess, sys, time; from pathlib import Path; from topologies.demo.ledger import Ledger;"
        f"ledger = Ledger(Path({str(home)!r})); ledger.open();"
        "process = subprocess.Popen(['sleep', '60']); ledger.process(process.pid);"
        "print(process.pid, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        left = int(owner.stdout.readline())
        owner.kill()
    ledger = Ledger(home)
    ledger.open()
    try:
        assert not Path(f"/proc/{left}").exists() or "Z" in Path(f"/proc/{left}/stat").read_text()
    finally:
        ledger.undo()


def test_the_network_is_built_and_taken_away_whole(network: Network, ledger: Ledger) -> None:
    bridges = subprocess.run(["ovs-vsctl", "list-br"], capture_output=True, text=True, check=True).stdout.split()
    assert set(SWITCHES) <= set(bridges)
    assert ADDRESS[CLIENT] in network.run(CLIENT, "ip", "-4", "addr").stdout
    ledger.undo()
    bridges = subprocess.run(["ovs-vsctl", "list-br"], capture_output=True, text=True, check=True).stdout.split()
    assert not set(SWITCHES) & set(bridges)
    namespaces = subprocess.run(["ip", "netns", "list"], capture_output=True, text=True, check=True).stdout
    assert "as-h1" not in namespaces
    assert not Path("/sys/class/net/s1-s2").exists()


def test_names_that_somebody_else_uses_are_refused_and_left_alone(ledger: Ledger) -> None:
    stranger = Path("/sys/class/net/s1-s2")
    subprocess.run(["ip", "link", "add", stranger.name, "type", "veth", "peer", "name", "asd-peer"], check=True)
    try:
        with pytest.raises(DemoError, match="s1-s2"):
            Network(ledger).build()
        ledger.undo()
        assert stranger.exists()
    finally:
        subprocess.run(["ip", "link", "del", stranger.name], check=True)


def test_the_wall_counts_each_direction_of_what_is_led_through_it(network: Network) -> None:
    set_up_shaper(network)
    set_up_wall(network)
    _lead_through_wall()
    before = Snapshot.take(network)
    network.run(CLIENT, "ping", "-q", "-c3", "-i0.2", ADDRESS[BUSINESS])
    passed = Snapshot.take(network).since(before)
    assert passed.of(WALL, "forth", ADDRESS[BUSINESS], "icmp").packets == 3
    assert passed.of(WALL, "back", ADDRESS[BUSINESS], "icmp").packets == 3


def test_tcpdump_lines_are_counted_and_other_lines_are_not(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text(
        "tcpdump: verbose output suppressed\n12:00:01.5 IP 10.0.0.1.5 > 10.0.0.2.6: UDP\n3 packets captured\n"
    )
    assert sniffed(log) == 1
    assert sniffed(log, "> 10.0.0.2.") == 1
    assert sniffed(log, "> 10.0.0.3.") == 0


def test_a_flow_is_shown_with_its_carrier_and_its_path() -> None:
    flow = {
        "l4": 6, "src": "10.0.0.1", "sport": 1, "dst": "10.0.0.2", "dport": 443, "app": "YouTube", "protocol": "TLS",
        "state": "final", "category": "video", "verdict_packet": 4, "policy": "video", "action": "chain",
        "path": ["s1", "s2", "shaper"],
    }  # fmt: skip
    assert columns(flow)[1:] == ("YouTube over TLS", "video", "4", "video", "s1 → s2 → shaper")
    assert columns({**flow, "action": "deny"})[-1] == "denied"


def _lead_through_wall() -> None:
    """Without a controller: normal forwarding over s1 and s3 only, IP between h1 and h5 through the wall."""
    subprocess.run(["ip", "link", "set", "s1-s2", "down"], check=True)
    rules = {
        "s1": ["priority=0,actions=NORMAL"],
        "s3": [
            "priority=100,ip,in_port=s3-s1,actions=output:s3-wall-in",
            "priority=100,ip,in_port=s3-wall-out,actions=output:s3-h5",
            "priority=100,ip,in_port=s3-h5,actions=output:s3-wall-out",
            "priority=100,ip,in_port=s3-wall-in,actions=output:s3-s1",
            "priority=50,arp,in_port=s3-s1,actions=output:s3-h5",
            "priority=50,arp,in_port=s3-h5,actions=output:s3-s1",
        ],
    }
    for switch, lines in rules.items():
        for line in lines:
            subprocess.run(["ovs-ofctl", "-O", "OpenFlow14", "add-flow", switch, line], check=True)
