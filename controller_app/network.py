"""The network as `steering` sees it, made from what was discovered; and the file in which it survives a restart.

The file holds switches with their ports, links, hosts and what the agents can recognise. It is what lets a restarted
controller, or `appsteer policy compile --network`, compile the same rules before every switch is back.
"""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from controller_app.config import Config, DiscoveryOptions, HostOptions
from controller_app.datapath_state import SwitchState
from controller_app.discovery import Discovery, End, PortInfo, PortKind
from controller_app.errors import StateError
from controller_app.hosts import HostTable, SeenHost
from ofext.hello import AgentInfo
from steering.network import AttributeView, CatalogueView, HostView, NetworkView, PortView, SwitchView
from steering.policy import Policy

NETWORK_NAME = "network.json"
FILE_VERSION = 1
PLAIN_ZONES = 0x8000  # first conntrack zone of switches without an agent; agents number theirs from 100
PLAIN_ZONE_PAIRS = 0x4000  # bridges of one Open vSwitch share a conntrack table, so each has its own pair


def network_view(
    switches: Iterable[SwitchState], discovery: Discovery, hosts: HostTable, reserved: Iterable[End]
) -> NetworkView:
    """A frozen picture of the present moment. `reserved` are the ports of functions."""
    views = {switch.dpid: _switch_view(switch, discovery) for switch in switches}
    links = frozenset(
        ((one.dpid, one.port), (other.dpid, other.port))
        for one, other in discovery.links()
        if one.dpid in views and other.dpid in views
    )
    linked = {end for link in links for end in link}
    apart = {(end.dpid, end.port) for end in reserved} | {
        (view.dpid, view.tap_port) for view in views.values() if view.tap_port is not None
    }
    held = frozenset(
        ref
        for view in views.values()
        for ref in ((view.dpid, number) for number in view.ports)
        if ref not in linked and ref not in apart and discovery.kind(End(*ref)) is not PortKind.HOST
    )
    return NetworkView(switches=views, links=links, hosts=_host_views(hosts, views, linked | held), held_ports=held)


def function_ports(policy: Policy, network: NetworkView) -> frozenset[End]:
    """The ports to which functions are attached; those of switches that are not known yet are left out."""
    found = set()
    for service in policy.services.values():
        switch = network.switch_named(service.attach.switch)
        for port in (service.attach.ingress, service.attach.egress):
            number = switch.port_named(port) if switch else None
            if switch is not None and number is not None:
                found.add(End(switch.dpid, number))
    return frozenset(found)


def _switch_view(switch: SwitchState, discovery: Discovery) -> SwitchView:
    ports = {info.number: PortView(info.number, info.name) for info in discovery.ports(switch.dpid)}
    agent = switch.agent
    plain = PLAIN_ZONES + switch.dpid % PLAIN_ZONE_PAIRS * 2
    return SwitchView(
        dpid=switch.dpid,
        name=switch.name,
        ports=ports,
        tap_port=agent.tap_port if agent else None,
        edge_zone=agent.edge_zone if agent else plain,
        service_zone=agent.service_zone if agent else plain + 1,
    )


def _host_views(
    hosts: HostTable, views: Mapping[int, SwitchView], elsewhere: set[tuple[int, int]]
) -> dict[str, HostView]:
    return {
        host.mac: HostView(mac=host.mac, dpid=host.at.dpid, port=host.at.port, ips=host.addresses)
        for host in hosts.hosts()
        if host.at.dpid in views
        and host.at.port in views[host.at.dpid].ports
        and (host.at.dpid, host.at.port) not in elsewhere
    }


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SavedPort(_Part):
    """A port; `kind` is what discovery had concluded."""

    number: Annotated[int, Field(ge=1)]
    name: str
    mac: Annotated[str, Field(pattern=r"^([0-9a-f]{2}:){5}[0-9a-f]{2}$")] = "00:00:00:00:00:00"
    kind: PortKind = PortKind.HOST


class SavedSwitch(_Part):
    """A switch; without `edge_zone` it has no agent."""

    dpid: Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]
    name: str
    ports: tuple[SavedPort, ...] = ()
    tap_port: int | None = None
    edge_zone: int | None = None
    service_zone: int | None = None


class SavedEnd(_Part):
    """A port of a switch."""

    dpid: Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]
    port: int


class SavedHost(_Part):
    """A host and where it is."""

    mac: Annotated[str, Field(pattern=r"^([0-9a-f]{2}:){5}[0-9a-f]{2}$")]
    at: SavedEnd
    addresses: tuple[str, ...] = ()


class SavedAttribute(_Part):
    """An attribute of flows, by its name in the catalogue."""

    number: int
    kind: int


