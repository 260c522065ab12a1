"""Verdicts a second from the engine through the shim to a controller.

New flows, one DNS query each, are written to the agent's tap as fast as one sender can; the controller counts what
arrives in FLOW_EVENTS. What did not arrive was dropped in the ring or in a queue, and is counted there.
"""

import socket

from tests.bench import lab
from tests.bench.figures import Figure
from tests.bench.marks import query
from tests.bench.peer import Peer

FLOWS = 50000
IDLE_S = 3.0


def measure() -> list[Figure]:
    """The rate, and the share that arrived."""
    port = lab.free_port()
    peer = Peer(port)
    with lab.bridge(("asb-gen",)), lab.agent(port) as tap:
        lab.run("ovs-ofctl", "-O", "OpenFlow14", "add-flow", lab.BRIDGE, f"in_port=1,actions=output:{tap}")
        session = peer.accept()
        session.subscribe()
        with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as sender:
            sender.bind(("asb-gen", 0))
            for number in range(FLOWS):
                sender.send(query(number))
        count, seconds = session.count_verdicts(FLOWS, IDLE_S)
        session.close()
    peer.close()
    note = f"{count:,} of {FLOWS:,} arrived"
    return [
        Figure(
            name="verdicts to the controller",
            value=count / max(seconds, 1e-9),
            unit="verdict/s",
            samples=count,
            note=note,
        )
    ]
