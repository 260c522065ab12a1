"""Verdicts a second from the engine through the shim to a controller.

New flows, one DNS query each, are sent through the switch to the agent's tap; the controller counts what arrives in
FLOW_EVENTS while they are sent. The sender, a process of its own, pauses after each burst, as a switch that reads
packets by itself (no DPDK) loses a flood before the tap; what is lost all the same is told with its place: before the
tap, or by the agent's own counters. The rate cannot be more than what was sent a second, which the note says.
"""

import socket
import time
from concurrent.futures import ProcessPoolExecutor
from typing import Any

from tests.bench import lab
from tests.bench.figures import Figure
from tests.bench.marks import query
from tests.bench.peer import Peer

FLOWS = 50000
BURST, PAUSE_S = 32, 0.0005
IDLE_S = 3.0
STATUS_S = 2.5  # the agent writes its counters every two seconds


def measure() -> list[Figure]:
    """The rate, and the share that arrived."""
    port = lab.free_port()
    peer = Peer(port)
    with lab.bridge(("asb-gen",)), lab.agent(port) as agent:
        lab.run("ovs-ofctl", "-O", "OpenFlow14", "add-flow", lab.BRIDGE, f"in_port=1,actions=output:{agent.tap}")
        session = peer.accept()
        session.subscribe()
        with ProcessPoolExecutor(max_workers=1) as sender:
            sending = sender.submit(send)
            count, seconds = session.count_verdicts(FLOWS, IDLE_S)
            sent_per_s = FLOWS / sending.result()
        session.close()
        time.sleep(STATUS_S)
        tapped = lab.interface(lab.TAP)["stats64"]["rx"]["packets"]
        note = f"{FLOWS:,} sent ({sent_per_s:,.0f} a second), {tapped:,} tapped, {count:,} arrived; "
        note += f"dropped by the agent: {_drops(agent.status())}"
    peer.close()
    rate = count / max(seconds, 1e-9)
    return [Figure(name="verdicts to the controller", value=rate, unit="verdict/s", samples=count, note=note)]


def send() -> float:
    """Send everything; return the seconds that it took."""
    frames = [query(number) for number in range(FLOWS)]
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as sender:
        sender.bind(("asb-gen", 0))
        began = time.perf_counter()
        for number, frame in enumerate(frames):
            sender.send(frame)
            if number % BURST == 0:
                time.sleep(PAUSE_S)
        return time.perf_counter() - began


def _drops(status: dict[str, Any]) -> str:
    """The counters of what was dropped, those that are not zero."""
    counters = dict(status["engine"]) | {f"publisher_{name}": count for name, count in status["events"].items()}
    lost = {name: count for name, count in counters.items() if "drop" in name and count}
    return ", ".join(f"{name} {count:,}" for name, count in lost.items()) or "none"
