"""The network and the catalogue as the compiler sees them: frozen values, made by the controller.

A view may be partial (switches connect one after the other); what it contains must be consistent.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from steering.errors import NetworkError

PortRef = tuple[int, int]  # datapath id, port number


@dataclass(frozen=True, slots=True)
class PortView:
    """One port of a switch."""

    number: int
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchView:
    """One switch. `tap_port` leads to the DPI agent (None: none); the conntrack zones belong to it."""

    dpid: int
    name: str
    ports: Mapping[int, PortView]
    tap_port: int | None
    edge_zone: int
    service_zone: int

    def port_named(self, port: str | int) -> int | None:
        """The number of a port given by name or number; None if the switch has no such port."""
        if isinstance(port, int):
            return port if port in self.ports else None
        return next((view.number for view in self.ports.values() if view.name == port), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class HostView:
    """A host that was seen: its address and the host port behind which it is."""

    mac: str
    dpid: int
    port: int
    ips: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkView:
    """Switches by datapath id, links as pairs of ports (one direction is enough), hosts by MAC address.

    A link whose end is not among the switches is ignored (that switch is away); one to a port that a present switch
    does not have is refused. `held_ports` take part in nothing but LLDP: ports of which the controller does not know
    yet whether a host or a switch is behind them (flooding could close a loop). The ports of a link from a switch to
    itself are held too, unless a function is attached there (LLDP may pass through it).
    """

    switches: Mapping[int, SwitchView]
    links: frozenset[tuple[PortRef, PortRef]] = frozenset()
    hosts: Mapping[str, HostView] = field(default_factory=dict)
    held_ports: frozenset[PortRef] = frozenset()

    def __post_init__(self) -> None:
        for dpid, switch in self.switches.items():
            if dpid != switch.dpid:
                raise NetworkError(
                    f"switch {switch.name} is filed under {dpid:#x} but has datapath id {switch.dpid:#x}"
                )
            if switch.edge_zone == switch.service_zone:
                raise NetworkError(f"switch {switch.name}: edge and service zone are both {switch.edge_zone}")
        for end_a, end_b in self.live_links():
            for dpid, port in (end_a, end_b):
                if port not in self.switches[dpid].ports:
                    raise NetworkError(f"link to port {port} of switch {dpid:#x}, which has no such port")

    def live_links(self) -> Iterator[tuple[PortRef, PortRef]]:
        """Links between two present switches, each once, the smaller end first, in order."""
        both = {(min(link), max(link)) for link in self.links if link[0][0] != link[1][0]}
        yield from sorted(link for link in both if link[0][0] in self.switches and link[1][0] in self.switches)

    def fabric_ports(self, dpid: int) -> frozenset[int]:
        """Ports of a switch that lead to another switch, also one that is away at the moment."""
        ends = (end for link in self.links if link[0][0] != link[1][0] for end in link)
        return frozenset(port for end_dpid, port in ends if end_dpid == dpid)

    def idle_ports(self, dpid: int) -> frozenset[int]:
        """Ports of a switch that are held, or that a cable connects with another port of the same switch."""
        looped = (end for link in self.links if link[0][0] == link[1][0] for end in link)
        return frozenset(port for end_dpid, port in (*self.held_ports, *looped) if end_dpid == dpid)

    def switch_named(self, name: str) -> SwitchView | None:
        """The switch with this name, or with this datapath id written in hexadecimal (`0x1`)."""
        for switch in self.switches.values():
            if name in (switch.name, f"{switch.dpid:#x}"):
                return switch
        return None


@dataclass(frozen=True, slots=True)
class AttributeView:
    """An attribute of flows: its number, and its type (`ofext.catalogue.AttributeType`)."""

    number: int
    kind: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueView:
    """What the agents can recognise: application key to App-ID, category key to number, attributes by name.

    `owners` has the App-IDs of an owner's applications, by its name in lower case.
    `tags` is None where an agent does not tell which there are.
    """

    applications: Mapping[str, int]
    categories: Mapping[str, int]
    attributes: Mapping[str, AttributeView] = field(default_factory=dict)
    owners: Mapping[str, frozenset[int]] = field(default_factory=dict)
    tags: frozenset[str] | None = None
