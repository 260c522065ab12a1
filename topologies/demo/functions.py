"""The two service functions: ordinary Linux bridges between two ports, one that shapes and one that marks.

Owns how they are set up and how their own counters are read. They know nothing of AppSteer, and AppSteer nothing of
what they do: `shaper` limits the rate with `tc`, `wall` is an nftables bridge that rewrites the DSCP. Both count what
passes, per direction and server port, in nftables sets; those are the demo's evidence for what went where.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from topologies.demo.network import Network

SHAPER, WALL = "shaper", "wall"
SHAPER_RATE_MBIT_S = 8
WALL_DSCP_NAME = "af21"  # RFC 2597 §6; nothing else here uses it
WALL_TOS = 0x48  # AF21 as tcpdump and IP headers show it: six bits of DSCP, two of ECN
BRIDGE = "br0"

CONVERSATION = "type ipv4_addr . ipv4_addr . inet_proto . inet_service"
# The sets are named after the direction: `forth` from the port `in` to `out`, `back` from `out` to `in`. What `wall`
# has marked already when it arrives is counted in `forth_marked` or `back_marked` too, which tells a chain's order.
COUNTING = f"""
table bridge count {{
  set forth {{ {CONVERSATION}; flags dynamic; size 4096; counter; }}
  set back {{ {CONVERSATION}; flags dynamic; size 4096; counter; }}
  set forth_marked {{ {CONVERSATION}; flags dynamic; size 4096; counter; }}
  set back_marked {{ {CONVERSATION}; flags dynamic; size 4096; counter; }}
  chain forward {{
    type filter hook forward priority -10;
    iifname "in" ether type ip update @forth {{ ip saddr . ip daddr . ip protocol . th dport }}
    iifname "out" ether type ip update @back {{ ip saddr . ip daddr . ip protocol . th sport }}
    iifname "in" ip dscp {WALL_DSCP_NAME} update @forth_marked {{ ip saddr . ip daddr . ip protocol . th dport }}
    iifname "out" ip dscp {WALL_DSCP_NAME} update @back_marked {{ ip saddr . ip daddr . ip protocol . th sport }}
  }}
}}
"""
MARKING = f"""
table bridge remark {{
  chain forward {{
    type filter hook forward priority 10;
    ether type ip ip dscp set {WALL_DSCP_NAME}
  }}
}}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed:
    """What a function saw of one conversation in one direction: `port` is the server's."""

    source: str
    destination: str
    protocol: str
    port: int
    packets: int
    size: int  # bytes


def set_up_shaper(network: Network) -> None:
    """Make `shaper`: whatever leaves it, on either side, is limited to SHAPER_RATE_MBIT_S."""
    _bridge(network, SHAPER)
    for side in ("in", "out"):
        rate = ("rate", f"{SHAPER_RATE_MBIT_S}mbit", "burst", "32kb", "latency", "100ms")
        network.run(SHAPER, "tc", "qdisc", "replace", "dev", side, "root", "tbf", *rate)
    network.run(SHAPER, "nft", "-f", "-", stdin=COUNTING)


def set_up_wall(network: Network) -> None:
    """Make `wall`: whatever passes it leaves with the DSCP AF21."""
    _bridge(network, WALL)
    network.run(WALL, "nft", "-f", "-", stdin=COUNTING + MARKING)


def passed(network: Network, function: str, direction: str) -> tuple[Passed, ...]:
    """Read what went through `function` in `direction` (a set's name) from its own nftables counters."""
    listing = network.run(function, "nft", "-j", "list", "set", "bridge", "count", direction).stdout
    elements = [
        element for entry in json.loads(listing)["nftables"] for element in entry.get("set", {}).get("elem", [])
    ]
    return tuple(_passed(element["elem"]) for element in elements)


def _bridge(network: Network, function: str) -> None:
    """Join `in` and `out` by a bridge that is a hub: it learns nothing, because both directions use both ports."""
    options = ("type", "bridge", "ageing_time", "0", "stp_state", "0", "mcast_snooping", "0", "forward_delay", "0")
    network.run(function, "ip", "link", "add", BRIDGE, *options)
    for side in ("in", "out"):
        network.run(function, "ip", "link", "set", side, "master", BRIDGE)
        network.run(function, "ip", "link", "set", side, "type", "bridge_slave", "learning", "off")
    network.run(function, "ip", "link", "set", BRIDGE, "up")
    network.run(function, "sysctl", "-qw", "net.bridge.bridge-nf-call-iptables=0", check=False)


def _passed(element: dict[str, object]) -> Passed:
    value, counter = element["val"], element["counter"]
    source, destination, protocol, port = value["concat"]  # type: ignore[index]  # nft's own JSON, see libnftables-json(5)
    return Passed(
        source=source,
        destination=destination,
        protocol=str(protocol),
        port=int(port),
        packets=int(counter["packets"]),  # type: ignore[index]
        size=int(counter["bytes"]),  # type: ignore[index]
    )
