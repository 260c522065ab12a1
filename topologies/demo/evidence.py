"""Evidence from outside AppSteer: counters of the functions' own kernels, servers' logs, the switches' own commands.

Owns the reading of them. Nothing here asks AppSteer anything.
"""

from __future__ import annotations

import contextlib
import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from topologies.demo.functions import SHAPER, WALL, passed
from topologies.demo.machine import DemoError
from topologies.demo.network import SWITCHES, Network

OVS_TIMEOUT_S = 10
DIRECTIONS = ("forth", "back", "forth_marked", "back_marked")


@dataclass(frozen=True, slots=True)
class Count:
    """What passed: packets, and their size in bytes of IP packet."""

    packets: int = 0
    size: int = 0

    def __add__(self, other: Count) -> Count:
        return Count(self.packets + other.packets, self.size + other.size)

    def __sub__(self, other: Count) -> Count:
        return Count(self.packets - other.packets, self.size - other.size)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The functions' counters at one moment, or between two: (function, direction, server, protocol, port) → count."""

    counts: Mapping[tuple[str, str, str, str, int], Count]

    @classmethod
    def take(cls, network: Network) -> Snapshot:
        """Read all counters of both functions."""
        counts: dict[tuple[str, str, str, str, int], Count] = {}
        for function in (SHAPER, WALL):
            for direction in DIRECTIONS:
                for seen in passed(network, function, direction):
                    server = seen.destination if direction.startswith("forth") else seen.source
                    key = (function, direction, server, seen.protocol, seen.port)
                    counts[key] = counts.get(key, Count()) + Count(seen.packets, seen.size)
        return cls(counts)

    def since(self, earlier: Snapshot) -> Snapshot:
        """Return what came between `earlier` and this."""
        return Snapshot({key: count - earlier.counts.get(key, Count()) for key, count in self.counts.items()})

    def of(self, function: str, direction: str, server: str, protocol: str = "", port: int = 0) -> Count:
        """Sum what passed `function` in `direction` for a server, and a protocol and port if given."""
        total = Count()
        for (its_function, its_direction, its_server, its_protocol, its_port), count in self.counts.items():
            wanted = (its_function, its_direction, its_server) == (function, direction, server)
            if wanted and protocol in ("", its_protocol) and port in (0, its_port):
                total += count
        return total


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule as `ovs-ofctl dump-flows` shows it. `duration_s` is how long the switch has had it."""

    text: str
    cookie: str
    packets: int
    duration_s: float


def rules(switch: str) -> dict[str, Rule]:
    """Return the rules of a switch by table, priority, match and actions."""
    listing = _ovs("ovs-ofctl", "-O", "OpenFlow14", "dump-flows", switch)
    found = {}
    for line in listing.splitlines():
        fields = dict(re.findall(r"(cookie|duration|n_packets)=([0-9a-fx.]+)", line))
        if len(fields) < 3:
            continue
        text = re.sub(r"(cookie|duration|n_packets|n_bytes|idle_age|hard_age)=[^ ]*,? ?", "", line).strip()
        duration_s, packets = float(fields["duration"]), int(fields["n_packets"])
        found[text] = Rule(text=text, cookie=fields["cookie"], packets=packets, duration_s=duration_s)
    return found


def all_rules() -> dict[tuple[str, str], Rule]:
    """Return the rules of all switches."""
    return {(switch, text): rule for switch in SWITCHES for text, rule in rules(switch).items()}


def conntrack(*needles: str) -> list[str]:
    """Return the lines of the switch's connection table that hold all `needles`."""
    lines = _ovs("ovs-appctl", "dpctl/dump-conntrack").splitlines()
    return [line for line in lines if all(needle in line for needle in needles)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tracked:
    """A connection as the switch's own table has it, in one zone."""

    source: str
    destination: str
    source_port: int
    destination_port: int
    zone: int
    mark: int
    label: int


def tracked(source: str, source_port: int) -> list[Tracked]:
    """Return the marked TCP connections that `source` opened from `source_port`, one for each zone."""
    found = [_tracked(line) for line in conntrack(f"tcp,orig=(src={source},", f"sport={source_port},")]
    return [connection for connection in found if connection and connection.source_port == source_port]


def established(zone: int) -> list[Tracked]:
    """Return the marked TCP connections of a zone that are open in both directions."""
    return [connection for line in conntrack(f"zone={zone},", "state=ESTABLISHED") if (connection := _tracked(line))]


def _tracked(line: str) -> Tracked | None:
    ends = re.search(r"^tcp,orig=\(src=([\d.]+),dst=([\d.]+),sport=(\d+),dport=(\d+)\)", line)
    zone, mark, label = (re.search(rf",{name}=(\w+)", line) for name in ("zone", "mark", "labels"))
    if not (ends and zone and mark and label):
        return None
    return Tracked(
        source=ends[1],
        destination=ends[2],
        source_port=int(ends[3]),
        destination_port=int(ends[4]),
        zone=int(zone[1]),
        mark=int(mark[1], 0),
        label=int(label[1], 0),
    )


def trace_next(switch: str, port: str, connection: Tracked, macs: tuple[str, str]) -> str:
    """Return what the switch would do with the connection's next packet: the datapath actions of `ofproto/trace`.

    The packet comes in at `port`; its connection state is what the switch's own table says it is.
    """
    flow = (
        f"in_port={port},tcp,dl_src={macs[0]},dl_dst={macs[1]},nw_src={connection.source},nw_dst={connection.destination},"
        f"tp_src={connection.source_port},tp_dst={connection.destination_port},nw_ttl=64,tcp_flags=ack,"
        f"ct_state=trk|est,ct_zone={connection.zone},ct_mark={connection.mark:#x},ct_label={connection.label:#x}"
    )
    traced = _ovs("ovs-appctl", "ofproto/trace", switch, flow, "--ct-next", "trk,est")
    actions = re.findall(r"^Datapath actions: (.*)$", traced, re.MULTILINE)
    return str(actions[-1]) if actions else traced.strip()


@contextlib.contextmanager
def sniffing(network: Network, host: str, expression: str, log: Path, way: str = "inout") -> Iterator[None]:
    """Let tcpdump write a line for each packet that fits `expression` on the host's interface during the block.

    `way` is `in`, `out` or `inout`, as the host sees it.
    """
    interface = f"{host}-eth0"
    command = ("tcpdump", "--immediate-mode", "-Q", way, "-lnni", interface, expression)
    with network.background(host, *command, log=log):
        network.run(host, "sh", "-c", f"until grep -q 'listening on' {log}; do sleep 0.05; done")
        yield


def sniffed(log: Path, needle: str = "") -> int:
    """Count the packets that tcpdump wrote to `log`, or those whose line holds `needle`."""
    lines = [line for line in log.read_text().splitlines() if re.match(r"\d\d:\d\d:\d\d\.", line)]
    return sum(needle in line for line in lines)


def _ovs(*command: str) -> str:
    """Return what the command prints; DemoError if it fails, as an empty answer would look like evidence."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=OVS_TIMEOUT_S)
    except subprocess.TimeoutExpired as error:
        raise DemoError(f"{' '.join(command)} did not end within {OVS_TIMEOUT_S} s") from error
    if done.returncode != 0:
        raise DemoError(f"{' '.join(command)} failed: {done.stderr.strip()}")
    return done.stdout