class SavedNetwork(_Part):
    """The whole file."""

    version: int = Field(default=FILE_VERSION, ge=1, le=FILE_VERSION)
    switches: tuple[SavedSwitch, ...] = ()
    links: tuple[tuple[SavedEnd, SavedEnd], ...] = ()
    hosts: tuple[SavedHost, ...] = ()
    applications: dict[str, int] = Field(default_factory=dict)
    categories: dict[str, int] = Field(default_factory=dict)
    attributes: dict[str, SavedAttribute] = Field(default_factory=dict)
    owners: dict[str, tuple[int, ...]] = Field(default_factory=dict)
    tags: frozenset[str] | None = None

    @property
    def catalogue(self) -> CatalogueView:
        """What the agents can recognise."""
        attributes = {name: AttributeView(each.number, each.kind) for name, each in self.attributes.items()}
        owners = {owner: frozenset(numbers) for owner, numbers in self.owners.items()}
        return CatalogueView(
            applications=self.applications,
            categories=self.categories,
            attributes=attributes,
            owners=owners,
            tags=self.tags,
        )


def load_network(path: Path) -> SavedNetwork:
    """Reads a network file. Raises StateError."""
    try:
        return SavedNetwork.model_validate(json.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise StateError(f"cannot be read: {error.strerror}", place=str(path)) from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise StateError(f"is no description of a network: {where}: {first['msg']}", place=str(path)) from error
    except (ValueError, RecursionError) as error:
        raise StateError(f"is no description of a network: {error}", place=str(path)) from error


def load_saved_network(config: Config) -> SavedNetwork | None:
    """What an earlier process left in the state directory, if there is any. Raises StateError."""
    path = config.state_dir / NETWORK_NAME if config.state_dir is not None else None
    return load_network(path) if path is not None and path.exists() else None


def view_of(saved: SavedNetwork) -> NetworkView:
    """The network that a file describes, as if all of it were there. Raises NetworkError."""
    discovery, hosts = Discovery(DiscoveryOptions()), HostTable(HostOptions())
    return network_view(restore_network(saved, discovery, hosts, 0.0), discovery, hosts, ())


def save_network(
    switches: Iterable[SwitchState], discovery: Discovery, hosts: HostTable, catalogue: CatalogueView
) -> SavedNetwork:
    """What there is to remember."""
    return SavedNetwork(
        switches=tuple(_saved_switch(switch, discovery) for switch in switches),
        links=tuple((_saved_end(one), _saved_end(other)) for one, other in discovery.links()),
        hosts=tuple(
            SavedHost(mac=host.mac, at=_saved_end(host.at), addresses=host.addresses) for host in hosts.hosts()
        ),
        applications=dict(catalogue.applications),
        categories=dict(catalogue.categories),
        attributes={
            name: SavedAttribute(number=each.number, kind=each.kind) for name, each in catalogue.attributes.items()
        },
        owners={owner: tuple(sorted(numbers)) for owner, numbers in catalogue.owners.items()},
        tags=catalogue.tags,
    )


def restore_network(saved: SavedNetwork, discovery: Discovery, hosts: HostTable, now: float) -> list[SwitchState]:
    """Fills discovery and hosts; returns the switches, all away."""
    discovery.restore(
        {
            int(switch.dpid, 16): [
                (PortInfo(number=p.number, name=p.name, mac=bytes.fromhex(p.mac.replace(":", "")), up=True), p.kind)
                for p in switch.ports
            ]
            for switch in saved.switches
        },
        [(_end(one), _end(other)) for one, other in saved.links],
        now,
    )
    hosts.restore(
        SeenHost(mac=host.mac, at=_end(host.at), addresses=host.addresses, moved_s=now) for host in saved.hosts
    )
    return [SwitchState(dpid=int(switch.dpid, 16), name=switch.name, agent=_agent(switch)) for switch in saved.switches]


def _saved_switch(switch: SwitchState, discovery: Discovery) -> SavedSwitch:
    agent = switch.agent
    return SavedSwitch(
        dpid=f"{switch.dpid:016x}",
        name=switch.name,
        ports=tuple(
            SavedPort(
                number=info.number,
                name=info.name,
                mac=info.mac.hex(":"),
                kind=discovery.kind(End(switch.dpid, info.number)),
            )
            for info in discovery.ports(switch.dpid)
        ),
        tap_port=agent.tap_port if agent else None,
        edge_zone=agent.edge_zone if agent else None,
        service_zone=agent.service_zone if agent else None,
    )


def _agent(saved: SavedSwitch) -> AgentInfo | None:
    if saved.edge_zone is None or saved.service_zone is None:
        return None
    return AgentInfo(tap_port=saved.tap_port, edge_zone=saved.edge_zone, service_zone=saved.service_zone)


def _saved_end(end: End) -> SavedEnd:
    return SavedEnd(dpid=f"{end.dpid:016x}", port=end.port)


def _end(saved: SavedEnd) -> End:
    return End(int(saved.dpid, 16), saved.port)
