"""Parts that every topology here is made of.

Owns what Open vSwitch's userspace datapath needs of the devices around it: checksum and segmentation offloads off,
because the datapath reads frames as they are in memory, and fabric links that have room for one more tag. Refuses to
know anything of AppSteer: these are plain Mininet classes, good for any controller.
"""

from __future__ import annotations

from typing import Any

from mininet.link import Intf, Link
from mininet.node import Host, OVSSwitch
from mininet.topo import Topo

HOST_MTU = 1500  # bytes of IP packet
TAG_SIZE = 4  # IEEE 802.1Q-2018 §9.3: an S-VLAN tag that switches may add between each other
FABRIC_MTU = HOST_MTU + 25 * TAG_SIZE  # one tag is enough; the rest is for whoever experiments with NSH or VXLAN
OFFLOADS = ("rx", "tx", "sg", "tso", "gso", "gro")


class PlainInterface(Intf):  # type: ignore[misc]  # mininet has no type information
    """An interface with offloads off and an MTU, in bytes of IP packet.

    The kernel's IPv6 is off on it: a switch's side of a link must not send router solicitations into the network.
    """

    def config(self, mtu: int = HOST_MTU, **params: Any) -> dict[str, Any]:
        """Configure as Mininet does, then the MTU and the offloads."""
        configured: dict[str, Any] = super().config(**params)
        self.cmd("ip link set dev", self.name, "mtu", mtu)
        self.cmd(f"sysctl -qw net.ipv6.conf.{self.name}.disable_ipv6=1")
        self.cmd("ethtool -K", self.name, " ".join(f"{offload} off" for offload in OFFLOADS))
        return configured


class PlainLink(Link):  # type: ignore[misc]  # mininet has no type information
    """A veth pair between a switch and a host, or between two switches (then with `mtu=FABRIC_MTU`)."""

    def __init__(self, node1: Any, node2: Any, mtu: int = HOST_MTU, **params: Any) -> None:
        sides = {side: {**(params.pop(side, None) or {}), "mtu": mtu} for side in ("params1", "params2")}
        super().__init__(node1, node2, cls1=PlainInterface, cls2=PlainInterface, **sides, **params)


class UserspaceSwitch(OVSSwitch):  # type: ignore[misc]  # mininet has no type information
    """Open vSwitch with the userspace datapath, forwarding nothing until somebody installs rules."""

    def __init__(self, name: str, protocols: str = "OpenFlow13,OpenFlow14,OpenFlow15", **params: Any) -> None:
        super().__init__(name, datapath="user", failMode="secure", protocols=protocols, **params)


class QuietHost(Host):  # type: ignore[misc]  # mininet has no type information
    """A host that speaks IPv4 only: no router solicitations or multicast listener reports between the packets."""

    def config(self, **params: Any) -> dict[str, Any]:
        """Configure as Mininet does, with IPv6 off."""
        self.cmd("sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1")
        configured: dict[str, Any] = super().config(**params)
        return configured


class PartsTopo(Topo):  # type: ignore[misc]  # mininet has no type information
    """Names for what a topology does over and over. Ports are named after what they lead to."""

    def add_switch(self, name: str) -> str:
        """Add a userspace switch; the digits of its name become its datapath id."""
        return str(self.addSwitch(name, cls=UserspaceSwitch))

    def add_host(self, name: str, switch: str, ip: str) -> str:
        """Add a host with `ip` (address/prefix length) on the switch's port `<switch>-<host>`."""
        self.addHost(name, cls=QuietHost, ip=ip)
        self.addLink(name, switch, cls=PlainLink, intfName1=f"{name}-eth0", intfName2=f"{switch}-{name}")
        return name

    def add_function(self, name: str, switch: str) -> str:
        """Add a namespace attached by two ports: `<switch>-<name>-in` is its `in`, `<switch>-<name>-out` its `out`.

        It has no address: what its software does between `in` and `out` is the caller's.
        """
        self.addHost(name, cls=QuietHost, ip=None)
        for side in ("in", "out"):
            port = f"{switch}-{name}-{side}"
            self.addLink(name, switch, cls=PlainLink, intfName1=side, intfName2=port)
        return name

    def add_fabric_link(self, left: str, right: str) -> None:
        """Join two switches by a link with room for a service tag; its ports are `<left>-<right>`, `<right>-<left>`."""
        self.addLink(
            left, right, cls=PlainLink, mtu=FABRIC_MTU, intfName1=f"{left}-{right}", intfName2=f"{right}-{left}"
        )
