"""How long a flow waits for its verdict: from the classifying packet's arrival to the mark, and to the new path.

On a real bridge with a real agent. Each flow is a DNS query to an odd port: its first packet classifies it. The switch
copies unsettled flows to the tap and sends them out of port `old`; settled ones leave by port `new`.

*New path*: the query is repeated every 50 µs or so; both times are the kernel's, taken where a packet leaves the
bridge. *Mark*: the connection tracker is asked over and over through the daemon's control socket, so that the figure
includes the question.
"""

import socket
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager

from tests.bench import lab
from tests.bench.figures import Figure, latency_figures

FLOWS = 1000
REPEAT_S = 50e-6
GIVE_UP_S = 0.5
PORTS = ("asb-gen", "asb-old", "asb-new")
SO_TIMESTAMPNS = 35  # asm-generic/socket.h
TIMESPEC = struct.Struct("@qq")
ODD_PORT = 5399
FLOWS_BELOW = 100_000  # numbers of flows that this module sends
PORTS_A_HOST = 50_000
SOURCE = slice(26, 36)  # addresses and the sender's port in an Ethernet frame with IPv4 without options


def measure() -> list[Figure]:
    """Four latencies over 1,000 flows each."""
    with lab.bridge(PORTS), lab.agent(lab.free_port()) as agent:
        install_rules(agent.tap)
        with raw_socket("asb-gen") as sender, raw_socket("asb-old") as old, raw_socket("asb-new") as new:
            warm_up(sender, old)
            paths = [seconds for n in range(FLOWS) if (seconds := time_new_path(n, sender, old, new)) is not None]
            control = lab.Unixctl.connect()
            marks = [
                seconds for n in range(FLOWS) if (seconds := _time_mark(FLOWS + n, control, sender, old)) is not None
            ]
    figures = latency_figures("mark in conntrack", marks, goals=("<= 1 ms", "<= 5 ms"))
    figures += latency_figures("first packet on the new path", paths)
    lost = 2 * FLOWS - len(marks) - len(paths)
    return [*figures, Figure(name="flows without a mark in time", value=lost, unit="flows", samples=2 * FLOWS)]


def install_rules(tap: int) -> None:
    """Unsettled flows leave by port 2 and are copied to the tap, settled ones leave by port 3."""
    settled = "ct_label=0x1/0x1"
    commit = f"ct(commit,zone={lab.EDGE_ZONE})"
    rules = (
        f"table=0,in_port=1,udp,actions=ct(zone={lab.EDGE_ZONE},table=1)",
        f"table=1,priority=2,{settled},udp,actions=output:3",
        f"table=1,priority=1,udp,ct_state=+new,actions={commit},output:{tap},output:2",
        f"table=1,priority=0,udp,actions=output:{tap},output:2",
    )
    for rule in rules:
        lab.run("ovs-ofctl", "-O", "OpenFlow14", "add-flow", lab.BRIDGE, rule)


@contextmanager
def raw_socket(interface: str) -> Iterator[socket.socket]:
    """Frames of an interface, with the kernel's time of each."""
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0800)) as raw:
        raw.bind((interface, 0))
        raw.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        raw.setblocking(False)
        yield raw


def query(number: int) -> bytes:
    """An Ethernet frame with a DNS query (RFC 1035 §4.1); every number below 2^31 is a flow of its own."""
    host, port = divmod(number, PORTS_A_HOST)
    question = b"\x03www\x07example\x03com\x00" + struct.pack("!HH", 1, 1)
    dns = struct.pack("!HHHHHH", number & 0xFFFF, 0x0100, 1, 0, 0, 0) + question
    udp = struct.pack("!HHHH", 10_000 + port, ODD_PORT, 8 + len(dns), 0) + dns
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0)
    addresses = bytes((10, 64 + (host >> 8), host & 255, 1, 10, 9, 0, 2))
    total = sum(struct.unpack("!10H", head + addresses))
    total = (total & 0xFFFF) + (total >> 16)
    head = head[:10] + struct.pack("!H", ~((total & 0xFFFF) + (total >> 16)) & 0xFFFF)
    return bytes.fromhex("020000000002 020000000001 0800") + head + addresses + udp


def warm_up(sender: socket.socket, old: socket.socket) -> None:
    """Flows that are not measured."""
    for number in range(50000, 50050):
        sender.send(query(number))
        time.sleep(0.002)
    _drain(old)


def time_new_path(number: int, sender: socket.socket, old: socket.socket, new: socket.socket) -> float | None:
    """Seconds from a flow's first packet on the old path to its first on the new one; None when it stays on the old."""
    frame, began = query(number), time.monotonic()
    source = frame[SOURCE]
    _drain(old)
    _drain(new)
    arrived = moved = None
    while time.monotonic() - began < GIVE_UP_S:
        sender.send(frame)
        arrived = arrived or _arrival(old, source)
        moved = moved or _arrival(new, source)
        if moved is not None and arrived is not None:
            return moved - arrived
        time.sleep(REPEAT_S)
    return None


def _time_mark(number: int, control: lab.Unixctl, sender: socket.socket, old: socket.socket) -> float | None:
    control.ask("dpctl/flush-conntrack", f"zone={lab.EDGE_ZONE}")
    _drain(old)
    began = time.monotonic()
    sender.send(query(number))
    arrived = None
    while time.monotonic() - began < GIVE_UP_S:
        arrived = arrived or _arrival(old)
        answer = control.ask("dpctl/dump-conntrack", "netdev@ovs-netdev", f"zone={lab.EDGE_ZONE}")
        if arrived is not None and ",mark=" in answer:
            return time.time() - arrived
        time.sleep(REPEAT_S)
    return None


def _arrival(raw: socket.socket, source: bytes = b"") -> float | None:
    """The kernel's time of the next waiting frame (from this address and port), in seconds since 1970."""
    while True:
        try:
            frame, ancillary, _, _ = raw.recvmsg(2048, 256)
        except BlockingIOError:
            return None
        if not source or frame[SOURCE] == source:
            return _time_of(ancillary)


def _time_of(ancillary: list[tuple[int, int, bytes]]) -> float | None:
    for level, kind, data in ancillary:
        if level == socket.SOL_SOCKET and kind == SO_TIMESTAMPNS:
            seconds, nanoseconds = TIMESPEC.unpack(data[: TIMESPEC.size])
            return float(seconds + nanoseconds * 1e-9)
    return None


def _drain(raw: socket.socket) -> None:
    while _arrival(raw) is not None:
        pass
