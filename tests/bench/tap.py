"""What the tap costs classified traffic: iperf3 through the bridge, with the agent's tap in place and without.

Two hosts in network namespaces of their own. Both kinds of rounds track connections in the same zone; with the tap,
packets of flows that are not settled are copied to it, as steering's tables do (docs/contracts.md §2), and an agent
inspects and marks them. Rounds take turns. A bridge that does not track connections is told for scale.
"""

import contextlib
import json
import statistics
import subprocess
import time
from collections.abc import Iterator
from typing import Final

from switch_dpi.conntrack import parse_conntrack
from tests.bench import lab
from tests.bench.figures import Figure

PORTS: Final = ("asb-left", "asb-right")
ADDRESSES: Final = ("10.7.0.1", "10.7.0.2")
ROUNDS: Final = 7
SECONDS: Final = 3
GOAL: Final = ">= 95 %"
SETTLED: Final = 1  # bit 0 of the label


def measure() -> list[Figure]:
    """Throughput each way, and the share that is left with the tap."""
    ways = ("without conntrack", "without the tap", "with the tap")
    found: dict[str, list[float]] = {way: [] for way in ways}
    with lab.bridge(PORTS), lab.agent(lab.free_port()) as agent, _hosts() as (left, right):
        with _server(right):
            for _ in range(ROUNDS):
                for way in ways:
                    _install_rules(way, agent.tap)
                    found[way].append(_iperf3(left))
        label = _label_of_last_flow()
    if not label & SETTLED:
        raise RuntimeError("the measured flow was not classified")
    plain, without, tapped = (statistics.median(found[way]) for way in ways)
    note = f"{tapped:.2f} of {without:.2f} Gbit/s; without connection tracking {plain:.2f} Gbit/s"
    shares = [100 * after / before for after, before in zip(found[ways[2]], found[ways[1]], strict=True)]
    return [
        Figure(name="throughput with the tap", value=statistics.median(shares), unit="%", samples=ROUNDS, goal=GOAL,
               note=note),
        Figure(name="throughput without connection tracking", value=100 * plain / without, unit="%", samples=ROUNDS,
               note="of that with it"),
    ]  # fmt: skip


def _install_rules(way: str, tap: int) -> None:
    lab.run("ovs-ofctl", "-O", "OpenFlow14", "del-flows", lab.BRIDGE)
    zone = lab.EDGE_ZONE
    rules = ["table=0,priority=1,arp,actions=NORMAL"]
    for port, other in ((1, 2), (2, 1)):
        tracked = f"ct(zone={zone},table=1)" if way != "without conntrack" else f"output:{other}"
        rules.append(f"table=0,in_port={port},ip,actions={tracked}")
        copy = f"output:{tap}," if way == "with the tap" else ""
        commit = f"ct(commit,zone={zone}),"
        rules += [
            f"table=1,priority=3,in_port={port},ip,ct_state=+trk+new,actions={copy}{commit}output:{other}",
            f"table=1,priority=1,in_port={port},ip,actions=output:{other}",
        ]
        if copy:
            rules.append(f"table=1,priority=2,in_port={port},ip,ct_label=0/1,actions={copy}output:{other}")
    for rule in rules:
        lab.run("ovs-ofctl", "-O", "OpenFlow14", "add-flow", lab.BRIDGE, rule)


@contextlib.contextmanager
def _hosts() -> Iterator[tuple[int, int]]:
    """A network namespace at each port; the process ids that hold them."""
    holders = [subprocess.Popen(["unshare", "--net", "sleep", "infinity"]) for _ in PORTS]
    try:
        time.sleep(0.2)  # until they have their namespaces
        for holder, port, address in zip(holders, PORTS, ADDRESSES, strict=True):
            lab.run("ip", "link", "set", port, "netns", str(holder.pid))
            _in(holder.pid, "ip", "address", "add", f"{address}/24", "dev", port)
            _in(holder.pid, "ip", "link", "set", port, "up")
            _in(holder.pid, "ethtool", "-K", port, "tx", "off", "tso", "off", "gso", "off", "gro", "off")
        yield holders[0].pid, holders[1].pid
    finally:
        for holder in holders:
            holder.kill()
            holder.wait()


def _in(pid: int, *words: str) -> str:
    return lab.run("nsenter", "--net", "--target", str(pid), *words)


@contextlib.contextmanager
def _server(pid: int) -> Iterator[None]:
    words = ["nsenter", "--net", "--target", str(pid), "iperf3", "--server"]
    server = subprocess.Popen(words, stdout=subprocess.DEVNULL)
    try:
        time.sleep(0.5)  # until it listens
        yield
    finally:
        server.kill()
        server.wait()


def _iperf3(pid: int) -> float:
    """Gbit/s that arrived over one TCP connection, its first second left out."""
    answer = _in(pid, "iperf3", "--client", ADDRESSES[1], "--time", str(SECONDS), "--omit", "1", "--json")
    return float(json.loads(answer)["end"]["sum_received"]["bits_per_second"]) / 1e9


def _label_of_last_flow() -> int:
    """Of the connection that carried most: the label has the bits of both, so those of any settled one."""
    text = lab.run("ovs-appctl", "dpctl/dump-conntrack", f"zone={lab.EDGE_ZONE}")
    label = 0
    for connection in parse_conntrack(text):
        label |= connection.label
    return label
